"""Which runs of a lot count for a criterion, and with which verdict."""

from __future__ import annotations

from products.domain.criteria import STAGE_LABELS, Category, Criterion, Verdict
from products.domain.facts import CriterionFacts, LotFacts, RunFacts
from products.domain.measurements import quoted
from products.domain.results import SATISFYING, RunState
from products.domain.units import UNITS

OPEN = frozenset({Verdict.PENDING, Verdict.INTERIM})
WITHOUT_RESULT = OPEN | {Verdict.INVALID, Verdict.INVALIDATED}


def effective_verdict(run: RunFacts) -> Verdict:
    """The verdict that counts.

    A fail counts until a signed conclusion invalidates it, whatever else is known of the run; any
    other verdict only once the run is submitted and its result final.
    """
    if run.invalidated:
        return Verdict.INVALIDATED
    if run.verdict is Verdict.FAIL:
        return Verdict.FAIL
    if run.state is not RunState.SUBMITTED or run.result_id is None:
        return Verdict.PENDING
    if not run.final and run.verdict not in WITHOUT_RESULT:
        return Verdict.INTERIM
    return run.verdict


def runs_for(lot: LotFacts, item: CriterionFacts) -> tuple[RunFacts, ...]:
    """The runs that may satisfy the criterion: made for it on this lot, oldest first."""
    return tuple(
        run
        for run in lot.runs
        if run.criterion_id == item.id
        and run.lot == lot.number
        and run.method == item.criterion.method
        and run.purpose in SATISFYING
        and run.state is not RunState.DISCARDED
    )


def reportable_runs(lot: LotFacts, item: CriterionFacts) -> tuple[RunFacts, ...]:
    """The runs of the criterion that have a result which counts, oldest first."""
    runs = runs_for(lot, item)
    return tuple(run for run in runs if effective_verdict(run) not in WITHOUT_RESULT)


def tested_runs(lot: LotFacts, item: CriterionFacts) -> tuple[RunFacts, ...]:
    """The runs of the criterion that have, or are about to have, a result which counts."""
    untested = {Verdict.PENDING, Verdict.INVALID, Verdict.INVALIDATED}
    runs = runs_for(lot, item)
    return tuple(run for run in runs if effective_verdict(run) not in untested)


def current_run(lot: LotFacts, item: CriterionFacts) -> RunFacts | None:
    """The youngest run whose result counts for the criterion."""
    runs = reportable_runs(lot, item)
    return runs[-1] if runs else None


def criterion_name(criterion: Criterion) -> str:
    """For people: ``Endotoxin (final container)``."""
    attribute = criterion.attribute[:1].upper() + criterion.attribute[1:]
    return f"{attribute} ({STAGE_LABELS[criterion.stage].lower()})"


def incubating_runs(lot: LotFacts) -> tuple[RunFacts, ...]:
    """The sterility runs whose method states how long to incubate."""
    return tuple(
        run
        for item in lot.criteria
        if item.criterion.category is Category.STERILITY
        for run in tested_runs(lot, item)
        if run.incubation_hours is not None
    )


def needs_review(run: RunFacts) -> bool:
    """Whether a second person has to check the run: it fails, or could satisfy, a criterion."""
    if effective_verdict(run) is Verdict.FAIL and run.criterion_id is not None:
        return True
    return run.final and run.state is RunState.SUBMITTED and run.purpose in SATISFYING


def reported_text(run: RunFacts) -> str:
    """The reported value with the unit as people write it, ready to follow "result"."""
    if not run.reported:
        return f" {quoted(run.raw_text)}" if run.raw_text else ""
    unit = UNITS[run.unit].label if run.unit in UNITS else run.unit
    return f" {run.reported} {unit}".rstrip()
