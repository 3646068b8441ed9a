"""The home page: what waits for its reader, and how many lots have which status."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.db.models import CharField, QuerySet, Value

from products.domain.lots import ReleaseStatus
from products.domain.products import BASIS_LABELS
from products.domain.roles import Permission
from products.models import Amendment, Hold, Investigation, Lot
from products.queries import (
    waiting_approvals,
    waiting_decisions,
    waiting_lapses,
    waiting_runs,
)
from products.queries.lots import lots_at, lots_standing
from products.queries.periodic import credential_review_due, trail_review_due
from products.queries.waiting import MOST_COUNTED, Item, Kind, Reader
from products.queries.waiting_runs import amendments_waiting
from products.queries.worklists import lots_expiring

if TYPE_CHECKING:
    from products.queries.periodic import Due

SHOWN = 5
ALWAYS_COUNTED = (ReleaseStatus.QUARANTINED, ReleaseStatus.ON_HOLD, ReleaseStatus.RELEASED)
STATUSES = (*ALWAYS_COUNTED, *(word for word in ReleaseStatus if word not in ALWAYS_COUNTED))
KINDS: Sequence[Kind] = (
    *waiting_runs.KINDS,
    *waiting_decisions.KINDS,
    *waiting_approvals.KINDS,
    *waiting_lapses.KINDS,
)
EXPIRING_DAYS = 30


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of rows, of which no more than `MOST_COUNTED` are counted."""

    found: int

    def __str__(self) -> str:
        return f"{MOST_COUNTED}+" if self.found > MOST_COUNTED else str(self.found)

    @property
    def is_whole(self) -> bool:
        return self.found <= MOST_COUNTED


@dataclass(frozen=True, slots=True)
class Waiting:
    """The records of one kind that wait: how many, and the first of them."""

    kind: Kind
    count: Counted
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class StatusCount:
    """How many lots have a status, and of them how many under each basis (its label).

    ``by_basis`` is empty when not all are counted.
    """

    status: str
    count: Counted
    by_basis: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class ListCount:
    """How many rows the list of a model has, narrowed as ``query`` says."""

    title: str
    model: str
    query: str
    count: Counted


@dataclass(frozen=True, slots=True)
class Overdue:
    """A review that comes round, and is late since ``due``."""

    title: str
    model: str
    due: datetime
    last: datetime | None


@dataclass(frozen=True, slots=True)
class Home:
    overdue: tuple[Overdue, ...]
    waiting: tuple[Waiting, ...]
    nothing: tuple[str, ...]
    statuses: tuple[StatusCount, ...]
    lists: tuple[ListCount, ...]


def home_page(who: Reader) -> Home:
    """In a number of queries that depends on the roles alone."""
    found = [(kind, list(_first(kind.rows(who)))) for kind in kinds_for(who)]
    return Home(
        overdue=tuple(_overdue(who)),
        waiting=tuple(_waiting(kind, rows) for kind, rows in found if rows),
        nothing=tuple(
            kind.nothing for kind, rows in found if not rows and not kind.told_when_there
        ),
        statuses=tuple(_statuses(who.now)),
        lists=tuple(_lists(who)),
    )


def kinds_for(who: Reader) -> list[Kind]:
    """What the reader's roles together can act on."""
    return [kind for kind in KINDS if kind.permissions & who.permissions]


def kind_named(name: str) -> Kind | None:
    return next((kind for kind in KINDS if kind.name == name), None)


def _first(rows: QuerySet[Any]) -> QuerySet[Any]:
    return rows[: MOST_COUNTED + 1]


def _waiting(kind: Kind, rows: list[Any]) -> Waiting:
    return Waiting(kind, Counted(len(rows)), tuple(kind.item(row) for row in rows[:SHOWN]))


def _overdue(who: Reader) -> Iterator[Overdue]:
    if Permission.ADMINISTER in who.permissions:
        due = credential_review_due(who.now)
        yield from _late("Review of credentials", "credentialreview", due)
    if Permission.REVIEW_TRAIL in who.permissions:
        yield from _late("Review of the audit trail", "trailreview", trail_review_due(who.now))


def _late(title: str, model: str, due: Due) -> Iterator[Overdue]:
    if due.is_overdue:
        yield Overdue(title, model, due.due, due.last)


def _statuses(now: datetime) -> Iterator[StatusCount]:
    """Every status that a lot has, and those that are always looked for."""
    parts = [part for status in STATUSES for part in _lots_of(status, now)]
    rows = list(parts[0].union(*parts[1:], all=True))
    for status in STATUSES:
        bases = [BASIS_LABELS.get(basis, basis) for word, basis in rows if word == status]
        count = Counted(min(len(bases), MOST_COUNTED + 1))
        if bases or status in ALWAYS_COUNTED:
            by_basis = sorted(Counter(bases).items()) if count.is_whole else ()
            yield StatusCount(status.value, count, tuple(by_basis))


def _lots_of(status: ReleaseStatus, now: datetime) -> Iterator[QuerySet[Lot, Any]]:
    """The first lots of a status: those judged so, and those become so by time."""
    for lots in lots_standing(status, now):
        found = lots.annotate(counted_as=Value(status.value, output_field=CharField()))
        yield _first(found.order_by().values_list("counted_as", "product__basis"))


def _lists(who: Reader) -> Iterator[ListCount]:
    """Beside what waits; for those who watch over the records, what others have to do."""
    expiring = lots_expiring(lots_at(who.now), who.now, EXPIRING_DAYS)
    yield _list(
        "Lots in use that expire within 30 days", "lot", f"expiring={EXPIRING_DAYS}", expiring
    )
    if Permission.AUDIT not in who.permissions:
        return
    if Permission.INVESTIGATE not in who.permissions:
        investigations = Investigation.objects.filter(conclusion__isnull=True)
        yield _list("Open investigations", "investigation", "open=yes", investigations)
    if Permission.DECIDE not in who.permissions:
        holds = Hold.objects.filter(lift__isnull=True)
        yield _list("Holds in force", "hold", "open=yes", holds)
    if Permission.CONFIRM not in who.permissions:
        amendments = amendments_waiting(Amendment.objects.all())
        yield _list(
            "Amendments that wait for a second person", "amendment", "waiting=yes", amendments
        )


def _list(title: str, model: str, query: str, rows: QuerySet[Any]) -> ListCount:
    return ListCount(title, model, query, Counted(len(_first(rows.order_by().values_list("pk")))))
