"""Runs: which readings are current, and which runs of a criterion stand."""

from __future__ import annotations

from datetime import datetime, timedelta

from products.domain.calculations import MethodFacts, ReadingFacts, RunJudgement
from products.domain.criteria import Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.results import SATISFYING, RunState
from products.models import Criterion, Investigation, Lot, Reading, Run

Place = tuple[str, int, str, str, str, datetime | None]


def place_of(reading: ReadingFacts | Reading) -> Place:
    """Where a reading stands in its run: the latest one at a place is current."""
    return (
        reading.name,
        reading.replicate,
        reading.vessel,
        reading.medium,
        reading.role,
        reading.read_at,
    )


def current_readings(run: Run) -> dict[Place, Reading]:
    """The latest reading at each place, in the order of entry."""
    return {place_of(reading): reading for reading in run.readings.order_by("sequence")}


def reading_facts(reading: Reading) -> ReadingFacts:
    return ReadingFacts(
        name=reading.name,
        text=reading.text,
        unit=reading.unit,
        replicate=reading.replicate,
        vessel=reading.vessel,
        medium=reading.medium,
        role=reading.role,
        read_at=reading.read_at,
    )


def runs_that_stand(lot: Lot, criterion: Criterion) -> list[Run]:
    """Runs that satisfy or fail the criterion: neither discarded, nor invalid, nor invalidated."""
    runs = (
        Run.objects.filter(lot=lot, criterion=criterion, purpose__in=SATISFYING)
        .exclude(state=RunState.DISCARDED)
        .prefetch_related("results")
        .order_by("recorded_at", "number")
    )
    invalidated = set(
        Investigation.objects.filter(
            lot=lot, conclusion__outcome=InvestigationOutcome.INVALIDATED
        ).values_list("result", flat=True)
    )
    standing = []
    for run in runs:
        current = max(run.results.all(), key=lambda result: result.version, default=None)
        if current is not None and (
            current.verdict == Verdict.INVALID or current.pk in invalidated
        ):
            continue
        standing.append(run)
    return standing


def final_at_of(judged: RunJudgement, method: MethodFacts, started_at: datetime) -> datetime | None:
    """When an incubation that is not final yet can be: hours elapsed, not calendar days."""
    if judged.final or method.incubation_hours is None:
        return None
    return started_at + timedelta(hours=method.incubation_hours)
