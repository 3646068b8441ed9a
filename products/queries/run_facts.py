"""The runs of lots as the judgement takes them: each with its current result and recorders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from uuid import UUID

from products.domain.criteria import Category, Stage, Verdict
from products.domain.investigations import InvestigationOutcome
from products.domain.release import RunFacts
from products.domain.results import Purpose, RunState, SupportFacts, SupportKind
from products.models import Investigation, Reading, Result, ReviewItem, Run, RunSupport


def run_facts(lots: list[UUID]) -> Mapping[UUID, list[RunFacts]]:
    """Of each lot every run that was not discarded, oldest first."""
    runs = list(
        Run.objects.filter(lot__in=lots)
        .exclude(state=RunState.DISCARDED)
        .select_related(
            "lot",
            "sample",
            "criterion",
            "repeats",
            "method_version__method",
            "recorded_by__person",
            "performed_by",
        )
        .order_by("recorded_at", "number")
    )
    keys = [run.pk for run in runs]
    results = _results(keys)
    supports = _supports(keys)
    recorders = _recorders(runs, results)
    reviews = {
        item.result_id: item
        for item in ReviewItem.objects.filter(result__run__in=keys).select_related(
            "review__reviewer", "review__signature"
        )
    }
    invalidated = set(
        Investigation.objects.filter(
            run__in=keys, conclusion__outcome=InvestigationOutcome.INVALIDATED
        ).values_list("result", flat=True)
    )
    facts: dict[UUID, list[RunFacts]] = defaultdict(list)
    for run in runs:
        facts[run.lot_id].append(
            _run(
                run,
                versions=results[run.pk],
                supports=tuple(supports[run.pk].values()),
                recorders=recorders[run.pk],
                reviews=reviews,
                invalidated=invalidated,
            )
        )
    return facts


def _run(
    run: Run,
    *,
    versions: list[Result],
    supports: tuple[SupportFacts, ...],
    recorders: dict[UUID, str],
    reviews: Mapping[UUID, ReviewItem],
    invalidated: Collection[UUID],
) -> RunFacts:
    version = run.method_version
    current = versions[-1] if versions else None
    item = reviews.get(current.pk) if current else None
    return RunFacts(
        id=str(run.pk),
        number=run.number,
        lot=run.lot.number,
        criterion_id=str(run.criterion_id) if run.criterion_id else None,
        criterion_code=run.criterion.code if run.criterion else "",
        purpose=Purpose(run.purpose),
        state=RunState(run.state),
        sample_number=run.sample.number,
        sample_stage=Stage(run.sample.stage),
        attribute=run.criterion.attribute if run.criterion else version.method.attribute,
        category=Category(run.criterion.category if run.criterion else version.method.category),
        method=version.method.code,
        method_version=version.version,
        method_approved_at=version.approved_at,
        method_retired_at=version.retired_at,
        incubation_hours=version.incubation_hours,
        performed_at=run.performed_at,
        first_submitted_at=versions[0].recorded_at if versions else None,
        recorders=frozenset(str(person) for person in recorders),
        recorder_names=tuple(sorted(recorders.values())),
        result_id=str(current.pk) if current else None,
        result_version=current.version if current else 0,
        verdict=Verdict(current.verdict) if current else Verdict.PENDING,
        raw_text=current.raw_text if current else "",
        reported=current.reported if current else "",
        unit=current.unit if current else "",
        final=current.final if current else False,
        reason=current.explanation if current else "",
        final_at=current.final_at if current else None,
        reviewed_by=str(item.review.reviewer_id) if item else None,
        reviewer_name=item.review.reviewer.printed_name if item else "",
        reviewed_at=item.review.signature.signed_at if item else None,
        invalidated=current is not None and current.pk in invalidated,
        supports=supports,
        repeats=run.repeats.number if run.repeats else "",
    )


def _results(runs: list[UUID]) -> Mapping[UUID, list[Result]]:
    """The versions of each run's result, oldest first."""
    versions: dict[UUID, list[Result]] = defaultdict(list)
    rows = Result.objects.filter(run__in=runs).select_related(
        "submitted_by__person", "performed_by"
    )
    for row in rows.order_by("run", "version"):
        versions[row.run_id].append(row)
    return versions


def _supports(runs: list[UUID]) -> Mapping[UUID, dict[str, SupportFacts]]:
    """The latest record of each kind that a run rests on."""
    latest: dict[UUID, dict[str, SupportFacts]] = defaultdict(dict)
    for row in RunSupport.objects.filter(run__in=runs).order_by("run", "sequence"):
        latest[row.run_id][row.kind] = SupportFacts(
            kind=SupportKind(row.kind),
            document_number=row.document_number,
            dated_on=row.dated_on,
            outcome=row.outcome,
            signed_by=row.signed_by,
        )
    return latest


def _recorders(
    runs: list[Run], results: Mapping[UUID, list[Result]]
) -> Mapping[UUID, dict[UUID, str]]:
    """Person id and printed name of everybody who recorded any data of each run."""
    who: dict[UUID, dict[UUID, str]] = defaultdict(dict)
    for run in runs:
        people = [run.recorded_by.person, run.performed_by]
        for result in results[run.pk]:
            people += [result.submitted_by.person, result.performed_by]
        who[run.pk] |= {person.pk: person.printed_name for person in people if person}
    keys = [run.pk for run in runs]
    for table in (Reading, RunSupport):
        rows = table.objects.filter(run__in=keys, recorded_by__person__isnull=False)
        for run_id, person, name in rows.values_list(
            "run", "recorded_by__person", "recorded_by__person__printed_name"
        ).distinct():
            who[run_id][person] = name
    return who
