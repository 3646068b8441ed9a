"""Rounding by the digits of the limit, and the published vectors."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from products.domain.criteria import (
    Category,
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    Stage,
    Verdict,
    judge,
)
from products.domain.errors import InvalidValueError
from products.domain.rounding import (
    decimals_of,
    round_to_decimals,
    round_to_significant,
    significant_figures_of,
)
from tests.domain.vectors import rows

AT_LEAST_70 = Criterion(
    code="assay",
    attribute="assay",
    category=Category.PURITY,
    stage=Stage.BULK,
    method="ASSAY",
    kind=LimitKind.LOWER,
    lower="70",
    unit="%",
    compare_on=CompareOn.ROUNDED,
)


@pytest.mark.parametrize(
    "row", rows("rounding_usp"), ids=lambda row: f"{row['raw']}{row['operator']}{row['limit']}"
)
def test_usp_rounding_reports_and_judges_as_the_vectors_say(row: dict[str, str]) -> None:
    is_lower = row["operator"].startswith(">")
    is_strict = not row["operator"].endswith("=")
    limit = row["limit"]
    criterion = replace(
        AT_LEAST_70,
        kind=LimitKind.LOWER if is_lower else LimitKind.UPPER,
        lower=limit if is_lower else "",
        upper="" if is_lower else limit,
        lower_strict=is_lower and is_strict,
        upper_strict=not is_lower and is_strict,
    )

    judged = judge(criterion, row["raw"], "%")

    assert decimals_of(limit) == int(row["limit_decimals"])
    assert (judged.reported, judged.verdict.upper()) == (row["usp_reported"], row["usp_verdict"])


@pytest.mark.parametrize("row", rows("rounding_ep_vs_usp"), ids=lambda row: row["raw"])
@pytest.mark.parametrize(
    ("rounding", "column"),
    [
        (Rounding.USP, "usp_reported(1 dp)"),
        (Rounding.EP, "ep_reported(sig figs of limit 100.0 = 4)"),
    ],
)
def test_both_rounding_schemes_report_as_the_vectors_say(
    row: dict[str, str], rounding: Rounding, column: str
) -> None:
    criterion = replace(
        AT_LEAST_70,
        kind=LimitKind.RANGE,
        lower=row["limit_low"],
        upper=row["limit_high"],
        rounding=rounding,
    )

    judged = judge(criterion, row["raw"], "%")

    assert judged.reported == row[column]
    is_within = Decimal(row["limit_low"]) <= Decimal(row[column]) <= Decimal(row["limit_high"])
    assert judged.verdict is (Verdict.PASS if is_within else Verdict.FAIL)


@pytest.mark.parametrize(
    ("text", "decimals", "figures"),
    [
        ("70", 0, 2),
        ("70.0", 1, 3),
        ("0.050", 3, 2),
        ("2.5E10", -9, 2),
        ("1E-3", 3, 1),
        ("0.0", 1, 1),
    ],
)
def test_digits_are_counted_as_printed(text: str, decimals: int, figures: int) -> None:
    assert (decimals_of(text), significant_figures_of(text)) == (decimals, figures)


def test_digits_of_no_number_are_refused() -> None:
    with pytest.raises(InvalidValueError):
        decimals_of("ND")
    with pytest.raises(InvalidValueError):
        significant_figures_of("1,5")


@pytest.mark.parametrize(
    ("value", "decimals", "rounded"),
    [
        ("2.5", 0, "3"),
        ("-2.5", 0, "-3"),
        ("9.4499999", 1, "9.4"),
        ("3.15E10", -9, "3.2E+10"),
        ("0.4", -9, "0E+9"),
        ("1E99", 2, "1" + "0" * 99 + ".00"),
        ("1E-99", 0, "0"),
        ("9.99", 1, "10.0"),
    ],
)
def test_decimals_are_kept_half_up_by_magnitude(value: str, decimals: int, rounded: str) -> None:
    assert str(round_to_decimals(Decimal(value), decimals)) == rounded


@pytest.mark.parametrize(
    ("value", "figures", "rounded"),
    [
        ("98.28568", 4, "98.29"),
        ("99.96", 3, "100"),
        ("1234", 2, "1.2E+3"),
        ("0.0", 3, "0.0"),
        ("-0.00995", 2, "-0.010"),
        ("5", 3, "5.00"),
    ],
)
def test_significant_figures_are_kept(value: str, figures: int, rounded: str) -> None:
    assert str(round_to_significant(Decimal(value), figures)) == rounded


VALUES = st.decimals(min_value=-1000, max_value=1000, allow_nan=False, places=6)


@settings(max_examples=200, deadline=None)
@given(VALUES, st.integers(-2, 5))
def test_rounding_moves_by_at_most_half_a_unit_and_happens_once(
    value: Decimal, decimals: int
) -> None:
    rounded = round_to_decimals(value, decimals)

    assert abs(rounded - value) <= Decimal(1).scaleb(-decimals) / 2
    assert round_to_decimals(rounded, decimals) == rounded


@settings(max_examples=400, deadline=None)
@given(
    value=VALUES,
    limit=st.decimals(min_value=-1000, max_value=1000, allow_nan=False, places=3),
    decimals=st.integers(0, 3),
    kind=st.sampled_from([LimitKind.LOWER, LimitKind.UPPER]),
    is_strict=st.booleans(),
)
def test_far_from_the_limit_rounded_and_unrounded_verdicts_agree(
    value: Decimal, limit: Decimal, decimals: int, kind: LimitKind, is_strict: bool
) -> None:
    printed = f"{round_to_decimals(limit, decimals):f}"
    assume(abs(value - Decimal(printed)) > Decimal(1).scaleb(-decimals) / 2)
    criterion = replace(
        AT_LEAST_70,
        kind=kind,
        lower=printed,
        upper=printed,
        lower_strict=is_strict,
        upper_strict=is_strict,
    )

    verdicts = {
        judge(replace(criterion, compare_on=way), f"{value:f}", "%").verdict for way in CompareOn
    }

    assert len(verdicts) == 1
    assert verdicts <= {Verdict.PASS, Verdict.FAIL}


@settings(max_examples=200, deadline=None)
@given(value=VALUES, decimals=st.integers(0, 3))
def test_at_the_limit_the_compared_value_decides(value: Decimal, decimals: int) -> None:
    printed = f"{round_to_decimals(value, decimals):f}"
    criterion = replace(AT_LEAST_70, lower=printed)

    rounded = judge(replace(criterion, compare_on=CompareOn.ROUNDED), f"{value:f}", "%")
    unrounded = judge(replace(criterion, compare_on=CompareOn.UNROUNDED), f"{value:f}", "%")

    assert rounded.verdict is Verdict.PASS
    assert (unrounded.verdict is Verdict.PASS) is (value >= Decimal(printed))
