"""Samples, runs, results and what was signed about them, for single pages and lists."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Prefetch, QuerySet

from products.domain.errors import NotFoundError
from products.models import (
    Criterion,
    Disposition,
    Hold,
    Investigation,
    Lot,
    LotParent,
    LotSource,
    Reading,
    Result,
    Run,
    RunMedia,
    RunSupport,
    Sample,
)


def samples() -> QuerySet[Sample]:
    return Sample.objects.select_related("lot", "drawn_by", "recorded_by__person")


def runs() -> QuerySet[Run]:
    """Each with all versions of its result and the investigations of it."""
    versions = Result.objects.select_related(
        "submitted_by__person", "performed_by", "review_item__review__signature"
    ).order_by("version")
    investigations = Investigation.objects.select_related("conclusion__signature", "result")
    return Run.objects.select_related(
        "lot__site",
        "sample",
        "criterion__method",
        "method_version__method",
        "instrument",
        "repeats",
        "recorded_by__person",
        "performed_by",
    ).prefetch_related(
        Prefetch("results", queryset=versions),
        Prefetch("investigations", queryset=investigations.order_by("number")),
        Prefetch("media_links", queryset=RunMedia.objects.select_related("media_lot")),
    )


def run_with_readings(number: str) -> Run:
    """Raises NotFoundError when there is no such run."""
    readings = Reading.objects.select_related("recorded_by__person").order_by("sequence")
    supports = RunSupport.objects.select_related("recorded_by__person").order_by("sequence")
    found = (
        runs()
        .filter(number__iexact=number)
        .prefetch_related(
            Prefetch("readings", queryset=readings), Prefetch("supports", queryset=supports)
        )
        .first()
    )
    if found is None:
        raise NotFoundError(f"There is no run {number!r}.", field="run")
    return found


def runs_of_lot(lot: UUID) -> list[Run]:
    """Every run, the discarded ones too, oldest first."""
    return list(runs().filter(lot=lot).order_by("recorded_at", "number"))


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
                queryset=LotParent.objects.select_related("parent").order_by("parent__number"),
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
