"""Everything that a run's page and its review show: raw readings with what they replaced."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from products.domain.calculations import FORMULA_INPUTS, Formula, InputField
from products.domain.criteria import Criterion, Verdict
from products.domain.lots import seconds_text
from products.domain.reports import reported_input
from products.domain.results import SUPPORT_LABELS, RunState, SupportKind
from products.domain.units import label_of
from products.models import (
    Amendment,
    Evidence,
    Investigation,
    MediaLot,
    Note,
    OutsideReport,
    Reading,
    Result,
    Run,
    RunReturn,
    RunSupport,
    SecondSignature,
    Transcription,
)
from products.models import (
    Criterion as CriterionRow,
)
from products.queries.attachments import evidence, notes
from products.queries.facts import criterion_of
from products.queries.runs import place_of, recorders_of
from products.queries.versions import (
    VersionLine,
    is_in_effect,
    second_of,
    state_of,
    versions_of,
)

ROLE_LABELS = {"product": "product", "negative_control": "negative control"}


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """A reading in effect; ``earlier`` are what it replaced, the oldest first.

    Of a reading that a correction removed ``row`` is the removal.
    """

    row: Reading
    label: str
    place: str
    unit: str
    earlier: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class ReadingChange:
    """What a correction changes at one place; ``before`` or ``after`` is empty where none is.

    ``place`` says when a vessel was read, too: one vessel is looked at several times.
    """

    label: str
    place: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class AmendmentLine:
    """``state``: ``waits``, ``refused`` or ``in_effect``."""

    row: Amendment
    second: SecondSignature | None
    state: str
    changes: tuple[ReadingChange, ...]


@dataclass(frozen=True, slots=True)
class SupportLine:
    row: RunSupport
    label: str


@dataclass(frozen=True, slots=True)
class RunPage:
    """``versions`` has the latest first; ``returns``, ``reports`` and ``amendments`` the oldest."""

    run: Run
    criterion: Criterion | None
    readings: tuple[ReadingLine, ...]
    versions: tuple[VersionLine, ...]
    supports: tuple[SupportLine, ...]
    media: tuple[MediaLot, ...]
    investigations: tuple[Investigation, ...]
    verdict: Verdict
    is_open: bool
    amendments: tuple[AmendmentLine, ...] = ()
    returns: tuple[RunReturn, ...] = ()
    reports: tuple[OutsideReport, ...] = ()
    transcription: Transcription | None = None
    evidence: tuple[Evidence, ...] = ()
    notes: tuple[Note, ...] = ()
    recorders: frozenset[str] = field(default_factory=frozenset)

    @property
    def current(self) -> Result | None:
        """The version that counts."""
        return next((line.row for line in self.versions if line.counts), None)

    @property
    def waiting(self) -> AmendmentLine | None:
        """The amendment that waits for a second signature; there is one at a time."""
        return next((line for line in self.amendments if line.state == "waits"), None)

    @property
    def open_return(self) -> RunReturn | None:
        """The return that the analyst has not answered yet."""
        is_open = self.run.state == RunState.RETURNED and bool(self.returns)
        return self.returns[-1] if is_open else None

    @property
    def report(self) -> OutsideReport | None:
        return self.reports[-1] if self.reports else None

    @property
    def is_incubating(self) -> bool:
        return self.run.method_version.incubation_hours is not None

    @property
    def is_outside(self) -> bool:
        return self.run.laboratory_id is not None

    @property
    def is_transcribed(self) -> bool:
        """Whether a reviewer has to compare the values with a document."""
        return self.is_outside or self.run.from_paper

    def details(self) -> list[tuple[str, str]]:
        """What the calculation went through, in words."""
        current = self.current
        pairs = current.details if current else []
        return [(name.replace("_", " "), value) for name, value in pairs]


def run_page(run: Run) -> RunPage:
    versions = versions_of([run.pk]).get(run.pk, ())
    current = next((line for line in versions if line.counts), None)
    fields = {item.name: item for item in inputs_of(run)}
    readings = list(
        Reading.objects.filter(run=run)
        .select_related("recorded_by__person", "amendment__second")
        .order_by("sequence")
    )
    amendments = list(amendments_of(run))
    return RunPage(
        run=run,
        criterion=_criterion(run.criterion),
        readings=tuple(_reading_lines(run, readings, fields)),
        versions=versions,
        supports=tuple(_supports(run)),
        media=tuple(MediaLot.objects.filter(run_links__run=run).order_by("material", "number")),
        investigations=tuple(
            Investigation.objects.filter(run=run).select_related("conclusion").order_by("number")
        ),
        verdict=current.verdict if current else Verdict.PENDING,
        is_open=_is_open(run, current),
        amendments=tuple(_amendment_line(run, row, readings, fields) for row in amendments),
        returns=tuple(run.returns.select_related("returned_by__person", "result")),
        reports=tuple(
            run.reports.select_related("evidence", "recorded_by__person")
            .defer("evidence__content")
            .order_by("sequence")
        ),
        transcription=_transcription(run),
        evidence=tuple(evidence().filter(run=run)),
        notes=tuple(notes().filter(run=run)),
        recorders=frozenset(str(person) for person in recorders_of(run)),
    )


def amendments_of(run: Run) -> list[Amendment]:
    """Oldest first, each with its two signatures and the files they name."""
    rows = Amendment.objects.filter(run=run).select_related(
        "signature",
        "second__signature",
        "second__evidence",
        "evidence",
        "corrects__performed_by",
        "result__performed_by",
        "recorded_by__person",
    )
    return list(
        rows.defer("evidence__content", "second__evidence__content").order_by("recorded_at", "id")
    )


def inputs_of(run: Run) -> tuple[InputField, ...]:
    """The readings that the run takes: the reported value alone when it was made elsewhere."""
    formula = Formula(run.method_version.formula)
    if run.laboratory_id is not None:
        return (reported_input(formula, run.method_version.unit),)
    return FORMULA_INPUTS[formula]


def _is_open(run: Run, current: VersionLine | None) -> bool:
    """Whether readings may be saved: before the final result, and never once it is set aside."""
    if run.state in {RunState.DISCARDED, RunState.RETRACTED}:
        return False
    return not (current and current.row.final)


def _criterion(row: CriterionRow | None) -> Criterion | None:
    return criterion_of(row, row.method.code) if row else None


def _transcription(run: Run) -> Transcription | None:
    return (
        Transcription.objects.filter(run=run)
        .select_related("evidence", "verification__signature", "recorded_by__person")
        .defer("evidence__content")
        .first()
    )


def _reading_lines(
    run: Run, readings: list[Reading], fields: dict[str, InputField]
) -> list[ReadingLine]:
    in_effect: dict[object, list[Reading]] = {}
    for row in readings:
        if is_in_effect(row.amendment):
            in_effect.setdefault(place_of(row), []).append(row)
    lines = []
    for *earlier, row in in_effect.values():
        item = fields[row.name]
        lines.append(
            ReadingLine(
                row=row,
                label=item.label,
                place=_place(row, item),
                unit=_unit(run, row, item),
                earlier=tuple(earlier),
            )
        )
    return sorted(lines, key=lambda line: _order(line.row))


def _amendment_line(
    run: Run, amendment: Amendment, readings: list[Reading], fields: dict[str, InputField]
) -> AmendmentLine:
    changes = []
    for row in readings:
        if row.amendment_id != amendment.pk:
            continue
        item = fields[row.name]
        before = _before(row, readings)
        changes.append(
            ReadingChange(
                label=item.label,
                place=place_and_time(row, _place(row, item), run.performed_zone),
                before=_value(run, before, item) if before else "",
                after="" if row.removed else _value(run, row, item),
            )
        )
    return AmendmentLine(amendment, second_of(amendment), state_of(amendment), tuple(changes))


def _before(row: Reading, readings: list[Reading]) -> Reading | None:
    """The reading that stood at the same place when the correction was written."""
    found = [
        other
        for other in readings
        if other.sequence < row.sequence
        and place_of(other) == place_of(row)
        and is_in_effect(other.amendment)
    ]
    return found[-1] if found and not found[-1].removed else None


def _value(run: Run, row: Reading, item: InputField) -> str:
    return f"{row.text} {_unit(run, row, item)}".strip()


def _unit(run: Run, row: Reading, item: InputField) -> str:
    return label_of(row.unit or item.unit or run.method_version.unit)


def _order(row: Reading) -> tuple[str, str, float, str, int]:
    at: datetime | None = row.read_at
    return (row.vessel, row.name, at.timestamp() if at else 0.0, row.medium, row.replicate)


def _place(row: Reading, item: InputField) -> str:
    if item.per == "vessel":
        return f"{row.vessel} · {row.medium} · {ROLE_LABELS.get(row.role, row.role)}"
    return f"replicate {row.replicate}" if item.per == "replicate" else "whole run"


def place_and_time(row: Reading, place: str, zone: str) -> str:
    """To the second, so that no two looks at one vessel read alike."""
    return f"{place}, read {seconds_text(row.read_at, zone)}" if row.read_at else place


def _supports(run: Run) -> list[SupportLine]:
    latest = {row.kind: row for row in RunSupport.objects.filter(run=run).order_by("sequence")}
    return [
        SupportLine(latest[kind], SUPPORT_LABELS[kind]) for kind in SupportKind if kind in latest
    ]
