"""Vesicle integrity. Each test changes one fact of a run that gives 90 %."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.calculations import (
    FORMULA_INPUTS,
    FORMULA_LABELS,
    Formula,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    judge_run,
)
from products.domain.criteria import Verdict
from products.domain.integrity import percent_intact
from products.domain.readings import InvalidAssayError
from tests.domain.test_criteria import VIABILITY

STARTED_AT = datetime(2026, 3, 1, tzinfo=UTC)
METHOD = MethodFacts(
    code="TRITON", version=1, formula=Formula.VESICLE_INTEGRITY, unit="%", replicates=1
)
COUNTED = {
    "before": "1010",
    "after": "120",
    "detergent_only": "20",
    "buffer_blank": "10",
    "before_dilution": "1",
    "after_dilution": "1",
    "detergent_only_dilution": "1",
    "buffer_blank_dilution": "1",
}


def counted(**changes: str) -> tuple[ReadingFacts, ...]:
    return tuple(ReadingFacts(name, text) for name, text in (COUNTED | changes).items())


def judged(
    readings: tuple[ReadingFacts, ...], method: MethodFacts = METHOD, limit: str = "90"
) -> RunJudgement:
    return judge_run(replace(VIABILITY, lower=limit), method, readings, started_at=STARTED_AT)


def test_integrity_is_what_the_detergent_dissolves_of_what_the_sample_holds() -> None:
    run = judged(counted())

    assert (run.raw_text, run.unit, run.verdict) == ("90", "%", Verdict.PASS)
    assert run.details[:3] == (
        ("formula", "vesicle_integrity/1"),
        ("before_1", "1010 particles/mL"),
        ("after_1", "120 particles/mL"),
    )
    assert ("integrity_percent_1", "90") in run.details


@pytest.mark.parametrize(
    ("changes", "percent"),
    [
        ({"before": "101", "before_dilution": "10"}, "90"),
        ({"after": "12", "after_dilution": "10"}, "90"),
        ({"detergent_only": "2", "detergent_only_dilution": "10"}, "90"),
        ({"buffer_blank": "1", "buffer_blank_dilution": "10"}, "90"),
        ({"after": "20"}, "100"),
        ({"after": "1020"}, "0"),
    ],
    ids=str,
)
def test_each_count_is_corrected_for_its_own_dilution(
    changes: dict[str, str], percent: str
) -> None:
    assert judged(counted(**changes)).raw_text == percent


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"before": "10"}, "counts no more particles than the buffer blank"),
        ({"before": "9"}, "counts no more particles than the buffer blank"),
        ({"after": "19"}, "counts fewer particles than the detergent-only control"),
        ({"after": "1021"}, "an integrity outside 0 to 100 % does not exist"),
        ({"buffer_blank": "<10"}, "buffer_blank: <10 is not a measured particle concentration"),
        ({"detergent_only": "-1"}, "detergent_only: -1 is not a measured particle"),
        ({"after_dilution": "0.5"}, "the dilution factor 0.5"),
        ({"before": "ND"}, "'ND' is not a number"),
    ],
    ids=str,
)
def test_counts_that_give_no_part_of_a_whole_are_invalid(
    changes: dict[str, str], reason: str
) -> None:
    run = judged(counted(**changes), limit="0")

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert reason in run.reason


@pytest.mark.parametrize("name", COUNTED)
def test_no_count_and_no_dilution_is_guessed(name: str) -> None:
    readings = tuple(reading for reading in counted() if reading.name != name)

    run = judged(readings)

    assert run.verdict is Verdict.INVALID
    assert name in run.reason


def test_replicates_are_averaged_and_bound_by_the_largest_cv() -> None:
    second = (ReadingFacts("before", "1010", "", 2), ReadingFacts("after", "320", "", 2))
    method = replace(METHOD, replicates=2, max_cv_percent="20")

    within = judged((*counted(), *second), method, "80")
    beyond = judged((*counted(), *second), replace(method, max_cv_percent="16"), "80")

    assert (within.raw_text, within.verdict) == ("80", Verdict.PASS)
    assert dict(within.details)["cv_percent"] == "17.68"
    assert beyond.verdict is Verdict.INVALID


def test_no_label_speaks_of_the_viability_of_vesicles() -> None:
    labels = [*FORMULA_LABELS.values()] + [
        field.label for fields in FORMULA_INPUTS.values() for field in fields
    ]

    assert FORMULA_LABELS[Formula.VESICLE_INTEGRITY] == "Vesicle integrity"
    assert set(FORMULA_LABELS) == set(Formula)
    assert not [label for label in labels if "exosome" in label.lower()]
    assert [label for label in labels if "viability" in label.lower()] == [
        "Viability of parent cells"
    ]


COUNT = st.decimals(0, 10**13, places=2)


@given(COUNT, COUNT, COUNT, COUNT)
def test_integrity_lies_between_0_and_100_or_does_not_exist(
    before: Decimal, after: Decimal, detergent_only: Decimal, buffer_blank: Decimal
) -> None:
    try:
        percent = percent_intact(
            before, after, detergent_only=detergent_only, buffer_blank=buffer_blank
        )
    except InvalidAssayError:
        counted, left = before - buffer_blank, after - detergent_only
        assert counted <= 0 or left < 0 or left > counted
    else:
        assert 0 <= percent <= 100


@given(st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, 100), st.integers(0, 100))
def test_a_dilution_common_to_all_counts_changes_nothing(
    before: int, after: int, detergent_only: int, buffer_blank: int
) -> None:
    counts = {
        "before": str(before),
        "after": str(after),
        "detergent_only": str(detergent_only),
        "buffer_blank": str(buffer_blank),
    }
    diluted = {f"{name}_dilution": "1000" for name in counts}

    plain, thousandfold = judged(counted(**counts)), judged(counted(**counts, **diluted))

    assert (plain.raw_text, plain.verdict) == (thousandfold.raw_text, thousandfold.verdict)
