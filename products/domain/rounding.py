"""Rounding as the pharmacopoeias do it: once, half up, to the digits the limit is printed with.

All of it is exact arithmetic on decimals. Half up is by magnitude: -2.5 becomes -3.
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal

from products.domain.measurements import parse_measured


def decimals_of(text: str) -> int:
    """How many decimals ``text`` is printed with: 1 for "70.0"; -9 for "2.5E10".

    Negative when the last printed digit lies above the units.

    Raises:
        InvalidValueError: ``text`` is not a number.
    """
    return -_exponent(parse_measured(text).value)


def significant_figures_of(text: str) -> int:
    """How many significant figures ``text`` is printed with: 4 for "100.0", 2 for "0.050".

    Every zero after the first other digit counts, because a limit is printed as it is meant.

    Raises:
        InvalidValueError: ``text`` is not a number.
    """
    return len(parse_measured(text).value.as_tuple().digits)


def round_to_decimals(value: Decimal, decimals: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """``value`` with exactly ``decimals`` decimals (USP General Notices 7.20)."""
    digits = max(1, value.adjusted() + decimals + 2)
    context = Context(prec=digits, rounding=rounding, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return value.quantize(Decimal((0, (1,), -decimals)), context=context)


def round_to_significant(value: Decimal, figures: int, rounding: str = ROUND_HALF_UP) -> Decimal:
    """``value`` with ``figures`` significant figures (Ph. Eur.); zero stays zero."""
    if not value:
        return value
    decimals = figures - 1 - value.adjusted()
    rounded = round_to_decimals(value, decimals, rounding)
    if rounded.adjusted() > value.adjusted():  # 99.96 became 100.0, which shows a figure too many
        return round_to_decimals(rounded, decimals - 1)
    return rounded


def _exponent(value: Decimal) -> int:
    return int(value.as_tuple().exponent)
