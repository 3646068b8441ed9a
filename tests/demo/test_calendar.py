"""Demo times are working hours of the site on past days, also when the clocks change."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from products.demo.calendar import Calendar
from tests.demo.conftest import NIGHT_IN_SPRING


def test_days_are_those_of_the_site() -> None:
    assert Calendar(NIGHT_IN_SPRING).day(0) == date(2027, 3, 29)


def test_a_negative_number_of_days_lies_ahead() -> None:
    assert Calendar(NIGHT_IN_SPRING).day(-3) == date(2027, 4, 1)


@pytest.mark.parametrize(
    ("days_ago", "instant"),
    [
        (15, datetime(2027, 3, 14, 13, 0, tzinfo=UTC)),  # the clocks changed that night
        (16, datetime(2027, 3, 13, 14, 0, tzinfo=UTC)),
    ],
)
def test_nine_o_clock_follows_the_clocks(days_ago: int, instant: datetime) -> None:
    assert Calendar(NIGHT_IN_SPRING).at(days_ago, "09:00") == instant


def test_yesterday_evening_is_past_even_just_after_midnight() -> None:
    midnight = datetime(2026, 11, 22, 5, 0, tzinfo=UTC)

    assert Calendar(midnight).at(1, "18:00") < midnight


@pytest.mark.parametrize(("days_ago", "clock"), [(0, "09:00"), (3, "02:30"), (3, "18:01")])
def test_other_times_are_no_working_hours_of_the_past(days_ago: int, clock: str) -> None:
    with pytest.raises(AssertionError):
        Calendar(NIGHT_IN_SPRING).at(days_ago, clock)
