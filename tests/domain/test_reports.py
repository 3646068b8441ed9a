"""Runs of outside laboratories. Each test changes one fact of a report that passes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.calculations import (
    Formula,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    check_reading,
)
from products.domain.criteria import Criterion, Verdict
from products.domain.errors import InvalidValueError
from products.domain.facts import ReportFacts
from products.domain.laboratories import ControlsStatement
from products.domain.reports import judge_report, reported_input
from tests.domain.test_criteria import CLAIM, CONTENT, ENDOTOXIN, MARKER, STERILITY, VIABILITY
from tests.domain.test_endotoxin import KINETIC
from tests.domain.test_integrity import METHOD as INTEGRITY
from tests.domain.test_markers import METHOD as BLOT
from tests.domain.test_sterility import METHOD as CULTURE

STARTED_ON = date(2026, 3, 1)
REPORT = ReportFacts(
    number="R-17",
    reported_on=date(2026, 3, 20),
    signed_by="A. Chemist",
    system="LIMS 4",
    controls=ControlsStatement.ACCEPTABLE,
    started_on=STARTED_ON,
    ended_on=STARTED_ON + timedelta(days=14),
    evidence="ab" * 32,
)
NUMBER = MethodFacts("ELISA", 1, Formula.MEAN, "ug/mL", replicates=3)


def judged(
    text: str,
    method: MethodFacts = CULTURE,
    criterion: Criterion | None = STERILITY,
    report: ReportFacts | None = REPORT,
    unit: str = "",
) -> RunJudgement:
    return judge_report(criterion, method, (ReadingFacts("reported", text, unit),), report)


def with_report(**facts: Any) -> ReportFacts:
    return replace(REPORT, **facts)


def test_no_growth_over_the_whole_incubation_passes() -> None:
    run = judged("no growth")

    assert (run.verdict, run.raw_text, run.final) == (Verdict.PASS, "no growth", True)


def test_the_report_is_kept_with_the_result() -> None:
    run = judged("no growth")

    assert run.details == (
        ("formula", "outside_report/1"),
        ("reported", "no growth"),
        ("report", "R-17"),
        ("reported_on", "2026-03-20"),
        ("signed_by", "A. Chemist"),
        ("system", "LIMS 4"),
        ("controls", "acceptable"),
        ("started_on", "2026-03-01"),
        ("ended_on", "2026-03-15"),
        ("evidence_sha256", "ab" * 32),
    )


@pytest.mark.parametrize(
    ("method", "criterion", "text", "unit", "outcome"),
    [
        (KINETIC, ENDOTOXIN, "<0.05", "", (Verdict.PASS, "<0.05")),
        (KINETIC, ENDOTOXIN, "<0.05", "[IU]/mL", (Verdict.PASS, "<0.05")),
        (KINETIC, ENDOTOXIN, "<5", "", (Verdict.INDETERMINATE, "<5")),
        (KINETIC, ENDOTOXIN, "0.6", "", (Verdict.FAIL, "0.6")),
        (KINETIC, ENDOTOXIN, "0.1", "[EU]", (Verdict.NOT_COMPARABLE, "")),
        (KINETIC, ENDOTOXIN, "ND", "", (Verdict.INVALID, "")),
        (INTEGRITY, VIABILITY, "91", "", (Verdict.PASS, "91")),
        (INTEGRITY, VIABILITY, "101", "", (Verdict.INVALID, "")),
        (INTEGRITY, VIABILITY, "-1", "", (Verdict.INVALID, "")),
        (INTEGRITY, VIABILITY, "ND", "", (Verdict.INVALID, "")),
        (INTEGRITY, VIABILITY, "0.91", "1", (Verdict.NOT_COMPARABLE, "")),
        (BLOT, MARKER, "positive", "", (Verdict.PASS, "positive")),
        (BLOT, MARKER, "negative", "", (Verdict.FAIL, "negative")),
        (BLOT, MARKER, "faint", "", (Verdict.INVALID, "")),
        (CULTURE, STERILITY, "growth", "", (Verdict.FAIL, "growth")),
        (CULTURE, STERILITY, "sterile", "", (Verdict.INVALID, "")),
        (NUMBER, None, "12.5", "", (Verdict.REPORT_ONLY, "12.5")),
    ],
)
def test_the_reported_value_is_judged_as_it_is_printed(
    method: MethodFacts,
    criterion: Criterion | None,
    text: str,
    unit: str,
    outcome: tuple[Verdict, str],
) -> None:
    run = judged(text, method, criterion, unit=unit)

    assert (run.verdict, run.reported) == outcome


def test_a_label_claim_reaches_the_judgement() -> None:
    method = MethodFacts("NTA", 1, Formula.PARTICLE_CONCENTRATION, "{particles}/mL", 3)
    readings = (ReadingFacts("reported", "5E10"),)

    run = judge_report(CONTENT, method, readings, REPORT, CLAIM)

    assert (run.reported, run.unit, run.verdict) == ("100", "%", Verdict.PASS)


@pytest.mark.parametrize("text", ["no growth", "growth"])
@pytest.mark.parametrize(
    ("controls", "reason"),
    [
        (ControlsStatement.NOT_ACCEPTABLE, "states that the controls were not acceptable"),
        (ControlsStatement.NOT_STATED, "does not state that the controls were acceptable"),
    ],
)
def test_edge_case_04_without_acceptable_controls_there_is_no_result(
    controls: ControlsStatement, reason: str, text: str
) -> None:
    run = judged(text, report=with_report(controls=controls))

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert reason in run.reason


@pytest.mark.parametrize(
    ("days", "hours", "verdict"),
    [
        (14, 336, Verdict.PASS),
        (13, 336, Verdict.INVALID),
        (14, 337, Verdict.INVALID),
        (15, 337, Verdict.PASS),
        (-14, 336, Verdict.INVALID),
        (14, 0, Verdict.INVALID),
        (14, None, Verdict.INVALID),
    ],
)
def test_the_printed_days_span_the_incubation(
    days: int, hours: int | None, verdict: Verdict
) -> None:
    report = with_report(ended_on=STARTED_ON + timedelta(days=days))

    run = judged("no growth", replace(CULTURE, incubation_hours=hours), report=report)

    assert run.verdict is verdict


def test_an_incubation_too_short_is_told_in_days_and_hours() -> None:
    run = judged("no growth", report=with_report(ended_on=date(2026, 3, 14)))

    assert run.final
    assert "from 2026-03-01 to 2026-03-14 is 13 days, and the method asks for 336" in run.reason


def test_no_incubation_ends_after_its_report_was_signed() -> None:
    run = judged("no growth", report=with_report(reported_on=date(2026, 3, 14)))

    assert run.verdict is Verdict.INVALID
    assert "the report is of 2026-03-14 and its incubation ended on 2026-03-15" in run.reason


def test_a_report_may_be_signed_on_the_day_on_which_the_incubation_ended() -> None:
    run = judged("no growth", report=with_report(reported_on=REPORT.ended_on))

    assert run.verdict is Verdict.PASS


def test_growth_is_final_whenever_it_was_seen() -> None:
    run = judged("growth", report=with_report(started_on=None, ended_on=date(2026, 3, 3)))

    assert (run.verdict, run.final) == (Verdict.FAIL, True)


def test_an_incubating_result_in_words_rests_on_the_days_as_well() -> None:
    method = replace(BLOT, formula=Formula.WORD, incubation_hours=672)
    criterion = replace(STERILITY, code="mycoplasma")

    absent = judged("not detected", method, criterion)
    present = judged("Detected", method, criterion)

    assert (absent.verdict, present.verdict) == (Verdict.INVALID, Verdict.FAIL)


@pytest.mark.parametrize(
    ("facts", "missing"),
    [
        ({"number": " "}, "its number"),
        ({"signed_by": ""}, "the name of who signed it"),
        ({"evidence": ""}, "its file"),
        ({"started_on": None}, "the day on which the incubation started"),
        ({"ended_on": None}, "the day on which the incubation ended"),
    ],
)
def test_a_report_that_lacks_a_part_leaves_the_run_pending(
    facts: dict[str, Any], missing: str
) -> None:
    run = judged("no growth", report=with_report(**facts))

    assert (run.verdict, run.final, run.raw_text) == (Verdict.PENDING, False, "")
    assert f"lacks {missing}." in run.reason


def test_days_are_asked_only_of_an_incubation() -> None:
    report = with_report(started_on=None, ended_on=None)

    assert judged("<0.05", KINETIC, ENDOTOXIN, report).verdict is Verdict.PASS


def test_without_report_or_value_a_run_is_pending() -> None:
    unreported = judged("no growth", report=None)
    unread = judge_report(STERILITY, CULTURE, (), REPORT)

    assert (unreported.verdict, unread.verdict) == (Verdict.PENDING, Verdict.PENDING)
    assert unreported.reason == "No report is recorded yet."
    assert unread.reason == "No reported value is recorded yet."


@pytest.mark.parametrize(
    "readings",
    [
        (ReadingFacts("growth", "no growth"),),
        (ReadingFacts("reported", "no growth"), ReadingFacts("reported", "no growth")),
    ],
)
def test_an_outside_run_has_one_reading(readings: tuple[ReadingFacts, ...]) -> None:
    run = judge_report(STERILITY, CULTURE, readings, REPORT)

    assert run.verdict is Verdict.INVALID
    assert "has one reading, the reported value" in run.reason


@pytest.mark.parametrize(
    ("formula", "good", "bad"),
    [
        (Formula.NO_GROWTH, "no growth", "sterile"),
        (Formula.MARKER, "negative", "faint"),
        (Formula.ENDOTOXIN_GEL_CLOT, "<0.05", "no clot"),
        (Formula.WORD, "faint", "ND"),
        (Formula.MEAN, "12.5", "ND"),
    ],
)
def test_the_reported_value_is_read_as_its_method_reports(
    formula: Formula, good: str, bad: str
) -> None:
    field = reported_input(formula, "ug/mL")

    check_reading(field, good)

    with pytest.raises(InvalidValueError):
        check_reading(field, bad)


METHODS = st.sampled_from((CULTURE, KINETIC, INTEGRITY, BLOT, NUMBER))


@given(METHODS, st.text(max_size=80), st.text(max_size=5), st.sampled_from((REPORT, None)))
def test_a_report_of_any_text_raises_nothing_and_never_passes_unread(
    method: MethodFacts, text: str, unit: str, report: ReportFacts | None
) -> None:
    run = judged(text, method, VIABILITY, report, unit)

    assert run.reason
    assert (run.reason + run.raw_text + "".join(map("".join, run.details))).encode()
    if report is None:
        assert run.verdict is Verdict.PENDING
