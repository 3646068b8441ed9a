"""Days and times of the demo: relative to today, in the site's zone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from products.domain.lots import zone_named

SITE = "Cambridge pilot plant (demo)"
ZONE = "America/New_York"


@dataclass(frozen=True, slots=True)
class Calendar:
    """``now`` is the instant of filling; everything the demo tells of happened before it."""

    now: datetime

    def day(self, days_ago: int) -> date:
        """The site's day; a negative number lies ahead."""
        return self.now.astimezone(zone_named(ZONE)).date() - timedelta(days=days_ago)

    def at(self, days_ago: int, clock: str) -> datetime:
        """An instant of a past day by the site's wall clock, ``clock`` between 08:00 and 18:00.

        Working hours exist once on every day, also on those when the clocks change; that is why
        an incubation of n days is read later on its last day than it began.
        """
        hours = time.fromisoformat(clock)
        assert days_ago > 0  # today's working hours may still lie ahead
        assert time(8) <= hours <= time(18)
        local = datetime.combine(self.day(days_ago), hours, tzinfo=zone_named(ZONE))
        return local.astimezone(UTC)
