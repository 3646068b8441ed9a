"""The person that a record names, and the roles that an account has."""

from __future__ import annotations

from uuid import UUID

from products.actions.base import Context
from products.actions.lookups import find_person
from products.domain.errors import InvalidValueError
from products.domain.roles import Role
from products.models import Person, User

LABORATORY_OR_QUALITY = frozenset({Role.ANALYST, Role.REVIEWER, Role.QUALITY})
WRITING = LABORATORY_OR_QUALITY | {Role.ADMINISTRATOR}


def person_or_own(context: Context, key: UUID | None, field: str) -> Person:
    """The person with id ``key``; None is the person of the actor's account.

    Raises:
        UnknownReferenceError: there is no such person.
        InvalidValueError: None, and the account belongs to no person.
    """
    if key is not None:
        return find_person(key, field)
    if context.actor.person is None:
        raise InvalidValueError(
            f"The account {context.actor.username} belongs to no person. Name the person.",
            field=field,
        )
    return context.actor.person


def roles_of(account: User) -> set[str]:
    return set(account.groups.values_list("name", flat=True))
