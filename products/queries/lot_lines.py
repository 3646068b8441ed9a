"""The runs of a lot beside their limits, by category, with every version of their results."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from products.domain.criteria import Category, Criterion, SatisfiedBy, Verdict
from products.domain.release import LotFacts, RunFacts
from products.domain.results import RunState
from products.domain.selection import Selection, effective_verdict, needs_review
from products.models import Lot, Run, RunReturn
from products.queries.versions import VersionLine, versions_of

RAW_LENGTH = 18


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run beside its limit. ``facts`` None: it was discarded.

    ``versions`` are all of its result, the latest first.
    """

    run: Run
    facts: RunFacts | None
    verdict: Verdict
    must_be_reviewed: bool
    versions: tuple[VersionLine, ...] = ()

    @property
    def raw(self) -> str:
        """The unrounded value, cut where only a division writes more digits."""
        text = self.facts.raw_text if self.facts else ""
        return text if len(text) <= RAW_LENGTH else f"{text[:RAW_LENGTH]}…"

    @property
    def in_force(self) -> VersionLine | None:
        return next((line for line in self.versions if line.counts), None)

    @property
    def other_versions(self) -> tuple[VersionLine, ...]:
        """Values that were corrected, are proposed or were refused."""
        return tuple(line for line in self.versions if line.must_stay_visible)

    @property
    def is_aside(self) -> bool:
        """It counts for nothing: discarded, retracted or invalidated."""
        return self.facts is None or self.facts.invalidated or self.run.state == RunState.RETRACTED


@dataclass(frozen=True, slots=True)
class InheritedLine:
    """A result that was recorded on a lot this one was made from."""

    facts: RunFacts
    verdict: Verdict
    lot: UUID | None


@dataclass(frozen=True, slots=True)
class CriterionLine:
    criterion: Criterion
    runs: tuple[RunLine, ...]
    inherited: tuple[InheritedLine, ...] = ()

    @property
    def is_of_parent(self) -> bool:
        return self.criterion.satisfied_by is SatisfiedBy.PARENT


@dataclass(frozen=True, slots=True)
class CategoryTable:
    category: Category
    lines: tuple[CriterionLine, ...]


def is_to_review(line: RunLine) -> bool:
    facts = line.facts
    return (
        facts is not None
        and facts.final
        and facts.reviewed_by is None
        and line.must_be_reviewed
        and facts.state is RunState.SUBMITTED
        and not facts.pending_amendment
    )


def run_lines(lot: Lot, facts: LotFacts) -> list[RunLine]:
    judged = {UUID(run.id): run for run in facts.runs}
    rows = list(
        Run.objects.filter(lot=lot)
        .select_related(
            "sample",
            "instrument",
            "laboratory",
            "method_version__method",
            "recorded_by__person",
            "performed_by",
            "criterion",
        )
        .prefetch_related(
            Prefetch("returns", queryset=RunReturn.objects.select_related("returned_by__person"))
        )
        .order_by("recorded_at", "number")
    )
    versions = versions_of([row.pk for row in rows])
    return [_run_line(row, judged.get(row.pk), versions.get(row.pk, ())) for row in rows]


def _run_line(row: Run, facts: RunFacts | None, versions: tuple[VersionLine, ...]) -> RunLine:
    if facts is None:
        return RunLine(row, None, Verdict.PENDING, must_be_reviewed=False, versions=versions)
    return RunLine(row, facts, effective_verdict(facts), needs_review(facts), versions)


def criterion_of_run(line: RunLine) -> str | None:
    """The criterion of the version in force that the run is judged by."""
    if line.facts is not None:
        return line.facts.criterion_id
    return str(line.run.criterion_id) if line.run.criterion_id else None


def tables_of(
    facts: LotFacts,
    by_criterion: dict[str | None, list[RunLine]],
    origins: dict[str, UUID],
) -> tuple[CategoryTable, ...]:
    tables, selection = [], Selection(facts)
    for category in Category:
        lines = [
            CriterionLine(
                item.criterion,
                tuple(by_criterion.get(item.id, [])),
                tuple(
                    InheritedLine(run, effective_verdict(run), origins.get(run.lot))
                    for run in selection.runs_for(item)
                    if run.lot != facts.number
                ),
            )
            for item in facts.criteria
            if item.criterion.category is category
        ]
        if lines:
            tables.append(CategoryTable(category, tuple(lines)))
    return tuple(tables)


def runs_beside(
    facts: LotFacts, by_criterion: dict[str | None, list[RunLine]]
) -> tuple[RunLine, ...]:
    """Runs that no criterion of the version in force asks for."""
    known = {item.id for item in facts.criteria}
    return tuple(line for key, lines in by_criterion.items() if key not in known for line in lines)
