"""Endotoxin tests. Each test changes one fact of a run that is valid and finds nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.calculations import (
    Formula,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    check_method,
    judge_run,
)
from products.domain.criteria import CompareOn, Criterion, LabelClaim, LimitKind, Verdict
from tests.domain.test_criteria import ENDOTOXIN, VIABILITY
from tests.domain.vectors import rows

STARTED_AT = datetime(2026, 3, 1, tzinfo=UTC)
KINETIC = MethodFacts(
    code="LAL",
    version=1,
    formula=Formula.ENDOTOXIN_KINETIC,
    unit="[EU]/mL",
    replicates=1,
    sensitivity="0.005",
    min_recovery_percent="50",
    max_recovery_percent="200",
    min_correlation="0.980",
)
CARTRIDGE = replace(KINETIC, formula=Formula.ENDOTOXIN_CARTRIDGE, min_correlation="")
GEL = replace(
    KINETIC,
    formula=Formula.ENDOTOXIN_GEL_CLOT,
    replicates=2,
    min_recovery_percent="",
    max_recovery_percent="",
    min_correlation="",
)
FOUND = {
    "endotoxin": "<0.005",
    "spiked": "0.5",
    "spike_added": "0.5",
    "negative_control": "<0.005",
    "correlation": "-0.999",
    "dilution": "10",
}
PRINTED = {
    "endotoxin": "<0.005",
    "recovery": "104",
    "negative_control": "<0.005",
    "dilution": "10",
}
GELS = {
    "clot": "no clot",
    "positive_product_control": "clot",
    "positive_control": "clot",
    "negative_control": "no clot",
}


def readings(recorded: dict[str, str], **changes: str) -> tuple[ReadingFacts, ...]:
    return tuple(ReadingFacts(name, text) for name, text in (recorded | changes).items())


def gels(dilution: str = "10", **second: str) -> tuple[ReadingFacts, ...]:
    """Two replicates of each tube; ``second`` is what the second one shows."""
    return (
        *readings(GELS),
        *(ReadingFacts(name, text, replicate=2) for name, text in (GELS | second).items()),
        ReadingFacts("dilution", dilution),
    )


def judged(
    recorded: tuple[ReadingFacts, ...],
    method: MethodFacts = KINETIC,
    criterion: Criterion | None = ENDOTOXIN,
    claim: LabelClaim | None = None,
) -> RunJudgement:
    return judge_run(criterion, method, recorded, started_at=STARTED_AT, claim=claim)


@pytest.mark.parametrize("row", rows("endotoxin_censored"), ids=lambda row: row["dilution"])
@pytest.mark.parametrize("method", [KINETIC, CARTRIDGE, GEL], ids=lambda method: method.formula)
def test_edge_cases_05_and_06_none_detected_is_judged_as_the_vectors_say(
    method: MethodFacts, row: dict[str, str]
) -> None:
    criterion = replace(ENDOTOXIN, upper=row["limit"], upper_strict=row["limit_op"] == "<")
    recorded = {
        Formula.ENDOTOXIN_KINETIC: readings(FOUND, dilution=row["dilution"]),
        Formula.ENDOTOXIN_CARTRIDGE: readings(PRINTED, dilution=row["dilution"]),
        Formula.ENDOTOXIN_GEL_CLOT: gels(row["dilution"]),
    }[method.formula]

    run = judged(recorded, replace(method, sensitivity=row["lambda"]), criterion)

    assert run.verdict.upper() == row["verdict"]
    assert run.raw_text == (row["reported"] if row["within_MVD"] == "True" else "")


@pytest.mark.parametrize("row", rows("endotoxin_validity"), ids=lambda row: row["recovery_%"])
def test_a_test_is_valid_as_the_vectors_say(row: dict[str, str]) -> None:
    recorded = readings(
        FOUND,
        endotoxin=row["measured_unspiked"],
        spiked=row["measured_spiked"],
        spike_added=row["spike_added"],
        correlation=row["abs_r"],
        negative_control={"0": "<0.005", "1": "0.005"}[row["neg_control_detected"]],
    )

    run = judged(recorded)

    assert (run.verdict is Verdict.PASS) is (row["valid"] == "True")
    if row["valid"] == "True":
        assert Decimal(dict(run.details)["recovery_percent"]) == Decimal(row["recovery_%"])
    else:
        assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")


@pytest.mark.parametrize("row", rows("endotoxin"), ids=lambda row: row["case"])
def test_the_maximum_valid_dilution_is_as_the_vectors_say(row: dict[str, str]) -> None:
    unit = f"[EU]/{row['unit'].removeprefix('EU/')}"
    criterion = replace(ENDOTOXIN, upper=row["limit"], upper_strict=False, unit=unit)
    method = replace(KINETIC, sensitivity=row["lambda_EU_mL"])
    largest = int(Decimal(row["MVD"]))
    recorded = {**FOUND, "endotoxin": "<0.001", "negative_control": "0"}
    if unit == "[EU]/mg":
        recorded["concentration"] = row["conc_factor"]

    within = judged(readings(recorded, dilution=str(largest)), method, criterion)
    beyond = judged(readings(recorded, dilution=str(largest + 1)), method, criterion)

    assert (within.verdict, beyond.verdict) == (Verdict.PASS, Verdict.INVALID)
    printed = Decimal(dict(within.details)["maximum_valid_dilution"])
    assert printed.quantize(Decimal(row["MVD"])) == Decimal(row["MVD"])
    if row["K_EU_per_kg"]:
        dose = Decimal(row["dose"].removesuffix(" mL"))
        limit = Decimal(row["K_EU_per_kg"]) * Decimal(row["kg"]) * Decimal(row["infusion_h"]) / dose
        assert limit.quantize(Decimal(row["limit"])) == Decimal(row["limit"])


def test_edge_case_06_the_reason_names_the_dilution_and_the_largest_valid_one() -> None:
    run = judged(readings(FOUND, dilution="1000"))

    assert "the dilution 1000 exceeds the maximum valid dilution 100" in run.reason
    assert "limit < 0.5 EU/mL, sensitivity 0.005 EU/mL" in run.reason
    assert ("dilution", "1000") in run.details


def test_a_dilution_is_compared_with_the_unrounded_largest_one() -> None:
    criterion = replace(ENDOTOXIN, upper="23.3333", compare_on=CompareOn.UNROUNDED)

    exact = judged(readings(FOUND, dilution="4666.66"), criterion=criterion)
    beyond = judged(readings(FOUND, dilution="4666.661"), criterion=criterion)

    assert (exact.verdict, beyond.verdict) == (Verdict.PASS, Verdict.INVALID)


def test_the_largest_valid_dilution_is_printed_rounded_down() -> None:
    run = judged(readings(FOUND), replace(KINETIC, sensitivity="0.03"))

    assert dict(run.details)["maximum_valid_dilution"] == "16.66"


@pytest.mark.parametrize(
    "criterion",
    [
        None,
        replace(ENDOTOXIN, kind=LimitKind.REPORT_ONLY, upper="", upper_strict=False),
        replace(ENDOTOXIN, upper="ND"),
        replace(VIABILITY, kind=LimitKind.PERCENT_OF_LABEL, upper="120"),
        replace(ENDOTOXIN, unit="[EU]/kg"),
        replace(ENDOTOXIN, unit="furlong"),
    ],
)
def test_without_a_limit_to_compare_with_the_details_say_so(criterion: Criterion | None) -> None:
    run = judged(readings(FOUND, dilution="1000"), criterion=criterion)

    assert dict(run.details)["maximum_valid_dilution"].startswith("not checked")
    assert run.raw_text == "<5"
    assert run.verdict is not Verdict.PASS


def test_a_content_is_the_mean_times_the_dilution() -> None:
    method = replace(KINETIC, replicates=2, max_cv_percent="10")
    recorded = (
        *readings(FOUND, endotoxin="0.020", spiked="0.52"),
        ReadingFacts("endotoxin", "0.022", replicate=2),
        ReadingFacts("spiked", "0.53", replicate=2),
    )

    run = judged(recorded, method)

    assert (run.raw_text, run.verdict) == ("0.21", Verdict.PASS)
    found = dict(run.details)
    assert (found["mean"], found["cv_percent"]) == ("0.021", "6.73")
    assert found["recovery_percent"] == "100.8"


def test_a_content_at_the_limit_of_a_strict_criterion_fails() -> None:
    run = judged(readings(FOUND, endotoxin="0.05", spiked="0.55"))

    assert (run.raw_text, run.verdict) == ("0.5", Verdict.FAIL)


def test_a_value_below_the_sensitivity_is_none_detected() -> None:
    run = judged(readings(FOUND, endotoxin="0.0049"))

    assert run.raw_text == "<0.05"


def test_an_international_unit_is_an_endotoxin_unit() -> None:
    run = judged(readings(FOUND), criterion=replace(ENDOTOXIN, unit="[IU]/mL"))

    assert (run.verdict, run.unit) == (Verdict.PASS, "[IU]/mL")


@pytest.mark.parametrize(
    ("unit", "more", "largest", "raw"),
    [
        ("[EU]/mg", {"concentration": "5"}, "500", "<0.01"),
        ("[IU]/mg", {"concentration": "5"}, "500", "<0.01"),
        ("[EU]/{dose}", {"dose_volume": "2"}, "50", "<0.1"),
        ("[EU]/{vial}", {}, "25", "<0.2"),
    ],
)
def test_a_limit_per_mg_dose_or_vial_is_reached_through_the_record(
    unit: str, more: dict[str, str], largest: str, raw: str
) -> None:
    claim = LabelClaim("2E11", "{particles}/{vial}", "4")

    run = judged(readings({**FOUND, **more}), criterion=replace(ENDOTOXIN, unit=unit), claim=claim)

    assert (run.raw_text, run.verdict, run.unit) == (raw, Verdict.PASS, unit)
    assert dict(run.details)["maximum_valid_dilution"] == largest


def test_a_dose_that_does_not_divide_evenly_is_compared_exactly() -> None:
    recorded = readings({**FOUND, "dose_volume": "3"}, dilution="400")
    criterion = replace(ENDOTOXIN, upper="6", upper_strict=False, unit="[EU]/{dose}")

    assert judged(recorded, criterion=criterion).verdict is Verdict.PASS


@pytest.mark.parametrize(
    ("unit", "claim", "reason"),
    [
        ("[EU]/mg", None, "the run records no concentration in mg/mL to convert with"),
        ("[EU]/{dose}", None, "the run records no dose volume in mL to convert with"),
        ("[EU]/{vial}", None, "states no fill volume"),
        ("[EU]/{vial}", LabelClaim("1", "{particles}/{vial}", "ND"), "states no fill volume"),
        ("[EU]/kg", None, "cannot be compared"),
        ("[EU]", None, "cannot be compared"),
    ],
)
def test_edge_case_07_a_limit_that_the_record_does_not_reach_is_not_comparable(
    unit: str, claim: LabelClaim | None, reason: str
) -> None:
    run = judged(readings(FOUND), criterion=replace(ENDOTOXIN, unit=unit), claim=claim)

    assert run.verdict is Verdict.NOT_COMPARABLE
    assert reason in run.reason


@pytest.mark.parametrize("text", ["0", "-5", "<5"])
def test_an_amount_to_convert_with_is_a_plain_number_above_zero(text: str) -> None:
    recorded = readings({**FOUND, "concentration": text})

    run = judged(recorded, criterion=replace(ENDOTOXIN, unit="[EU]/mg"))

    assert run.verdict is Verdict.INVALID
    assert "is not a plain amount above zero" in run.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"dilution": "0.5"}, "the dilution factor 0.5 is not a plain number of at least 1"),
        ({"dilution": "<10"}, "the dilution factor <10 is not a plain number of at least 1"),
        ({"negative_control": "0.1"}, "the negative control holds 0.1 EU/mL"),
        ({"negative_control": "<0.1"}, "does not reach down to the sensitivity 0.005 EU/mL"),
        ({"endotoxin": "<0.05"}, "before its dilution is multiplied"),
        ({"endotoxin": ">5"}, ">5 EU/mL is no content that the curve could measure"),
        ({"endotoxin": "-0.1"}, "-0.1 EU/mL is no content"),
        ({"spiked": ">5"}, "the spiked solution reads >5 EU/mL: no recovery follows"),
        ({"spike_added": "0"}, "a spike of 0 EU/mL cannot be found again"),
        ({"spike_added": "<1"}, "a spike of <1 EU/mL cannot be found again"),
        ({"spiked": "0.1"}, "the spike recovery is 20 %, and the method allows 50 to 200 %"),
        ({"correlation": "0.979"}, "asks for an absolute value of 0.980 to 1"),
        ({"correlation": "1.1"}, "the correlation of the standard curve is 1.1"),
        ({"correlation": ">0.99"}, "the correlation of the standard curve is >0.99"),
        ({"endotoxin": "1,5"}, "'1,5' is not a number"),
    ],
    ids=str,
)
def test_one_fault_of_a_kinetic_test_leaves_no_value(changes: dict[str, str], reason: str) -> None:
    run = judged(readings(FOUND, **changes))

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert reason in run.reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"recovery": "49.9"}, "the spike recovery is 49.9 %"),
        ({"recovery": "201"}, "the spike recovery is 201 %"),
        ({"recovery": ">200"}, "a spike recovery of >200 % is no measured value"),
        ({"negative_control": "0.005"}, "the negative control holds"),
        ({"endotoxin": "<0.050"}, "before its dilution is multiplied"),
    ],
    ids=str,
)
def test_one_fault_of_a_cartridge_leaves_no_value(changes: dict[str, str], reason: str) -> None:
    run = judged(readings(PRINTED, **changes), CARTRIDGE)

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert reason in run.reason


def test_a_cartridge_that_finds_endotoxin_reports_its_content() -> None:
    run = judged(readings(PRINTED, endotoxin="0.012"), CARTRIDGE)

    assert (run.raw_text, run.verdict) == ("0.12", Verdict.PASS)


@pytest.mark.parametrize(
    "lacking", ["sensitivity", "min_recovery_percent", "max_recovery_percent", "min_correlation"]
)
def test_a_method_that_declares_no_criterion_of_validity_proves_nothing(lacking: str) -> None:
    run = judged(readings(FOUND), replace(KINETIC, **{lacking: ""}))  # type: ignore[arg-type]  # one fact per test

    assert run.verdict is Verdict.INVALID
    assert "method LAL version 1 states no" in run.reason


def test_edge_case_05_found_and_not_found_have_no_mean() -> None:
    method = replace(KINETIC, replicates=2)
    second = (ReadingFacts("endotoxin", "0.01", replicate=2), ReadingFacts("spiked", "0.5", "", 2))

    run = judged((*readings(FOUND), *second), method)

    assert run.verdict is Verdict.INVALID
    assert "found in one replicate and not in another" in run.reason


@pytest.mark.parametrize(
    ("name", "shows"),
    [
        ("positive_product_control", "no clot, so the product may hide endotoxin"),
        ("positive_control", "no clot, so the reagent cannot be relied on"),
        ("negative_control", "clot, so endotoxin was brought in by the test"),
        ("clot", "the replicates of the test solution differ"),
    ],
)
def test_one_tube_that_is_not_as_it_must_be_makes_a_gel_clot_test_invalid(
    name: str, shows: str
) -> None:
    other = {"clot": "no clot", "no clot": "clot"}[GELS[name]]

    run = judged(gels(**{name: other}), GEL)

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert shows in run.reason


def test_a_tube_is_recorded_in_the_words_of_the_test() -> None:
    run = judged(gels(clot="none"), GEL)

    assert "clot: 'none' is neither 'clot' nor 'no clot'" in run.reason


@pytest.mark.parametrize(
    ("dilution", "verdict"), [("10", Verdict.INDETERMINATE), ("100", Verdict.FAIL)]
)
def test_a_clot_fails_where_it_shows_that_the_limit_is_reached(
    dilution: str, verdict: Verdict
) -> None:
    clotted = tuple(
        replace(reading, text="clot") if reading.name == "clot" else reading
        for reading in gels(dilution)
    )

    run = judged(clotted, GEL)

    assert run.raw_text.startswith(">")
    assert run.verdict is verdict


@pytest.mark.parametrize("method", [KINETIC, CARTRIDGE, GEL], ids=lambda method: method.formula)
def test_a_complete_endotoxin_method_lacks_nothing(method: MethodFacts) -> None:
    assert check_method(method) == ()


@pytest.mark.parametrize(
    ("method", "defect"),
    [
        (replace(KINETIC, sensitivity=""), "needs its sensitivity (lambda) in EU/mL"),
        (replace(GEL, sensitivity=""), "needs its sensitivity (lambda) in EU/mL"),
        (replace(KINETIC, sensitivity="<1"), "The sensitivity '<1' is not a plain number above"),
        (replace(KINETIC, min_recovery_percent=""), "smallest and the largest valid spike"),
        (replace(CARTRIDGE, max_recovery_percent=""), "smallest and the largest valid spike"),
        (replace(KINETIC, max_recovery_percent="49"), "lies above the largest"),
        (replace(KINETIC, min_recovery_percent="ND"), "recovery 'ND' is not a plain number"),
        (replace(KINETIC, min_correlation=""), "smallest valid correlation of its curve"),
        (replace(KINETIC, min_correlation="1.1"), "A correlation is at most 1."),
        (replace(KINETIC, min_correlation="-1"), "correlation '-1' is not a plain number"),
        (replace(KINETIC, unit="[EU]/mg"), "gives values in [EU]/mL"),
    ],
)
def test_one_defect_of_an_endotoxin_method_is_named(method: MethodFacts, defect: str) -> None:
    [found] = check_method(method)

    assert defect in found


@given(st.integers(1, 1000), st.integers(5, 500))
def test_twice_the_dilution_is_twice_the_content(dilution: int, thousandths: int) -> None:
    found = str(Decimal(thousandths) / 1000)
    spiked = str(Decimal(thousandths + 500) / 1000)

    def content(factor: int) -> Decimal:
        recorded = readings(FOUND, endotoxin=found, spiked=spiked, dilution=str(factor))
        return Decimal(judged(recorded, criterion=None).raw_text)

    assert content(2 * dilution) == 2 * content(dilution)
