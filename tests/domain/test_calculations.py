"""From readings to a reportable value. Each test changes one fact of a run that gives one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.domain.calculations import (
    CALCULATIONS,
    FORMULA_INPUTS,
    FORMULA_VERSIONS,
    Formula,
    InputField,
    MethodFacts,
    ReadingFacts,
    Reportable,
    VesselRole,
    calculate,
    check_method,
    check_reading,
    judge_run,
)
from products.domain.criteria import LimitKind, Verdict
from products.domain.errors import InvalidValueError
from products.domain.measurements import NUMBER, parse_measured
from products.domain.rounding import round_to_significant
from tests.domain.test_criteria import CLAIM, CONTENT, ENDOTOXIN, MARKER, VIABILITY
from tests.domain.test_sterility import CLEAR
from tests.domain.test_sterility import METHOD as STERILITY
from tests.domain.vectors import rows

STARTED_AT = datetime(2026, 3, 1, 9, tzinfo=UTC)
VALUE = MethodFacts("LAL", 1, Formula.VALUE, "[EU]/mL", replicates=1)
MEAN = MethodFacts("BCA", 1, Formula.MEAN, "ug/mL", replicates=3)
NTA = MethodFacts(
    "NTA", 2, Formula.PARTICLE_CONCENTRATION, "{particles}/mL", replicates=3, max_cv_percent="20"
)
RATIO = replace(NTA, formula=Formula.PARTICLE_TO_PROTEIN, unit="{particles}/ug", loq="2")
VIABLE = MethodFacts("TB", 1, Formula.VIABILITY, "%", replicates=2)
BLOT = MethodFacts("WB", 1, Formula.WORD, "{word}", replicates=2)
PLATE = MethodFacts(
    code="LAL-K",
    version=1,
    formula=Formula.ENDOTOXIN_KINETIC,
    unit="[EU]/mL",
    replicates=1,
    sensitivity="0.005",
    min_recovery_percent="50",
    max_recovery_percent="200",
    min_correlation="0.980",
)
METHODS = (
    *(VALUE, MEAN, NTA, RATIO, VIABLE, BLOT, STERILITY, PLATE),
    replace(PLATE, formula=Formula.ENDOTOXIN_CARTRIDGE),
    replace(PLATE, formula=Formula.ENDOTOXIN_GEL_CLOT),
    replace(VIABLE, formula=Formula.VESICLE_INTEGRITY, replicates=1),
    replace(VIABLE, formula=Formula.SIZE_DISTRIBUTION, replicates=1),
    replace(BLOT, formula=Formula.MARKER, replicates=1),
)


def series(name: str, *texts: str, unit: str = "") -> tuple[ReadingFacts, ...]:
    return tuple(
        ReadingFacts(name, text, unit, replicate) for replicate, text in enumerate(texts, 1)
    )


def computed(method: MethodFacts, *readings: ReadingFacts) -> Reportable:
    return calculate(method, readings, started_at=STARTED_AT)


PARTICLES = series("particles", "480000000", "510000000", "500000000")
DILUTION = ReadingFacts("dilution", "1000")
PROTEIN = ReadingFacts("protein", "15")


@pytest.mark.parametrize("row", rows("nta_ratio"), ids=lambda row: row["particles_per_ug_5sig"])
def test_particles_per_microgram_are_as_the_vectors_say(row: dict[str, str]) -> None:
    method = replace(RATIO, loq=row["protein_loq_ug_per_mL"], max_cv_percent="")

    value = computed(
        method,
        *series("particles", *row["instrument_p_per_mL_replicates"].split()),
        ReadingFacts("dilution", row["dilution"]),
        ReadingFacts("protein", row["protein_ug_per_mL"]),
    )

    details = dict(value.details)
    ratio = parse_measured(value.text)
    assert value.verdict is None
    assert f"{round_to_significant(ratio.value, 5):.4E}" == row["particles_per_ug_5sig"]
    assert ratio.comparator == row["censored"]
    assert details["cv_percent"] == row["cv_percent_2dp"]
    mean = Decimal(row["mean_p_per_mL"])
    assert abs(Decimal(details["particles_per_ml"]) - mean) <= Decimal("0.005")


@pytest.mark.parametrize(("largest", "is_valid"), [("20", False), ("25.93", True), ("26", True)])
def test_replicates_that_scatter_more_than_the_method_allows_are_invalid(
    largest: str, is_valid: bool
) -> None:
    scattered = series("particles", "200000000", "340000000", "270000000")

    value = computed(replace(NTA, max_cv_percent=largest), *scattered, DILUTION)

    assert (value.verdict is None) is is_valid
    if not is_valid:
        assert "the CV of the replicates is 25.93 %, and the method allows 20 %" in value.reason


def test_a_cv_as_large_as_allowed_is_valid() -> None:
    value = computed(NTA, *series("particles", "8", "10", "12"), DILUTION)

    assert dict(value.details)["cv_percent"] == "20.00"
    assert (value.text, value.verdict) == ("10000", None)


def test_edge_case_09_replicates_are_not_rounded_before_they_are_averaged() -> None:
    method = replace(VALUE, formula=Formula.MEAN, replicates=3)
    criterion = replace(ENDOTOXIN, upper_strict=False, compare_on=None)
    readings = series("value", "0.54", "0.54", "0.58")

    run = judge_run(criterion, method, readings, started_at=STARTED_AT)

    assert Decimal(run.raw_text) * 3 == pytest.approx(Decimal("1.66"))
    assert len(run.raw_text) > 50
    assert (run.reported, run.verdict) == ("0.6", Verdict.FAIL)


@pytest.mark.parametrize("protein", ["20", "20.0"])
def test_edge_case_30_a_ratio_between_published_bands_is_judged_by_the_own_limit(
    protein: str,
) -> None:
    readings = (*PARTICLES, DILUTION, ReadingFacts("protein", protein))
    limit = replace(VIABILITY, lower="2.0E10", unit="{particles}/ug")

    own = judge_run(limit, RATIO, readings, started_at=STARTED_AT)
    stricter = judge_run(replace(limit, lower="2.5E10"), RATIO, readings, started_at=STARTED_AT)
    unlimited = judge_run(None, RATIO, readings, started_at=STARTED_AT)

    assert [own.verdict, stricter.verdict] == [Verdict.PASS, Verdict.PASS]
    assert stricter.reported == "2.5E+10"
    assert (unlimited.verdict, unlimited.reported) == (Verdict.REPORT_ONLY, "2.48333E+10")


def test_edge_case_29_a_censored_ratio_passes_only_when_its_bound_does() -> None:
    readings = (*PARTICLES, DILUTION, ReadingFacts("protein", "<2"))
    limit = replace(VIABILITY, lower="3E10", unit="{particles}/ug")

    passed = judge_run(limit, RATIO, readings, started_at=STARTED_AT)
    unknown = judge_run(replace(limit, lower="3E11"), RATIO, readings, started_at=STARTED_AT)
    refused = judge_run(limit, replace(RATIO, loq=""), readings, started_at=STARTED_AT)

    assert passed.reported == ">2.48333E+11"
    assert [passed.verdict, unknown.verdict, refused.verdict] == [
        Verdict.PASS,
        Verdict.INDETERMINATE,
        Verdict.INVALID,
    ]


def test_a_label_claim_reaches_the_judgement() -> None:
    run = judge_run(CONTENT, NTA, (*PARTICLES, DILUTION), started_at=STARTED_AT, claim=CLAIM)

    assert (run.reported, run.unit, run.verdict) == ("993", "%", Verdict.FAIL)


def test_a_single_value_is_passed_on_as_entered_with_its_unit() -> None:
    typed = computed(VALUE, ReadingFacts("value", "<0.050", "[IU]/mL"))
    plain = computed(VALUE, ReadingFacts("value", "2.10E1"))

    assert (typed.text, typed.unit, typed.verdict) == ("<0.050", "[IU]/mL", None)
    assert (plain.text, plain.unit) == ("2.10E1", "[EU]/mL")


def test_a_bare_unit_of_endotoxin_is_not_comparable() -> None:
    run = judge_run(
        ENDOTOXIN, VALUE, (ReadingFacts("value", "2.0", "[EU]"),), started_at=STARTED_AT
    )

    assert (run.verdict, run.raw_text, run.unit) == (Verdict.NOT_COMPARABLE, "2.0", "[EU]")


@pytest.mark.parametrize(
    ("texts", "text"),
    [
        (("10", "11", "12"), "11"),
        (("89", "90", "91"), "90"),
        (("<2", "<3", "<2"), "<3"),
        ((">40", ">50", ">45"), ">40"),
    ],
)
def test_replicates_of_one_sort_have_a_mean_or_a_bound(texts: tuple[str, ...], text: str) -> None:
    assert computed(MEAN, *series("value", *texts)).text == text


def test_edge_case_05_a_bound_is_never_averaged_with_a_measured_value() -> None:
    value = computed(MEAN, *series("value", "<2", "3", "4"))

    assert value.verdict is Verdict.INVALID
    assert "measured and censored replicates (<, >) have no mean" in value.reason


def test_replicates_are_brought_to_the_unit_of_the_method() -> None:
    readings = series("value", "0.010", "0.011", "0.012", unit="mg/mL")

    assert computed(MEAN, *readings).text == "11"


def test_words_of_all_replicates_must_agree() -> None:
    same = computed(BLOT, *series("word", "positive", "positive"))
    mixed = computed(BLOT, *series("word", "positive", "negative"))

    assert (same.text, same.unit, same.verdict) == ("positive", "{word}", None)
    assert (mixed.text, mixed.verdict) == ("", Verdict.INVALID)
    assert "the replicates differ: negative, positive" in mixed.reason


def test_viability_is_the_mean_of_the_counts() -> None:
    readings = (*series("live", "90", "80"), *series("dead", "10", "20"))

    value = computed(VIABLE, *readings)

    assert (value.text, value.unit) == ("85", "%")
    assert dict(value.details)["cv_percent"] == "8.32"


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.formula)
def test_a_run_without_readings_is_pending(method: MethodFacts) -> None:
    run = judge_run(MARKER, method, (), started_at=STARTED_AT)

    assert (run.verdict, run.final, run.raw_text) == (Verdict.PENDING, False, "")


@pytest.mark.parametrize(
    ("method", "readings", "reason"),
    [
        (NTA, (*PARTICLES[:2], DILUTION), "plans 3 replicates, 2 recorded"),
        (NTA, (*PARTICLES, replace(PARTICLES[0], replicate=4), DILUTION), "3 replicates, 4"),
        (NTA, (*PARTICLES[:2], PARTICLES[1], DILUTION), "plans 3 replicates, 3 recorded"),
        (NTA, PARTICLES, "dilution is needed once and recorded 0 times"),
        (NTA, (*PARTICLES, DILUTION, DILUTION), "dilution is needed once and recorded 2 times"),
        (NTA, (*PARTICLES, DILUTION, PROTEIN), "'protein' is not a reading of the formula"),
        (replace(NTA, replicates=0), (DILUTION,), "plans 0 replicates"),
        (NTA, (*series("particles", "<1", "1", "1"), DILUTION), "<1 is not a measured particle"),
        (NTA, (*series("particles", "-1", "1", "1"), DILUTION), "-1 is not a measured particle"),
        (NTA, (*series("particles", "0", "0", "0"), DILUTION), "replicates cannot be computed"),
        (
            replace(NTA, replicates=1),
            (*series("particles", "5"), DILUTION),
            "replicates cannot be computed",
        ),
        (replace(NTA, max_cv_percent="ND"), (*PARTICLES, DILUTION), "the largest CV of method NTA"),
        (replace(RATIO, loq="<2"), (*PARTICLES, DILUTION, PROTEIN), "the LOQ of method NTA"),
        (VIABLE, (*series("live", "9", "9"), *series("dead", "1")), "dead: the method plans 2"),
        (VALUE, series("value", "1", "2"), "value is needed once and recorded 2 times"),
        (VALUE, series("value", "1,5"), "'1,5' is not a number"),
        (BLOT, series("word", "positive", "ND"), "'ND' is not a result in words"),
        (
            NTA,
            (*series("particles", "1E99", "1E99", "1E99"), DILUTION),
            "beyond what any measurement",
        ),
    ],
    ids=range(18),
)
def test_edge_case_28_readings_that_give_no_value_are_invalid_with_the_reason(
    method: MethodFacts, readings: tuple[ReadingFacts, ...], reason: str
) -> None:
    run = judge_run(None, method, readings, started_at=STARTED_AT)

    assert (run.verdict, run.raw_text, run.reported) == (Verdict.INVALID, "", "")
    assert run.reason.startswith("No reportable value: ")
    assert reason in run.reason


@pytest.mark.parametrize("unit", ["%", "furlong"])
def test_a_replicate_in_another_kind_of_unit_is_not_comparable(unit: str) -> None:
    value = computed(MEAN, *series("value", "1", "2", "3", unit=unit))

    assert (value.verdict, value.text) == (Verdict.NOT_COMPARABLE, "")


def test_identical_zeros_have_a_mean_when_the_method_sets_no_cv() -> None:
    value = computed(replace(NTA, max_cv_percent=""), *series("particles", *"000"), DILUTION)

    assert (value.text, value.verdict) == ("0", None)


def test_the_readings_and_the_version_of_the_formula_are_kept_with_a_ratio() -> None:
    value = computed(RATIO, *PARTICLES, replace(DILUTION, text="1E3"), PROTEIN)

    assert value.details == (
        ("formula", "particle_to_protein/1"),
        ("particles_1", "480000000 particles/mL"),
        ("particles_2", "510000000 particles/mL"),
        ("particles_3", "500000000 particles/mL"),
        ("dilution", "1E3"),
        ("protein", "15 µg/mL"),
        *value.details[6:],
    )
    assert [name for name, _ in value.details[6:]] == [
        *("mean", "replicates", "cv_percent", "particles_per_ml"),
    ]


def test_the_readings_and_the_version_of_the_formula_are_kept_with_a_viability() -> None:
    readings = (*series("live", "90", "80"), *series("dead", "10", "20"))

    value = computed(VIABLE, *readings)

    assert value.details == (
        ("formula", "viability/1"),
        ("live_1", "90 cells"),
        ("live_2", "80 cells"),
        ("dead_1", "10 cells"),
        ("dead_2", "20 cells"),
        ("viability_percent_1", "90"),
        ("viability_percent_2", "80"),
        ("mean", "85"),
        ("replicates", "2"),
        ("cv_percent", "8.32"),
    )


@pytest.mark.parametrize(
    ("text", "unit", "kept"),
    [
        ("ND", "", "ND cells"),
        ("\ud800", "", r"'\ud800' cells"),
        ("9", "furlong", "9 'furlong'"),
        ("9" * 121, "", f"'{'9' * 40}…' cells"),
    ],
)
def test_an_invalid_run_keeps_its_readings_as_far_as_they_can_be_stored(
    text: str, unit: str, kept: str
) -> None:
    readings = (*series("live", text, "80", unit=unit), *series("dead", "10", "20"))

    value = computed(VIABLE, *readings, ReadingFacts("colour", "red"))

    assert value.verdict in {Verdict.INVALID, Verdict.NOT_COMPARABLE}
    assert value.details[:2] == (("formula", "viability/1"), ("live_1", kept))
    assert len(value.details) == 5


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.formula)
def test_every_result_names_the_version_of_its_formula(method: MethodFacts) -> None:
    nothing_read = computed(method)
    invalid = computed(method, ReadingFacts("colour", "red"))

    kept = ("formula", f"{method.formula}/1")
    assert (nothing_read.details[0], invalid.details[0]) == (kept, kept)


def test_every_formula_has_inputs_and_a_calculation() -> None:
    assert set(FORMULA_INPUTS) == set(Formula)
    assert {method.formula for method in METHODS} == set(Formula)
    assert set(FORMULA_VERSIONS) == set(Formula)
    assert set(CALCULATIONS) == set(Formula) - {Formula.NO_GROWTH}


WORDS = [word for fields in FORMULA_INPUTS.values() for field in fields for word in field.words]
WEIRD = (
    st.text(max_size=100) | st.from_regex(NUMBER, fullmatch=True) | st.sampled_from(sorted(WORDS))
)
UNITS = st.sampled_from(["", "%", "{particles}/mL", "ug/mL", "[EU]/mL", "nm", "\ud800"])
READINGS = st.builds(
    ReadingFacts,
    name=st.sampled_from([field.name for fields in FORMULA_INPUTS.values() for field in fields]),
    text=WEIRD,
    unit=UNITS,
    replicate=st.integers(1, 3),
    vessel=st.text(max_size=3),
    medium=st.sampled_from(["", "FTM", "SCDM"]),
    role=st.sampled_from(["", *VesselRole]),
    read_at=st.none() | st.just(STARTED_AT),
)


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(METHODS), st.lists(READINGS, max_size=8))
def test_readings_of_any_text_raise_nothing_and_never_pass_unread(
    method: MethodFacts, readings: list[ReadingFacts]
) -> None:
    run = judge_run(VIABILITY, method, tuple(readings), started_at=STARTED_AT)

    assert run.reason
    if run.verdict in {Verdict.PASS, Verdict.FAIL}:
        assert NUMBER.fullmatch(run.raw_text)
        assert len(run.raw_text) <= 64
    assert (run.reason + run.raw_text + run.reported).encode()
    assert "".join(map("".join, run.details)).encode()


EXTREME = st.from_regex(NUMBER, fullmatch=True).filter(lambda text: len(text) <= 64) | (
    st.sampled_from(["0", "1", "1E99", "1E-99", "-1E99", "<1E-99", "100", "0.005"])
)


@settings(max_examples=500, deadline=None)
@given(st.data(), st.sampled_from([method for method in METHODS if method != STERILITY]))
def test_complete_runs_of_any_numbers_raise_nothing(
    data: st.DataObject, method: MethodFacts
) -> None:
    readings = tuple(
        ReadingFacts(
            field.name,
            data.draw(st.sampled_from(field.words) if field.words else EXTREME),
            replicate=replicate,
        )
        for field in FORMULA_INPUTS[method.formula]
        for replicate in range(1, (method.replicates if field.per == "replicate" else 1) + 1)
    )
    per_mg = replace(ENDOTOXIN, unit="[EU]/mg")

    for criterion in (None, ENDOTOXIN, per_mg, VIABILITY):
        run = judge_run(criterion, method, readings, started_at=STARTED_AT)
        assert run.reason
        assert run.unit != "%" or not run.raw_text or 0 <= Decimal(run.raw_text) <= 100


@settings(max_examples=200, deadline=None)
@given(st.lists(st.from_regex(r"[1-9][0-9]{0,3}", fullmatch=True), min_size=3, max_size=3), WEIRD)
def test_one_unreadable_replicate_gives_no_mean(texts: list[str], odd: str) -> None:
    try:
        parse_measured(odd)
        is_readable = True
    except InvalidValueError:
        is_readable = False

    value = computed(MEAN, *series("value", *texts[:2], odd))

    if not is_readable:
        assert (value.verdict, value.text) == (Verdict.INVALID, "")


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.formula)
def test_a_megabyte_of_text_is_no_reading(method: MethodFacts) -> None:
    readings = tuple(
        replace(CLEAR[0], name=field.name, text="1" + "0" * 999_999)
        for field in FORMULA_INPUTS[method.formula]
    )

    value = computed(method, *readings)

    assert value.verdict is Verdict.INVALID
    assert len(value.reason) < 400


@pytest.mark.parametrize("method", METHODS, ids=lambda method: method.formula)
def test_a_complete_method_lacks_nothing(method: MethodFacts) -> None:
    assert check_method(method) == ()


@pytest.mark.parametrize(
    ("method", "defect"),
    [
        (replace(MEAN, unit="furlong"), "The unit 'furlong' is not in the table of units."),
        (replace(NTA, unit="%"), "The formula particle_concentration gives values in {particles}"),
        (replace(MEAN, replicates=0), "A method needs at least one replicate."),
        (replace(VALUE, replicates=2), "A single value has one replicate."),
        (replace(NTA, replicates=1), "A largest CV needs at least two replicates."),
        (replace(STERILITY, incubation_hours=None), "A sterility test needs its incubation hours."),
        (replace(STERILITY, media=()), "A sterility test needs its media."),
        (replace(RATIO, loq="<2"), "The LOQ '<2' is not a plain number above zero."),
        (replace(VALUE, lod="0"), "The LOD '0' is not a plain number above zero."),
        (replace(NTA, max_cv_percent="ND"), "The largest CV 'ND' is not a plain number above"),
    ],
)
def test_one_defect_of_a_method_is_named(method: MethodFacts, defect: str) -> None:
    [found] = check_method(method)

    assert found.startswith(defect)


FIELDS: dict[str, InputField] = {
    field.kind: field for fields in FORMULA_INPUTS.values() for field in fields
}


@pytest.mark.parametrize(
    ("kind", "text"),
    [("number", "<0.05"), ("count", "180"), ("word", "negative"), ("growth", "no growth")],
)
def test_a_readable_reading_is_accepted_before_it_is_stored(kind: str, text: str) -> None:
    check_reading(FIELDS[kind], text)


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        *(("number", text) for text in ("1,5", "ND", "", "\x00")),
        *(("count", text) for text in ("1.5", "-1", "<5", "1E2", "ND", "²")),
        *(("word", text) for text in ("ND", "", "\ud800")),
        *(("growth", text) for text in ("turbid", "Growth", "")),
    ],
)
def test_an_unreadable_reading_is_refused_with_its_field(kind: str, text: str) -> None:
    field = FIELDS[kind]

    with pytest.raises(InvalidValueError) as refusal:
        check_reading(field, text)

    assert (refusal.value.code, refusal.value.field) == ("unreadable_value", field.name)


def test_an_unlimited_word_is_reported() -> None:
    run = judge_run(None, BLOT, series("word", "faint", "faint"), started_at=STARTED_AT)

    assert (run.verdict, run.reported) == (Verdict.REPORT_ONLY, "faint")


def test_a_report_only_criterion_of_a_run_is_reported() -> None:
    criterion = replace(ENDOTOXIN, kind=LimitKind.REPORT_ONLY, upper="", upper_strict=False)

    run = judge_run(criterion, VALUE, series("value", "0.3"), started_at=STARTED_AT)

    assert run.verdict is Verdict.REPORT_ONLY
