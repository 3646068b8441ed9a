"""How long something waits, and when it ends, in words."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from products.domain.waits import due_words, ends_words, waits_words

NOW = datetime(2026, 3, 2, 14, tzinfo=UTC)
TODAY = date(2026, 3, 2)


@pytest.mark.parametrize(
    ("passed", "words"),
    [
        (timedelta(seconds=59), "waits less than a minute"),
        (timedelta(minutes=1), "waits 1 minute"),
        (timedelta(minutes=59, seconds=59), "waits 59 minutes"),
        (timedelta(hours=1), "waits 1 hour"),
        (timedelta(hours=47, minutes=59), "waits 1 day"),
        (timedelta(days=2), "waits 2 days"),
        (-timedelta(seconds=3), "waits less than a minute"),
    ],
)
def test_a_wait_is_told_in_its_largest_whole_unit(passed: timedelta, words: str) -> None:
    assert waits_words(NOW - passed, NOW) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [
        (timedelta(hours=5), "due in 5 hours"),
        (timedelta(0), "overdue by less than a minute"),
        (timedelta(days=-2), "overdue by 2 days"),
    ],
)
def test_what_is_due_is_overdue_from_its_instant_on(ahead: timedelta, words: str) -> None:
    assert due_words(NOW + ahead, NOW) == words


@pytest.mark.parametrize(
    ("ahead", "words"),
    [(0, "ends today"), (1, "ends in 1 day"), (30, "ends in 30 days"), (-1, "ended 1 day ago")],
)
def test_the_last_day_still_counts(ahead: int, words: str) -> None:
    assert ends_words(TODAY + timedelta(days=ahead), TODAY) == words
