"""Where green ends, for each age and count that a check of an installation looks at."""

from __future__ import annotations

from datetime import timedelta

import pytest

from products.domain.checkup import (
    Finding,
    Level,
    backup_found,
    checkpoint_found,
    clock_found,
    factors_found,
    faults_found,
    in_words,
    judging_found,
    queue_found,
    review_found,
    worst,
)

GREEN, YELLOW, RED = Level.GREEN, Level.YELLOW, Level.RED
NONE = timedelta()
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.mark.parametrize(
    ("age", "uncovered", "waiting", "level"),
    [
        (None, 0, NONE, GREEN),
        (None, 3, MINUTE, YELLOW),
        (None, 3, DAY + MINUTE, RED),
        (30 * DAY, 0, NONE, GREEN),
        (MINUTE, 3, 5 * MINUTE, GREEN),
        (HOUR, 3, 6 * MINUTE, YELLOW),
        (DAY, 3, DAY, YELLOW),
        (DAY + MINUTE, 1, NONE, RED),
    ],
)
def test_a_checkpoint_is_red_a_day_after_it_no_longer_covers_everything(
    age: timedelta | None, uncovered: int, waiting: timedelta, level: Level
) -> None:
    assert checkpoint_found(age, uncovered, waiting).level == level


@pytest.mark.parametrize(
    ("count", "waiting", "level"),
    [
        (0, NONE, GREEN),
        (7, 5 * MINUTE, GREEN),
        (7, 6 * MINUTE, YELLOW),
        (7, DAY + MINUTE, RED),
    ],
)
def test_the_queue_is_judged_by_its_oldest_entry(
    count: int, waiting: timedelta, level: Level
) -> None:
    assert queue_found(count, waiting).level == level


@pytest.mark.parametrize(
    ("late", "level"),
    [(NONE, GREEN), (MINUTE, GREEN), (2 * MINUTE, YELLOW), (16 * MINUTE, RED)],
)
def test_judging_is_overdue_after_a_minute(late: timedelta, level: Level) -> None:
    assert judging_found(late, "EV-26-001").level == level


@pytest.mark.parametrize("sign", [1, -1])
@pytest.mark.parametrize(
    ("seconds", "level"), [(0, GREEN), (5, GREEN), (6, YELLOW), (60, YELLOW), (61, RED)]
)
def test_clocks_differ_by_seconds_at_most(seconds: int, level: Level, sign: int) -> None:
    found = clock_found(timedelta(seconds=sign * seconds))

    assert found.level == level
    assert ("ahead of" in found.said) == (level is not GREEN and sign > 0)


@pytest.mark.parametrize(
    ("age", "installed", "level"),
    [
        (26 * HOUR, 90 * DAY, GREEN),
        (27 * HOUR, 90 * DAY, YELLOW),
        (7 * DAY + MINUTE, 90 * DAY, RED),
        (None, HOUR, YELLOW),
        (None, 7 * DAY + MINUTE, RED),
    ],
)
def test_a_backup_is_a_day_old_at_most(
    age: timedelta | None, installed: timedelta, level: Level
) -> None:
    assert backup_found(age, installed, is_demo=False).level == level


def test_a_demonstration_needs_no_backup() -> None:
    assert backup_found(None, 90 * DAY, is_demo=True).level is GREEN


def test_the_first_faults_are_named_and_the_rest_counted() -> None:
    found = faults_found([f"fault {n}" for n in range(7)], "All is well.", "Mend it.")

    assert found == Finding(
        RED, "fault 0; fault 1; fault 2; fault 3; fault 4; and 2 more.", "Mend it."
    )
    assert faults_found(["one"], "", "").said == "one."
    assert faults_found([], "All is well.", "Mend it.") == Finding(GREEN, "All is well.")


def test_the_worst_finding_counts() -> None:
    assert worst([]) is GREEN
    assert worst([Finding(GREEN, ""), Finding(RED, ""), Finding(YELLOW, "")]) is RED
    assert worst([Finding(GREEN, ""), Finding(YELLOW, "")]) is YELLOW


@pytest.mark.parametrize(
    ("unread", "without", "level", "said"),
    [
        ([], [], GREEN, "3 account(s) have one."),
        (["ana's Pocket"], ["ben"], RED, "no key opens the secret of ana's Pocket."),
        ([], ["ben"], YELLOW, "1 account(s) whose role signs have none and sign nothing: ben."),
        (
            [],
            list("abcdefg"),
            YELLOW,
            "7 account(s) whose role signs have none and sign nothing: a, b, c, d, e, ....",
        ),
    ],
)
def test_apps_that_nothing_opens_come_before_signers_without(
    unread: list[str], without: list[str], level: Level, said: str
) -> None:
    found = factors_found(unread, without, 3)

    assert (found.level, found.said) == (level, said)


def test_what_is_not_green_says_what_to_do() -> None:
    assert all(
        found.remedy
        for found in (
            checkpoint_found(None, 3, MINUTE),
            queue_found(7, 6 * MINUTE),
            judging_found(HOUR, "EV-26-001"),
            clock_found(HOUR),
            backup_found(None, HOUR, is_demo=False),
            review_found(HOUR, timedelta(days=30), "Review it."),
        )
    )


def test_a_review_is_late_from_its_instant_on_and_never_red() -> None:
    month = timedelta(days=30)

    assert review_found(NONE, month, "Review it.").level is GREEN
    assert review_found(timedelta(seconds=1), month, "Review it.").level is YELLOW
    assert review_found(12 * month, month, "Review it.").level is YELLOW


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (NONE, "0 s"),
        (timedelta(seconds=8), "8 s"),
        (timedelta(minutes=6, seconds=7), "6 min 7 s"),
        (HOUR, "1 h"),
        (timedelta(days=2, hours=3, minutes=4), "2 d 3 h"),
        (timedelta(days=2, minutes=4), "2 d 4 min"),
    ],
)
def test_a_span_is_said_in_its_two_largest_units(span: timedelta, words: str) -> None:
    assert in_words(span) == words
