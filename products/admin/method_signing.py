"""The page that approves or retires one version of a method: the whole of it, and what differs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django import forms
from django.urls import reverse

from products.actions.methods import approve_method_version, retire_method_version
from products.admin.confirming import ConfirmingForm, Item
from products.admin.method_shown import VERSION_HEADERS, stated_of, version_line
from products.admin.pages import ActionPage, Crumb, Done
from products.admin.parts import Table, link
from products.domain.comparison import FieldChange
from products.domain.errors import InvalidValueError
from products.domain.methods import DocumentState
from products.models import Method, MethodVersion

PAGES = {DocumentState.DRAFT: "approve", DocumentState.APPROVED: "retire"}


class VersionForm(ConfirmingForm):
    """``version`` is the one that the page shows, so that no other is signed."""

    version = forms.CharField(widget=forms.HiddenInput(), required=False)


def chosen_of(
    rows: Sequence[MethodVersion], state: DocumentState, typed: str
) -> MethodVersion | None:
    """The version that was named, else the newest in that state; ``rows`` has the newest first."""
    fitting = [row for row in rows if row.state == state]
    return next((row for row in fitting if not typed or str(row.version) == typed), None)


def signing(
    rows: Sequence[MethodVersion],
    chosen: MethodVersion | None,
    method: Method,
    state: DocumentState,
    crumbs: tuple[Crumb, ...],
) -> ActionPage:
    """Approving what is a draft, retiring what is approved."""
    approves = state is DocumentState.DRAFT
    act = approve_method_version if approves else retire_method_version
    back = reverse("admin:products_method_change", args=[method.pk])
    name = f"version {chosen.version}" if chosen else "a version"

    def perform(context: Any, typed: dict[str, Any]) -> Done:
        # What is signed is what was shown and confirmed, never a number read anew.
        if chosen is None or typed["version"] != str(chosen.version):
            raise InvalidValueError(
                f"Nothing is signed: method {method.code} has no version of that number that is "
                f"{state}. Open the version from the list on this page, and sign it there."
            )
        row = act(context, method=method.code, version=chosen.version)
        return Done(back, f"Version {row.version} of {method.code} is {row.state}.")

    return ActionPage(
        action="method.approve" if approves else "method.retire",
        title=f"{'Approve' if approves else 'Retire'} {name} of method {method.code}",
        form_class=VersionForm,
        perform=perform,
        submit="Sign and approve" if approves else "Sign and retire",
        submit_class="primary" if approves else "danger",
        meaning="Approved" if approves else "Retired",
        intro="An approved version never changes."
        if approves
        else "No later run may use a retired version; earlier runs keep their results.",
        template="admin/exolot/sign_records.html",
        back=back,
        initial={"version": chosen.version if chosen else ""},
        arguments={"items": [*items_of_method(chosen, rows)] if chosen and approves else []},
        shown=lambda: {"tables": [*_tables(method, rows, chosen, state)]},
        crumbs=crumbs,
        is_wide=True,
    )


def items_of_method(row: MethodVersion, rows: Sequence[MethodVersion]) -> Iterator[Item]:
    """What the version states, each beside what the version before it stated."""
    earlier = [
        one for one in rows if one.version < row.version and one.state != DocumentState.DRAFT
    ]
    before = stated_of(earlier[0]) if earlier else {}
    for label, told in stated_of(row).items():
        if earlier and before[label] != told:
            yield Item(
                label,
                told or "none stated",
                flag=f"Changed since version {earlier[0].version}",
                changes=(FieldChange(label, "Was", before[label], told),),
            )
        else:
            yield Item(label, told or "none stated")


def _tables(
    method: Method,
    rows: Sequence[MethodVersion],
    chosen: MethodVersion | None,
    state: DocumentState,
) -> Iterator[Table]:
    if chosen is not None:
        yield Table("What is signed", VERSION_HEADERS, [version_line(chosen)])
    others = [row for row in rows if row.state == state and row != chosen]
    if others or chosen is None:
        page = reverse(f"admin:products_method_{PAGES[state]}", args=[method.pk])
        yield Table(
            f"Other versions that are {state.value}",
            ("Version", "Document"),
            [
                (link(f"v{row.version}", f"{page}?version={row.version}"), row.document)
                for row in others
            ],
            empty=f"No version is {state.value}.",
        )
