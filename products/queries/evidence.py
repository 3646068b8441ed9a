"""Samples, runs, results and what was signed about them, for single pages and lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import F, Prefetch, QuerySet

from products.models import (
    Acknowledgement,
    Amendment,
    Criterion,
    Disposition,
    Hold,
    Investigation,
    Lot,
    LotParent,
    LotSource,
    ProfileAssignment,
    Run,
    Sample,
    SpecificationChange,
)
from products.queries.lots import Standing, lots_at

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


def samples() -> QuerySet[Sample]:
    return Sample.objects.select_related("lot", "drawn_by", "recorded_by__person")


def runs() -> QuerySet[Run]:
    """What lists filter by; what is shown of them is `run_documents.run_documents`."""
    return Run.objects.select_related("method_version__method")


def runs_of_lots(lots: Collection[UUID]) -> Mapping[UUID, list[Run]]:
    """Every run of each, the discarded ones too, oldest first."""
    found: dict[UUID, list[Run]] = defaultdict(list)
    for run in runs().filter(lot__in=lots).order_by("recorded_at", "number"):
        found[run.lot_id].append(run)
    return found


def runs_numbered(numbers: Collection[str]) -> list[Run]:
    """Those runs, oldest first; no query when there are none."""
    if not numbers:
        return []
    return list(runs().filter(number__in=numbers).order_by("recorded_at", "number"))


def criteria_of_lots(lots: Collection[UUID]) -> Mapping[UUID, list[Criterion]]:
    """The criteria of the version that each lot pins, in their order."""
    rows = Criterion.objects.annotate(lot=F("specification__lots")).filter(lot__in=lots)
    found: dict[UUID, list[Criterion]] = defaultdict(list)
    for row in rows.select_related("method").order_by("position"):
        found[row.lot].append(row)
    return found


def criteria_counted_for(runs: Sequence[Run], criteria: Collection[Criterion]) -> list[UUID | None]:
    """Of each run which of ``criteria``, those of the version that its lot is bound to now, it
    counts for: by code and method, whichever version it was opened under.

    None for one that counts for none of them: it was opened without a criterion, or for one that
    the version no longer has.
    """
    named = {(criterion.code, criterion.method_id): criterion.pk for criterion in criteria}
    present = {criterion.pk: criterion.pk for criterion in criteria}
    other = {run.criterion_id for run in runs if run.criterion_id} - present.keys()
    opened_for = Criterion.objects.filter(pk__in=other).values_list("pk", "code", "method")
    earlier = {
        key: found
        for key, code, method in (opened_for if other else ())
        if (found := named.get((code, method)))
    }
    counted = present | earlier
    return [counted.get(run.criterion_id) if run.criterion_id else None for run in runs]


def investigations() -> QuerySet[Investigation]:
    return Investigation.objects.select_related(
        "lot", "run", "result", "opened_by__person", "conclusion__signature"
    )


def lot_with_origins(lot: UUID) -> Lot:
    """The lot with its sources, parents, holds and decisions."""
    return (
        Lot.objects.select_related(
            "product", "made_by", "recorded_by__person", "stability_signature"
        )
        .prefetch_related(
            Prefetch(
                "source_links",
                queryset=LotSource.objects.select_related("source__donor").order_by(
                    "source__number"
                ),
            ),
            Prefetch(
                "parent_links",
                queryset=LotParent.objects.order_by("parent"),
            ),
            Prefetch(
                "product__profiles",
                queryset=ProfileAssignment.objects.select_related("signature").order_by("-version"),
            ),
            Prefetch("amendments", queryset=Amendment.objects.select_related("run", "second")),
            Prefetch(
                "specification_changes",
                queryset=SpecificationChange.objects.select_related(
                    "from_version", "to_version", "signature"
                ).order_by("number"),
            ),
            Prefetch(
                "acknowledgements",
                queryset=Acknowledgement.objects.select_related("signature").order_by("number"),
            ),
            Prefetch(
                "holds",
                queryset=Hold.objects.select_related(
                    "placed_by__person",
                    "disposition__signature",
                    "lift__disposition__signature",
                ).order_by("number"),
            ),
            Prefetch(
                "dispositions",
                queryset=Disposition.objects.select_related("signature").order_by("number"),
            ),
        )
        .get(pk=lot)
    )


def parents_of(lot: Lot, now: datetime) -> list[WithAnnotations[Lot, Standing]]:
    """The lots that it is made from, as they stand; no query when there are none."""
    links = [link.parent_id for link in lot.parent_links.all()]
    return list(lots_at(now).filter(pk__in=links).order_by("number")) if links else []
