"""From the readings of one run to its reportable value, and on to its verdict.

Replicates are averaged unrounded and only as the method planned them; a reading too many is as
wrong as one too few. Nothing here raises for any text of a reading.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import TYPE_CHECKING

from products.domain.criteria import Category, Criterion, LimitKind, Stage, Verdict, judge
from products.domain.errors import InvalidValueError, NotComparableError
from products.domain.limits import plain_limit
from products.domain.measurements import (
    DIVISION,
    EXACT,
    Measured,
    number_text,
    parse_measured,
    parse_word,
    quoted,
    shown,
)
from products.domain.purity import particle_concentration, particles_per_microgram
from products.domain.readings import (
    FORMULA_INPUTS,
    Formula,
    InputField,
    InvalidAssayError,
    MethodFacts,
    ReadingFacts,
    Reportable,
    RunJudgement,
    VesselRole,
)
from products.domain.rounding import round_to_decimals
from products.domain.sterility import GROWTH, NO_GROWTH, growth_outcome
from products.domain.units import UNITS, WORD, convert
from products.domain.viability import percent_viable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from products.domain.criteria import LabelClaim

__all__ = [
    "FORMULA_INPUTS",
    "Formula",
    "InputField",
    "MethodFacts",
    "ReadingFacts",
    "Reportable",
    "RunJudgement",
    "VesselRole",
    "calculate",
    "check_method",
    "check_reading",
    "judge_run",
]

PARTICLES_PER_ML = "{particles}/mL"
PARTICLES_PER_UG = "{particles}/ug"
UNIT_OF_FORMULA = {
    Formula.PARTICLE_CONCENTRATION: PARTICLES_PER_ML,
    Formula.PARTICLE_TO_PROTEIN: PARTICLES_PER_UG,
    Formula.VIABILITY: "%",
    Formula.NO_GROWTH: WORD,
    Formula.WORD: WORD,
}
"""Formulas that can have only one unit."""

Details = tuple[tuple[str, str], ...]


def check_reading(field: InputField, text: str) -> None:
    """Refuse what ``field`` cannot hold, before it is stored.

    Raises:
        InvalidValueError: with code "unreadable_value" and the name of the field.
    """
    if field.kind == "growth":
        if text not in {GROWTH, NO_GROWTH}:
            message = f"{quoted(text)} is neither {NO_GROWTH!r} nor {GROWTH!r}."
            raise InvalidValueError(message, code="unreadable_value", field=field.name)
    elif field.kind == "word":
        parse_word(text, field=field.name)
    else:
        measured = parse_measured(text, field=field.name)
        if field.kind == "count" and not (text.isascii() and text.isdecimal()):
            message = f"{measured.text} is not a count: digits only."
            raise InvalidValueError(message, code="unreadable_value", field=field.name)


def check_method(method: MethodFacts) -> tuple[str, ...]:
    """What is missing or contradictory in a method before approval; empty means fine."""
    only = UNIT_OF_FORMULA.get(method.formula)
    takes_one = method.formula is Formula.VALUE
    limits = (("LOD", method.lod), ("LOQ", method.loq), ("largest CV", method.max_cv_percent))
    defects = {
        f"The unit {quoted(method.unit)} is not in the table of units.": method.unit not in UNITS,
        f"The formula {method.formula} gives values in {only}.": only not in {None, method.unit},
        "A method needs at least one replicate.": method.replicates < 1,
        "A single value has one replicate.": takes_one and method.replicates != 1,
        "A largest CV needs at least two replicates.": bool(method.max_cv_percent)
        and method.replicates == 1,
        "A sterility test needs its incubation hours.": method.formula is Formula.NO_GROWTH
        and (method.incubation_hours or 0) < 1,
        "A sterility test needs its media.": method.formula is Formula.NO_GROWTH
        and not method.media,
    } | {
        f"The {name} {quoted(text)} is not a plain number above zero.": bool(text)
        and _plain_positive(text) is None
        for name, text in limits
    }
    return tuple(message for message, is_so in defects.items() if is_so)


def calculate(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], *, started_at: datetime
) -> Reportable:
    """The reportable value of one run, unrounded (quotients to 50 digits).

    ``started_at`` is when the incubation began; only a sterility test depends on it.
    """
    unit = UNIT_OF_FORMULA.get(method.formula, method.unit)
    if not readings:
        reason = "No reading is recorded yet."
        return Reportable("", unit, final=False, verdict=Verdict.PENDING, reason=reason)
    try:
        if method.formula is Formula.NO_GROWTH:
            return growth_outcome(method, readings, started_at=started_at)
        _require_known_names(method, readings)
        text, unit, details = CALCULATIONS[method.formula](method, readings)
    except NotComparableError as error:
        return _nothing(unit, Verdict.NOT_COMPARABLE, error.message)
    except InvalidAssayError as error:
        return _nothing(unit, Verdict.INVALID, f"No reportable value: {error}.")
    except InvalidValueError as error:
        is_unit = error.code == "unknown_unit"
        verdict = Verdict.NOT_COMPARABLE if is_unit else Verdict.INVALID
        return _nothing(unit, verdict, f"No reportable value: {error.message}")
    return Reportable(text, unit, final=True, verdict=None, reason="", details=details)


def _nothing(unit: str, verdict: Verdict, reason: str) -> Reportable:
    return Reportable("", unit, final=True, verdict=verdict, reason=reason)


def judge_run(
    criterion: Criterion | None,
    method: MethodFacts,
    readings: tuple[ReadingFacts, ...],
    *,
    started_at: datetime,
    claim: LabelClaim | None = None,
) -> RunJudgement:
    """`calculate`, then `judge`. Without a criterion the value is reported and nothing more."""
    value = calculate(method, readings, started_at=started_at)
    if value.verdict is not None:
        verdict, reported, unit, reason = value.verdict, value.text, value.unit, value.reason
    else:
        judged = judge(
            criterion or _report_only(method, value), value.text, value.unit, claim=claim
        )
        verdict, reported, unit = judged.verdict, judged.reported, judged.unit
        reason = f"{value.reason} {judged.reason}".strip()
    return RunJudgement(
        verdict=verdict,
        raw_text=value.text,
        reported=reported,
        unit=unit,
        final=value.final,
        reason=reason,
        details=value.details,
    )


def _report_only(method: MethodFacts, value: Reportable) -> Criterion:
    """What a value is held against when the specification does not ask for it: nothing."""
    return Criterion(
        code=method.code,
        attribute=method.code,
        category=Category.GENERAL,
        stage=Stage.BULK,
        method=method.code,
        kind=LimitKind.REPORT_ONLY,
        unit=value.unit,
        required=False,
    )


def _require_known_names(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> None:
    known = {field.name for field in FORMULA_INPUTS[method.formula]}
    for reading in readings:
        if reading.name not in known:
            message = f"{quoted(reading.name)} is not a reading of the formula {method.formula}"
            raise InvalidAssayError(message)


def _value(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> tuple[str, str, Details]:
    reading = _single(readings, "value")
    parse_measured(reading.text)
    return reading.text, reading.unit or method.unit, ()


def _mean(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> tuple[str, str, Details]:
    series = _replicates(method, readings, "value", method.unit)
    comparators = {measured.comparator for measured in series}
    if comparators == {""}:
        mean, details = _mean_of(method, [measured.value for measured in series])
        return number_text(mean), method.unit, details
    if len(comparators) > 1:
        message = "measured and censored replicates (<, >) have no mean"
        raise InvalidAssayError(message)
    comparator = comparators.pop()
    bounds = [measured.value for measured in series]
    bound = max(bounds) if comparator == "<" else min(bounds)
    return comparator + number_text(bound), method.unit, ()


def _particle_concentration(
    method: MethodFacts, readings: tuple[ReadingFacts, ...]
) -> tuple[str, str, Details]:
    concentration, details = _concentration(method, readings)
    return number_text(concentration), PARTICLES_PER_ML, details


def _particle_to_protein(
    method: MethodFacts, readings: tuple[ReadingFacts, ...]
) -> tuple[str, str, Details]:
    concentration, details = _concentration(method, readings)
    protein = _measured(_single(readings, "protein"), "ug/mL")
    loq = _stated(method, "LOQ", method.loq)
    ratio = particles_per_microgram(concentration, protein, loq)
    written = ("particles_per_ml", number_text(concentration))
    return ratio.text, PARTICLES_PER_UG, (*details, written)


def _viability(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> tuple[str, str, Details]:
    live = _replicates(method, readings, "live", "{cells}")
    dead = _replicates(method, readings, "dead", "{cells}")
    percents = [
        percent_viable(*counts, minimum_count=method.minimum_count)
        for counts in zip(live, dead, strict=True)
    ]
    mean, details = _mean_of(method, percents)
    return number_text(mean), "%", details


def _word(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> tuple[str, str, Details]:
    words = {parse_word(reading.text) for reading in _series(method, readings, "word")}
    if len(words) > 1:
        message = f"the replicates differ: {', '.join(sorted(words))}"
        raise InvalidAssayError(message)
    return words.pop(), WORD, ()


CALCULATIONS: Mapping[
    Formula, Callable[[MethodFacts, tuple[ReadingFacts, ...]], tuple[str, str, Details]]
] = MappingProxyType(
    {
        Formula.VALUE: _value,
        Formula.MEAN: _mean,
        Formula.PARTICLE_CONCENTRATION: _particle_concentration,
        Formula.PARTICLE_TO_PROTEIN: _particle_to_protein,
        Formula.VIABILITY: _viability,
        Formula.WORD: _word,
    }
)


def _concentration(
    method: MethodFacts, readings: tuple[ReadingFacts, ...]
) -> tuple[Decimal, Details]:
    series = _replicates(method, readings, "particles", PARTICLES_PER_ML)
    for measured in series:
        if measured.is_censored or measured.value < 0:
            message = f"{measured.text} is not a measured particle concentration"
            raise InvalidAssayError(message)
    mean, details = _mean_of(method, [measured.value for measured in series])
    dilution = _measured(_single(readings, "dilution"), "1")
    concentration = particle_concentration(mean, dilution)
    return concentration, (*details, ("dilution", dilution.text))


def _mean_of(method: MethodFacts, values: list[Decimal]) -> tuple[Decimal, Details]:
    """The mean of unrounded replicates; their CV (n - 1) must not exceed the method's largest."""
    total = Decimal(0)
    for value in values:
        total = EXACT.add(total, value)
    mean = DIVISION.divide(total, Decimal(len(values)))
    cv = _cv_percent(values, mean)
    details: Details = (("mean", number_text(mean)), ("replicates", str(len(values))))
    largest = _stated(method, "largest CV", method.max_cv_percent)
    if cv is not None:
        details = (*details, ("cv_percent", shown(round_to_decimals(cv, 2))))
    if largest is not None and (cv is None or cv > largest):
        found = "cannot be computed" if cv is None else f"is {round_to_decimals(cv, 2)} %"
        message = f"the CV of the replicates {found}, and the method allows {largest} %"
        raise InvalidAssayError(message)
    return mean, details


