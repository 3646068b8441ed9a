"""Which values of a lot are put beside those of other lots."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest

from products.domain.criteria import LabelClaim, LimitKind, Stage, Verdict
from products.domain.facts import CriterionFacts, LotFacts
from products.domain.results import Purpose, RunState
from products.domain.trending import Trend, trends_of
from tests.domain.facts import (
    ENDOTOXIN,
    RELEASABLE,
    SIZE,
    SIZE_RUN,
    SPECIFICATION,
    VIABILITY,
    VIABILITY_RUN,
    and_run,
    inherited,
    on_parent,
    run_for,
    with_run,
)


def trend(item: CriterionFacts, *lots: LotFacts) -> Trend:
    (found,) = trends_of(lots, (item,))
    return found


def texts(item: CriterionFacts, lot: LotFacts) -> list[str]:
    found = trends_of([lot], (item,))
    return [value.text for value in found[0].lots[0].values] if found else []


def asked_otherwise(item: CriterionFacts, **changes: object) -> LotFacts:
    """The releasable lot, whose specification asks ``item`` in another way."""
    other = replace(item, criterion=replace(item.criterion, **changes))  # type: ignore[arg-type]
    criteria = tuple(other if one == item else one for one in SPECIFICATION.criteria)
    return replace(RELEASABLE, specification=replace(SPECIFICATION, criteria=criteria))


def test_each_numeric_criterion_has_a_trend_and_words_have_none() -> None:
    found = trends_of([RELEASABLE], RELEASABLE.criteria)

    assert [one.criterion.code for one in found] == [
        "endotoxin-final",
        "viability-cells",
        "size-final",
    ]
    assert [one.unit for one in found] == ["[EU]/mL", "%", "nm"]


def test_a_censored_value_keeps_its_comparator_and_its_text() -> None:
    (value,) = trend(ENDOTOXIN, RELEASABLE).lots[0].values

    assert (value.text, value.comparator, value.value) == ("<0.05", "<", Decimal("0.05"))


def test_the_limits_are_those_of_the_lots_own_specification() -> None:
    stricter = asked_otherwise(ENDOTOXIN, upper="0.10")
    first, second = trend(ENDOTOXIN, RELEASABLE, stricter).lots

    assert (first.lower, first.upper) == (None, Decimal("0.25"))
    assert (second.upper, second.limit_text) == (Decimal("0.10"), "< 0.10 EU/mL")
    assert trend(SIZE, RELEASABLE).lots[0].upper is None


def test_a_fail_that_was_tested_again_stays_beside_the_later_pass() -> None:
    failing = replace(VIABILITY_RUN, verdict=Verdict.FAIL, reported="80")
    retest = run_for(VIABILITY, 9, purpose=Purpose.RETEST)
    runs = (*(run for run in RELEASABLE.runs if run.id != failing.id), failing, retest)

    values = trend(VIABILITY, replace(RELEASABLE, runs=runs)).lots[0].values

    assert [(value.text, value.verdict, value.is_current) for value in values] == [
        ("80", Verdict.FAIL, False),
        ("95", Verdict.PASS, True),
    ]


@pytest.mark.parametrize(
    "changes",
    [
        {"state": RunState.RETRACTED},
        {"invalidated": True},
        {"final": False},
        {"verdict": Verdict.INVALID},
        {"purpose": Purpose.INFORMATION},
    ],
)
def test_what_does_not_count_is_not_in_the_trend(changes: dict[str, object]) -> None:
    assert texts(VIABILITY, with_run(VIABILITY_RUN, **changes)) == []


def test_a_lot_whose_specification_asks_otherwise_has_no_place_in_the_trend() -> None:
    for lot in (
        asked_otherwise(VIABILITY, method="FLOW-1"),
        asked_otherwise(VIABILITY, code="other"),
        asked_otherwise(VIABILITY, stage=Stage.BULK),
        replace(RELEASABLE, specification=None),
    ):
        here, other = trend(VIABILITY, RELEASABLE, lot).lots
        assert here.values
        assert (other.values, other.limit_text) == ((), "")


def test_another_unit_is_brought_to_the_lots_own_and_named() -> None:
    lot = asked_otherwise(SIZE, unit="um")
    run = replace(SIZE_RUN, reported="0.1214", unit="um")
    others = tuple(one for one in lot.runs if one.id != run.id)

    (value,) = trend(SIZE, RELEASABLE, replace(lot, runs=(*others, run))).lots[1].values

    assert (value.text, value.value) == ("0.1214 µm", Decimal("121.4"))


def test_a_limit_in_another_unit_is_brought_to_the_lots_own() -> None:
    per_mg = asked_otherwise(ENDOTOXIN, unit="[EU]/mg")
    international = asked_otherwise(ENDOTOXIN, unit="[IU]/mL")

    _, other, same = trend(ENDOTOXIN, RELEASABLE, per_mg, international).lots

    assert (other.upper, same.upper) == (None, Decimal("0.25"))


def test_what_cannot_be_compared_or_read_is_left_out() -> None:
    assert texts(SIZE, with_run(SIZE_RUN, unit="mL")) == []
    assert texts(SIZE, with_run(SIZE_RUN, reported="not measurable")) == []


def test_a_report_without_unit_takes_that_of_its_first_value() -> None:
    lot = asked_otherwise(SIZE, unit="")
    item = next(one for one in lot.criteria if one.id == SIZE.id)

    assert trend(item, lot).unit == "nm"
    assert trends_of([replace(lot, runs=())], (item,)) == ()


def test_per_cent_of_label_is_drawn_in_per_cent() -> None:
    changes = {"kind": LimitKind.PERCENT_OF_LABEL, "lower": "90", "upper": "110", "unit": ""}
    lot = replace(asked_otherwise(VIABILITY, **changes), claim=LabelClaim("1", "1", "1"))
    item = next(one for one in lot.criteria if one.id == VIABILITY.id)

    found = trend(item, lot)

    assert found.unit == "%"
    assert (found.lots[0].lower, found.lots[0].upper) == (Decimal(90), Decimal(110))


def test_an_inherited_value_names_the_lot_that_it_was_measured_on() -> None:
    lot = inherited(VIABILITY, lines={"P-1": ("P-1",)})
    item = next(one for one in lot.criteria if one.id == VIABILITY.id)
    run = on_parent(VIABILITY_RUN, "P-1", raw_text="95")

    (value,) = trend(item, replace(lot, inherited=(run,))).lots[0].values

    assert (value.origin, value.text) == ("P-1", "95")


def test_a_younger_run_that_counts_is_the_current_one() -> None:
    values = trend(VIABILITY, and_run(run_for(VIABILITY, 9))).lots[0].values

    assert [value.is_current for value in values] == [False, True]
