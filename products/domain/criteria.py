"""Judging a value against an acceptance criterion of a specification.

Judging fails closed: what cannot be read, converted or decided never passes, and nothing raises.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal
from types import MappingProxyType

from products.domain.drafting import check_criterion, measured_values_that_fail
from products.domain.errors import InvalidValueError, NotComparableError
from products.domain.limits import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Category,
    CompareOn,
    Criterion,
    LabelClaim,
    LimitKind,
    Limits,
    Rounding,
    SatisfiedBy,
    Stage,
    Verdict,
    plain_limit,
)
from products.domain.measurements import (
    DIVISION,
    EXACT,
    Measured,
    parse_measured,
    parse_word,
    shown,
)
from products.domain.rounding import round_to_significant
from products.domain.units import UNITS, WORD, convert, label_of, require_unit

__all__ = [
    "CATEGORY_LABELS",
    "STAGE_LABELS",
    "Category",
    "CompareOn",
    "Criterion",
    "Judgement",
    "LabelClaim",
    "LimitKind",
    "Rounding",
    "SatisfiedBy",
    "Stage",
    "Verdict",
    "check_criterion",
    "judge",
    "measured_values_that_fail",
]


@dataclass(frozen=True, slots=True)
class Judgement:
    """The verdict on one value.

    ``reported`` is the rounded value with its comparator, empty when there is none; ``reason`` is
    one sentence that says what was compared.
    """

    verdict: Verdict
    reported: str
    unit: str
    reason: str


ABSENT = frozenset({"absent", "negative", "no growth", "not detected"})
PRESENT = frozenset({"present", "positive", "growth", "detected"})

MOST_FIGURES = 15
"""No instrument prints more; a value with more comes from a division, and is shown with 6."""
SHOWN_FIGURES = 6
OUTWARD = {"": ROUND_HALF_UP, "<": ROUND_CEILING, ">": ROUND_FLOOR}
"""A bound is shortened only in the direction in which it stays true."""


def judge(
    criterion: Criterion, text: str, unit: str, *, claim: LabelClaim | None = None
) -> Judgement:
    """The verdict on ``text`` in ``unit`` under ``criterion``; never raises, whatever is entered.

    ``claim`` is needed for a limit in per cent of label, and for its fill volume.
    """
    try:
        if criterion.kind in {LimitKind.WORD, LimitKind.ABSENCE}:
            return _judge_word(criterion, text, unit)
        if criterion.kind is LimitKind.REPORT_ONLY:
            return _report(criterion, text, unit, claim)
        return _judge_number(criterion, parse_measured(text), unit, claim)
    except NotComparableError as error:
        return Judgement(Verdict.NOT_COMPARABLE, "", _known(unit), error.message)
    except InvalidValueError as error:
        is_unit = error.code == "unknown_unit"
        verdict = Verdict.NOT_COMPARABLE if is_unit else Verdict.INVALID
        return Judgement(verdict, "", _known(unit), error.message)


def _judge_number(
    criterion: Criterion, measured: Measured, unit: str, claim: LabelClaim | None
) -> Judgement:
    value, value_unit = _in_unit_ofplain_limit(criterion, measured.value, unit, claim)
    limits, way = Limits.of(criterion), criterion.compared_on
    if limits is None or way is None:
        missing = "has no readable limit" if limits is None else "does not say how to compare"
        reason = f"The criterion {criterion.code} {missing}, so {measured.text} decides nothing."
        return Judgement(Verdict.INDETERMINATE, "", value_unit, reason)
    entered = f"{_as_entered(measured)} {label_of(unit)}".strip()
    if value_unit != unit:
        entered += f" ({measured.comparator}{_short(value, measured.comparator)} "
        entered += f"{'% of label claim' if criterion.is_of_label else label_of(value_unit)})"
    if measured.is_censored:
        reported = measured.comparator + _short(value, measured.comparator)
        verdict = limits.verdict_on_bound(measured.comparator, value, way)
        reason = f"{entered} against the limit {criterion.limit_text}: {BOUND_REASONS[verdict]}."
        return Judgement(verdict, reported, value_unit, reason)
    reported = shown(limits.rounded(value))
    verdict = limits.verdict(value, way)
    how = f"rounded to {reported}" if way is CompareOn.ROUNDED else "unrounded"
    does = "meets" if verdict is Verdict.PASS else "does not meet"
    reason = f"{entered}, compared {how}, {does} the limit {criterion.limit_text}."
    return Judgement(verdict, reported, value_unit, reason)


BOUND_REASONS = MappingProxyType(
    {
        Verdict.PASS: "every value within this bound meets it",
        Verdict.FAIL: "no value within this bound meets it",
        Verdict.INDETERMINATE: "the bound does not show whether the value meets it",
    }
)


def _in_unit_ofplain_limit(
    criterion: Criterion, value: Decimal, unit: str, claim: LabelClaim | None
) -> tuple[Decimal, str]:
    fill = _positive(claim.fill_volume_ml) if claim else None
    if not criterion.is_of_label:
        return convert(value, unit, criterion.unit, fill_volume_ml=fill), criterion.unit
    labelled = _positive(claim.value) if claim else None
    if claim is None or labelled is None:
        raise NotComparableError("The product has no label claim that could be read.")
    converted = convert(value, unit, claim.unit, fill_volume_ml=fill)
    return DIVISION.divide(EXACT.multiply(converted, Decimal(100)), labelled), "%"


def _positive(text: str) -> Decimal | None:
    number = plain_limit(text)
    return number.value if number and number.value > 0 else None


def _as_entered(measured: Measured) -> str:
    if len(measured.value.as_tuple().digits) > MOST_FIGURES:
        return measured.comparator + _short(measured.value, measured.comparator)
    return measured.text


def _short(value: Decimal, comparator: str = "") -> str:
    """``value`` as entered, or with 6 figures when only a division can have written it."""
    if len(value.as_tuple().digits) > MOST_FIGURES:
        value = round_to_significant(value, SHOWN_FIGURES, OUTWARD[comparator])
    return shown(value)


def _judge_word(criterion: Criterion, text: str, unit: str) -> Judgement:
    _require_words(unit, criterion)
    word = parse_word(text)
    allowed = ABSENT if criterion.kind is LimitKind.ABSENCE else _lowered(criterion.allowed_words)
    if not allowed:
        reason = f"The criterion {criterion.code} allows no word, so {word!r} decides nothing."
        return Judgement(Verdict.INDETERMINATE, word, WORD, reason)
    if criterion.kind is LimitKind.ABSENCE and word.lower() not in ABSENT | PRESENT:
        message = f"{word!r} says neither that something was found nor that it was not."
        raise InvalidValueError(message)
    verdict = Verdict.PASS if word.lower() in allowed else Verdict.FAIL
    does = "meets" if verdict is Verdict.PASS else "does not meet"
    return Judgement(verdict, word, WORD, f"{word!r} {does} the limit {criterion.limit_text!r}.")


def _report(criterion: Criterion, text: str, unit: str, claim: LabelClaim | None) -> Judgement:
    if unit in {"", WORD}:
        _require_words(criterion.unit, criterion)
        reported, to = parse_word(text), WORD
    else:
        measured, to = parse_measured(text), criterion.unit or unit
        fill = _positive(claim.fill_volume_ml) if claim else None
        value = convert(measured.value, unit, to, fill_volume_ml=fill)
        reported = measured.comparator + _short(value, measured.comparator)
    reason = f"{f'{reported} {label_of(to)}'.strip()} is reported; no limit is set."
    return Judgement(Verdict.REPORT_ONLY, reported, to, reason)


def _require_words(unit: str, criterion: Criterion) -> None:
    if unit not in {"", WORD}:
        require_unit(unit)
        raise NotComparableError(
            f"A value in {label_of(unit) or unit} cannot be compared with the words of the "
            f"criterion {criterion.code}."
        )


def _lowered(words: tuple[str, ...]) -> frozenset[str]:
    return frozenset(word.lower() for word in words)


def _known(unit: str) -> str:
    return unit if unit in UNITS else ""
