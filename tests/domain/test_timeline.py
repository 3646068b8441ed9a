"""Events in order of time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from products.domain.timeline import Event, EventKind, in_order

NOON = datetime(2026, 11, 3, 12, 0, tzinfo=UTC)
ZONE = "America/New_York"


def event(at: datetime | date, recorded_at: datetime | None = None, what: str = "Made") -> Event:
    return Event(kind=EventKind.LOT, at=at, what=what, zone=ZONE, recorded_at=recorded_at)


def test_a_day_begins_at_midnight_of_its_zone() -> None:
    day = event(date(2026, 11, 3))

    assert day.is_day
    assert day.begins_at == datetime(2026, 11, 3, 5, 0, tzinfo=UTC)
    assert not event(NOON).is_day


def test_what_was_recorded_a_minute_later_was_recorded_apart() -> None:
    assert not event(NOON).recorded_apart
    assert not event(NOON, NOON + timedelta(seconds=59)).recorded_apart
    assert event(NOON, NOON + timedelta(minutes=1)).recorded_apart


def test_a_day_is_recorded_apart_only_on_another_day_of_its_zone() -> None:
    day = date(2026, 11, 3)

    assert not event(day, datetime(2026, 11, 4, 4, 59, tzinfo=UTC)).recorded_apart
    assert event(day, datetime(2026, 11, 4, 5, 0, tzinfo=UTC)).recorded_apart


def test_what_happened_at_once_is_ordered_by_when_it_was_recorded_then_as_given() -> None:
    late = event(NOON, NOON + timedelta(hours=2), "late")
    first, second = event(NOON, NOON, "first"), event(NOON, what="second")

    assert in_order([late, first, second]) == (first, second, late)


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1)), max_size=20))  # noqa: DTZ001  # made UTC below
def test_nothing_is_lost_and_nothing_stands_before_what_happened_earlier(
    instants: list[datetime],
) -> None:
    events = [event(at.replace(tzinfo=UTC)) for at in instants]
    days = [event(at.date()) for at in instants]

    ordered = in_order([*events, *days])

    assert len(ordered) == 2 * len(instants)
    assert all(a.begins_at <= b.begins_at for a, b in pairwise(ordered))
