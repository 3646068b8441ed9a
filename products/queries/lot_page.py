"""Everything that a lot's page shows, judged afresh."""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from django.db.models import Prefetch

from products.domain.donors import OUTCOME_LABELS, SourceFacts
from products.domain.matching import Matching
from products.domain.methods import DocumentState
from products.domain.products import PROFILE_LABELS
from products.domain.release import Evaluation, LotFacts, Outcome, RuleOutcome, evaluate
from products.domain.results import RunState
from products.domain.sources import TISSUE_LABELS
from products.domain.timeline import Event
from products.models import (
    Acknowledgement,
    Amendment,
    Conclusion,
    Disposition,
    Evidence,
    Hold,
    Investigation,
    Lot,
    Note,
    Review,
    Run,
    Sample,
    SecondSignature,
    Signature,
    SpecificationChange,
    SpecificationVersion,
)
from products.queries.attachments import files_of_lot, notes
from products.queries.changes import ChangesSinceRelease, changes_since_release
from products.queries.facts import descendants_of, lot_facts
from products.queries.lot_lines import (
    CategoryTable,
    RunLine,
    criterion_of_run,
    is_to_review,
    run_lines,
    runs_beside,
    tables_of,
)
from products.queries.lot_timeline import timeline
from products.queries.lots import Standing, lots_at
from products.queries.matching import matchings, signatures
from products.queries.versions import second_of, state_of

if TYPE_CHECKING:
    from django_stubs_ext import WithAnnotations


@dataclass(frozen=True, slots=True)
class SourceLine:
    facts: SourceFacts
    tissue: str
    outcome: str
    outcome_label: str


@dataclass(frozen=True, slots=True)
class SignatureLine:
    """``about`` says what was signed, in a word or the numbers of the runs; ``matching`` whether
    the records still say so, None where that is not asked.
    """

    signature: Signature
    about: str
    matching: Matching | None