def _cv_percent(values: list[Decimal], mean: Decimal) -> Decimal | None:
    """None when there is none: a single value, or a mean of zero."""
    if len(values) == 1 or not mean:
        return None
    squares = Decimal(0)
    for value in values:
        deviation = DIVISION.subtract(value, mean)
        squares = DIVISION.add(squares, DIVISION.multiply(deviation, deviation))
    deviation = DIVISION.sqrt(DIVISION.divide(squares, Decimal(len(values) - 1)))
    return DIVISION.multiply(DIVISION.divide(deviation, mean.copy_abs()), Decimal(100))


def _stated(method: MethodFacts, name: str, text: str) -> Decimal | None:
    """A number that the method states, None when it states none."""
    number = _plain_positive(text)
    if text and number is None:
        message = f"the {name} of method {method.code} is not a plain number above zero"
        raise InvalidAssayError(message)
    return number


def _plain_positive(text: str) -> Decimal | None:
    number = plain_limit(text)
    return number.value if number and number.value > 0 else None


def _replicates(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], name: str, unit: str
) -> list[Measured]:
    return [_measured(reading, unit) for reading in _series(method, readings, name)]


def _series(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], name: str
) -> list[ReadingFacts]:
    """The readings of ``name``, one for each replicate that the method plans."""
    found = sorted((one for one in readings if one.name == name), key=lambda one: one.replicate)
    planned = list(range(1, method.replicates + 1))
    if not planned or [one.replicate for one in found] != planned:
        message = f"{name}: the method plans {method.replicates} replicates, {len(found)} recorded"
        raise InvalidAssayError(message)
    return found


def _single(readings: tuple[ReadingFacts, ...], name: str) -> ReadingFacts:
    found = [one for one in readings if one.name == name]
    if len(found) != 1:
        message = f"{name} is needed once and recorded {len(found)} times"
        raise InvalidAssayError(message)
    return found[0]


def _measured(reading: ReadingFacts, unit: str) -> Measured:
    measured = parse_measured(reading.text)
    value = convert(measured.value, reading.unit or unit, unit)
    return Measured(measured.text, measured.comparator, value)
