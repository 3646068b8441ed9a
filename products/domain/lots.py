"""What a lot is called, until when it may be used, and where it stands.

The release status is never stored as a choice: it follows from the decisions, the holds and the
time. Expiry is a date and a precision in the site's zone, and includes the whole of its last day.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from products.domain.errors import ConfigurationError, InvalidValueError

FAR_FUTURE = datetime(9999, 12, 31, tzinfo=UTC)
NEEDS_JUDGING = datetime(1970, 1, 1, tzinfo=UTC)
LOT_NUMBER_LENGTH = 32


class Precision(StrEnum):
    DAY = "day"
    MONTH = "month"


class Decision(StrEnum):
    """What the signed decisions on a lot say, holds and time aside."""

    NONE = "none"
    RELEASED = "released"
    CONDITIONALLY_RELEASED = "conditionally_released"
    REJECTED = "rejected"
    RECALLED = "recalled"
    VOID = "void"


class ReleaseStatus(StrEnum):
    """Where a lot stands, in order of precedence: when several apply, the first is shown."""

    VOID = "void"
    REJECTED = "rejected"
    RECALLED = "recalled"
    ON_HOLD = "on_hold"
    EXPIRED = "expired"
    CONDITIONALLY_RELEASED = "conditionally_released"
    RELEASED = "released"
    QUARANTINED = "quarantined"


STATUS_LABELS: Mapping[ReleaseStatus, str] = {
    ReleaseStatus.VOID: "Void",
    ReleaseStatus.REJECTED: "Rejected",
    ReleaseStatus.RECALLED: "Recalled",
    ReleaseStatus.ON_HOLD: "On hold",
    ReleaseStatus.EXPIRED: "Expired",
    ReleaseStatus.CONDITIONALLY_RELEASED: "Conditionally released",
    ReleaseStatus.RELEASED: "Released",
    ReleaseStatus.QUARANTINED: "Quarantine",
}
STATUS_GLYPHS: Mapping[ReleaseStatus, str] = {
    ReleaseStatus.VOID: "∅",
    ReleaseStatus.REJECTED: "✕",
    ReleaseStatus.RECALLED: "↩",
    ReleaseStatus.ON_HOLD: "‖",
    ReleaseStatus.EXPIRED: "◷",
    ReleaseStatus.CONDITIONALLY_RELEASED: "◐",
    ReleaseStatus.RELEASED: "✓",
    ReleaseStatus.QUARANTINED: "□",
}
"""One glyph per status, so that no status is told by colour alone."""

TRANSITIONS: Mapping[ReleaseStatus, frozenset[str]] = {
    ReleaseStatus.QUARANTINED: frozenset(
        {"release", "conditional_release", "reject", "hold", "void"}
    ),
    ReleaseStatus.RELEASED: frozenset({"hold", "recall"}),
    ReleaseStatus.CONDITIONALLY_RELEASED: frozenset({"release", "hold", "recall"}),
    ReleaseStatus.EXPIRED: frozenset({"reject", "hold", "recall"}),
    # A second hold may be placed for another reason; each is lifted by itself.
    ReleaseStatus.ON_HOLD: frozenset({"lift_hold", "hold", "reject", "recall"}),
    ReleaseStatus.RECALLED: frozenset(),
    ReleaseStatus.REJECTED: frozenset(),
    ReleaseStatus.VOID: frozenset(),
}
"""Kinds of decision that a status allows at all; `decisions_possible` knows the past as well."""

WAS_RELEASED = frozenset({Decision.RELEASED, Decision.CONDITIONALLY_RELEASED})
TERMINAL = frozenset({Decision.VOID, Decision.REJECTED, Decision.RECALLED})


_IN_ORDER = tuple(ReleaseStatus)
MAY_EXPIRE = frozenset(_IN_ORDER[_IN_ORDER.index(ReleaseStatus.EXPIRED) + 1 :])
"""What time alone ends: the statuses that expiry stands before."""


def decisions_possible(status: ReleaseStatus, decision: Decision) -> frozenset[str]:
    """Kinds of decision that may be taken on a lot of ``status``, last decided as ``decision``.

    What was never released cannot be recalled; what was released and has expired is recalled, not
    rejected.
    """
    if decision not in WAS_RELEASED:
        return TRANSITIONS[status] - {"recall"}
    if status is ReleaseStatus.EXPIRED:
        return TRANSITIONS[status] - {"reject"}
    return TRANSITIONS[status]


@dataclass(frozen=True, slots=True)
class Expiry:
    """Until when a lot may be used: ``on`` with its precision, or a signed stability study.

    ``on`` may be any day of the month when the precision is a month. ``zone`` is the site's.
    """

    on: date | None
    precision: Precision | None
    stability_study: str = ""
    stability_signed: bool = False
    zone: str = "UTC"

    @property
    def last_day(self) -> date | None:
        """The last day of use; of a month its last day (USP General Notices 10.40.100)."""
        if self.on is None or self.precision is not Precision.MONTH:
            return self.on
        return self.on.replace(day=calendar.monthrange(self.on.year, self.on.month)[1])

    @property
    def ends_at(self) -> datetime | None:
        """The first instant (UTC) after the last day of use in the site's zone."""
        if self.last_day is None:
            return None
        if self.last_day >= date(9999, 12, 30):
            return FAR_FUTURE
        # Where midnight does not exist (summer time) the earlier offset gives the change itself;
        # where it comes twice, the first of the two.
        midnight = datetime.combine(
            self.last_day + timedelta(days=1), time(), tzinfo=zone_named(self.zone)
        )
        return midnight.astimezone(UTC)

    @property
    def is_known(self) -> bool:
        """Whether a date, or a signed stability study in its place, is on record."""
        return self.on is not None or bool(self.stability_study and self.stability_signed)

    @property
    def text(self) -> str:
        """As shown to people, always with the zone."""
        if self.on is None:
            if not self.stability_study:
                return "not recorded"
            signed = "signed" if self.stability_signed else "not signed"
            return f"none: under stability study {self.stability_study} ({signed})"
        if self.precision is Precision.MONTH:
            return f"{self.on:%Y-%m} (last day {self.last_day}, {self.zone})"
        return f"{self.on} ({self.zone})"


