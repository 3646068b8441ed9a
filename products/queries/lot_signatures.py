"""Every signature that was given on a lot, on what was recorded of it, and on what it rests on."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Any
from uuid import UUID

from django.db.models import F, QuerySet

from products.domain.facts import LotFacts
from products.domain.selection import Selection
from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Determination,
    Disposition,
    LaboratoryQualification,
    Lot,
    MethodVersion,
    ProfileAssignment,
    Review,
    SecondSignature,
    Signature,
    SpecificationChange,
    SpecificationVersion,
    Training,
    Verification,
)
from products.queries.matching import signatures

Keys = QuerySet[Any, Any]
"""Of signatures."""


def signatures_of(lot: UUID) -> QuerySet[Signature]:
    """In the order of signing; one query."""
    return signatures().filter(pk__in=one_of(*on_lots([lot]))).order_by("signed_at", "id")


def one_of(first: Keys, *others: Keys) -> Keys:
    """Found part by part and joined to the signatures by their keys, so that no signature is read
    which is in none of the parts.
    """
    return first.order_by().union(*(rows.order_by() for rows in others))


def on_lots(lots: Collection[UUID] | QuerySet[Lot, Any]) -> Iterator[Keys]:
    """On one of ``lots`` (keys, or a search for them)."""
    yield Signature.objects.filter(record_kind="lot", record_id__in=lots).values("pk")
    for rows in (
        Disposition.objects.filter(lot__in=lots),
        Review.objects.filter(lot__in=lots),
        Conclusion.objects.filter(investigation__lot__in=lots),
        Amendment.objects.filter(lot__in=lots),
        SecondSignature.objects.filter(amendment__lot__in=lots),
        SpecificationChange.objects.filter(lot__in=lots),
        Acknowledgement.objects.filter(lot__in=lots),
        Verification.objects.filter(transcription__run__lot__in=lots),
    ):
        yield rows.values("signature")


def rests_on(facts: LotFacts) -> list[UUID]:
    """The lot's own runs, and those of its ancestors that satisfy or fail one of its criteria."""
    selection = Selection(facts)
    runs = (*facts.runs, *selection.inherited, *selection.failing())
    return [UUID(key) for key in dict.fromkeys(run.id for run in runs)]


def signatures_on_grounds(facts: LotFacts) -> QuerySet[Signature]:
    """On what the lot rests on and not on the lot itself, in the order of signing.

    Its specification; its product's rule profile, every version, as earlier decisions were judged
    by earlier ones; the eligibility of its donors; of its runs the methods, training and outside
    laboratories; what was signed on the runs that it inherits; and of all these each comparison
    with a paper original.
    """
    found = one_of(*_on_documents(facts), *_on_runs(rests_on(facts)))
    own = one_of(*on_lots([UUID(facts.id)]))
    return signatures().filter(pk__in=found).exclude(pk__in=own).order_by("signed_at", "id")


def _on_documents(facts: LotFacts) -> Iterator[Keys]:
    sources = [UUID(source.id) for source in facts.sources]
    specifications = SpecificationVersion.objects.filter(lots=UUID(facts.id))
    determinations = Determination.objects.filter(donor__sources__in=sources)
    yield specifications.filter(approval__isnull=False).values("approval")
    yield ProfileAssignment.objects.filter(product__code=facts.product).values("signature")
    yield determinations.values("signature")
    yield _compared(specification__in=specifications.values("pk"))
    yield _compared(determination__in=determinations.values("pk"))
    yield _compared(source__in=sources)


def _on_runs(runs: Collection[UUID]) -> Iterator[Keys]:
    methods = MethodVersion.objects.filter(runs__in=runs)
    yield methods.filter(approval__isnull=False).values("approval")
    yield methods.filter(retirement__isnull=False).values("retirement")
    for rows in (
        Training.objects.filter(
            method_version__runs__in=runs, person=F("method_version__runs__performed_by")
        ),
        LaboratoryQualification.objects.filter(laboratory__runs__in=runs),
        Review.objects.filter(items__result__run__in=runs),
        Conclusion.objects.filter(investigation__run__in=runs),
        Amendment.objects.filter(run__in=runs),
        SecondSignature.objects.filter(amendment__run__in=runs),
    ):
        yield rows.values("signature")
    yield _compared(method_version__in=methods.values("pk"))
    yield _compared(run__in=runs)


def _compared(**about: Any) -> Keys:
    """Of a second person's comparison of transcriptions with their scans."""
    found = {f"transcription__{path}": value for path, value in about.items()}
    return Verification.objects.filter(**found).values("signature")
