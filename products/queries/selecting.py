"""What people name in filters, looked up: of keys the database knows how much they ask for."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from functools import reduce
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Model, Q, QuerySet

from products.domain.errors import InvalidValueError
from products.models import Person, User


def any_of(path: str, keys: Collection[UUID]) -> Q:
    return Q(**{f"{path}__in": keys})


def keys_named(model: type[Model], field: str, names: Sequence[str]) -> list[UUID]:
    """Of the records that are named so, whatever the case."""
    asked = reduce(or_, (Q(**{f"{field}__iexact": name}) for name in names))
    return list(model._default_manager.filter(asked).values_list("pk", flat=True))  # noqa: SLF001  # documented


def persons_named(names: Sequence[str]) -> list[UUID]:
    """Persons by their ids, or by the name of one of their accounts.

    Raises:
        InvalidValueError: there is nobody of one of the names.
    """
    ids: dict[str, UUID] = {}
    for name in names:
        with suppress(ValueError):
            ids[name] = UUID(name)
    by_account = reduce(or_, (Q(username__iexact=name) for name in names))
    accounts = {
        username.upper(): person
        for username, person in User.objects.filter(by_account).values_list("username", "person")
    }
    known = set(Person.objects.filter(pk__in=ids.values()).values_list("pk", flat=True))
    for name in names:
        if name.upper() not in accounts and ids.get(name) not in known:
            raise InvalidValueError(
                f"There is no person or account {name!r}. Name a person by id, or by the name of "
                "an account.",
                field="person",
            )
    return [*known, *(set(accounts.values()) - {None})]


def accounts_of(persons: Collection[UUID]) -> list[UUID]:
    return list(User.objects.filter(person__in=persons).values_list("pk", flat=True))


def by_people(names: Sequence[str], *, persons: Sequence[str], accounts: Sequence[str]) -> Q:
    """Rows in which one of the people is named, in one of these columns."""
    found = persons_named(names)
    people = [any_of(column, found) for column in persons]
    return reduce(or_, [*people, *(any_of(column, accounts_of(found)) for column in accounts)])


def counted_up_to(limit: int, parts: Sequence[QuerySet[Any, Any]]) -> tuple[int, bool]:
    """How many rows there are, at most ``limit``, and whether there are more."""
    found = 0
    for part in parts:
        found += part.order_by().values("pk")[: limit + 1 - found].count()
        if found > limit:
            return limit, True
    return found, False
