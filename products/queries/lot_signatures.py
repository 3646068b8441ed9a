"""Every signature that was given on a lot or on what was recorded of it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q, QuerySet

from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Disposition,
    Review,
    SecondSignature,
    Signature,
    SpecificationChange,
)
from products.queries.matching import signatures


def signatures_of(lot: UUID) -> QuerySet[Signature]:
    """In the order of signing; one query."""
    parts = (
        Disposition.objects.filter(lot=lot),
        Review.objects.filter(lot=lot),
        Conclusion.objects.filter(investigation__lot=lot),
        Amendment.objects.filter(lot=lot),
        SecondSignature.objects.filter(amendment__lot=lot),
        SpecificationChange.objects.filter(lot=lot),
        Acknowledgement.objects.filter(lot=lot),
    )
    own = Q(record_kind="lot", record_id=lot)
    for part in parts:
        own |= Q(pk__in=part.values("signature"))
    return signatures().filter(own).order_by("signed_at", "id")
