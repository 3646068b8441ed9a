"""Every signature that was given on a lot or on what was recorded of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Disposition,
    Lot,
    Review,
    SecondSignature,
    Signature,
    SpecificationChange,
)
from products.queries.matching import signatures


def signatures_of(lot: UUID) -> QuerySet[Signature]:
    """In the order of signing; one query."""
    return signatures().filter(on_lots([lot])).order_by("signed_at", "id")


def on_lots(lots: Collection[UUID] | QuerySet[Lot, Any]) -> Q:
    """Signatures on one of ``lots`` (keys, or a search for them)."""
    parts = (
        Disposition.objects.filter(lot__in=lots),
        Review.objects.filter(lot__in=lots),
        Conclusion.objects.filter(investigation__lot__in=lots),
        Amendment.objects.filter(lot__in=lots),
        SecondSignature.objects.filter(amendment__lot__in=lots),
        SpecificationChange.objects.filter(lot__in=lots),
        Acknowledgement.objects.filter(lot__in=lots),
    )
    own = Q(record_kind="lot", record_id__in=lots)
    for part in parts:
        own |= Q(pk__in=part.values("signature"))
    return own
