"""Every signature that was given on a lot or on what was recorded of it."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any
from uuid import UUID

from django.db.models import F, Q, QuerySet

from products.domain.facts import LotFacts
from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Determination,
    Disposition,
    LaboratoryQualification,
    Lot,
    MethodVersion,
    Review,
    SecondSignature,
    Signature,
    SpecificationChange,
    SpecificationVersion,
    Training,
    Verification,
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


def signatures_on_grounds(facts: LotFacts) -> QuerySet[Signature]:
    """On what the lot rests on, in the order of signing: its specification, the eligibility of its
    donors, and of its runs, inherited ones too, the methods, reviews, training and outside
    laboratories.
    """
    runs = [UUID(run.id) for run in facts.runs]
    sources = [UUID(source.id) for source in facts.sources]
    methods = MethodVersion.objects.filter(runs__in=runs)
    trained = Training.objects.filter(
        method_version__runs__in=runs, person=F("method_version__runs__performed_by")
    )
    parts = (
        SpecificationVersion.objects.filter(lots=UUID(facts.id)).values("approval"),
        methods.values("approval"),
        methods.values("retirement"),
        trained.values("signature"),
        Review.objects.filter(items__result__run__in=runs).values("signature"),
        Verification.objects.filter(transcription__run__in=runs).values("signature"),
        LaboratoryQualification.objects.filter(laboratory__runs__in=runs).values("signature"),
        Determination.objects.filter(donor__sources__in=sources).values("signature"),
    )
    grounds = Q(*(Q(pk__in=part) for part in parts), _connector=Q.OR)
    own = signatures_of(UUID(facts.id)).values("pk")
    return signatures().filter(grounds).exclude(pk__in=own).order_by("signed_at", "id")
