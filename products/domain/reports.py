"""Judging a run of an outside laboratory by its signed report.

The laboratory calculated, and its controls and vessels are not ours to see: the report's reportable
value counts, and only beside its signed statement that the controls were acceptable. Where only
days are printed, an incubation rests on them. Nothing here raises for any text.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from products.domain.calculations import UNIT_OF_FORMULA, judge_value
from products.domain.criteria import PRESENT, Verdict
from products.domain.errors import InvalidValueError
from products.domain.laboratories import ControlsStatement
from products.domain.measurements import parse_measured, quoted
from products.domain.readings import (
    FORMULA_INPUTS,
    Formula,
    InputField,
    MethodFacts,
    ReadingFacts,
    Reportable,
    RunJudgement,
)
from products.domain.replicates import as_kept
from products.domain.sterility import GROWTH, NO_GROWTH
from products.domain.units import WORD

if TYPE_CHECKING:
    from products.domain.criteria import Criterion, LabelClaim
    from products.domain.facts import ReportFacts

REPORTED = "reported"
"""The name of the one reading of such a run."""
REPORT_VERSION = "outside_report/1"
"""Kept with the result in place of a formula's version: the laboratory calculated."""


def reported_input(formula: Formula, unit: str) -> InputField:
    """The one reading of an outside run, for a method of that formula and unit."""
    only = UNIT_OF_FORMULA.get(formula, unit)
    if only != WORD:
        return InputField(REPORTED, "Reported value", only, "run", "number")
    if formula is Formula.NO_GROWTH:
        words: tuple[str, ...] = (NO_GROWTH, GROWTH)
    else:
        words = FORMULA_INPUTS[formula][0].words
    return InputField(REPORTED, "Reported result", only, "run", "word", words=words)


def judge_report(
    criterion: Criterion | None,
    method: MethodFacts,
    readings: tuple[ReadingFacts, ...],
    report: ReportFacts | None,
    claim: LabelClaim | None = None,
) -> RunJudgement:
    """The verdict on the reported value; a lacking record leaves it pending, a bad one invalid."""
    field = reported_input(method.formula, method.unit)
    unit = field.unit
    if report is None or not readings:
        missing = "report" if report is None else "reported value"
        value = _undecided(Verdict.PENDING, unit, f"No {missing} is recorded yet.")
    elif waiting := _missing_parts(method, readings, report):
        reason = f"The report {quoted(report.number)} lacks {', '.join(waiting)}."
        value = _undecided(Verdict.PENDING, unit, reason)
    elif fault := _fault(field, method, readings, report):
        value = _undecided(Verdict.INVALID, unit, f"No reportable value: {fault}.")
    else:
        value = Reportable(
            readings[0].text, readings[0].unit or unit, final=True, verdict=None, reason=""
        )
    judged = judge_value(criterion, method, value, claim=claim)
    return replace(judged, details=_details(unit, readings, report))


def _undecided(verdict: Verdict, unit: str, reason: str) -> Reportable:
    return Reportable("", unit, verdict is not Verdict.PENDING, verdict, reason)


def _missing_parts(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], report: ReportFacts
) -> list[str]:
    parts: list[tuple[str, object]] = [
        ("its number", report.number.strip()),
        ("the name of who signed it", report.signed_by.strip()),
        ("its file", report.evidence),
    ]
    if _rests_on_days(method, readings):
        parts += [
            ("the day on which the incubation started", report.started_on),
            ("the day on which the incubation ended", report.ended_on),
        ]
    return [name for name, value in parts if not value]


def _rests_on_days(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> bool:
    """Growth is final whenever it is seen; its absence only after the whole incubation."""
    is_incubating = method.formula is Formula.NO_GROWTH or method.incubation_hours is not None
    return is_incubating and all(reading.text.lower() not in PRESENT for reading in readings)


def _fault(
    field: InputField,
    method: MethodFacts,
    readings: tuple[ReadingFacts, ...],
    report: ReportFacts,
) -> str:
    """Why there is no reportable value, empty when there is one."""
    if report.controls is ControlsStatement.NOT_ACCEPTABLE:
        return "the report states that the controls were not acceptable"
    if report.controls is not ControlsStatement.ACCEPTABLE:
        return "the report does not state that the controls were acceptable"
    [reading, *others] = readings
    if others or reading.name != REPORTED:
        return "a run of an outside laboratory has one reading, the reported value"
    if field.words and reading.text not in field.words:
        expected = " nor ".join(repr(word) for word in field.words)
        return f"{quoted(reading.text)} is neither {expected}"
    if UNIT_OF_FORMULA.get(method.formula) == "%" and _is_no_part(reading):
        return f"{quoted(reading.text)} is not between 0 and 100 %"
    return _fault_of_days(method, report) if _rests_on_days(method, readings) else ""


def _is_no_part(reading: ReadingFacts) -> bool:
    """Whether a part of a whole was reported outside 0 to 100 %."""
    if reading.unit not in {"", "%"}:
        return False  # another kind of unit is not comparable, and judged as that
    try:
        part = parse_measured(reading.text).value
    except InvalidValueError:
        return False  # what cannot be read is refused, with its own reason, when it is judged
    return not 0 <= part <= 100  # noqa: PLR2004  # per cent


def _fault_of_days(method: MethodFacts, report: ReportFacts) -> str:
    started, ended, hours = report.started_on, report.ended_on, method.incubation_hours
    assert started is not None
    assert ended is not None
    if not hours:
        return f"method {method.code} states no incubation"
    if ended > report.reported_on:
        return f"the report is of {report.reported_on} and its incubation ended on {ended}"
    days = (ended - started).days
    if days * 24 < hours:
        return (
            f"the report's incubation from {started} to {ended} is {days} days, and the method "
            f"asks for {hours} hours"
        )
    return ""


def _details(
    unit: str, readings: tuple[ReadingFacts, ...], report: ReportFacts | None
) -> tuple[tuple[str, str], ...]:
    kept = tuple(
        (REPORTED, as_kept(reading, unit)) for reading in readings if reading.name == REPORTED
    )
    if report is None:
        return ("formula", REPORT_VERSION), *kept
    stated = (
        ("report", report.number),
        ("reported_on", report.reported_on.isoformat()),
        ("signed_by", report.signed_by),
        ("system", report.system),
        ("controls", report.controls.value),
        ("started_on", report.started_on.isoformat() if report.started_on else ""),
        ("ended_on", report.ended_on.isoformat() if report.ended_on else ""),
        ("evidence_sha256", report.evidence),
    )
    return ("formula", REPORT_VERSION), *kept, *(pair for pair in stated if pair[1])
