"""No growth over an incubation. Each test changes one fact of a test that is over and clear."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from products.domain.calculations import (
    Formula,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    VesselRole,
    calculate,
    judge_run,
)
from products.domain.criteria import Verdict
from tests.domain.test_criteria import STERILITY
from tests.domain.vectors import rows

METHOD = MethodFacts(
    code="STERILITY",
    version=1,
    formula=Formula.NO_GROWTH,
    unit="{word}",
    replicates=1,
    incubation_hours=336,
    media=("FTM", "SCDM"),
)
STARTED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
OVER_AT = STARTED_AT + timedelta(hours=336)
DAY_9 = STARTED_AT + timedelta(days=9)


def looks(read_at: datetime) -> tuple[ReadingFacts, ...]:
    """One look at a product vessel and a negative control in each medium."""
    return tuple(
        ReadingFacts(
            name="growth",
            text="no growth",
            vessel=f"{medium}-{role}",
            medium=medium,
            role=role,
            read_at=read_at,
        )
        for medium in METHOD.media
        for role in VesselRole
    )


CLEAR = looks(OVER_AT)


def judged(
    readings: tuple[ReadingFacts, ...],
    method: MethodFacts = METHOD,
    started_at: datetime = STARTED_AT,
) -> RunJudgement:
    return judge_run(STERILITY, method, readings, started_at=started_at)


def with_look(position: int, **facts: object) -> tuple[ReadingFacts, ...]:
    changed = replace(CLEAR[position], **facts)  # type: ignore[arg-type]  # one fact per test
    return (*CLEAR[:position], changed, *CLEAR[position + 1 :])


def test_no_growth_after_the_whole_incubation_is_final() -> None:
    run = judged(CLEAR)

    assert (run.verdict, run.final, run.raw_text) == (Verdict.PASS, True, "no growth")
    assert run.details[:2] == (("formula", "no_growth/1"), ("elapsed_hours", "336.0"))


@pytest.mark.parametrize("row", rows("sterility_14d"), ids=lambda row: row["start_local"])
def test_edge_case_02_hours_are_elapsed_and_not_read_off_the_calendar(row: dict[str, str]) -> None:
    zone = ZoneInfo(row["tz"])
    started_at = datetime.fromisoformat(row["start_local"]).astimezone(zone)
    read_at = datetime.fromisoformat(row["read_local_same_clock_day14"]).astimezone(zone)

    run = judged(looks(read_at), started_at=started_at)

    is_final = row[">=336h"] == "True"
    assert dict(run.details)["elapsed_hours"] == row["elapsed_hours_true"]
    assert (run.final, run.verdict) == (
        is_final,
        Verdict.PASS if is_final else Verdict.INTERIM,
    )
    assert row["verdict_if_no_growth"].startswith("FINAL" if is_final else "INTERIM")


def test_edge_case_01_no_growth_on_day_9_is_interim_and_says_when_it_can_be_final() -> None:
    run = judged(looks(DAY_9))

    assert (run.verdict, run.final) == (Verdict.INTERIM, False)
    assert "earliest final 2026-03-15 09:00 UTC" in run.reason
    assert ("earliest_final_at", "2026-03-15T09:00:00Z") in run.details


def test_edge_case_01_growth_on_day_9_is_final_at_once() -> None:
    readings = (*looks(DAY_9)[1:], replace(looks(DAY_9)[0], text="growth"))

    run = judged(readings)

    assert (run.verdict, run.final, run.raw_text) == (Verdict.FAIL, True, "growth")
    assert "Growth was seen in 'FTM-product' in 'FTM'." in run.reason


def test_growth_counts_however_badly_its_reading_and_others_are_recorded() -> None:
    readings = (*with_look(0, text="growth", vessel="", read_at=None), replace(CLEAR[2], text="?"))

    assert judged(readings).verdict is Verdict.FAIL


def test_growth_is_not_undone_by_a_later_clear_look() -> None:
    readings = (replace(CLEAR[0], text="growth", read_at=DAY_9), *CLEAR)

    assert judged(readings).verdict is Verdict.FAIL


@pytest.mark.parametrize("product", ["no growth", "growth"])
def test_edge_case_04_growth_in_the_negative_control_is_invalid(product: str) -> None:
    readings = (replace(CLEAR[0], text=product), replace(CLEAR[1], text="growth"), *CLEAR[2:])

    run = judged(readings)

    assert (run.verdict, run.reported) == (Verdict.INVALID, "")
    assert "the negative control grew: 'FTM-negative_control' in 'FTM'" in run.reason


@pytest.mark.parametrize("position", range(4))
def test_one_vessel_not_yet_read_to_the_end_keeps_the_test_interim(position: int) -> None:
    run = judged(with_look(position, read_at=OVER_AT - timedelta(seconds=1)))

    assert (run.verdict, run.final) == (Verdict.INTERIM, False)
    assert dict(run.details)["elapsed_hours"] == "335.9"
    assert CLEAR[position].vessel in run.reason


@pytest.mark.parametrize("position", range(4))
def test_a_missing_vessel_is_interim_while_hours_run_and_invalid_afterwards(position: int) -> None:
    def without(read_at: datetime) -> tuple[ReadingFacts, ...]:
        return (*looks(read_at)[:position], *looks(read_at)[position + 1 :])

    running, over = judged(without(DAY_9)), judged(without(OVER_AT))

    assert (running.verdict, over.verdict) == (Verdict.INTERIM, Verdict.INVALID)
    role = "product" if position % 2 == 0 else "negative control"
    assert f"no {role} vessel in {CLEAR[position].medium}" in over.reason


def test_the_last_look_at_a_vessel_counts_in_whatever_order_it_is_recorded() -> None:
    assert judged((*CLEAR, *looks(DAY_9))).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        ({"text": "No Growth"}, "'No Growth' is neither"),
        ({"text": "\ud800\x00"}, "is neither"),
        ({"text": "x" * 1_000_000}, "is neither"),
        ({"vessel": ""}, "no vessel, no medium or no role"),
        ({"medium": ""}, "no vessel, no medium or no role"),
        ({"role": "positive_control"}, "no vessel, no medium or no role"),
        ({"read_at": None}, "has no instant with a zone"),
        ({"read_at": OVER_AT.replace(tzinfo=None)}, "has no instant with a zone"),
        ({"read_at": STARTED_AT - timedelta(seconds=1)}, "before its incubation began"),
        ({"vessel": "SCDM-product"}, "two media or two roles"),
    ],
    ids=range(10),
)
def test_a_look_that_cannot_be_read_or_placed_is_invalid(
    facts: dict[str, object], reason: str
) -> None:
    run = judged(with_look(0, **facts))

    assert run.verdict is Verdict.INVALID
    assert reason in run.reason
    assert len(run.reason.encode()) < 300


@pytest.mark.parametrize(
    "method", [replace(METHOD, media=()), replace(METHOD, incubation_hours=None)]
)
def test_a_method_without_media_or_hours_proves_nothing(method: MethodFacts) -> None:
    run = judged(CLEAR, method)

    assert run.verdict is Verdict.INVALID
    assert "states no incubation or no media" in run.reason


def test_the_final_instant_keeps_its_fractions_of_a_second() -> None:
    started_at = STARTED_AT.replace(microsecond=1)

    value = calculate(METHOD, CLEAR, started_at=started_at)

    assert value.verdict is Verdict.INTERIM
    assert ("earliest_final_at", "2026-03-15T09:00:00.000001Z") in value.details
    # What people are told is never too early.
    assert "earliest final 2026-03-15 09:01 UTC" in value.reason
