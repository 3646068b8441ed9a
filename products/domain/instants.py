"""Instants as they are written, always with the zone: without it nobody knows which is meant."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from products.domain.errors import InvalidInstantError

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = r"[0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?"
_WRITTEN = re.compile(rf"({_DAY})T({_TIME})(Z|([+-])([0-9]{{2}}:[0-9]{{2}}))")
# In an address a plus sign that is not written as %2B arrives as a space.
_PLUS_LOST = re.compile(r"(T[0-9:.]+) ([0-9]{2}:[0-9]{2})\Z")


def parse_instant(text: str, *, field: str = "") -> datetime:
    """The instant (UTC) written as RFC 3339: ``2026-11-30T14:00:00-05:00``, or ``Z`` for UTC.

    Raises:
        InvalidInstantError: it has no offset, is written in another way, or is not of the calendar.
    """
    written = _PLUS_LOST.sub(r"\1+\2", text.strip())
    if not _WRITTEN.fullmatch(written):
        raise InvalidInstantError(f"{text!r} is no instant. {_ADVICE}", field=field)
    try:
        return datetime.fromisoformat(written).astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidInstantError(
            f"{text!r} is not a time of the calendar. {_ADVICE}", field=field
        ) from None


_ADVICE = (
    "Write day, time and offset from UTC as in 2026-11-30T14:00:00-05:00 or 2026-11-30T19:00:00Z "
    "(in an address the plus sign of an offset is %2B)."
)
