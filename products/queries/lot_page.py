"""Everything that a lot's page shows, judged afresh."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Prefetch

from products.domain.criteria import Category, Criterion, Verdict
from products.domain.donors import OUTCOME_LABELS, SourceFacts
from products.domain.release import Evaluation, LotFacts, RunFacts, evaluate
from products.domain.results import RunState
from products.domain.selection import effective_verdict, needs_review
from products.domain.sources import TISSUE_LABELS
from products.models import (
    Conclusion,
    Disposition,
    Hold,
    Investigation,
    Lot,
    MediaLot,
    Review,
    Run,
    Sample,
    Signature,
)
from products.queries.facts import lot_facts

RAW_LENGTH = 18


@dataclass(frozen=True, slots=True)
class RunLine:
    """One run beside its limit. ``facts`` None: it was discarded."""

    run: Run
    facts: RunFacts | None
    verdict: Verdict
    must_be_reviewed: bool

    @property
    def raw(self) -> str:
        """The unrounded value, cut where only a division writes more digits."""
        text = self.facts.raw_text if self.facts else ""
        return text if len(text) <= RAW_LENGTH else f"{text[:RAW_LENGTH]}…"


@dataclass(frozen=True, slots=True)
class CriterionLine:
    criterion: Criterion
    runs: tuple[RunLine, ...]


@dataclass(frozen=True, slots=True)
class CategoryTable:
    category: Category
    lines: tuple[CriterionLine, ...]


@dataclass(frozen=True, slots=True)
class SourceLine:
    facts: SourceFacts
    tissue: str
    outcome: str
    outcome_label: str


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """``about`` says what was signed, in a word or the numbers of the runs."""

    signature: Signature
    about: str


@dataclass(frozen=True, slots=True)
class LotPage:
    lot: Lot
    facts: LotFacts
    evaluation: Evaluation
    tables: tuple[CategoryTable, ...]
    other_runs: tuple[RunLine, ...]
    samples: tuple[Sample, ...]
    sources: tuple[SourceLine, ...]
    investigations: tuple[Investigation, ...]
    holds: tuple[Hold, ...]
    dispositions: tuple[Disposition, ...]
    signatures: tuple[SignatureLine, ...]

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        return tuple(hold for hold in self.holds if not hasattr(hold, "lift"))

    @property
    def runs_to_review(self) -> tuple[RunLine, ...]:
        """Final results of runs that nobody has reviewed yet."""
        return tuple(
            line
            for table in self.tables
            for item in table.lines
            for line in item.runs
            if is_to_review(line)
        ) + tuple(line for line in self.other_runs if is_to_review(line))

    @property
    def status(self) -> str:
        return self.evaluation.status.value

    def last_of(self, *kinds: str) -> Disposition | None:
        return next((row for row in reversed(self.dispositions) if row.kind in kinds), None)


def is_to_review(line: RunLine) -> bool:
    facts = line.facts
    return facts is not None and facts.final and facts.reviewed_by is None and line.must_be_reviewed


def lot_page(lot: Lot, now: datetime) -> LotPage:
    facts = lot_facts([lot.pk])[lot.pk]
    lines = _run_lines(lot, facts)
    by_criterion: dict[str, list[RunLine]] = {}
    for line in lines:
        by_criterion.setdefault(str(line.run.criterion_id), []).append(line)
    dispositions = tuple(
        Disposition.objects.filter(lot=lot).select_related("signature").order_by("number")
    )
    return LotPage(
        lot=lot,
        facts=facts,
        evaluation=evaluate(facts, now),
        tables=_tables(facts, by_criterion),
        other_runs=tuple(by_criterion.get(str(None), [])),
        samples=_samples(lot),
        sources=tuple(_source_line(source) for source in facts.sources),
        investigations=tuple(
            Investigation.objects.filter(lot=lot)
            .select_related("run", "result", "conclusion__signature", "opened_by__person")
            .order_by("number")
        ),
        holds=tuple(
            Hold.objects.filter(lot=lot)
            .select_related("placed_by__person", "lift__disposition__signature")
            .order_by("number")
        ),
        dispositions=dispositions,
        signatures=_signatures(lot, dispositions),
    )


def media_of(run: Run) -> list[MediaLot]:
    return list(MediaLot.objects.filter(run_links__run=run).order_by("material", "number"))


def _run_lines(lot: Lot, facts: LotFacts) -> list[RunLine]:
    judged = {UUID(run.id): run for run in facts.runs}
    rows = (
        Run.objects.filter(lot=lot)
        .select_related(
            "sample",
            "instrument",
            "method_version__method",
            "recorded_by__person",
            "performed_by",
            "criterion",
        )
        .order_by("recorded_at", "number")
    )
    return [_run_line(row, judged.get(row.pk)) for row in rows]


def _run_line(row: Run, facts: RunFacts | None) -> RunLine:
    if facts is None:
        return RunLine(row, None, Verdict.PENDING, must_be_reviewed=False)
    return RunLine(row, facts, effective_verdict(facts), needs_review(facts))


def _tables(facts: LotFacts, by_criterion: dict[str, list[RunLine]]) -> tuple[CategoryTable, ...]:
    tables = []
    for category in Category:
        lines = [
            CriterionLine(item.criterion, tuple(by_criterion.get(item.id, [])))
            for item in facts.criteria
            if item.criterion.category is category
        ]
        if lines:
            tables.append(CategoryTable(category, tuple(lines)))
    return tuple(tables)


def _samples(lot: Lot) -> tuple[Sample, ...]:
    runs = Run.objects.exclude(state=RunState.DISCARDED).order_by("number")
    return tuple(
        Sample.objects.filter(lot=lot)
        .select_related("drawn_by")
        .prefetch_related(Prefetch("runs", queryset=runs))
        .order_by("recorded_at", "number")
    )


def _source_line(source: SourceFacts) -> SourceLine:
    determination = source.donor.determination
    return SourceLine(
        facts=source,
        tissue=TISSUE_LABELS.get(source.kind, source.kind),
        outcome=determination.outcome.value if determination else "undetermined",
        outcome_label=OUTCOME_LABELS[determination.outcome] if determination else "Undetermined",
    )


def _signatures(lot: Lot, dispositions: tuple[Disposition, ...]) -> tuple[SignatureLine, ...]:
    lines = [
        SignatureLine(row.signature, f"decision {row.number} on the lot") for row in dispositions
    ]
    reviews = Review.objects.filter(lot=lot).select_related("signature")
    for review in reviews.prefetch_related("items__result__run"):
        numbers = sorted(item.result.run.number for item in review.items.all())
        lines.append(SignatureLine(review.signature, f"results of {', '.join(numbers)}"))
    conclusions = Conclusion.objects.filter(investigation__lot=lot)
    for row in conclusions.select_related("signature", "investigation"):
        about = f"{row.investigation.number}: {row.outcome}"
        lines.append(SignatureLine(row.signature, about))
    if lot.stability_signature is not None:
        lines.append(
            SignatureLine(lot.stability_signature, f"stability study {lot.stability_study}")
        )
    return tuple(sorted(lines, key=lambda line: (line.signature.signed_at, line.about)))
