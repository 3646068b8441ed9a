"""Rows of accounts, held until the action ends: two people change one of them in turn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from products.actions.lookups import find_account
from products.domain.errors import NotPermittedError
from products.models import Person, User

if TYPE_CHECKING:
    from products.actions.base import Context


def account_held(**found_by: Any) -> User | None:
    """The account that the conditions name, with its person; None when there is none."""
    return (
        User.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .filter(**found_by)
        .first()
    )


def account_locked(username: str) -> User:
    """The account with this name.

    Raises:
        UnknownReferenceError: there is none.
    """
    return account_known(find_account(username).pk)


def account_known(key: Any) -> User:
    """The account with this key, which is on record: accounts are never deleted."""
    found = account_held(pk=key)
    assert found is not None
    return found


def refuse_own(context: Context, owner: Person | None) -> None:
    """Judged on the person: a second account of one's own is one's own.

    Raises:
        NotPermittedError: the account is of the actor's own person, or of nobody.
    """
    if owner is None:
        raise NotPermittedError("The account belongs to no person and is changed by nobody.")
    if owner == context.actor.person:
        raise NotPermittedError(
            f"{context.actor.username} may not do this for an account of one's own. Another "
            "administrator does it."
        )
