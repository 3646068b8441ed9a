"""What happened to a lot, in order of time."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID

from products.domain.lots import zone_named

APART = timedelta(minutes=1)
"""What is stated to the minute and recorded within it happened when it was recorded."""


class EventKind(StrEnum):
    LOT = "lot"
    SAMPLE = "sample"
    RUN = "run"
    RESULT = "result"
    REVIEW = "review"
    CORRECTION = "correction"
    INVESTIGATION = "investigation"
    HOLD = "hold"
    SPECIFICATION = "specification"
    DECISION = "decision"
    ATTACHED = "attached"


@dataclass(frozen=True, slots=True)
class Subject:
    """The record whose page tells more: the name of its model, its key, and what it is called."""

    model: str
    key: UUID
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """``at`` is when it happened; a plain day where no more is on record.

    ``recorded_at`` is None for what nobody records: an expiry. ``who`` did it, ``recorded_by``
    wrote it down, empty where that is the same person. ``detail`` is a reason or a comment.
    ``zone`` is the one that it was stated or signed in. ``signature`` is the key of the signature.
    """

    kind: EventKind
    at: datetime | date
    what: str
    zone: str
    who: str = ""
    detail: str = ""
    recorded_at: datetime | None = None
    recorded_by: str = ""
    subject: Subject | None = None
    signature: UUID | None = None

    @property
    def is_day(self) -> bool:
        return not isinstance(self.at, datetime)

    @property
    def begins_at(self) -> datetime:
        """The instant (UTC); of a day its first in the zone."""
        if isinstance(self.at, datetime):
            return self.at
        return datetime.combine(self.at, time(), tzinfo=zone_named(self.zone)).astimezone(UTC)

    @property
    def recorded_apart(self) -> bool:
        """Whether it was recorded at another time than it happened."""
        if self.recorded_at is None:
            return False
        if self.is_day:
            return self.recorded_at.astimezone(zone_named(self.zone)).date() != self.at
        return abs(self.recorded_at - self.begins_at) >= APART


def in_order(events: Iterable[Event]) -> tuple[Event, ...]:
    """By when it happened, then by when it was recorded; otherwise as given."""
    return tuple(
        sorted(events, key=lambda event: (event.begins_at, event.recorded_at or event.begins_at))
    )
