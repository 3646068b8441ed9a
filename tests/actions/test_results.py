"""The life of a result: interim while it incubates, final when its hours have elapsed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from products.actions.readings import save_readings, submit_run
from products.domain.criteria import Verdict
from products.models import Investigation, Result, Run
from tests.records import (
    INCUBATION,
    STERILITY,
    context,
    lot,
    opened_run,
    people,
    submitted_run,
    supports,
    time_is,
    vessels,
)

START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


@pytest.fixture
def started(demo_db: str) -> Run:
    """A sterility run set up in the past and submitted at set-up."""
    with time_is(START):
        lot(criteria=[STERILITY])
        return submitted_run(STERILITY).run


def read(run: Run, at: datetime, growth: str = "no growth", reason: str = "Read") -> Result:
    with time_is(at):
        save_readings(
            context(people().analyst, reason), run=run.number, readings=vessels(at, growth)
        )
        return submit_run(context(people().analyst, reason), run=run.number)


def test_edge_case_01_no_growth_before_the_end_is_an_interim_version(started: Run) -> None:
    result = read(started, START + timedelta(days=5))

    assert (result.version, result.verdict, result.final) == (2, "interim", False)
    assert result.final_at == START + INCUBATION


def test_edge_case_01_growth_is_final_whenever_it_is_seen(started: Run) -> None:
    result = read(started, START + timedelta(days=2), "growth")

    assert (result.verdict, result.final) == ("fail", True)
    assert Investigation.objects.get().kind == "oos"


def test_edge_case_02_the_hours_of_the_incubation_elapse_whatever_the_clocks_do(
    started: Run,
) -> None:
    # Clocks go forward in New York on 8 March: the same time of day is an hour short.
    same_clock_time = START + INCUBATION - timedelta(hours=1)

    short, full = read(started, same_clock_time), read(started, START + INCUBATION)

    assert (short.verdict, full.verdict) == (Verdict.INTERIM, Verdict.PASS)
    assert full.final


def test_earlier_versions_of_a_result_stay(started: Run) -> None:
    read(started, START + timedelta(days=3))
    read(started, START + INCUBATION)

    verdicts = started.results.order_by("version").values_list("version", "verdict")
    assert list(verdicts) == [(1, "interim"), (2, "interim"), (3, "pass")]


def test_a_reading_of_a_submitted_run_changes_only_with_a_reason(started: Run) -> None:
    at = START + timedelta(days=1)
    read(started, at)

    with time_is(at), pytest.raises(Exception, match="State why the reading changes"):
        save_readings(
            context(people().analyst, ""), run=started.number, readings=vessels(at, "growth")
        )


def test_the_reason_of_a_changed_reading_is_kept_with_it(started: Run) -> None:
    at = START + timedelta(days=1)
    read(started, at)

    read(started, at, "growth", "Overlooked a haze")

    changed = started.readings.exclude(reason="")
    assert {reading.reason for reading in changed} == {"Overlooked a haze"}


def test_a_sterility_run_may_be_submitted_at_set_up_before_anything_was_read(demo_db: str) -> None:
    with time_is(START):
        lot(criteria=[STERILITY])
        run = opened_run(STERILITY)
        save_readings(context(people().analyst), run=run.number, readings=[], supports=supports())

        result = submit_run(context(people().analyst), run=run.number)

    assert (result.verdict, result.final, result.final_at) == (
        "pending",
        False,
        START + INCUBATION,
    )
