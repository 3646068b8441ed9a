"""From the readings of one run to its reportable value, and on to its verdict.

Replicates are averaged unrounded and only as the method planned them; a reading too many is as
wrong as one too few. Nothing here raises for any text of a reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from products.domain.criteria import Category, Criterion, LimitKind, Stage, Verdict, judge
from products.domain.endotoxin import (
    ENDOTOXIN_FORMULAS,
    against_limit,
    defects_of_endotoxin_method,
    endotoxin_cartridge,
    endotoxin_gel_clot,
    endotoxin_kinetic,
)
from products.domain.errors import InvalidValueError, NotComparableError
from products.domain.integrity import vesicle_integrity
from products.domain.markers import marker
from products.domain.measurements import (
    number_text,
    parse_measured,
    parse_word,
    quoted,
)
from products.domain.purity import particle_concentration, particles_per_microgram
from products.domain.readings import (
    EU_PER_ML,
    FORMULA_INPUTS,
    FORMULA_LABELS,
    FORMULA_VERSIONS,
    PARTICLES_PER_ML,
    Formula,
    InputField,
    InvalidAssayError,
    MethodFacts,
    ReadingFacts,
    Reportable,
    RunJudgement,
    VesselRole,
)
from products.domain.replicates import (
    Details,
    Readings,
    as_kept,
    in_unit,
    mean_of,
    plain_positive,
    replicates,
    series,
    single,
    stated,
)
from products.domain.sizes import size_distribution
from products.domain.sterility import GROWTH, NO_GROWTH, growth_outcome
from products.domain.units import UNITS, WORD
from products.domain.viability import percent_viable

if TYPE_CHECKING:
    from datetime import datetime
    from decimal import Decimal

    from products.domain.criteria import LabelClaim

__all__ = [
    "FORMULA_INPUTS",
    "FORMULA_LABELS",
    "FORMULA_VERSIONS",
    "UNIT_OF_FORMULA",
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
    "judge_value",
]

PARTICLES_PER_UG = "{particles}/ug"
UNIT_OF_FORMULA = {
    Formula.PARTICLE_CONCENTRATION: PARTICLES_PER_ML,
    Formula.PARTICLE_TO_PROTEIN: PARTICLES_PER_UG,
    Formula.VIABILITY: "%",
    Formula.NO_GROWTH: WORD,
    Formula.WORD: WORD,
    Formula.VESICLE_INTEGRITY: "%",
    Formula.ENDOTOXIN_KINETIC: EU_PER_ML,
    Formula.ENDOTOXIN_CARTRIDGE: EU_PER_ML,
    Formula.ENDOTOXIN_GEL_CLOT: EU_PER_ML,
    Formula.MARKER: WORD,
    Formula.SIZE_DISTRIBUTION: "%",
}
"""Formulas that can have only one unit."""


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
        word = parse_word(text, field=field.name)
        if field.words and word not in field.words:
            expected = " nor ".join(repr(one) for one in field.words)
            message = f"{quoted(text)} is neither {expected}."
            raise InvalidValueError(message, code="unreadable_value", field=field.name)
    else:
        measured = parse_measured(text, field=field.name)
        if field.kind == "count" and not (text.isascii() and text.isdecimal()):
            message = f"{measured.text} is not a count: digits only."
            raise InvalidValueError(message, code="unreadable_value", field=field.name)


def check_method(method: MethodFacts) -> tuple[str, ...]:
    """What is missing or contradictory in a method before approval; empty means fine."""
    only = UNIT_OF_FORMULA.get(method.formula)
    numbers = (
        ("LOD", method.lod),
        ("LOQ", method.loq),
        ("largest CV", method.max_cv_percent),
        ("sensitivity", method.sensitivity),
        ("smallest valid spike recovery", method.min_recovery_percent),
        ("largest valid spike recovery", method.max_recovery_percent),
        ("smallest valid correlation", method.min_correlation),
    )
    defects = {
        f"The unit {quoted(method.unit)} is not in the table of units.": method.unit not in UNITS,
        f"The formula {method.formula} gives values in {only}.": only not in {None, method.unit},
        "A method needs at least one replicate.": method.replicates < 1,
        "A single value has one replicate.": method.formula is Formula.VALUE
        and method.replicates != 1,
        "A size distribution has one replicate.": method.formula is Formula.SIZE_DISTRIBUTION
        and method.replicates != 1,
        "A largest CV needs at least two replicates.": bool(method.max_cv_percent)
        and method.replicates == 1,
        "A sterility test needs its incubation hours.": method.formula is Formula.NO_GROWTH
        and (method.incubation_hours or 0) < 1,
        "A sterility test needs its media.": method.formula is Formula.NO_GROWTH
        and not method.media,
        **defects_of_endotoxin_method(method),
    } | {
        f"The {name} {quoted(text)} is not a plain number above zero.": bool(text)
        and plain_positive(text) is None
        for name, text in numbers
    }
    return tuple(message for message, is_so in defects.items() if is_so)


def calculate(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], *, started_at: datetime
) -> Reportable:
    """The reportable value of one run, unrounded (quotients to 50 digits).

    ``started_at`` is when the incubation began; only a sterility test depends on it. The details
    begin with the version of the formula and the readings, whatever comes of them.
    """
    unit = UNIT_OF_FORMULA.get(method.formula, method.unit)
    details: Details = (
        ("formula", FORMULA_VERSIONS[method.formula]),
        *_readings_kept(method, readings),
    )
    if not readings:
        reason = "No reading is recorded yet."
        return Reportable(
            "", unit, final=False, verdict=Verdict.PENDING, reason=reason, details=details
        )

    def compute() -> Reportable:
        if method.formula is Formula.NO_GROWTH:
            return growth_outcome(method, readings, started_at=started_at)
        _require_known_names(method, readings)
        text, unit, found = CALCULATIONS[method.formula](method, readings)
        return Reportable(text, unit, final=True, verdict=None, reason="", details=found)

    return _attempt(compute, unit, details)


def _attempt(compute: Callable[[], Reportable], unit: str, details: Details) -> Reportable:
    """What ``compute`` finds, its details after ``details``; a refusal becomes a verdict."""
    try:
        value = compute()
    except NotComparableError as error:
        return _nothing(unit, Verdict.NOT_COMPARABLE, error.message, details)
    except InvalidAssayError as error:
        return _nothing(unit, Verdict.INVALID, f"No reportable value: {error}.", details)
    except InvalidValueError as error:
        is_unit = error.code == "unknown_unit"
        verdict = Verdict.NOT_COMPARABLE if is_unit else Verdict.INVALID
        return _nothing(unit, verdict, f"No reportable value: {error.message}", details)
    return replace(value, details=(*details, *value.details))


def _nothing(unit: str, verdict: Verdict, reason: str, details: Details) -> Reportable:
    return Reportable("", unit, final=True, verdict=verdict, reason=reason, details=details)


def _readings_kept(method: MethodFacts, readings: Readings) -> Iterator[tuple[str, str]]:
    """Each reading by name and replicate; looks at vessels stay in the run's own records."""
    fields = {field.name: field for field in FORMULA_INPUTS[method.formula]}
    for reading in readings:
        field = fields.get(reading.name)
        if field is None or field.per == "vessel":
            continue
        name = f"{field.name}_{reading.replicate}" if field.per == "replicate" else field.name
        yield name, as_kept(reading, field.unit or method.unit)


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
    if value.verdict is None and method.formula in ENDOTOXIN_FORMULAS:
        found = replace(value, details=())
        value = _attempt(
            lambda: against_limit(criterion, method, readings, found, claim),
            value.unit,
            value.details,
        )
    return judge_value(criterion, method, value, claim=claim)


