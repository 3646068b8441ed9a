"""Everything that a run's page and its review show: raw readings with what they replaced."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from products.domain.calculations import FORMULA_INPUTS, Formula, InputField
from products.domain.criteria import Criterion, Verdict
from products.domain.results import SUPPORT_LABELS, SupportKind
from products.domain.units import label_of
from products.models import (
    Criterion as CriterionRow,
)
from products.models import (
    Investigation,
    MediaLot,
    Reading,
    Result,
    Run,
    RunSupport,
)
from products.queries.facts import criterion_of
from products.queries.runs import place_of

ROLE_LABELS = {"product": "product", "negative_control": "negative control"}


@dataclass(frozen=True, slots=True)
class ReadingLine:
    """A current reading; ``earlier`` are what it replaced, the oldest first."""

    row: Reading
    label: str
    place: str
    unit: str
    earlier: tuple[Reading, ...]


@dataclass(frozen=True, slots=True)
class SupportLine:
    row: RunSupport
    label: str


@dataclass(frozen=True, slots=True)
class RunPage:
    run: Run
    criterion: Criterion | None
    readings: tuple[ReadingLine, ...]
    results: tuple[Result, ...]
    supports: tuple[SupportLine, ...]
    media: tuple[MediaLot, ...]
    investigations: tuple[Investigation, ...]
    verdict: Verdict
    is_open: bool
    review: str

    @property
    def current(self) -> Result | None:
        return self.results[0] if self.results else None

    @property
    def is_incubating(self) -> bool:
        return self.run.method_version.incubation_hours is not None

    def details(self) -> list[tuple[str, str]]:
        """What the calculation went through, in words."""
        current = self.current
        pairs = current.details if current else []
        return [(name.replace("_", " "), value) for name, value in pairs]


def run_page(run: Run) -> RunPage:
    results = tuple(
        Result.objects.filter(run=run)
        .select_related("submitted_by__person", "performed_by", "review_item__review__reviewer")
        .order_by("-version")
    )
    current = results[0] if results else None
    investigations = tuple(
        Investigation.objects.filter(run=run).select_related("conclusion").order_by("number")
    )
    return RunPage(
        run=run,
        criterion=_criterion(run.criterion),
        readings=tuple(_reading_lines(run)),
        results=results,
        supports=tuple(_supports(run)),
        media=tuple(MediaLot.objects.filter(run_links__run=run).order_by("material", "number")),
        investigations=investigations,
        verdict=_verdict(current, investigations),
        is_open=run.state != "discarded" and not (current and current.final),
        review=_review(current),
    )


def inputs_of(run: Run) -> tuple[InputField, ...]:
    return FORMULA_INPUTS[Formula(run.method_version.formula)]


def _criterion(row: CriterionRow | None) -> Criterion | None:
    return criterion_of(row, row.method.code) if row else None


def _verdict(current: Result | None, investigations: tuple[Investigation, ...]) -> Verdict:
    if current is None:
        return Verdict.PENDING
    for row in investigations:
        concluded = getattr(row, "conclusion", None)
        if row.result_id == current.pk and concluded and concluded.outcome == "invalidated":
            return Verdict.INVALIDATED
    return Verdict(current.verdict)


def _review(current: Result | None) -> str:
    item = getattr(current, "review_item", None)
    return item.review.reviewer.printed_name if item else ""


def _reading_lines(run: Run) -> list[ReadingLine]:
    fields = {field.name: field for field in inputs_of(run)}
    versions: dict[object, list[Reading]] = {}
    rows = Reading.objects.filter(run=run).select_related("recorded_by__person")
    for row in rows.order_by("sequence"):
        versions.setdefault(place_of(row), []).append(row)
    lines = []
    for rows_of_place in versions.values():
        *earlier, row = rows_of_place
        field = fields[row.name]
        unit = label_of(row.unit or field.unit or run.method_version.unit)
        lines.append(
            ReadingLine(
                row=row,
                label=field.label,
                place=_place(row, field),
                unit=unit,
                earlier=tuple(earlier),
            )
        )
    return sorted(lines, key=lambda line: _order(line.row))


def _order(row: Reading) -> tuple[str, str, float, str, int]:
    at: datetime | None = row.read_at
    return (row.vessel, row.name, at.timestamp() if at else 0.0, row.medium, row.replicate)


def _place(row: Reading, field: InputField) -> str:
    if field.per == "vessel":
        return f"{row.vessel} · {row.medium} · {ROLE_LABELS.get(row.role, row.role)}"
    return f"replicate {row.replicate}" if field.per == "replicate" else "whole run"


def _supports(run: Run) -> list[SupportLine]:
    latest = {row.kind: row for row in RunSupport.objects.filter(run=run).order_by("sequence")}
    return [
        SupportLine(latest[kind], SUPPORT_LABELS[kind]) for kind in SupportKind if kind in latest
    ]
