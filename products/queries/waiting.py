"""What waits for somebody: the kinds of work, and the records of each, the oldest first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet, UUIDField
from django.db.models.expressions import RawSQL

from products.domain.lots import zone_named
from products.domain.roles import Permission
from products.models import Lot
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


Row = TypeVar("Row", bound=Model)


def not_recorded_by(person: UUID | None, rows: QuerySet[Row], run: str) -> QuerySet[Row]:
    """Of ``rows`` those of whose ``run`` (a field) the person recorded nothing.

    That is as the database judges it when it refuses a signature. It is asked of the rows that
    every other condition has left: without OFFSET 0 it would be asked of the whole table.
    """
    return _asked_last(rows, run, _OF_RUN, person)


def not_recorded_lots(person: UUID | None, lots: QuerySet[Lot]) -> QuerySet[Lot]:
    """`not_recorded_by`, of every run of a lot that was not discarded."""
    return _asked_last(lots, "pk", _OF_LOT, person)


_OF_RUN = "NOT EXISTS (SELECT FROM products_recorders_of(few.about) AS who WHERE who = %s)"
_OF_LOT = """
NOT EXISTS (
    SELECT FROM products_run run, products_recorders_of(run.id) AS who
    WHERE run.lot_id = few.about AND run.state <> 'discarded' AND who = %s
)
"""


def _asked_last(
    rows: QuerySet[Row], about: str, condition: str, person: UUID | None
) -> QuerySet[Row]:
    few = rows.order_by().values_list("pk", about)
    sql, parameters = few.query.sql_with_params()
    kept = RawSQL(  # noqa: S611  # statements of our own
        f"SELECT few.id FROM ({sql} OFFSET 0) AS few (id, about) WHERE {condition}",  # noqa: S608  # likewise
        [*parameters, person],
        output_field=UUIDField(),
    )
    left: QuerySet[Row] = rows.model._default_manager.filter(pk__in=kept)  # noqa: SLF001  # documented
    return left
