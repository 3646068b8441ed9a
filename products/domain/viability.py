"""Viability of parent cells from one count of live and dead cells. Vesicles have none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from products.domain.measurements import DIVISION, EXACT, Measured
from products.domain.readings import InvalidAssayError

if TYPE_CHECKING:
    from decimal import Decimal


def percent_viable(live: Measured, dead: Measured, *, minimum_count: int | None = None) -> Decimal:
    """Live cells in per cent of all cells counted, unrounded.

    Raises:
        InvalidAssayError: a count is not a whole number, no cell was counted (which is not 0 %),
            or fewer than the method's ``minimum_count``.
    """
    total = EXACT.add(_count("live", live), _count("dead", dead))
    if not total:
        message = "no cells were counted, and a viability of no cells does not exist"
        raise InvalidAssayError(message)
    if minimum_count is not None and total < minimum_count:
        message = f"{total} cells were counted, and the method asks for at least {minimum_count}"
        raise InvalidAssayError(message)
    return DIVISION.divide(EXACT.multiply(live.value, 100), total)


def _count(name: str, count: Measured) -> Decimal:
    if count.is_censored or count.value < 0 or count.value != count.value.to_integral_value():
        message = f"{count.text} is not a count of {name} cells"
        raise InvalidAssayError(message)
    return count.value
