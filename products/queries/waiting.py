"""What waits for somebody: the kinds of work, and the records of each, the oldest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db.models import BooleanField, QuerySet
from django.db.models.expressions import RawSQL

from products.domain.lots import zone_named
from products.domain.roles import Permission
from products.queries.people import Identity

MOST_COUNTED = 100
"""Of more than so many no page says how many there are."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Who asks, and when. ``person`` is None for an account of no person."""

    account: str
    person: UUID | None
    permissions: frozenset[Permission]
    zone: str
    now: datetime

    @property
    def today(self) -> date:
        return self.now.astimezone(zone_named(self.zone)).date()


def reader(identity: Identity, now: datetime) -> Reader:
    return Reader(identity.username, identity.person, identity.permissions, identity.zone, now)


@dataclass(frozen=True, slots=True)
class Item:
    """One record that waits.

    ``since`` is when the wait began; or ``due`` when something has to be done; or ``last_day`` the
    last day on which something counts. ``zone`` is the record's, empty for the reader's.
    ``work`` is the model and the key of the record on whose page the work is done.
    """

    label: str
    model: str
    key: UUID
    remark: str = ""
    since: datetime | None = None
    due: datetime | None = None
    last_day: date | None = None
    zone: str = ""
    work: tuple[str, UUID] | None = None


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of work, for whoever has one of the ``permissions``.

    ``name`` stands in the address. ``nothing`` is what an empty list says. ``page`` is the page of
    the record on which the work is done, and ``verb`` what is done there; without it the record's
    own. What is ``told_when_there`` is not mentioned while there is nothing of it.
    """

    name: str
    title: str
    nothing: str
    permissions: frozenset[Permission]
    rows: Callable[[Reader], QuerySet[Any]]
    item: Callable[[Any], Item]
    page: str = ""
    verb: str = ""
    told_when_there: bool = field(default=False)


def not_recorded_by(person: UUID | None, run: str) -> RawSQL:
    """That the person recorded nothing of the run in column ``run``, as the database judges it."""
    return RawSQL(  # noqa: S611  # columns are constants
        f"NOT EXISTS (SELECT FROM products_recorders_of({run}) AS who WHERE who = %s)",
        [person],
        output_field=BooleanField(),
    )
