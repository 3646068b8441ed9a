"""Judging a value against a criterion. Each test changes one fact of a criterion."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.domain.criteria import (
    CATEGORY_LABELS,
    STAGE_LABELS,
    Category,
    CompareOn,
    Criterion,
    Judgement,
    LabelClaim,
    LimitKind,
    Rounding,
    Stage,
    Verdict,
    judge,
)
from products.domain.measurements import NUMBER, WORD
from products.domain.units import UNITS

ENDOTOXIN = Criterion(
    code="endotoxin",
    attribute="endotoxin",
    category=Category.SAFETY,
    stage=Stage.FINAL_CONTAINER,
    method="LAL",
    kind=LimitKind.UPPER,
    upper="0.5",
    upper_strict=True,
    unit="[EU]/mL",
    compare_on=CompareOn.UNROUNDED,
)
VIABILITY = replace(
    ENDOTOXIN,
    code="viability",
    kind=LimitKind.LOWER,
    lower="90",
    upper="",
    upper_strict=False,
    unit="%",
    compare_on=None,
)
CONTENT = replace(
    VIABILITY, code="content", kind=LimitKind.PERCENT_OF_LABEL, lower="80", upper="120"
)
SIZE = replace(VIABILITY, code="size", kind=LimitKind.RANGE, lower="50.0", upper="200.0", unit="nm")
MARKER = replace(
    VIABILITY,
    code="cd63",
    kind=LimitKind.WORD,
    lower="",
    unit="{word}",
    allowed_words=("positive",),
)
STERILITY = replace(
    MARKER, code="sterility", category=Category.STERILITY, kind=LimitKind.ABSENCE, allowed_words=()
)
PROTEIN = replace(VIABILITY, code="protein", kind=LimitKind.REPORT_ONLY, lower="", unit="ug/mL")
ALL = (ENDOTOXIN, VIABILITY, CONTENT, SIZE, MARKER, STERILITY, PROTEIN)
CLAIM = LabelClaim(value="2E11", unit="{particles}/{vial}", fill_volume_ml="4")


@pytest.mark.parametrize(
    ("criterion", "text"),
    [
        (ENDOTOXIN, "< 0.5 EU/mL"),
        (replace(ENDOTOXIN, upper_strict=False), "≤ 0.5 EU/mL"),
        (VIABILITY, "≥ 90 %"),
        (replace(VIABILITY, lower_strict=True), "> 90 %"),
        (SIZE, "50.0 to 200.0 nm"),
        (replace(SIZE, lower_strict=True), "> 50.0 and ≤ 200.0 nm"),
        (CONTENT, "80 to 120 % of label claim"),
        (MARKER, "positive"),
        (replace(MARKER, allowed_words=("positive", "present")), "positive or present"),
        (STERILITY, "no growth"),
        (replace(STERILITY, category=Category.SAFETY), "not detected"),
        (PROTEIN, "report"),
        (replace(VIABILITY, unit="1"), "≥ 90"),
        (replace(VIABILITY, unit="furlong"), "≥ 90 furlong"),
    ],
)
def test_a_limit_reads_as_people_print_it(criterion: Criterion, text: str) -> None:
    assert criterion.limit_text == text


def test_every_category_and_stage_has_a_label() -> None:
    assert (set(CATEGORY_LABELS), set(STAGE_LABELS)) == (set(Category), set(Stage))


@pytest.mark.parametrize("text", ["<0.05", "<0.25", "<0.5"])
def test_edge_case_05_a_bound_up_to_the_upper_limit_passes(text: str) -> None:
    judged = judge(ENDOTOXIN, text, "[EU]/mL")

    assert (judged.verdict, judged.reported) == (Verdict.PASS, text)


@pytest.mark.parametrize("text", ["<5", "<0.51", "<0.54"])
@pytest.mark.parametrize("way", CompareOn)
def test_edge_case_06_a_bound_above_the_upper_limit_shows_nothing(
    text: str, way: CompareOn
) -> None:
    judged = judge(replace(ENDOTOXIN, compare_on=way), text, "[EU]/mL")

    assert judged.verdict is Verdict.INDETERMINATE


@pytest.mark.parametrize(
    ("criterion", "text", "verdict"),
    [
        (VIABILITY, "<95", Verdict.INDETERMINATE),
        (VIABILITY, "<80", Verdict.FAIL),
        (VIABILITY, "<90", Verdict.INDETERMINATE),
        (replace(VIABILITY, compare_on=CompareOn.UNROUNDED), "<90", Verdict.FAIL),
        (VIABILITY, ">90", Verdict.PASS),
        (VIABILITY, ">99", Verdict.PASS),
        (VIABILITY, ">89.9", Verdict.INDETERMINATE),
        (ENDOTOXIN, ">0.1", Verdict.INDETERMINATE),
        (ENDOTOXIN, ">0.5", Verdict.FAIL),
        (ENDOTOXIN, ">0.6", Verdict.FAIL),
        (replace(ENDOTOXIN, upper_strict=False), ">0.5", Verdict.FAIL),
        (
            replace(ENDOTOXIN, upper_strict=False, compare_on=CompareOn.ROUNDED),
            ">0.5",
            Verdict.INDETERMINATE,
        ),
        (SIZE, "<150", Verdict.INDETERMINATE),
        (SIZE, ">150", Verdict.INDETERMINATE),
        (SIZE, ">250", Verdict.FAIL),
        (SIZE, "<20", Verdict.FAIL),
    ],
)
def test_edge_case_05_a_bound_decides_only_what_it_shows(
    criterion: Criterion, text: str, verdict: Verdict
) -> None:
    assert judge(criterion, text, criterion.unit).verdict is verdict


@pytest.mark.parametrize("unit", ["[EU]", "[EU]/mg", "[EU]/kg", "[EU]/{dose}", "[IU]", "", "EU/mL"])
@pytest.mark.parametrize("text", ["0.1", "2.0", "<0.05"])
def test_edge_case_07_another_kind_of_unit_is_not_comparable(text: str, unit: str) -> None:
    judged = judge(ENDOTOXIN, text, unit)

    assert (judged.verdict, judged.reported) == (Verdict.NOT_COMPARABLE, "")


def test_edge_case_07_an_international_unit_is_an_endotoxin_unit() -> None:
    judged = judge(ENDOTOXIN, "0.4", "[IU]/mL")

    assert (judged.verdict, judged.reported, judged.unit) == (Verdict.PASS, "0.4", "[EU]/mL")
    assert "0.4 IU/mL (0.4 EU/mL)" in judged.reason


@pytest.mark.parametrize(
    ("criterion", "text", "reported", "verdict"),
    [
        (replace(VIABILITY, lower="9.5"), "9.45", "9.5", Verdict.PASS),
        (
            replace(ENDOTOXIN, upper="2", upper_strict=False, compare_on=None),
            "2.5",
            "3",
            Verdict.FAIL,
        ),
        (replace(ENDOTOXIN, compare_on=CompareOn.ROUNDED), "0.49", "0.5", Verdict.FAIL),
    ],
)
def test_edge_case_08_values_round_once_half_up(
    criterion: Criterion, text: str, reported: str, verdict: Verdict
) -> None:
    judged = judge(criterion, text, criterion.unit)

    assert (judged.reported, judged.verdict) == (reported, verdict)
    assert text in judged.reason
    assert criterion.limit_text in judged.reason


def test_edge_case_08_unrounded_comparison_of_a_strict_limit_passes_what_rounds_to_it() -> None:
    judged = judge(ENDOTOXIN, "0.49", "[EU]/mL")

    assert (judged.verdict, judged.reported) == (Verdict.PASS, "0.5")
    assert "compared unrounded" in judged.reason


def test_a_strict_limit_has_no_default_way_to_compare() -> None:
    judged = judge(replace(ENDOTOXIN, compare_on=None), "0.1", "[EU]/mL")

    assert judged.verdict is Verdict.INDETERMINATE
    assert "does not say how to compare" in judged.reason


@pytest.mark.parametrize("limit", ["", "ND", "<90", "9" * 100])
def test_a_criterion_without_a_readable_limit_passes_nothing(limit: str) -> None:
    judged = judge(replace(VIABILITY, lower=limit), "99", "%")

    assert judged.verdict is Verdict.INDETERMINATE


def test_a_range_rounds_once_to_the_limit_with_more_digits() -> None:
    criterion = replace(SIZE, lower="98.0", upper="102.0", rounding=Rounding.EP)

    judged = judge(criterion, "97.97", "nm")

    assert (judged.reported, judged.verdict) == ("97.97", Verdict.FAIL)


@pytest.mark.parametrize(
    ("text", "unit", "reported", "verdict"),
    [
        ("5E10", "{particles}/mL", "100", Verdict.PASS),
        ("6.03E7", "{particles}/uL", "121", Verdict.FAIL),
        ("1.59E11", "{particles}/{vial}", "80", Verdict.PASS),
        ("100", "%", "", Verdict.NOT_COMPARABLE),
    ],
)
def test_content_is_judged_in_per_cent_of_the_label(
    text: str, unit: str, reported: str, verdict: Verdict
) -> None:
    judged = judge(CONTENT, text, unit, claim=CLAIM)

    assert (judged.reported, judged.verdict) == (reported, verdict)


@pytest.mark.parametrize(
    "claim",
    [
        None,
        replace(CLAIM, value=""),
        replace(CLAIM, value="0"),
        replace(CLAIM, value="<1E10"),
        replace(CLAIM, fill_volume_ml="ND"),
        replace(CLAIM, fill_volume_ml="-4"),
        replace(CLAIM, unit="vials"),
    ],
)
def test_without_a_readable_claim_content_is_not_comparable(claim: LabelClaim | None) -> None:
    judged = judge(CONTENT, "5E10", "{particles}/mL", claim=claim)

    assert judged.verdict is Verdict.NOT_COMPARABLE


def test_a_computed_value_is_named_with_few_digits() -> None:
    third = "3" * 10 + "." + "3" * 40

    judged = judge(CONTENT, third, "{particles}/mL", claim=CLAIM)

    assert judged.reason.startswith("3.33333E+9 particles/mL (6.66667 % of label claim), ")


def test_a_computed_bound_is_shortened_in_the_direction_in_which_it_stays_true() -> None:
    lower = replace(VIABILITY, lower="2", unit="{particles}/ug")
    upper = replace(VIABILITY, kind=LimitKind.UPPER, upper="20", unit="{particles}/ug")

    assert judge(lower, ">6." + "6" * 40, "{particles}/ug").reported == ">6.66666"
    assert judge(upper, "<3." + "3" * 40, "{particles}/ug").reported == "<3.33334"


@pytest.mark.parametrize(
    ("criterion", "text", "verdict"),
    [
        (MARKER, "positive", Verdict.PASS),
        (MARKER, "Positive", Verdict.PASS),
        (MARKER, "negative", Verdict.FAIL),
        (MARKER, "not positive", Verdict.FAIL),
        (MARKER, "ND", Verdict.INVALID),
        (MARKER, "", Verdict.INVALID),
        (replace(MARKER, allowed_words=()), "positive", Verdict.INDETERMINATE),
        (STERILITY, "no growth", Verdict.PASS),
        (STERILITY, "negative", Verdict.PASS),
        (STERILITY, "growth", Verdict.FAIL),
        (STERILITY, "positive", Verdict.FAIL),
        (STERILITY, "clear", Verdict.INVALID),
        (STERILITY, "0", Verdict.INVALID),
        (STERILITY, "TNTC", Verdict.INVALID),
    ],
)
def test_words_are_judged_by_a_closed_list(
    criterion: Criterion, text: str, verdict: Verdict
) -> None:
    assert judge(criterion, text, "{word}").verdict is verdict


@pytest.mark.parametrize("unit", ["%", "1", "words"])
def test_a_word_with_a_unit_of_numbers_is_not_comparable(unit: str) -> None:
    assert judge(MARKER, "positive", unit).verdict is Verdict.NOT_COMPARABLE


@pytest.mark.parametrize(
    ("criterion", "text", "unit", "judged"),
    [
        (PROTEIN, "15.0", "ug/mL", (Verdict.REPORT_ONLY, "15.0", "ug/mL")),
        (PROTEIN, "0.015", "mg/mL", (Verdict.REPORT_ONLY, "15", "ug/mL")),
        (PROTEIN, "<2", "ug/mL", (Verdict.REPORT_ONLY, "<2", "ug/mL")),
        (PROTEIN, "6." + "6" * 40, "ug/mL", (Verdict.REPORT_ONLY, "6.66667", "ug/mL")),
        (PROTEIN, "15", "%", (Verdict.NOT_COMPARABLE, "", "%")),
        (PROTEIN, "15", "furlong", (Verdict.NOT_COMPARABLE, "", "")),
        (PROTEIN, "TNTC", "ug/mL", (Verdict.INVALID, "", "ug/mL")),
        (PROTEIN, "cloudy", "{word}", (Verdict.NOT_COMPARABLE, "", "{word}")),
        (replace(PROTEIN, unit=""), "15", "ug/mL", (Verdict.REPORT_ONLY, "15", "ug/mL")),
        (replace(PROTEIN, unit=""), "clear", "", (Verdict.REPORT_ONLY, "clear", "{word}")),
        (replace(PROTEIN, unit="{word}"), "15", "", (Verdict.INVALID, "", "")),
    ],
)
def test_a_value_without_limit_is_reported_when_it_can_be_read(
    criterion: Criterion, text: str, unit: str, judged: tuple[Verdict, str, str]
) -> None:
    found = judge(criterion, text, unit)

    assert (found.verdict, found.reported, found.unit) == judged


def test_particles_per_ml_are_reported_per_vial_with_the_fill_volume() -> None:
    criterion = replace(PROTEIN, unit="{particles}/{vial}")

    assert judge(criterion, "5E10", "{particles}/mL", claim=CLAIM).reported == "2.0E+11"
    assert judge(criterion, "5E10", "{particles}/mL").verdict is Verdict.NOT_COMPARABLE


def assert_is_fail_closed(criterion: Criterion, text: str, unit: str) -> None:
    judged: Judgement = judge(criterion, text, unit, claim=CLAIM)

    can_be_read = len(text) <= 120 and (NUMBER.fullmatch(text) or WORD.fullmatch(text))
    if not can_be_read or (unit and unit not in UNITS):
        assert judged.verdict in {Verdict.INVALID, Verdict.NOT_COMPARABLE}
        assert judged.reported == ""
    assert judged.reason
    assert len(f"{judged.reason}{judged.reported}{judged.unit}".encode()) < 1000
    assert "\x00" not in judged.reason + judged.unit


WEIRD = st.text(st.characters(), max_size=200) | st.text(
    "0123456789.<>eE+-, NaDIntfTC\x00", max_size=70
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(ALL), WEIRD, st.sampled_from(sorted(UNITS)) | st.text(max_size=10))
def test_judging_any_text_raises_nothing_and_passes_nothing_unread(
    criterion: Criterion, text: str, unit: str
) -> None:
    assert_is_fail_closed(criterion, text, unit)


@pytest.mark.parametrize("criterion", ALL, ids=lambda criterion: criterion.code)
@pytest.mark.parametrize("part", ["\x00", "\ud800", "\udfff<", "0", "9", "positive ", "no growth"])
def test_a_megabyte_of_anything_is_judged_at_once(criterion: Criterion, part: str) -> None:
    text = part * (1_000_000 // len(part))
    began = time.process_time()

    assert_is_fail_closed(criterion, text, criterion.unit)
    assert_is_fail_closed(criterion, text[:50], text)

    assert time.process_time() - began < 0.5


@pytest.mark.parametrize("text", ["1E99", "-1E99", "1E-99", "9" * 64, "0." + "0" * 61 + "1", "0"])
@pytest.mark.parametrize("limit", ["1E99", "1E-99", "0", "9" * 64, "0." + "0" * 61 + "1"])
@pytest.mark.parametrize("rounding", Rounding)
def test_the_largest_and_smallest_numbers_of_the_grammar_are_judged(
    text: str, limit: str, rounding: Rounding
) -> None:
    criterion = replace(VIABILITY, lower=limit, rounding=rounding)

    judged = judge(criterion, text, "%")

    assert judged.verdict in {Verdict.PASS, Verdict.FAIL}
    assert len(judged.reported) <= 72
