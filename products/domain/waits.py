"""How long something waits, and when something ends, in words."""

from __future__ import annotations

from datetime import date, datetime

_MINUTE, _HOUR, _DAY = 60, 3600, 86400


def duration_words(seconds: float) -> str:
    """The largest whole unit of a time that has passed: ``3 days``, ``5 hours``, ``12 minutes``."""
    for length, unit in ((_DAY, "day"), (_HOUR, "hour"), (_MINUTE, "minute")):
        count = int(seconds // length)
        if count >= 1:
            return f"{count} {unit}" if count == 1 else f"{count} {unit}s"
    return "less than a minute"


def waits_words(since: datetime, now: datetime) -> str:
    return f"waits {duration_words((now - since).total_seconds())}"


def due_words(due: datetime, now: datetime) -> str:
    """``due in 5 hours``, or ``overdue by 2 days`` from the instant itself on."""
    seconds = (due - now).total_seconds()
    if seconds > 0:
        return f"due in {duration_words(seconds)}"
    return f"overdue by {duration_words(-seconds)}"


def ends_words(last_day: date, today: date) -> str:
    """``ends today``, ``ends in 1 day``; what ended yesterday ``ended 1 day ago``."""
    days = (last_day - today).days
    if days == 0:
        return "ends today"
    count = f"{abs(days)} day" if abs(days) == 1 else f"{abs(days)} days"
    return f"ends in {count}" if days > 0 else f"ended {count} ago"
