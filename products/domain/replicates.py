"""Taking readings by name, as often as the method planned them, and averaging them unrounded.

A reading too many is as wrong as one too few. Everything here that cannot be used makes the run
invalid with its reason (`InvalidAssayError`), or is refused by the closed grammar.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from products.domain.limits import plain_limit
from products.domain.measurements import (
    DIVISION,
    EXACT,
    LONGEST_WORD,
    Measured,
    number_text,
    parse_measured,
    quoted,
    shown,
)
from products.domain.readings import InvalidAssayError, MethodFacts, ReadingFacts
from products.domain.rounding import round_to_decimals
from products.domain.units import UNITS, convert

Details = tuple[tuple[str, str], ...]
Readings = tuple[ReadingFacts, ...]


def replicates(method: MethodFacts, readings: Readings, name: str, unit: str) -> list[Measured]:
    return [in_unit(reading, unit) for reading in series(method, readings, name)]


def series(method: MethodFacts, readings: Readings, name: str) -> list[ReadingFacts]:
    """The readings of ``name``, one for each replicate that the method plans."""
    found = sorted((one for one in readings if one.name == name), key=lambda one: one.replicate)
    planned = list(range(1, method.replicates + 1))
    if not planned or [one.replicate for one in found] != planned:
        message = f"{name}: the method plans {method.replicates} replicates, {len(found)} recorded"
        raise InvalidAssayError(message)
    return found


def single(readings: Readings, name: str) -> ReadingFacts:
    found = [one for one in readings if one.name == name]
    if len(found) != 1:
        message = f"{name} is needed once and recorded {len(found)} times"
        raise InvalidAssayError(message)
    return found[0]


def in_unit(reading: ReadingFacts, unit: str) -> Measured:
    """``text`` stays as entered; ``value`` is in ``unit``."""
    measured = parse_measured(reading.text)
    value = convert(measured.value, reading.unit or unit, unit)
    return Measured(measured.text, measured.comparator, value)


def as_kept(reading: ReadingFacts, unit: str) -> str:
    """The reading as typed with its unit, shortened and escaped where it could not be stored."""
    text, unit = reading.text, reading.unit or unit
    is_plain = len(text) <= LONGEST_WORD and text.isascii() and text.isprintable()
    label = UNITS[unit].label if unit in UNITS else quoted(unit)
    return f"{text if is_plain else quoted(text)} {label}".strip()


def one_of(reading: ReadingFacts, words: tuple[str, ...]) -> str:
    if reading.text not in words:
        expected = " nor ".join(repr(word) for word in words)
        message = f"{reading.name}: {quoted(reading.text)} is neither {expected}"
        raise InvalidAssayError(message)
    return reading.text


def total(values: Iterable[Decimal]) -> Decimal:
    added = Decimal(0)
    for value in values:
        added = EXACT.add(added, value)
    return added


def mean_of(method: MethodFacts, values: list[Decimal]) -> tuple[Decimal, Details]:
    """The mean of unrounded replicates; their CV (n - 1) must not exceed the method's largest."""
    mean = DIVISION.divide(total(values), Decimal(len(values)))
    cv = _cv_percent(values, mean)
    details: Details = (("mean", number_text(mean)), ("replicates", str(len(values))))
    largest = stated(method, "largest CV", method.max_cv_percent)
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


def stated(method: MethodFacts, name: str, text: str) -> Decimal | None:
    """A number that the method states, None when it states none."""
    number = plain_positive(text)
    if text and number is None:
        message = f"the {name} of method {method.code} is not a plain number above zero"
        raise InvalidAssayError(message)
    return number


def required(method: MethodFacts, name: str, text: str) -> Decimal:
    """A number that the method must state for its formula."""
    number = stated(method, name, text)
    if number is None:
        message = f"method {method.code} version {method.version} states no {name}"
        raise InvalidAssayError(message)
    return number


def plain_positive(text: str) -> Decimal | None:
    number = plain_limit(text)
    return number.value if number and number.value > 0 else None
