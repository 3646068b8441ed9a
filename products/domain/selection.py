"""Which runs of a lot count for a criterion, and with which verdict."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date

from products.domain.criteria import STAGE_LABELS, Category, Criterion, SatisfiedBy, Verdict, judge
from products.domain.facts import CriterionFacts, LotFacts, RunFacts
from products.domain.laboratories import ControlsStatement
from products.domain.lots import zone_named
from products.domain.measurements import quoted
from products.domain.results import SATISFYING, RunState
from products.domain.units import UNITS

OPEN = frozenset({Verdict.PENDING, Verdict.INTERIM})
WITHOUT_RESULT = OPEN | {Verdict.INVALID, Verdict.INVALIDATED}
UNTESTED = frozenset({Verdict.PENDING, Verdict.INVALID, Verdict.INVALIDATED})


def effective_verdict(run: RunFacts) -> Verdict:
    """The verdict that counts.

    A fail counts until a signed conclusion invalidates it or the run is retracted, whatever else is
    known of the run and whatever a later specification allows; any other verdict only while the
    run is submitted and its result final. A result whose laboratory reports that its controls were
    not acceptable is no result.
    """
    if run.invalidated or run.state is RunState.RETRACTED:
        return Verdict.INVALIDATED
    if run.verdict is Verdict.FAIL or run.original_verdict is Verdict.FAIL:
        return Verdict.FAIL
    if run.state is not RunState.SUBMITTED or run.result_id is None:
        return Verdict.PENDING
    if run.report is not None and run.report.controls is ControlsStatement.NOT_ACCEPTABLE:
        return Verdict.INVALID
    if not run.final and run.verdict not in WITHOUT_RESULT:
        return Verdict.INTERIM
    return run.verdict


class Selection:
    """A lot with the runs that count for each of its criteria, found once for all rules.

    ``inherited`` are the runs of ancestors that count for it. Nothing changes once it is made.
    """

    def __init__(self, lot: LotFacts) -> None:
        self.lot = lot
        self.criteria = lot.criteria
        by_criterion: dict[str | None, list[RunFacts]] = {}
        for run in lot.runs:
            by_criterion.setdefault(run.criterion_id, []).append(run)
        self._runs = {
            item.id: tuple(_inherited_runs(lot, item))
            if is_inherited(item)
            else tuple(_own_runs(lot, item, by_criterion.get(item.id, [])))
            for item in lot.criteria
        }
        self._reportable = {
            key: tuple(run for run in runs if is_reportable(run))
            for key, runs in self._runs.items()
        }
        self._tested = {
            key: tuple(run for run in runs if effective_verdict(run) not in UNTESTED)
            for key, runs in self._runs.items()
        }
        self.inherited = tuple(
            {
                run.id: run
                for item in lot.criteria
                if is_inherited(item)
                for run in self._runs[item.id]
            }.values()
        )

    def runs_for(self, item: CriterionFacts) -> tuple[RunFacts, ...]:
        """The runs that may satisfy the criterion, oldest first.

        They were made for it on this lot or, where it is inherited, by its method at its stage on
        the lot it is inherited from; those have the verdict of this lot's criterion.
        """
        return self._runs[item.id]

    def reportable(self, item: CriterionFacts) -> tuple[RunFacts, ...]:
        """The runs of the criterion that have a result which counts, oldest first."""
        return self._reportable[item.id]

    def current(self, item: CriterionFacts) -> tuple[RunFacts, ...]:
        """The youngest run whose result counts; an inherited criterion has one of each lot."""
        return tuple({run.lot: run for run in self.reportable(item)}.values())

    def tested(self, item: CriterionFacts) -> tuple[RunFacts, ...]:
        """The runs of the criterion that have, or are about to have, a result which counts."""
        return self._tested[item.id]

    def all_tested(self) -> tuple[RunFacts, ...]:
        """The tested runs of all criteria, each once, in the order of the specification."""
        return tuple({run.id: run for item in self.criteria for run in self.tested(item)}.values())

    def incubating(self) -> tuple[RunFacts, ...]:
        """The sterility runs whose method states how long to incubate."""
        return tuple(
            run
            for item in self.criteria
            if item.criterion.category is Category.STERILITY
            for run in self.tested(item)
            if run.incubation_hours is not None
        )

    def counted(self) -> tuple[RunFacts, ...]:
        """The runs of this lot that were not retracted, and the inherited ones it rests on."""
        own = (run for run in self.lot.runs if run.state is not RunState.RETRACTED)
        return (*own, *self.inherited)

    def failing(self) -> tuple[RunFacts, ...]:
        """Every run of this lot that fails, and every one it inherits, however far back."""
        judged = {run.id: run for run in self.inherited}
        inherited = (
            judged.get(run.id, run)
            for run in self.lot.inherited
            if any(is_inherited(item) and _measures(run, item) for item in self.criteria)
        )
        runs = (*self.lot.runs, *inherited)
        return tuple(run for run in runs if effective_verdict(run) is Verdict.FAIL)


def is_reportable(run: RunFacts) -> bool:
    return effective_verdict(run) not in WITHOUT_RESULT


def is_inherited(item: CriterionFacts) -> bool:
    return item.criterion.satisfied_by is SatisfiedBy.PARENT


def lines_of(lot: LotFacts) -> dict[str, tuple[str, ...]]:
    """Of each direct parent its line, itself first."""
    return {parent: (parent,) for parent in lot.parents} | dict(lot.lines)


def nearest_runs(lot: LotFacts, item: CriterionFacts, line: Iterable[str]) -> tuple[RunFacts, ...]:
    """The runs that may satisfy an inherited criterion, on the nearest lot of ``line`` with one
    that was not set aside; those of the nearest lot with any when all were. An unfinished run is
    waited for, as on the lot itself.
    """
    found = [
        runs
        for number in line
        if (runs := tuple(run for run in lot.inherited if _may_be_inherited(run, item, number)))
    ]
    counting = [runs for runs in found if any(not _is_set_aside(run) for run in runs)]
    return next(iter(counting or found), ())


def _own_runs(lot: LotFacts, item: CriterionFacts, runs: Iterable[RunFacts]) -> Iterator[RunFacts]:
    return (run for run in runs if run.lot == lot.number and _may_satisfy(run, item))


def _inherited_runs(lot: LotFacts, item: CriterionFacts) -> Iterator[RunFacts]:
    """Of each parent's line; parents with a common ancestor may inherit the same run from it."""
    lines = lines_of(lot).values()
    found = {run.id: run for line in lines for run in nearest_runs(lot, item, line)}
    return (_judged_here(lot, item, run) for run in found.values())


