"""Samples, runs, results and what was signed about them, for single pages and lists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from products.domain.errors import NotFoundError
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
    OutsideReport,
    ProfileAssignment,
    Reading,
    Rejudgement,
    Run,
    RunMedia,
    RunReturn,
    RunSupport,
    Sample,
    SpecificationChange,
)
from products.queries.lot_page import ChangesSinceRelease, lot_page
from products.queries.lots import Standing, lots_at

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


def samples() -> QuerySet[Sample]:
    return Sample.objects.select_related("lot", "drawn_by", "recorded_by__person")


def runs() -> QuerySet[Run]:
    """Each with all that stands beside its result; its versions are `versions.versions_of`."""
    return (
        Run.objects.select_related(
            "lot__site",
            "sample",
            "criterion__method",
            "method_version__method",
            "instrument",
            "laboratory",
            "repeats",
            "recorded_by__person",
            "performed_by",
            "transcription__evidence",
            "transcription__recorded_by__person",
            "transcription__verification__signature",
        )
        .defer("transcription__evidence__content")
        .prefetch_related(
            Prefetch(
                "investigations",
                queryset=Investigation.objects.select_related(
                    "conclusion__signature", "result"
                ).order_by("number"),
            ),
            Prefetch("media_links", queryset=RunMedia.objects.select_related("media_lot")),
            Prefetch("amendments", queryset=Amendment.objects.select_related("second")),
            Prefetch(
                "returns",
                queryset=RunReturn.objects.select_related("result", "returned_by__person"),
            ),
            Prefetch(
                "reports",
                queryset=OutsideReport.objects.select_related("evidence", "recorded_by__person")
                .defer("evidence__content")
                .order_by("sequence"),
            ),
        )
    )


def rejudgements_of(runs: Collection[UUID]) -> Mapping[UUID, list[Rejudgement]]:
    """Of each result its judgements under later specification versions, the oldest first."""
    found: dict[UUID, list[Rejudgement]] = defaultdict(list)
    rows = Rejudgement.objects.filter(result__run__in=runs).select_related("change__to_version")
    for row in rows.order_by("change__number"):
        found[row.result_id].append(row)
    return found


def run_with_readings(number: str) -> Run:
    """Raises NotFoundError when there is no such run."""
    readings = Reading.objects.select_related("recorded_by__person", "amendment__second")
    supports = RunSupport.objects.select_related("recorded_by__person").order_by("sequence")
    found = (
        runs()
        .filter(number__iexact=number)
        .prefetch_related(
            Prefetch("readings", queryset=readings.order_by("sequence")),
            Prefetch("supports", queryset=supports),
        )
        .first()
    )
    if found is None:
        raise NotFoundError(f"There is no run {number!r}.", field="run")
    return found


def runs_of_lot(lot: UUID) -> list[Run]:
    """Every run, the discarded ones too, oldest first."""
    return list(runs().filter(lot=lot).order_by("recorded_at", "number"))


def runs_numbered(numbers: Collection[str]) -> list[Run]:
    """Those runs, oldest first; no query when there are none."""
    if not numbers:
        return []
    return list(runs().filter(number__in=numbers).order_by("recorded_at", "number"))


def criteria_of_lot(lot: UUID) -> list[Criterion]:
    """The criteria of the version that the lot pins, in their order."""
    rows = Criterion.objects.filter(specification__lots=lot).select_related("method")
    return list(rows.order_by("position"))


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


def changes_since_release(lot: UUID, now: datetime) -> ChangesSinceRelease | None:
    """What differs from what the releaser signed; None for a lot that was not released."""
    found = Lot.objects.select_related("product", "site", "specification").get(pk=lot)
    return lot_page(found, now).changes
