"""The audit trail, latest first: the rows of a record, of a lot, or of any search, page by page."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import chain
from uuid import UUID

from django.core.exceptions import ValidationError
from django.db.models import DateTimeField, Expression, F, Model, QuerySet, UUIDField, Value

from products.domain.errors import NotFoundError
from products.models import AuditEntry, Leaf
from products.queries.keyset import RowComparison

Parts = tuple[QuerySet[AuditEntry], ...]
"""Searches that have no entry in common, each read in order from an index of its own."""

ORDER = ("recorded_at", "id")
LATEST_FIRST = [f"-{field}" for field in ORDER]


def trail() -> QuerySet[AuditEntry]:
    """Every entry, without its canonical bytes, which only few readers want."""
    return AuditEntry.objects.defer("body")


def of_record(record: Model) -> Parts:
    """The changes of the record's own row."""
    table = record._meta.db_table  # noqa: SLF001  # Django's documented interface
    return (trail().filter(record_id=str(record.pk), record_table=table),)


def of_lot(rows: QuerySet[AuditEntry], lot: UUID) -> Parts:
    """Of ``rows`` those that concern the lot: its own, and those in which it is a parent."""
    # Two searches: the order of one index cannot be had from an "or" over two.
    return (
        rows.filter(lots__0=lot),
        rows.filter(lots__1=lot).exclude(lots__0=lot),
    )


def latest(parts: Parts, size: int, *, before: AuditEntry | None = None) -> list[AuditEntry]:
    """At most ``size`` entries, from the one before ``before`` in time, or from the latest."""
    return merged(pages_of(parts, size, before=before), size)


def pages_of(parts: Parts, size: int, *, before: AuditEntry | None = None) -> Parts:
    """The same of each part: what it takes of the database to find the latest of all."""
    if before is not None:
        parts = tuple(part.filter(_earlier_than(before)) for part in parts)
    return tuple(part.order_by(*LATEST_FIRST)[:size] for part in parts)


def merged(parts: Iterable[Iterable[AuditEntry]], size: int) -> list[AuditEntry]:
    """The latest ``size`` entries of all parts."""
    entries = chain.from_iterable(parts)
    return sorted(entries, key=lambda row: (row.recorded_at, row.id), reverse=True)[:size]


def entry(key: UUID | str) -> AuditEntry:
    """One entry, with its canonical bytes.

    Raises:
        NotFoundError: there is no such entry.
    """
    try:
        return AuditEntry.objects.get(pk=key)
    except (AuditEntry.DoesNotExist, ValidationError):
        raise NotFoundError(f"There is no audit entry {key}.", field="entry") from None


def indexes_of(entries: Iterable[AuditEntry]) -> dict[UUID, int]:
    """Where entries stand in the ledger; those that are not sealed yet are not in it."""
    leaves = Leaf.objects.filter(entry__in=[row.pk for row in entries])
    return dict(leaves.values_list("entry_id", "index"))


def _earlier_than(row: AuditEntry) -> RowComparison:
    values: list[Expression] = [
        Value(row.recorded_at, output_field=DateTimeField()),
        Value(row.id, output_field=UUIDField()),
    ]
    return RowComparison([F(name) for name in ORDER], "<", values)