@dataclass(frozen=True, slots=True)
class LotAmendment:
    """``state``: ``waits``, ``refused`` or ``in_effect``."""

    row: Amendment
    second: SecondSignature | None
    state: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LotRecords:
    """What is on record of a lot. ``parents`` are all the lots it was made from, however far back,
    as they stand; ``descendants`` all that were made from it.
    """

    lot: Lot
    facts: LotFacts
    tables: tuple[CategoryTable, ...]
    other_runs: tuple[RunLine, ...]
    samples: tuple[Sample, ...]
    sources: tuple[SourceLine, ...]
    investigations: tuple[Investigation, ...]
    holds: tuple[Hold, ...]
    dispositions: tuple[Disposition, ...]
    signatures: tuple[SignatureLine, ...]
    amendments: tuple[LotAmendment, ...] = ()
    changes_of_specification: tuple[SpecificationChange, ...] = ()
    acknowledgements: tuple[Acknowledgement, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[Note, ...] = ()
    changes: ChangesSinceRelease | None = None
    has_other_specification: bool = False
    parents: tuple[WithAnnotations[Lot, Standing], ...] = ()
    descendants: tuple[WithAnnotations[Lot, Standing], ...] = ()

    @property
    def open_holds(self) -> tuple[Hold, ...]:
        return tuple(hold for hold in self.holds if not hasattr(hold, "lift"))

    @property
    def lines(self) -> tuple[RunLine, ...]:
        """Every run of the lot itself."""
        ordered = (line for table in self.tables for item in table.lines for line in item.runs)
        return (*ordered, *self.other_runs)

    @property
    def runs_to_review(self) -> tuple[RunLine, ...]:
        """Final results of runs that nobody has reviewed yet."""
        return tuple(line for line in self.lines if is_to_review(line))

    @property
    def waiting_amendments(self) -> tuple[LotAmendment, ...]:
        return tuple(line for line in self.amendments if line.state == "waits")

    @property
    def profile(self) -> str:
        return PROFILE_LABELS.get(self.facts.profile, self.facts.profile)

    @property
    def timeline(self) -> tuple[Event, ...]:
        return timeline(self)

    def last_of(self, *kinds: str) -> Disposition | None:
        return next((row for row in reversed(self.dispositions) if row.kind in kinds), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class LotPage(LotRecords):
    """What is on record of a lot, judged afresh."""

    evaluation: Evaluation

    @property
    def status(self) -> str:
        return self.evaluation.status.value

    @property
    def not_required(self) -> tuple[RuleOutcome, ...]:
        """The rules that the product's profile leaves out, with who signed it."""
        return tuple(
            outcome
            for outcome in self.evaluation.outcomes
            if outcome.outcome is Outcome.NOT_REQUIRED
        )


def lot_page(lot: Lot, now: datetime) -> LotPage:
    records = lot_records(lot, now, matched=True)
    known = {part.name: getattr(records, part.name) for part in fields(records)}
    return LotPage(**known, evaluation=evaluate(records.facts, now))


def lot_records(lot: Lot, now: datetime, *, matched: bool = False) -> LotRecords:
    """Nothing is judged; ``matched`` asks of each signature whether the records still say so."""
    facts = lot_facts([lot.pk])[lot.pk]
    lines = run_lines(lot, facts)
    by_criterion: dict[str | None, list[RunLine]] = {}
    for line in lines:
        by_criterion.setdefault(criterion_of_run(line), []).append(line)
    dispositions = tuple(
        Disposition.objects.filter(lot=lot).select_related("signature").order_by("number")
    )
    amendments = _amendments(lot)
    changes = tuple(
        SpecificationChange.objects.filter(lot=lot)
        .select_related("from_version", "to_version", "signature")
        .order_by("number")
    )
    acknowledgements = tuple(
        Acknowledgement.objects.filter(lot=lot).select_related("signature").order_by("number")
    )
    parents = _parents(facts, now)
    signed = _signatures(lot, dispositions, amendments, changes, acknowledgements)
    return LotRecords(
        lot=lot,
        facts=facts,
        tables=tables_of(facts, by_criterion, {row.number: row.pk for row in parents}),
        other_runs=runs_beside(facts, by_criterion),
        samples=_samples(lot),
        sources=tuple(_source_line(source) for source in facts.sources),
        investigations=tuple(
            Investigation.objects.filter(lot=lot)
            .select_related("run", "result", "conclusion__signature", "opened_by__person")
            .order_by("number")
        ),
        holds=tuple(
            Hold.objects.filter(lot=lot)
            .select_related("placed_by__person", "disposition", "lift__disposition__signature")
            .order_by("number")
        ),
        dispositions=dispositions,
        signatures=_each_once(signed, matched=matched),
        amendments=amendments,
        changes_of_specification=changes,
        acknowledgements=acknowledgements,
        evidence=files_of_lot(lot),
        notes=tuple(notes().filter(lot=lot)),
        has_other_specification=SpecificationVersion.objects.filter(
            product=lot.product, state=DocumentState.APPROVED
        )
        .exclude(pk=lot.specification_id)
        .exists(),
        changes=changes_since_release(facts),
        parents=parents,
        descendants=tuple(
            lots_at(now)
            .filter(pk__in=descendants_of([lot.pk]) - {lot.pk})
            .select_related("product")
            .order_by("number")
        ),
    )


def _parents(facts: LotFacts, now: datetime) -> tuple[WithAnnotations[Lot, Standing], ...]:
    numbers = {*facts.parents, *(ancestor.number for ancestor in facts.ancestors)}
    if not numbers:
        return ()
    lots = lots_at(now).filter(number__in=numbers).select_related("product")
    return tuple(lots.order_by("number"))


def _amendments(lot: Lot) -> tuple[LotAmendment, ...]:
    rows = (
        Amendment.objects.filter(lot=lot)
        .select_related("run", "corrects", "result", "signature", "second__signature")
        .order_by("recorded_at", "id")
    )
    return tuple(LotAmendment(row, second_of(row), state_of(row)) for row in rows)


def _samples(lot: Lot) -> tuple[Sample, ...]:
    runs = Run.objects.exclude(state=RunState.DISCARDED).order_by("number")
    return tuple(
        Sample.objects.filter(lot=lot)
        .select_related("drawn_by", "recorded_by__person")
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


def _signatures(
    lot: Lot,
    dispositions: tuple[Disposition, ...],
    amendments: tuple[LotAmendment, ...],
    changes: tuple[SpecificationChange, ...],
    acknowledgements: tuple[Acknowledgement, ...],
) -> list[tuple[Signature, str]]:
    lines: list[tuple[Signature, str]] = [
        (row.signature, f"decision {row.number} on the lot") for row in dispositions
    ]
    reviews = Review.objects.filter(lot=lot).select_related("signature")
    for review in reviews.prefetch_related("items__result__run"):
        numbers = sorted(item.result.run.number for item in review.items.all())
        lines.append((review.signature, f"results of {', '.join(numbers)}"))
    conclusions = Conclusion.objects.filter(investigation__lot=lot)
    for row in conclusions.select_related("signature", "investigation"):
        about = f"{row.investigation.number}: {row.outcome.replace('_', ' ')}"
        lines.append((row.signature, about))
    for line in amendments:
        about = f"{line.row.number} of {line.row.run or f'lot {lot.number}'}"
        lines.append((line.row.signature, about))
        if line.second is not None:
            lines.append((line.second.signature, about))
    for change in changes:
        about = (
            f"specification version {change.to_version.version} in place of "
            f"{change.from_version.version}"
        )
        lines.append((change.signature, about))
    lines += [
        (row.signature, f"changes since release, acknowledgement {row.number}")
        for row in acknowledgements
    ]
    if lot.stability_signature is not None:
        lines.append((lot.stability_signature, f"stability study {lot.stability_study}"))
    return lines


def _each_once(lines: list[tuple[Signature, str]], *, matched: bool) -> tuple[SignatureLine, ...]:
    """One signature may have confirmed an amendment and decided over what follows from it."""
    about: dict[UUID, list[str]] = {}
    for signature, words in lines:
        about.setdefault(signature.pk, []).append(words)
    rows = signatures().filter(pk__in=about)
    found = list(rows.order_by("signed_at", "id"))
    matching = matchings(found) if matched else {}
    merged = [SignatureLine(row, "; ".join(about[row.pk]), matching.get(row.pk)) for row in found]
    return tuple(sorted(merged, key=lambda line: (line.signature.signed_at, line.about)))
