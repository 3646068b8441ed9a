"""What differs between two versions of a specification. Each test changes one fact."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from products.domain.comparison import (
    CHANGE_LABELS,
    EQUAL,
    FIELD_LABELS,
    KIND_LABELS,
    LESS,
    LOOSER,
    MORE,
    ROUNDING_LABELS,
    SATISFIED_LABELS,
    SHIFTED,
    TIGHTER,
    ChangeKind,
    CriterionChange,
    FieldChange,
    compare,
)
from products.domain.criteria import (
    CompareOn,
    Criterion,
    LimitKind,
    Rounding,
    SatisfiedBy,
    Stage,
    Verdict,
    judge,
)
from tests.domain.test_criteria import (
    ALL,
    CONTENT,
    ENDOTOXIN,
    MARKER,
    PROTEIN,
    SIZE,
    STERILITY,
    VIABILITY,
)

criteria = st.lists(st.sampled_from(ALL), unique_by=lambda criterion: criterion.code)


def change(old: Criterion, new: Criterion) -> CriterionChange:
    [found] = compare([old], [new])
    return found


def test_a_changed_limit_is_shown_with_both_values() -> None:
    found = change(VIABILITY, replace(VIABILITY, lower="95"))

    assert (found.code, found.kind) == ("viability", ChangeKind.CHANGED)
    assert found.fields == (FieldChange("lower", "Lower limit", "90", "95"),)
    assert found.effect == TIGHTER


def test_an_added_criterion_shows_all_that_it_states() -> None:
    [kept, added] = compare([VIABILITY], [VIABILITY, ENDOTOXIN])

    assert (kept.kind, added.kind, added.effect) == (ChangeKind.SAME, ChangeKind.ADDED, MORE)
    assert {field.name: field.after for field in added.fields} == {
        "attribute": "endotoxin",
        "category": "Safety",
        "stage": "Final container",
        "method": "LAL",
        "kind": "upper limit",
        "upper": "0.5",
        "upper_strict": "yes",
        "unit": "EU/mL",
        "rounding": "to the decimals of the limit",
        "compare_on": "unrounded",
        "required": "yes",
        "satisfied_by": "this lot",
    }
    assert {field.before for field in added.fields} == {""}


def test_a_removed_criterion_shows_all_that_it_stated() -> None:
    [removed, kept] = compare([MARKER, VIABILITY], [VIABILITY])

    assert (removed.kind, removed.effect, kept.kind) == (ChangeKind.REMOVED, LESS, ChangeKind.SAME)
    assert FieldChange("allowed_words", "Allowed words", "positive", "") in removed.fields


@pytest.mark.parametrize("versions", [([MARKER], []), ([], [MARKER])])
def test_a_test_that_was_not_required_changes_nothing_that_can_be_told(
    versions: tuple[list[Criterion], list[Criterion]],
) -> None:
    old, new = ([replace(one, required=False) for one in version] for version in versions)

    [found] = compare(old, new)

    assert found.effect == ""


def test_removed_criteria_stand_where_they_stood() -> None:
    old = [SIZE, MARKER, VIABILITY, PROTEIN]
    new = [PROTEIN, VIABILITY, ENDOTOXIN]

    order = [(found.code, found.kind.value) for found in compare(old, new)]

    assert order == [
        ("size", "removed"),
        ("cd63", "removed"),
        ("protein", "same"),
        ("viability", "same"),
        ("endotoxin", "added"),
    ]


@given(criteria)
def test_a_version_does_not_differ_from_itself(version: list[Criterion]) -> None:
    found = compare(version, version)

    assert [one.code for one in found] == [one.code for one in version]
    assert {(one.kind, one.fields, one.effect) for one in found} <= {(ChangeKind.SAME, (), "")}


@given(criteria, criteria)
def test_every_criterion_of_both_versions_is_told_once(
    old: list[Criterion], new: list[Criterion]
) -> None:
    found = compare(old, new)

    kinds = {one.code: one.kind for one in found}
    before, after = {one.code for one in old}, {one.code for one in new}
    assert len(found) == len(kinds)
    assert {code for code, kind in kinds.items() if kind is ChangeKind.ADDED} == after - before
    assert {code for code, kind in kinds.items() if kind is ChangeKind.REMOVED} == before - after
    assert [one.code for one in found if one.code in after] == [one.code for one in new]


NUMBERS = st.sampled_from(["0", "0.1", "0.10", "1", "1.0", "9.9", "10", "10.0", "99", "100"])
BOUNDS = st.builds(
    lambda kind, low, high, low_strict, high_strict, rounding, way: replace(
        SIZE,
        kind=kind,
        lower="" if kind is LimitKind.UPPER else low,
        upper="" if kind is LimitKind.LOWER else high,
        lower_strict=low_strict and kind is not LimitKind.UPPER,
        upper_strict=high_strict and kind is not LimitKind.LOWER,
        rounding=rounding,
        compare_on=way,
    ),
    st.sampled_from([LimitKind.LOWER, LimitKind.UPPER, LimitKind.RANGE]),
    NUMBERS,
    NUMBERS,
    st.booleans(),
    st.booleans(),
    st.sampled_from(Rounding),
    st.sampled_from(CompareOn),
)
VALUES = st.one_of(
    NUMBERS.map(Decimal), st.decimals(-1, 101, places=3), st.decimals(0, 11, places=2)
)


@given(BOUNDS, BOUNDS, st.lists(VALUES, min_size=20))
def test_the_effect_holds_for_every_value(
    old: Criterion, new: Criterion, values: list[Decimal]
) -> None:
    found = change(old, new)
    assume(found.fields)

    pairs = {
        (judge(old, format(v, "f"), "nm").verdict, judge(new, format(v, "f"), "nm").verdict)
        for v in values
    }
    fewer, more = (Verdict.PASS, Verdict.FAIL) in pairs, (Verdict.FAIL, Verdict.PASS) in pairs
    assert not fewer or found.effect in {TIGHTER, SHIFTED}
    assert not more or found.effect in {LOOSER, SHIFTED}


@pytest.mark.parametrize(
    ("old", "changed", "effect"),
    [
        (VIABILITY, {"lower": "85"}, LOOSER),
        (VIABILITY, {"lower": "90.0"}, TIGHTER),  # 89.5 rounds to 90, but not to 90.0
        (VIABILITY, {"lower_strict": True, "compare_on": CompareOn.ROUNDED}, TIGHTER),
        (VIABILITY, {"compare_on": CompareOn.UNROUNDED}, TIGHTER),
        (VIABILITY, {"rounding": Rounding.EP}, EQUAL),
        (replace(VIABILITY, lower="100"), {"rounding": Rounding.EP}, TIGHTER),
        (SIZE, {"lower": "60.0", "upper": "210.0"}, SHIFTED),
        (SIZE, {"kind": LimitKind.UPPER, "lower": ""}, LOOSER),
        (CONTENT, {"upper": "110"}, TIGHTER),
        (CONTENT, {"kind": LimitKind.RANGE}, ""),
        (VIABILITY, {"lower": "ND"}, ""),
        (replace(VIABILITY, lower=""), {"lower": "90"}, ""),
        (ENDOTOXIN, {"compare_on": None}, ""),
        (replace(ENDOTOXIN, compare_on=None), {"compare_on": CompareOn.ROUNDED}, ""),
        (MARKER, {"allowed_words": ("positive", "weak")}, LOOSER),
        (MARKER, {"allowed_words": ("weak",)}, SHIFTED),
        (MARKER, {"allowed_words": ("Positive",)}, EQUAL),
        (MARKER, {"kind": LimitKind.ABSENCE, "allowed_words": ()}, ""),
        (PROTEIN, {"kind": LimitKind.UPPER, "upper": "5"}, TIGHTER),
        (VIABILITY, {"kind": LimitKind.REPORT_ONLY, "lower": ""}, LOOSER),
        (VIABILITY, {"required": False}, "Loosened: a result is no longer required."),
        (
            replace(VIABILITY, required=False),
            {"required": True, "lower": "85"},
            f"Tightened: a result is required now. {LOOSER}",
        ),
        (STERILITY, {"category": SIZE.category}, ""),
        (VIABILITY, {"lower": "95", "method": "TB-2"}, ""),
        (VIABILITY, {"lower": "95", "unit": "1"}, ""),
        (VIABILITY, {"lower": "95", "stage": Stage.BULK}, ""),
        (VIABILITY, {"lower": "95", "attribute": "vitality"}, ""),
        (VIABILITY, {"lower": "95", "satisfied_by": SatisfiedBy.PARENT}, ""),
    ],
)
def test_whether_more_or_less_passes_is_told_where_it_can_be(
    old: Criterion, changed: dict[str, object], effect: str
) -> None:
    found = change(old, replace(old, **changed))  # type: ignore[arg-type]  # one field of any type

    assert (found.kind, found.effect) == (ChangeKind.CHANGED, effect)


def test_a_way_of_comparing_that_was_the_usual_one_is_no_change() -> None:
    assert change(VIABILITY, replace(VIABILITY, compare_on=CompareOn.ROUNDED)).fields == ()


def test_limits_larger_than_any_count_are_compared() -> None:
    old, new = (replace(VIABILITY, lower=text) for text in ("1E60", "2E60"))

    assert change(old, new).effect == TIGHTER


def test_no_field_is_left_out_and_every_word_has_a_label() -> None:
    assert {"code", *FIELD_LABELS} == {field.name for field in fields(Criterion)}
    assert (set(KIND_LABELS), set(ROUNDING_LABELS)) == (set(LimitKind), set(Rounding))
    assert (set(SATISFIED_LABELS), set(CHANGE_LABELS)) == (set(SatisfiedBy), set(ChangeKind))
