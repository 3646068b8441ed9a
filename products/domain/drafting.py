"""What a draft criterion still lacks, and which measured values it would pass or fail."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from products.domain.errors import InvalidValueError
from products.domain.limits import (
    CompareOn,
    Criterion,
    LimitKind,
    Limits,
    Rounding,
    Verdict,
    plain_limit,
)
from products.domain.measurements import EXACT, number_text, parse_word, quoted
from products.domain.rounding import decimals_of
from products.domain.units import UNITS, WORD

if TYPE_CHECKING:
    from collections.abc import Iterator


def check_criterion(criterion: Criterion) -> tuple[str, ...]:
    """What is missing or contradictory before approval, one sentence each; empty means fine."""
    return tuple(_defects(criterion))


def measured_values_that_fail(criterion: Criterion) -> str:
    """Which measured values next to the limits pass and fail, for who chooses `CompareOn`.

    A strict limit for which nothing is chosen is shown both ways. Empty without readable limits.
    """
    limits = Limits.of(criterion)
    if limits is None:
        return ""
    ways = [criterion.compared_on] if criterion.compared_on else list(CompareOn)
    return " ".join(_probed(limits, way) for way in ways)


def _probed(limits: Limits, way: CompareOn) -> str:
    verdicts: dict[Verdict, list[str]] = {Verdict.PASS: [], Verdict.FAIL: []}
    for probe in _probes(limits):
        verdicts[limits.verdict(probe, way)].append(number_text(probe))
    passing, failing = (", ".join(probes) or "none" for probes in verdicts.values())
    return f"Compared {way}: of the values next to the limit, {passing} pass; {failing} fail."


def _probes(limits: Limits) -> list[Decimal]:
    """Values up to half a unit of the last retained digit on either side of each limit."""
    steps = [Decimal(step) for step in ("-0.6", "-0.5", "-0.1", "0", "0.1", "0.4", "0.5")]
    probes: set[Decimal] = set()
    for limit in (limits.lower, limits.upper):
        if limit is not None:
            unit = Decimal((0, (1,), int(limit.as_tuple().exponent)))
            probes.update(EXACT.add(limit, EXACT.multiply(step, unit)) for step in steps)
    return sorted(probes)


def _defects(criterion: Criterion) -> Iterator[str]:
    if criterion.is_numeric:
        yield from _defects_of_numbers(criterion)
    elif criterion.lower or criterion.upper or criterion.lower_strict or criterion.upper_strict:
        yield f"A limit of kind {criterion.kind} takes no numbers."
    if criterion.kind is LimitKind.WORD:
        yield from _defects_of_words(criterion)
    elif criterion.allowed_words:
        yield f"A limit of kind {criterion.kind} takes no allowed words."
    yield from _defects_of_unit(criterion)


def _defects_of_unit(criterion: Criterion) -> Iterator[str]:
    unit = criterion.unit
    if criterion.is_of_label:
        if unit not in {"", "%"}:
            yield "A limit in per cent of label claim has the unit % (the claim has its own)."
    elif not criterion.is_numeric and unit in {"", WORD}:
        return
    elif unit not in UNITS:
        known = f"The unit {quoted(unit)} is not in the table of units."
        yield known if unit else "The unit is missing."
    elif criterion.kind is not LimitKind.REPORT_ONLY and criterion.is_numeric is (unit == WORD):
        yield f"The unit {unit} does not fit a limit of kind {criterion.kind}."


def _defects_of_words(criterion: Criterion) -> Iterator[str]:
    if not criterion.allowed_words:
        yield "At least one allowed word is needed."
    for word in criterion.allowed_words:
        try:
            parse_word(word)
        except InvalidValueError as error:
            yield error.message


def _defects_of_numbers(criterion: Criterion) -> Iterator[str]:
    sides = (
        ("lower", criterion.has_lower, criterion.lower, criterion.lower_strict),
        ("upper", criterion.has_upper, criterion.upper, criterion.upper_strict),
    )
    for side, is_needed, text, is_strict in sides:
        if is_needed and not text:
            yield f"The {side} limit is missing."
        elif is_needed and plain_limit(text) is None:
            yield f"The {side} limit {quoted(text)} is not a plain number."
        elif not is_needed and (text or is_strict):
            yield f"A limit of kind {criterion.kind} has no {side} limit."
    if criterion.compared_on is None:
        yield "A strict limit (< or >) needs the choice whether rounded or unrounded values count."
    if limits := Limits.of(criterion):
        yield from _defects_of_range(criterion, limits)


def _defects_of_range(criterion: Criterion, limits: Limits) -> Iterator[str]:
    lower, upper = limits.lower, limits.upper
    if criterion.rounding is Rounding.EP and 0 in {lower, upper}:
        yield "A limit of zero has no significant figures to round to; round by decimals."
    if lower is None or upper is None:
        return
    if lower > upper or (lower == upper and criterion.is_strict):
        yield f"No value lies between {criterion.lower} and {criterion.upper}."
    decimals = {decimals_of(criterion.lower), decimals_of(criterion.upper)}
    if criterion.rounding is Rounding.USP and len(decimals) > 1:
        yield "Both limits of a range are written with the same number of decimals."
