"""Bacterial endotoxins (USP <85>): kinetic plate, cartridge with an archived curve, gel clot.

A test that finds none reports "below sensitivity times dilution", which is what the test can see
and not what the product holds. Diluted beyond the maximum valid dilution it cannot show that a
limit is met, whatever it finds; how far that is, only the limit tells.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_FLOOR, Decimal
from types import MappingProxyType

from products.domain.errors import NotComparableError
from products.domain.limits import Criterion, LabelClaim, plain_limit
from products.domain.measurements import (
    DIVISION,
    EXACT,
    Measured,
    number_text,
    parse_measured,
)
from products.domain.readings import (
    CLOT,
    EU_PER_ML,
    NO_CLOT,
    Formula,
    InvalidAssayError,
    MethodFacts,
    ReadingFacts,
    Reportable,
)
from products.domain.replicates import (
    Details,
    Readings,
    in_unit,
    mean_of,
    one_of,
    plain_positive,
    replicates,
    required,
    series,
    single,
    total,
)
from products.domain.rounding import round_to_decimals
from products.domain.units import UNITS, convert

ENDOTOXIN_FORMULAS = frozenset(
    {
        Formula.ENDOTOXIN_KINETIC,
        Formula.ENDOTOXIN_CARTRIDGE,
        Formula.ENDOTOXIN_GEL_CLOT,
    }
)
SPIKED_FORMULAS = ENDOTOXIN_FORMULAS - {Formula.ENDOTOXIN_GEL_CLOT}
HUNDRED = Decimal(100)


def defects_of_endotoxin_method(method: MethodFacts) -> dict[str, bool]:
    """What an endotoxin method must declare before approval: sentence, and whether it applies."""
    lowest = plain_positive(method.min_recovery_percent)
    highest = plain_positive(method.max_recovery_percent)
    correlation = plain_positive(method.min_correlation)
    is_spiked = method.formula in SPIKED_FORMULAS
    return {
        "An endotoxin test needs its sensitivity (lambda) in EU/mL.": not method.sensitivity
        and method.formula in ENDOTOXIN_FORMULAS,
        "A spiked endotoxin test needs the smallest and the largest valid spike recovery.": (
            is_spiked and not (method.min_recovery_percent and method.max_recovery_percent)
        ),
        "The smallest valid spike recovery lies above the largest.": bool(
            lowest and highest and lowest > highest
        ),
        "A kinetic endotoxin test needs the smallest valid correlation of its curve.": (
            method.formula is Formula.ENDOTOXIN_KINETIC and not method.min_correlation
        ),
        "A correlation is at most 1.": correlation is not None and correlation > 1,
    }


def endotoxin_kinetic(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    """The mean of the replicates times the dilution, or a bound when none finds any.

    Raises:
        InvalidAssayError: a control, the curve or the spike recovery is not as the method declares,
            or the replicates differ by more than it allows.
    """
    sensitivity = _sensitivity(method)
    _require_clean(readings, sensitivity)
    _require_correlation(method, single(readings, "correlation"))
    found = _found(replicates(method, readings, "endotoxin", EU_PER_ML), sensitivity)
    spiked = replicates(method, readings, "spiked", EU_PER_ML)
    recovery = _recovery(spiked, found, in_unit(single(readings, "spike_added"), EU_PER_ML))
    _require_recovery(method, recovery)
    text, details = _undiluted(method, readings, found, sensitivity)
    return text, EU_PER_ML, (("recovery_percent", number_text(recovery)), *details)


def endotoxin_cartridge(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    """As the kinetic plate; the curve is archived and the reader prints the recovery.

    Raises:
        InvalidAssayError: as for the kinetic plate.
    """
    sensitivity = _sensitivity(method)
    _require_clean(readings, sensitivity)
    printed = in_unit(single(readings, "recovery"), "%")
    if printed.is_censored:
        message = f"a spike recovery of {printed.text} % is no measured value"
        raise InvalidAssayError(message)
    _require_recovery(method, printed.value)
    found = _found(replicates(method, readings, "endotoxin", EU_PER_ML), sensitivity)
    text, details = _undiluted(method, readings, found, sensitivity)
    return text, EU_PER_ML, details


GEL_CONTROLS = (
    ("positive_product_control", CLOT, "so the product may hide endotoxin"),
    ("positive_control", CLOT, "so the reagent cannot be relied on"),
    ("negative_control", NO_CLOT, "so endotoxin was brought in by the test"),
)


def endotoxin_gel_clot(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    """A bound either way: no clot lies below sensitivity times dilution, a clot does not.

    Raises:
        InvalidAssayError: a control did not show what it must, or the replicates differ.
    """
    for name, expected, meaning in GEL_CONTROLS:
        for reading in series(method, readings, name):
            found = one_of(reading, (CLOT, NO_CLOT))
            if found != expected:
                message = f"{name.replace('_', ' ')} {reading.replicate}: {found}, {meaning}"
                raise InvalidAssayError(message)
    seen = {one_of(reading, (CLOT, NO_CLOT)) for reading in series(method, readings, "clot")}
    if len(seen) > 1:
        message = "the replicates of the test solution differ: one clots and another does not"
        raise InvalidAssayError(message)
    comparator = "<" if seen == {NO_CLOT} else ">"
    bound = EXACT.multiply(_sensitivity(method), _dilution(readings))
    return comparator + number_text(bound), EU_PER_ML, ()


def _sensitivity(method: MethodFacts) -> Decimal:
    return required(method, "sensitivity", method.sensitivity)


def _dilution(readings: Readings) -> Decimal:
    dilution = in_unit(single(readings, "dilution"), "1")
    if dilution.is_censored or dilution.value < 1:
        message = f"the dilution factor {dilution.text} is not a plain number of at least 1"
        raise InvalidAssayError(message)
    return dilution.value


def _is_below(found: Measured, sensitivity: Decimal) -> bool:
    """Whether nothing was detected: a value below the sensitivity, or such a bound.

    Raises:
        InvalidAssayError: what was found is no content, or a bound that leaves both open.
    """
    if found.value < 0 or found.comparator == ">":
        message = f"{found.text} EU/mL is no content that the curve could measure"
        raise InvalidAssayError(message)
    if found.comparator == "<" and found.value > sensitivity:
        message = (
            f"{found.text} EU/mL does not reach down to the sensitivity {sensitivity} EU/mL; "
            "what is recorded is the diluted solution, before its dilution is multiplied"
        )
        raise InvalidAssayError(message)
    return bool(found.comparator) or found.value < sensitivity


def _require_clean(readings: Readings, sensitivity: Decimal) -> None:
    control = in_unit(single(readings, "negative_control"), EU_PER_ML)
    if not _is_below(control, sensitivity):
        message = (
            f"the negative control holds {control.text} EU/mL, and the method detects from "
            f"{sensitivity} EU/mL"
        )
        raise InvalidAssayError(message)


def _require_correlation(method: MethodFacts, reading: ReadingFacts) -> None:
    smallest = required(method, "smallest valid correlation", method.min_correlation)
    found = in_unit(reading, "1")
    if found.is_censored or not smallest <= found.value.copy_abs() <= 1:
        message = (
            f"the correlation of the standard curve is {found.text}, and the method asks for an "
            f"absolute value of {smallest} to 1"
        )
        raise InvalidAssayError(message)


def _found(series_of_test: list[Measured], sensitivity: Decimal) -> list[Decimal]:
    """The values of the replicates, empty when none detects anything."""
    below = {_is_below(measured, sensitivity) for measured in series_of_test}
    if len(below) > 1:
        message = "endotoxin is found in one replicate and not in another: they have no mean"
        raise InvalidAssayError(message)
    return [] if below == {True} else [measured.value for measured in series_of_test]


def _recovery(spiked: list[Measured], found: list[Decimal], added: Measured) -> Decimal:
    """Per cent of the spike found again; what was found unspiked, if anything, is subtracted."""
    if added.is_censored or added.value <= 0:
        message = f"a spike of {added.text} EU/mL cannot be found again"
        raise InvalidAssayError(message)
    for measured in spiked:
        if measured.is_censored:
            message = f"the spiked solution reads {measured.text} EU/mL: no recovery follows"
            raise InvalidAssayError(message)
    again = EXACT.subtract(total(measured.value for measured in spiked), total(found))
    expected = EXACT.multiply(added.value, Decimal(len(spiked)))
    return DIVISION.divide(EXACT.multiply(again, HUNDRED), expected)


def _require_recovery(method: MethodFacts, recovery: Decimal) -> None:
    lowest = required(method, "smallest valid spike recovery", method.min_recovery_percent)
    highest = required(method, "largest valid spike recovery", method.max_recovery_percent)
    if not lowest <= recovery <= highest:
        shown = number_text(round_to_decimals(recovery, 4))
        message = f"the spike recovery is {shown} %, and the method allows {lowest} to {highest} %"
        raise InvalidAssayError(message)


def _undiluted(
    method: MethodFacts, readings: Readings, found: list[Decimal], sensitivity: Decimal
) -> tuple[str, Details]:
    dilution = _dilution(readings)
    if not found:
        return "<" + number_text(EXACT.multiply(sensitivity, dilution)), ()
    mean, details = mean_of(method, found)
    return number_text(DIVISION.multiply(mean, dilution)), details


@dataclass(frozen=True, slots=True)
class Portion:
    """So many mg, doses or vials (``amount``) are in ``volume`` mL of the product.

    Kept as two numbers, because their quotient need not end and the dilution is compared exactly.
    """

    unit: str
    amount: Decimal = Decimal(1)
    volume: Decimal = Decimal(1)


def against_limit(
    criterion: Criterion | None,
    method: MethodFacts,
    readings: Readings,
    value: Reportable,
    claim: LabelClaim | None,
) -> Reportable:
    """``value`` in what the limit counts per, when the dilution still allows to show the limit.

    The maximum valid dilution is limit times portion over sensitivity, compared unrounded and
    printed rounded down.

    Raises:
        InvalidAssayError: the test was diluted beyond it.
        NotComparableError: the limit is per mg, dose or vial, and the record lacks how many of them
            are in 1 mL.
    """
    portion = _portion(criterion, readings, claim) if criterion else None
    if criterion is None or portion is None:
        return replace(value, details=(*value.details, NOT_CHECKED))
    checked = _check_dilution(criterion, method, readings, portion)
    measured = parse_measured(value.text)
    content = DIVISION.divide(EXACT.multiply(measured.value, portion.volume), portion.amount)
    return replace(
        value,
        text=measured.comparator + number_text(content),
        unit=portion.unit,
        details=(*value.details, checked),
    )


MVD = "maximum_valid_dilution"
NOT_CHECKED = (MVD, "not checked: there is no upper limit to compare with")


def _check_dilution(
    criterion: Criterion, method: MethodFacts, readings: Readings, portion: Portion
) -> tuple[str, str]:
    upper = plain_limit(criterion.upper) if criterion.has_upper else None
    if upper is None:
        return NOT_CHECKED
    limit = convert(upper.value, criterion.unit, portion.unit)
    sensitivity, dilution = _sensitivity(method), _dilution(readings)
    allowed = EXACT.multiply(limit, portion.amount)
    needed = EXACT.multiply(sensitivity, portion.volume)
    largest = number_text(round_to_decimals(DIVISION.divide(allowed, needed), 2, ROUND_FLOOR))
    if EXACT.multiply(dilution, needed) > allowed:
        message = (
            f"the dilution {number_text(dilution)} exceeds the maximum valid dilution {largest} "
            f"(limit {criterion.limit_text}, sensitivity {sensitivity} EU/mL), so the test cannot "
            "show that the limit is met"
        )
        raise InvalidAssayError(message)
    return MVD, largest


def _portion(criterion: Criterion, readings: Readings, claim: LabelClaim | None) -> Portion | None:
    """None when the limit is in no unit that a content per mL could be brought to."""
    unit = UNITS.get(criterion.unit)
    match KINDS.get(unit.kind if unit else ""):
        case "volume":
            return Portion(EU_PER_ML)
        case "mass":
            return Portion("[EU]/mg", amount=_amount(criterion, readings, "concentration", "mg/mL"))
        case "dose":
            volume = _amount(criterion, readings, "dose_volume", "mL")
            return Portion("[EU]/{dose}", volume=volume)
        case "vial":
            fill = plain_positive(claim.fill_volume_ml) if claim else None
            if fill is None:
                raise NotComparableError(
                    f"The limit {criterion.limit_text} is per vial, and the product's label claim "
                    "states no fill volume."
                )
            return Portion("[EU]/{vial}", volume=fill)
        case _:
            return None


KINDS: Mapping[str, str] = MappingProxyType(
    {
        UNITS[EU_PER_ML].kind: "volume",
        UNITS["[EU]/mg"].kind: "mass",
        UNITS["[EU]/{dose}"].kind: "dose",
        UNITS["[EU]/{vial}"].kind: "vial",
    }
)


def _amount(criterion: Criterion, readings: Readings, name: str, unit: str) -> Decimal:
    if all(reading.name != name for reading in readings):
        raise NotComparableError(
            f"The limit is {criterion.limit_text}, and the run records no {name.replace('_', ' ')} "
            f"in {unit} to convert with."
        )
    measured = in_unit(single(readings, name), unit)
    if measured.is_censored or measured.value <= 0:
        message = f"{name}: {measured.text} {unit} is not a plain amount above zero"
        raise InvalidAssayError(message)
    return measured.value