def judge_value(
    criterion: Criterion | None,
    method: MethodFacts,
    value: Reportable,
    *,
    claim: LabelClaim | None = None,
) -> RunJudgement:
    """The verdict on a reportable value, however it came about."""
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


def _value(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    reading = single(readings, "value")
    parse_measured(reading.text)
    return reading.text, reading.unit or method.unit, ()


def _mean(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    found = replicates(method, readings, "value", method.unit)
    comparators = {measured.comparator for measured in found}
    if comparators == {""}:
        mean, details = mean_of(method, [measured.value for measured in found])
        return number_text(mean), method.unit, details
    if len(comparators) > 1:
        message = "measured and censored replicates (<, >) have no mean"
        raise InvalidAssayError(message)
    comparator = comparators.pop()
    bounds = [measured.value for measured in found]
    bound = max(bounds) if comparator == "<" else min(bounds)
    return comparator + number_text(bound), method.unit, ()


def _particle_concentration(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    concentration, details = _concentration(method, readings)
    return number_text(concentration), PARTICLES_PER_ML, details


def _particle_to_protein(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    concentration, details = _concentration(method, readings)
    protein = in_unit(single(readings, "protein"), "ug/mL")
    loq = stated(method, "LOQ", method.loq)
    ratio = particles_per_microgram(concentration, protein, loq)
    written = ("particles_per_ml", number_text(concentration))
    return ratio.text, PARTICLES_PER_UG, (*details, written)


def _viability(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    live = replicates(method, readings, "live", "{cells}")
    dead = replicates(method, readings, "dead", "{cells}")
    percents = [
        percent_viable(*counts, minimum_count=method.minimum_count)
        for counts in zip(live, dead, strict=True)
    ]
    each = tuple(
        (f"viability_percent_{number}", number_text(percent))
        for number, percent in enumerate(percents, 1)
    )
    mean, details = mean_of(method, percents)
    return number_text(mean), "%", (*each, *details)


def _word(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    words = {parse_word(reading.text) for reading in series(method, readings, "word")}
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
        Formula.VESICLE_INTEGRITY: vesicle_integrity,
        Formula.ENDOTOXIN_KINETIC: endotoxin_kinetic,
        Formula.ENDOTOXIN_CARTRIDGE: endotoxin_cartridge,
        Formula.ENDOTOXIN_GEL_CLOT: endotoxin_gel_clot,
        Formula.MARKER: marker,
        Formula.SIZE_DISTRIBUTION: size_distribution,
    }
)


def _concentration(
    method: MethodFacts, readings: tuple[ReadingFacts, ...]
) -> tuple[Decimal, Details]:
    series = replicates(method, readings, "particles", PARTICLES_PER_ML)
    for measured in series:
        if measured.is_censored or measured.value < 0:
            message = f"{measured.text} is not a measured particle concentration"
            raise InvalidAssayError(message)
    mean, details = mean_of(method, [measured.value for measured in series])
    dilution = in_unit(single(readings, "dilution"), "1")
    return particle_concentration(mean, dilution), details
