"""Viability of parent cells."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from products.domain.calculations import Formula, MethodFacts, ReadingFacts, judge_run
from products.domain.criteria import Verdict
from products.domain.measurements import parse_measured
from products.domain.readings import InvalidAssayError
from products.domain.viability import percent_viable
from tests.domain.test_criteria import VIABILITY
from tests.domain.vectors import rows

METHOD = MethodFacts(
    code="TRYPAN-BLUE", version=1, formula=Formula.VIABILITY, unit="%", replicates=1
)
STARTED_AT = datetime(2026, 3, 1, tzinfo=UTC)


def counts(live: str, dead: str) -> tuple[ReadingFacts, ...]:
    return ReadingFacts("live", live), ReadingFacts("dead", dead)


@pytest.mark.parametrize("row", rows("viability"), ids=lambda row: f"{row['live']}+{row['dead']}")
def test_viability_is_computed_and_judged_as_the_vectors_say(row: dict[str, str]) -> None:
    criterion = replace(VIABILITY, lower=row["limit"])

    run = judge_run(criterion, METHOD, counts(row["live"], row["dead"]), started_at=STARTED_AT)

    assert (run.reported, run.verdict.upper()) == (row["reported"], row["verdict"])
    if row["viability_unrounded"]:
        assert round(Decimal(run.raw_text), 6) == Decimal(row["viability_unrounded"])


def test_fewer_cells_than_the_method_asks_for_are_no_result() -> None:
    method = replace(METHOD, minimum_count=100)

    few = judge_run(VIABILITY, method, counts("98", "1"), started_at=STARTED_AT)
    enough = judge_run(VIABILITY, method, counts("98", "2"), started_at=STARTED_AT)

    assert (few.verdict, enough.verdict) == (Verdict.INVALID, Verdict.PASS)
    assert "99 cells were counted, and the method asks for at least 100" in few.reason


def test_edge_case_28_no_cells_counted_is_invalid_with_its_reason() -> None:
    run = judge_run(VIABILITY, METHOD, counts("0", "0"), started_at=STARTED_AT)

    assert (run.verdict, run.raw_text, run.reported) == (Verdict.INVALID, "", "")
    assert "no cells were counted" in run.reason


@pytest.mark.parametrize("live", ["-1", "1.5", "<10", ">10"])
def test_a_count_is_a_whole_number(live: str) -> None:
    with pytest.raises(InvalidAssayError, match="is not a count of live cells"):
        percent_viable(parse_measured(live), parse_measured("10"))
