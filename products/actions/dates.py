"""Days as people write them: in the zone of the place that they are about."""

from __future__ import annotations

from datetime import date, datetime

from products.domain.errors import InvalidValueError
from products.domain.lots import zone_named


def today_in(zone: str, now: datetime) -> date:
    return now.astimezone(zone_named(zone)).date()


def check_day_not_future(day: date, today: date, what: str, field: str) -> None:
    """Raises InvalidValueError (``in_future``) when ``day`` comes after ``today``."""
    if day > today:
        raise InvalidValueError(
            f"{what} ({day}) lies in the future; today is {today}. State when it really happened.",
            field=field,
            code="in_future",
        )


def check_days_in_order(first: date, last: date, what: str, field: str) -> None:
    """Raises InvalidValueError when ``last`` comes before ``first``; ``what`` opens its message."""
    if last < first:
        raise InvalidValueError(
            f"{what} from {first} until {last}: it would end before it begins.", field=field
        )
