"""Size distributions. Each test changes one fact of a run with 95 % in range."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from products.domain.calculations import (
    Formula,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    check_method,
    judge_run,
)
from products.domain.criteria import Verdict
from tests.domain.test_criteria import VIABILITY

METHOD = MethodFacts(
    code="NTA", version=1, formula=Formula.SIZE_DISTRIBUTION, unit="%", replicates=1, family="nta"
)
MEASURED = {
    "mode": "98.5",
    "mean": "121",
    "d10": "71",
    "d50": "110",
    "d90": "190",
    "percent_in_range": "95.0",
}


def judged(unit: str = "", **changes: str) -> RunJudgement:
    readings = tuple(
        ReadingFacts(name, text, "" if name == "percent_in_range" else unit)
        for name, text in (MEASURED | changes).items()
    )
    return judge_run(VIABILITY, METHOD, readings, started_at=datetime(2026, 3, 1, tzinfo=UTC))


def test_the_part_in_range_is_reported_and_the_distribution_kept_beside() -> None:
    run = judged()

    assert (run.raw_text, run.reported, run.unit) == ("95.0", "95", "%")
    assert run.verdict is Verdict.PASS
    assert ("d50", "110 nm") in run.details
    assert ("d50_nm", "110") in run.details


def test_diameters_are_kept_in_nanometres() -> None:
    run = judged("um", mode="0.1", mean="0.121", d10="0.071", d50="0.11", d90="0.19")

    assert ("d50_nm", "110") in run.details


@pytest.mark.parametrize("quantiles", [("71", "71", "71"), ("1", "1", "2")])
def test_quantiles_may_coincide(quantiles: tuple[str, str, str]) -> None:
    run = judged(**dict(zip(("d10", "d50", "d90"), quantiles, strict=True)))

    assert run.verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"d10": "111"}, "do not follow one another: D10 111, D50 110, D90 190"),
        ({"d90": "109"}, "do not follow one another: D10 71, D50 110, D90 109"),
        ({"mode": "0"}, "mode: 0 is not a measured diameter"),
        ({"mean": "-1"}, "mean: -1 is not a measured diameter"),
        ({"d90": ">1000"}, "d90: >1000 is not a measured diameter"),
        ({"percent_in_range": "100.1"}, "100.1 is not a part between 0 and 100 %"),
        ({"percent_in_range": "-0.1"}, "-0.1 is not a part between 0 and 100 %"),
        ({"percent_in_range": ">90"}, ">90 is not a part between 0 and 100 %"),
        ({"d50": "ND"}, "'ND' is not a number"),
    ],
    ids=str,
)
def test_a_distribution_that_none_can_be_is_invalid(changes: dict[str, str], reason: str) -> None:
    run = judged(**changes)

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert reason in run.reason


@pytest.mark.parametrize("part", ["0", "100"])
def test_none_and_all_in_range_are_results(part: str) -> None:
    assert judged(percent_in_range=part).raw_text == part


def test_a_size_distribution_is_one_measurement() -> None:
    assert check_method(METHOD) == ()
    assert check_method(replace(METHOD, replicates=2)) == (
        "A size distribution has one replicate.",
    )
