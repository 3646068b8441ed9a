"""Where the marks of a chart stand."""

from __future__ import annotations

import re
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.charts import BOTTOM, LEFT, RIGHT, TOP, Chart, Slot, chart, label_of

NUMBERS = st.decimals(-(10**12), 10**12, allow_nan=False, allow_infinity=False, places=6)
COUNTS = st.integers(1, 10**14).map(Decimal)


def slots_of(numbers: st.SearchStrategy[Decimal]) -> st.SearchStrategy[list[Slot]]:
    limit = st.none() | numbers
    slot = st.builds(Slot, st.lists(numbers, max_size=3).map(tuple), limit, limit)
    return st.lists(slot, min_size=1, max_size=30)


def drawn(*values: str, may_be_log: bool = False, lower: str = "") -> Chart:
    limit = Decimal(lower) if lower else None
    made = chart([Slot((Decimal(one),), limit) for one in values], may_be_log=may_be_log)
    assert made is not None
    return made


def coordinates(path: str) -> list[Decimal]:
    return [Decimal(number) for number in re.findall(r"[\d.]+", path)]


@given(slots_of(NUMBERS) | slots_of(COUNTS), st.booleans())
def test_every_mark_and_limit_stands_in_the_box_in_the_order_of_its_value(
    slots: list[Slot], may_be_log: bool
) -> None:
    made = chart(slots, may_be_log=may_be_log)

    if made is None:
        assert not any(slot.values for slot in slots)
        return
    marks = [mark for column in made.marks for mark in column]
    assert [len(column) for column in made.marks] == [len(slot.values) for slot in slots]
    assert all(LEFT <= x <= RIGHT and TOP <= y <= BOTTOM for x, y in marks)
    assert [x for x, _ in marks] == sorted(x for x, _ in marks)
    assert all(TOP <= tick.y <= BOTTOM for tick in made.ticks)
    assert 1 <= len(made.ticks) <= 9
    steps = re.findall(r"M([\d.]+) ([\d.]+)H", made.lower + made.upper)
    assert all(TOP <= Decimal(y) <= BOTTOM for _, y in steps)
    values = [value for slot in slots for value in slot.values]
    heights = [y for _, (_, y) in sorted(zip(values, marks, strict=True), key=lambda one: one[0])]
    assert heights == sorted(heights, reverse=True)
    assert bool(made.lower) == any(slot.lower is not None for slot in slots)
    assert bool(made.upper) == any(slot.upper is not None for slot in slots)


def test_without_any_value_there_is_no_chart() -> None:
    assert chart([Slot(lower=Decimal(5))]) is None


def test_a_limit_that_changes_makes_a_step_where_its_lot_begins() -> None:
    made = chart(
        [
            Slot((Decimal(4),), upper=Decimal(8)),
            Slot((Decimal(5),), upper=Decimal(8)),
            Slot((Decimal(6),)),
            Slot((Decimal(6),), upper=Decimal(7)),
            Slot((Decimal(6),), upper=Decimal(6)),
        ]
    )

    assert made is not None
    assert made.lower == ""
    first, second, third = made.upper.split("M")[1:]
    assert coordinates(first)[0] == LEFT
    assert coordinates(first)[-1] == made.columns[2]
    assert coordinates(second)[0] == made.columns[3]
    assert coordinates(third)[0] == made.columns[4]
    assert coordinates(first)[1] < coordinates(second)[1] < coordinates(third)[1]


@pytest.mark.parametrize(
    ("values", "lower", "is_log"),
    [
        (("1E9", "1.01E11"), "", True),
        (("1E9", "1E11"), "", False),
        (("1E9", "2E9"), "1E3", False),
        (("0", "1E9"), "", False),
        (("1", "1E9"), "0", False),
    ],
)
def test_a_log_scale_is_taken_only_where_positive_values_span_more_than_two_decades(
    values: tuple[str, ...], lower: str, is_log: bool
) -> None:
    assert drawn(*values, may_be_log=True, lower=lower).is_log is is_log
    assert not drawn(*values, lower=lower).is_log


def test_on_a_log_scale_decades_are_the_ticks_and_equally_far_apart() -> None:
    made = drawn("2E8", "3E10", may_be_log=True)

    assert [tick.label for tick in made.ticks] == ["1E+8", "1E+9", "1E+10", "1E+11"]
    between = {a.y - b.y for a, b in pairwise(made.ticks)}
    assert max(between) - min(between) <= Decimal("0.1")


def test_a_scale_of_positive_values_does_not_go_below_zero() -> None:
    (zero, *_) = drawn("0.01", "10").ticks
    assert zero.label == "0"
    assert zero.y == BOTTOM


def test_one_value_alone_and_values_that_hardly_differ_are_drawn() -> None:
    assert TOP < drawn("7").marks[0][0][1] < BOTTOM
    assert drawn("0").ticks
    near = drawn("1E60", f"{10**60 + 1}")
    assert near.marks[0][0][1] > near.marks[1][0][1]


@pytest.mark.parametrize(
    ("value", "label"),
    [
        ("0.30", "0.3"),
        ("0E-7", "0"),
        ("120", "120"),
        ("500000", "500000"),
        ("5000000", "5E+6"),
        ("0.0001", "0.0001"),
        ("0.00001", "1E-5"),
        ("-2.50", "-2.5"),
    ],
)
def test_a_label_shows_the_digits_that_the_number_needs(value: str, label: str) -> None:
    assert label_of(Decimal(value)) == label
