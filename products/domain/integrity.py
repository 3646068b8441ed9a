"""Vesicle integrity: the part of the particles that a detergent dissolves.

1 - (after - detergent-only control) / (before - buffer blank), each count corrected for its own
dilution. Vesicles have no viability; this is what stands in its place.
"""

from __future__ import annotations

from decimal import Decimal

from products.domain.measurements import DIVISION, EXACT, Measured, number_text
from products.domain.purity import particle_concentration
from products.domain.readings import (
    PARTICLES_PER_ML,
    InvalidAssayError,
    MethodFacts,
    ReadingFacts,
)
from products.domain.replicates import Details, Readings, in_unit, mean_of, series, single


def vesicle_integrity(method: MethodFacts, readings: Readings) -> tuple[str, str, Details]:
    detergent_only = _undiluted(single(readings, "detergent_only"), readings)
    buffer_blank = _undiluted(single(readings, "buffer_blank"), readings)
    before = [_undiluted(one, readings) for one in series(method, readings, "before")]
    after = [_undiluted(one, readings) for one in series(method, readings, "after")]
    percents = [
        percent_intact(first, second, detergent_only=detergent_only, buffer_blank=buffer_blank)
        for first, second in zip(before, after, strict=True)
    ]
    each = tuple(
        (f"integrity_percent_{number}", number_text(percent))
        for number, percent in enumerate(percents, 1)
    )
    mean, details = mean_of(method, percents)
    return number_text(mean), "%", (*each, *details)


def percent_intact(
    before: Decimal, after: Decimal, *, detergent_only: Decimal, buffer_blank: Decimal
) -> Decimal:
    """The detergent-sensitive particles in per cent of all, unrounded; counts are undiluted.

    Raises:
        InvalidAssayError: a control counts more than the sample, or more particles were counted
            after the detergent than before it.
    """
    counted = EXACT.subtract(before, buffer_blank)
    left = EXACT.subtract(after, detergent_only)
    if counted <= 0:
        message = "the sample before the detergent counts no more particles than the buffer blank"
        raise InvalidAssayError(message)
    if left < 0:
        message = (
            "the sample after the detergent counts fewer particles than the detergent-only control"
        )
        raise InvalidAssayError(message)
    if left > counted:
        message = (
            "more particles were counted after the detergent than before it, and an integrity "
            "outside 0 to 100 % does not exist"
        )
        raise InvalidAssayError(message)
    return DIVISION.divide(EXACT.multiply(EXACT.subtract(counted, left), Decimal(100)), counted)


def _undiluted(reading: ReadingFacts, readings: Readings) -> Decimal:
    count: Measured = in_unit(reading, PARTICLES_PER_ML)
    if count.is_censored or count.value < 0:
        message = f"{reading.name}: {count.text} is not a measured particle concentration"
        raise InvalidAssayError(message)
    return particle_concentration(
        count.value, in_unit(single(readings, f"{reading.name}_dilution"), "1")
    )
