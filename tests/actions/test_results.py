"""The life of a result: interim while it incubates, final when its hours have elapsed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from products.actions.readings import save_readings, submit_run
from products.actions.reviews import review_results
from products.domain.criteria import Verdict
from products.domain.errors import (
    SeparationOfDutiesError,
    StaleVersionError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import Investigation, Lot, Result, Run
from tests.records import (
    INCUBATION,
    STERILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    second_account,
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


def test_readings_and_supports_are_kept_and_submitted_in_one_action(demo_db: str) -> None:
    with time_is(START):
        lot(criteria=[STERILITY])
        run = opened_run(STERILITY)

        result = submit_run(
            context(people().analyst), run=run.number, readings=vessels(START), supports=supports()
        )

    run.refresh_from_db()
    assert (run.state, run.performed_by) == ("submitted", people().analyst.person)
    assert (result.verdict, result.reading_sequence) == ("interim", run.readings.count())
    assert list(run.supports.values_list("sequence", flat=True)) == [1, 2]


def test_one_action_that_keeps_and_submits_judges_the_lot_once(db: None) -> None:
    lot()
    run = opened_run()
    before = Lot.objects.get().version

    submit_run(context(people().analyst), run=run.number, readings=counted())

    assert Lot.objects.get().version == before + 1


def test_readings_that_are_sent_replace_those_saved_before(db: None) -> None:
    lot()
    run = opened_run()
    save_readings(context(people().analyst), run=run.number, readings=counted("982", "18"))

    result = submit_run(context(people().analyst), run=run.number, readings=counted("820", "18"))

    assert list(run.readings.values_list("sequence", "text")) == [(1, "982"), (2, "18"), (3, "820")]
    assert (result.reading_sequence, result.raw_text[:5]) == (3, "97.85")


def test_a_final_result_takes_no_readings_with_a_submission(db: None) -> None:
    lot()
    run = submitted_run().run

    with pytest.raises(WrongStatusError, match="is final"):
        submit_run(context(people().analyst), run=run.number, readings=counted("999", "1"))


def test_nothing_is_kept_of_a_submission_that_is_refused(db: None) -> None:
    lot()
    run = opened_run()
    stale = replace(context(people().analyst), expected_version=run.lot.version + 7)

    with pytest.raises(StaleVersionError, match="has changed since"):
        submit_run(stale, run=run.number, readings=counted())

    assert not run.readings.exists()
    assert not run.results.exists()


def test_who_reviewed_a_result_sends_no_supporting_records_with_a_submission(db: None) -> None:
    lot()
    run = submitted_run().run
    review_results(context(people().reviewer), lot=run.lot.number, runs=[run.number])
    reviewer = second_account(people().reviewer, "rita-at-the-bench", Role.ANALYST)

    with pytest.raises(SeparationOfDutiesError, match="reviewed run"):
        submit_run(context(reviewer), run=run.number, supports=supports())


@pytest.mark.django_db
@pytest.mark.parametrize("number", ["EV-26-001-S1-R9", "no\x00run", "no\ud800run"])
def test_a_number_that_is_no_runs_is_said_to_be_unknown(number: str) -> None:
    lot()

    with pytest.raises(UnknownReferenceError, match="There is no run"):
        submit_run(context(people().analyst), run=number)
