"""Files and notes that are attached to records, without the bytes of the files."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from products.models import Evidence, Lot, Note


def evidence() -> QuerySet[Evidence]:
    """Oldest first; `content` is not read."""
    return (
        Evidence.objects.defer("content")
        .select_related("recorded_by__person", "run")
        .order_by("recorded_at", "id")
    )


def notes() -> QuerySet[Note]:
    """Oldest first, as they were written."""
    return Note.objects.select_related("recorded_by__person", "run").order_by("recorded_at", "id")


def files_of_lot(lot: Lot) -> tuple[Evidence, ...]:
    """Files of the lot and of its runs: what a correction or a signature may name."""
    return tuple(evidence().filter(Q(lot=lot) | Q(run__lot=lot)))
