"""No growth over an incubation: asymmetric, because growth is final at once and its absence is not.

Hours are counted as elapsed time in UTC: "the same clock time 14 days later" is 335 or 337 hours
where the clocks change (USP <71> asks for at least 14 days).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import ROUND_FLOOR, Decimal
from typing import TYPE_CHECKING

from products.domain.criteria import Verdict
from products.domain.measurements import quoted
from products.domain.readings import InvalidAssayError, Reportable, VesselRole
from products.domain.units import WORD

if TYPE_CHECKING:
    from products.domain.readings import MethodFacts, ReadingFacts

GROWTH = "growth"
NO_GROWTH = "no growth"


def growth_outcome(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], *, started_at: datetime
) -> Reportable:
    """What the looks at the vessels of one test allow to be said.

    Growth in a product vessel is final whenever it is seen. "No growth" is final only when every
    vessel, and in each medium of the method at least one product vessel and one negative control,
    was read after the whole incubation.

    Raises:
        InvalidAssayError: growth in a negative control; a reading that cannot be read or placed; a
            medium without product or control vessel when the incubation is over; a method without
            incubation or media.
    """
    grown = [reading for reading in readings if reading.text == GROWTH]
    if controls := [look for look in grown if look.role == VesselRole.NEGATIVE_CONTROL]:
        message = f"the negative control grew: {_vessels(controls)}"
        raise InvalidAssayError(message)
    if products := [look for look in grown if look.role == VesselRole.PRODUCT]:
        reason = f"Growth was seen in {_vessels(products)}."
        return Reportable(GROWTH, WORD, final=True, verdict=None, reason=reason)
    if not method.incubation_hours or not method.media:
        message = f"method {method.code} states no incubation or no media for a sterility test"
        raise InvalidAssayError(message)
    last_looks = _last_looks(readings, started_at.astimezone(UTC))
    ends_at = started_at.astimezone(UTC) + timedelta(hours=method.incubation_hours)
    return _no_growth_so_far(method, readings, last_looks, ends_at)


def _last_looks(readings: tuple[ReadingFacts, ...], started_at: datetime) -> dict[str, datetime]:
    """The last instant at which each vessel was read, in UTC."""
    last: dict[str, datetime] = {}
    places: dict[str, tuple[str, str]] = {}
    for reading in readings:
        read_at = _instant_of(reading)
        if read_at < started_at:
            message = f"vessel {quoted(reading.vessel)} was read before its incubation began"
            raise InvalidAssayError(message)
        place = (reading.medium, reading.role)
        if places.setdefault(reading.vessel, place) != place:
            message = f"vessel {quoted(reading.vessel)} is recorded in two media or two roles"
            raise InvalidAssayError(message)
        last[reading.vessel] = max(last.get(reading.vessel, read_at), read_at)
    return last


def _instant_of(reading: ReadingFacts) -> datetime:
    if reading.text != NO_GROWTH:
        message = f"{quoted(reading.text)} is neither {NO_GROWTH!r} nor {GROWTH!r}"
        raise InvalidAssayError(message)
    if not reading.vessel or not reading.medium or reading.role not in set(VesselRole):
        message = "a reading names no vessel, no medium or no role (product, negative control)"
        raise InvalidAssayError(message)
    if reading.read_at is None or reading.read_at.tzinfo is None:
        message = f"a reading of vessel {quoted(reading.vessel)} has no instant with a zone"
        raise InvalidAssayError(message)
    return reading.read_at.astimezone(UTC)


def _no_growth_so_far(
    method: MethodFacts,
    readings: tuple[ReadingFacts, ...],
    last_looks: dict[str, datetime],
    ends_at: datetime,
) -> Reportable:
    hours = timedelta(hours=method.incubation_hours or 0)
    details = (
        ("elapsed_hours", _hours_text(min(last_looks.values()) - (ends_at - hours))),
        ("earliest_final_at", ends_at.isoformat().replace("+00:00", "Z")),
    )
    missing = _missing_vessels(method, readings)
    if missing and max(last_looks.values()) >= ends_at:
        message = f"the incubation is over and there is no {' and no '.join(missing)}"
        raise InvalidAssayError(message)
    waiting = sorted(quoted(vessel) for vessel, last in last_looks.items() if last < ends_at)
    if waiting:
        reason = (
            f"No growth so far; earliest final {_minute(ends_at)}, after "
            f"{method.incubation_hours} elapsed hours. Still to be read after that: "
            f"{', '.join([*waiting, *missing])}."
        )
        return _no_growth(Verdict.INTERIM, reason, details)
    reason = f"No growth in any vessel after {method.incubation_hours} elapsed hours or more."
    return _no_growth(None, reason, details)


def _minute(at: datetime) -> str:
    """For people: the first whole minute that is not before ``at``."""
    whole = at.replace(second=0, microsecond=0)
    return f"{whole if whole == at else whole + timedelta(minutes=1):%Y-%m-%d %H:%M} UTC"


def _no_growth(
    verdict: Verdict | None, reason: str, details: tuple[tuple[str, str], ...]
) -> Reportable:
    return Reportable(NO_GROWTH, WORD, verdict is None, verdict, reason, details)


def _missing_vessels(method: MethodFacts, readings: tuple[ReadingFacts, ...]) -> list[str]:
    present = {(reading.medium, reading.role) for reading in readings}
    return [
        f"{role.replace('_', ' ')} vessel in {medium}"
        for medium in method.media
        for role in VesselRole
        if (medium, role) not in present
    ]


def _hours_text(elapsed: timedelta) -> str:
    """Hours with one decimal, cut and not rounded: 335.99 hours must not read as 336.0."""
    hours = Decimal(elapsed // timedelta(seconds=1)) / 3600
    return str(hours.quantize(Decimal("0.1"), rounding=ROUND_FLOOR))


def _vessels(readings: list[ReadingFacts]) -> str:
    named = {f"{quoted(look.vessel)} in {quoted(look.medium)}" for look in readings}
    return ", ".join(sorted(named))
