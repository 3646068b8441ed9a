"""What a draft criterion still lacks. Each test changes one fact of a complete criterion."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.domain.criteria import (
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    check_criterion,
    measured_values_that_fail,
)
from tests.domain.test_criteria import ALL, CONTENT, ENDOTOXIN, MARKER, PROTEIN, SIZE, VIABILITY


@pytest.mark.parametrize("criterion", ALL, ids=lambda criterion: criterion.code)
def test_a_complete_criterion_lacks_nothing(criterion: Criterion) -> None:
    assert check_criterion(criterion) == ()


@pytest.mark.parametrize(
    ("criterion", "defect"),
    [
        (replace(VIABILITY, lower=""), "The lower limit is missing."),
        (replace(VIABILITY, lower="ND"), "The lower limit 'ND' is not a plain number."),
        (replace(VIABILITY, lower="<90"), "The lower limit '<90' is not a plain number."),
        (replace(VIABILITY, upper="95"), "A limit of kind lower has no upper limit."),
        (replace(VIABILITY, upper_strict=True), "A limit of kind lower has no upper limit."),
        (replace(SIZE, upper=""), "The upper limit is missing."),
        (replace(VIABILITY, unit=""), "The unit is missing."),
        (replace(VIABILITY, unit="eu/ml"), "The unit 'eu/ml' is not in the table of units."),
        (replace(VIABILITY, unit="{word}"), "The unit {word} does not fit a limit of kind lower."),
        (replace(VIABILITY, allowed_words=("yes",)), "A limit of kind lower takes no allowed"),
        (replace(ENDOTOXIN, compare_on=None), "A strict limit (< or >) needs the choice"),
        (replace(SIZE, lower="300.0"), "No value lies between 300.0 and 200.0."),
        (
            replace(SIZE, lower="200.0", lower_strict=True, compare_on=CompareOn.ROUNDED),
            "No value lies between 200.0 and 200.0.",
        ),
        (replace(SIZE, lower="50"), "Both limits of a range are written with the same number"),
        (replace(VIABILITY, lower="0", rounding=Rounding.EP), "A limit of zero has no significant"),
        (replace(CONTENT, unit="nm"), "A limit in per cent of label claim has the unit %"),
        (replace(MARKER, allowed_words=()), "At least one allowed word is needed."),
        (replace(MARKER, allowed_words=("ND",)), "'ND' is not a result in words."),
        (replace(MARKER, lower="5"), "A limit of kind word takes no numbers."),
        (replace(MARKER, unit="%"), "The unit % does not fit a limit of kind word."),
        (replace(PROTEIN, upper_strict=True), "A limit of kind report_only takes no numbers."),
        (replace(PROTEIN, unit="furlong"), "The unit 'furlong' is not in the table of units."),
    ],
)
def test_one_defect_is_named(criterion: Criterion, defect: str) -> None:
    [found] = check_criterion(criterion)

    assert found.startswith(defect)


@pytest.mark.parametrize(
    "criterion",
    [
        replace(CONTENT, unit=""),
        replace(MARKER, unit=""),
        replace(PROTEIN, unit=""),
        replace(PROTEIN, unit="{word}"),
        replace(SIZE, lower="98.0", upper="102.00", rounding=Rounding.EP),
        replace(SIZE, lower="200.0"),
    ],
)
def test_what_is_allowed_to_differ_is_no_defect(criterion: Criterion) -> None:
    assert check_criterion(criterion) == ()


def test_every_defect_is_listed_at_once() -> None:
    bare = replace(SIZE, lower="", upper="ND", unit="")

    assert len(check_criterion(bare)) == 3


def test_the_form_shows_which_measured_values_fail_either_way() -> None:
    shown = measured_values_that_fail(replace(ENDOTOXIN, upper="0.25", compare_on=None))

    assert shown == (
        "Compared rounded: of the values next to the limit, 0.244 pass; "
        "0.245, 0.249, 0.25, 0.251, 0.254, 0.255 fail. "
        "Compared unrounded: of the values next to the limit, 0.244, 0.245, 0.249 pass; "
        "0.25, 0.251, 0.254, 0.255 fail."
    )


def test_the_form_shows_one_way_once_it_is_chosen() -> None:
    shown = measured_values_that_fail(VIABILITY)

    assert shown == (
        "Compared rounded: of the values next to the limit, "
        "89.5, 89.9, 90, 90.1, 90.4, 90.5 pass; 89.4 fail."
    )


def test_a_range_that_admits_nothing_shows_no_value_that_passes() -> None:
    shown = measured_values_that_fail(replace(SIZE, lower="300.0"))

    assert "the limit, none pass" in shown


@pytest.mark.parametrize("criterion", [MARKER, PROTEIN, replace(VIABILITY, lower="ND")])
def test_without_readable_limits_there_is_nothing_to_show(criterion: Criterion) -> None:
    assert measured_values_that_fail(criterion) == ""


def test_a_limit_with_an_exponent_is_probed_at_its_last_digit() -> None:
    criterion = replace(VIABILITY, lower="3.2E10", unit="{particles}/ug")

    assert "31500000000, 31900000000, 32000000000" in measured_values_that_fail(criterion)


def test_kinds_are_all_covered_by_the_examples() -> None:
    assert {criterion.kind for criterion in ALL} == set(LimitKind)