def zone_named(name: str) -> ZoneInfo:
    """The time zone called ``name`` in the IANA database.

    Raises:
        ConfigurationError: there is no such zone.
    """
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ConfigurationError(f"There is no time zone called {name!r}.", field="zone") from None


def local_text(at: datetime, zone: str) -> str:
    """An instant for people, in ``zone``: ``2026-11-30 14:00 EST (America/New_York)``."""
    return f"{at.astimezone(zone_named(zone)):%Y-%m-%d %H:%M %Z} ({zone})"


def seconds_text(at: datetime, zone: str) -> str:
    """`local_text` to the second: ``2026-11-30 14:00:07 EST (America/New_York)``."""
    return f"{at.astimezone(zone_named(zone)):%Y-%m-%d %H:%M:%S %Z} ({zone})"


def standing(
    decision: Decision, *, has_open_hold: bool, expiry: Expiry, now: datetime
) -> ReleaseStatus:
    """Where a lot stands at ``now``. Terminal decisions come first, then holds, then time."""
    if has_open_hold and decision not in TERMINAL:
        return ReleaseStatus.ON_HOLD
    decided = (
        ReleaseStatus.QUARANTINED if decision is Decision.NONE else ReleaseStatus(decision.value)
    )
    if decided in MAY_EXPIRE and expiry.ends_at is not None and now >= expiry.ends_at:
        return ReleaseStatus.EXPIRED
    return decided


def parse_expiry(text: str, zone: str) -> Expiry:
    """The expiry written as ``2026-11-30`` or, to the month, ``2026-11``.

    Raises:
        InvalidValueError: it is written in another way or is not a date of the calendar.
    """
    written = text.strip(" ")
    precision = Precision.DAY if len(written) == len("2026-11-30") else Precision.MONTH
    whole = written if precision is Precision.DAY else f"{written}-01"
    if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", whole):
        try:
            return Expiry(date.fromisoformat(whole), precision, zone=zone)
        except ValueError:
            pass
    raise InvalidValueError(
        "The expiry is not written as YYYY-MM-DD (its last day of use) or YYYY-MM (a whole month).",
        code="unreadable_value",
        field="expiry",
    )


def normalise_lot_number(text: str) -> str:
    """The lot number without surrounding spaces; upper and lower case are kept as typed.

    Raises:
        InvalidValueError: it is empty, too long, or has characters that labels cannot carry.
    """
    number = text.strip(" ")
    if not number:
        raise InvalidValueError("A lot needs a lot number.", field="number")
    if len(number) > LOT_NUMBER_LENGTH:
        raise InvalidValueError(
            f"The lot number has {len(number)} characters; {LOT_NUMBER_LENGTH} are allowed.",
            code="too_long",
            field="number",
        )
    if not re.fullmatch(r"[A-Za-z0-9._/-]+", number):
        raise InvalidValueError(
            "A lot number may contain only the letters A to Z, digits, full stop, underscore, "
            "slash and hyphen.",
            field="number",
        )
    return number
