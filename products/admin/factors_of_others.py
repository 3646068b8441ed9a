"""Second factors on the page of an account: what it has, and removing what its owner lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.http import HttpRequest

from products.actions.factors import remove_factor_of
from products.admin.factors_shown import copies_told, state_of
from products.admin.forms import ActionForm, text
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Option, Table, option
from products.domain.factors import SIGNING
from products.domain.lots import local_text
from products.models import Factor, User
from products.queries.factors import factors_in_force

__all__ = ["copies_told", "factor_options", "factor_removal", "factors_table", "signs_with"]


class RemovalForm(ActionForm):
    factor = forms.UUIDField(label="Which", widget=forms.Select())
    reason = text("Reason", "The person reads it at the next sign-in.", whole=True)

    def __init__(self, *args: Any, known: Sequence[Factor], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("factor", [(str(one.pk), str(one)) for one in known])


def signs_with(factor: Factor) -> bool:
    return (
        factor.kind in SIGNING
        and hasattr(factor, "confirmation")
        and not hasattr(factor, "removal")
    )


def factors_table(held: Sequence[Factor], zone: str) -> Table:
    return Table(
        "Second factors",
        ("Name", "Kind", "State", "Enrolled", "Removed"),
        [
            (
                row.name,
                row.get_kind_display(),
                state_of(row),
                local_text(row.recorded_at, zone),
                f"{local_text(row.removal.recorded_at, zone)} by "
                f"{row.removal.recorded_by.printed_name}: {row.removal.reason}"
                if hasattr(row, "removal")
                else "",
            )
            for row in held
        ],
        empty="The account has no second factor.",
    )


def factor_options(
    request: HttpRequest, account: User, held: Sequence[Factor], url: str
) -> list[Option]:
    """Nothing for who has none: there is nothing to remove."""
    if not any(signs_with(factor) for factor in held):
        return []
    own = account.pk == getattr(request.user, "pk", None)
    why_not = "it is your own: do it under Your second factor." if own else ""
    return [
        option(request, "account.remove_factor", "Remove a second factor", url, why_not=why_not)
    ]


def factor_removal(account: User, back: str, crumbs: tuple[Crumb, ...]) -> ActionPage:
    def perform(context: Any, typed: dict[str, Any]) -> Done:
        removed = remove_factor_of(context, username=account.username, factor=typed["factor"])
        return Done(back, f"{removed} of {account.username} is removed.")

    return ActionPage(
        action="account.remove_factor",
        title=f"Remove a second factor of {account.username}",
        form_class=RemovalForm,
        arguments={"known": list(factors_in_force(account.pk))},
        perform=perform,
        submit="Remove it",
        submit_class="danger",
        intro="Make sure who asks. The person signs in with the password alone from then on, is "
        "told of this, and enrols another factor; nobody else can enrol it. A password of fewer "
        "than 15 characters has to be changed at the next sign-in.",
        back=back,
        crumbs=crumbs,
    )
