"""Runs: which results and readings are in effect, and which runs of a criterion stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection
from django.db.models import Prefetch, Q, QuerySet

from products.domain.amendments import SecondOutcome
from products.domain.calculations import MethodFacts, ReadingFacts, RunJudgement
from products.domain.criteria import Verdict
from products.domain.facts import ReportFacts
from products.domain.investigations import InvestigationOutcome
from products.domain.laboratories import ControlsStatement
from products.domain.results import SATISFYING, RunState
from products.models import (
    Amendment,
    Criterion,
    Investigation,
    Lot,
    OutsideReport,
    Reading,
    Result,
    Run,
)

Place = tuple[str, int, str, str, str, datetime | None]

_CONFIRMED = Q(needs_second=False) | Q(second__outcome=SecondOutcome.CONFIRMED)


def amendments_in_effect() -> QuerySet[Amendment]:
    """Those that no second person has to sign, or one has confirmed."""
    return Amendment.objects.filter(_CONFIRMED)


def results_in_effect() -> QuerySet[Result]:
    """Every version but those of corrections that wait for a second signature or were refused."""
    return Result.objects.filter(
        Q(amendment__isnull=True) | Q(amendment__in=amendments_in_effect())
    )


def result_in_effect(run: Run) -> Result | None:
    """The version that counts: the highest in effect; None before the first submit."""
    return results_in_effect().filter(run=run).order_by("-version").first()


def verdicts_of(result: Result) -> set[Verdict]:
    """The verdict of its recording, and those under later specification versions of the lot."""
    later = result.rejudgements.values_list("verdict", flat=True)
    return {Verdict(verdict) for verdict in [result.verdict, *later]}


def waiting_amendment(run: Run) -> Amendment | None:
    """The amendment of the run that waits for its second signature; there is one at most."""
    return run.amendments.filter(needs_second=True, second__isnull=True).first()


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


def readings_in_effect(run: Run, result: Result | None = None) -> dict[Place, Reading]:
    """The latest reading at each place, in the order of entry.

    Of a ``result``, also of one that waits or was refused: the readings that it was judged by.
    Without one: all that a submit would take into account now.
    """
    rows = run.readings.order_by("sequence")
    if result is None:
        rows = rows.filter(Q(amendment__isnull=True) | Q(amendment__in=amendments_in_effect()))
    else:
        earlier = amendments_in_effect().filter(run=run, result__version__lt=result.version)
        rows = rows.filter(
            Q(amendment__isnull=True, sequence__lte=_submitted(result).reading_sequence)
            | Q(amendment__in=earlier)
            | Q(amendment__result=result)
        )
    latest = {place_of(reading): reading for reading in rows}
    return {place: reading for place, reading in latest.items() if not reading.removed}


def _submitted(result: Result) -> Result:
    """The version that a submit made, from which the chain of corrections to ``result`` starts."""
    while amendment := Amendment.objects.filter(result=result).select_related("corrects").first():
        assert amendment.corrects is not None  # the table's constraint
        result = amendment.corrects
    return result


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


def report_in_effect(run: Run) -> OutsideReport | None:
    """The latest transcription of the outside laboratory's report."""
    return (
        run.reports.select_related("evidence")
        .defer("evidence__content")
        .order_by("-sequence")
        .first()
    )


def report_facts(report: OutsideReport) -> ReportFacts:
    return ReportFacts(
        number=report.report_number,
        reported_on=report.reported_on,
        signed_by=report.signed_by,
        system=report.system,
        controls=ControlsStatement(report.controls),
        started_on=report.started_on,
        ended_on=report.ended_on,
        evidence=report.evidence.sha256,
    )


def criterion_in_force(run: Run) -> Criterion | None:
    """The criterion of the lot's present specification version with the run's code and method.

    One that the present version no longer has goes on counting for the runs opened under it. None
    for a run without a criterion.
    """
    opened_for = run.criterion
    if opened_for is None:
        return None
    present = Criterion.objects.filter(
        specification__in=Lot.objects.filter(pk=run.lot_id).values("specification"),
        code=opened_for.code,
        method=opened_for.method_id,
    )
    return present.select_related("method").first() or opened_for


def recorders_of(run: Run) -> set[UUID]:
    """Persons who recorded any data of the run: the database's own list, by which it refuses."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT products_recorders_of(%s)", [run.pk])
        return {row[0] for row in cursor.fetchall()}


def runs_that_stand(lot: Lot, criterion: Criterion) -> list[Run]:
    """Runs that satisfy or fail the criterion, whichever specification version they began under.

    Neither discarded nor retracted, nor invalid, nor invalidated.
    """
    versions = results_in_effect().order_by("-version")
    runs = (
        Run.objects.filter(
            lot=lot,
            criterion__code=criterion.code,
            criterion__method=criterion.method_id,
            purpose__in=SATISFYING,
        )
        .exclude(state__in=[RunState.DISCARDED, RunState.RETRACTED])
        .prefetch_related(Prefetch("results", queryset=versions))
        .order_by("recorded_at", "number")
    )
    invalidated = set(
        Investigation.objects.filter(
            lot=lot, conclusion__outcome=InvestigationOutcome.INVALIDATED
        ).values_list("result", flat=True)
    )
    standing = []
    for run in runs:
        current = next(iter(run.results.all()), None)
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