def _may_satisfy(run: RunFacts, item: CriterionFacts) -> bool:
    """Values of another method, or of another family of methods, are never compared."""
    return (
        run.method == item.criterion.method
        and (not item.family or run.family == item.family)
        and run.purpose in SATISFYING
        and run.state is not RunState.RETRACTED
        and run.state is not RunState.DISCARDED
    )


def _may_be_inherited(run: RunFacts, item: CriterionFacts, number: str) -> bool:
    return run.lot == number and _measures(run, item) and _may_satisfy(run, item)


def _measures(run: RunFacts, item: CriterionFacts) -> bool:
    """Whether a run on another lot measured what the criterion asks for, and at its stage."""
    asked = item.criterion
    return (
        run.method == asked.method
        and run.sample_stage is asked.stage
        and run.attribute.casefold() == asked.attribute.casefold()
    )


def _is_set_aside(run: RunFacts) -> bool:
    return effective_verdict(run) in {Verdict.INVALID, Verdict.INVALIDATED}


def _judged_here(lot: LotFacts, item: CriterionFacts, run: RunFacts) -> RunFacts:
    """``run`` with the verdict of this lot's criterion; a fail under its own one stays a fail."""
    if not is_reportable(run):
        return run
    judged = judge(item.criterion, run.raw_text, run.unit, claim=lot.claim)
    return replace(
        run,
        original_verdict=effective_verdict(run),
        verdict=judged.verdict,
        reported=judged.reported,
        unit=judged.unit,
        reason=judged.reason,
    )


def criterion_name(criterion: Criterion) -> str:
    """For people: ``Endotoxin (final container)``."""
    attribute = criterion.attribute[:1].upper() + criterion.attribute[1:]
    return f"{attribute} ({STAGE_LABELS[criterion.stage].lower()})"


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


def performed_on(lot: LotFacts, run: RunFacts) -> date:
    """The day on which the run was performed, in the zone of the lot's site."""
    return run.performed_at.astimezone(zone_named(lot.zone)).date()
