"""A marker beside its controls. Each test changes one fact of a valid run."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from products.domain.calculations import (
    Formula,
    InputField,
    MethodFacts,
    ReadingFacts,
    RunJudgement,
    check_method,
    check_reading,
    judge_run,
)
from products.domain.criteria import Criterion, LimitKind, Verdict
from products.domain.errors import InvalidValueError
from products.domain.readings import FORMULA_INPUTS
from tests.domain.test_criteria import MARKER

CD63 = MARKER
CALNEXIN = replace(MARKER, code="calnexin", allowed_words=("negative",))
METHOD = MethodFacts(
    code="WB", version=1, formula=Formula.MARKER, unit="{word}", replicates=2, family="western_blot"
)


def judged(
    shown: str,
    criterion: Criterion = CD63,
    second: str = "",
    positive_control: str = "positive",
    negative_control: str = "negative",
) -> RunJudgement:
    readings = (
        ReadingFacts("marker", shown),
        ReadingFacts("marker", second or shown, replicate=2),
        ReadingFacts("positive_control", positive_control),
        ReadingFacts("negative_control", negative_control),
    )
    return judge_run(criterion, METHOD, readings, started_at=datetime(2026, 3, 1, tzinfo=UTC))


@pytest.mark.parametrize(
    ("criterion", "shown", "verdict"),
    [
        (CD63, "positive", Verdict.PASS),
        (CD63, "negative", Verdict.FAIL),
        (CALNEXIN, "negative", Verdict.PASS),
        (CALNEXIN, "positive", Verdict.FAIL),
        (replace(CALNEXIN, kind=LimitKind.ABSENCE, allowed_words=()), "negative", Verdict.PASS),
    ],
)
def test_a_marker_is_judged_by_what_its_criterion_allows(
    criterion: Criterion, shown: str, verdict: Verdict
) -> None:
    run = judged(shown, criterion)

    assert (run.reported, run.verdict) == (shown, verdict)
    assert run.details[:2] == (("formula", "marker/1"), ("marker_1", shown))


@pytest.mark.parametrize("criterion", [CD63, CALNEXIN], ids=lambda criterion: criterion.code)
@pytest.mark.parametrize("shown", ["positive", "negative"])
@pytest.mark.parametrize("control", ["positive_control", "negative_control"])
def test_a_control_that_failed_leaves_no_result_whatever_the_sample_shows(
    criterion: Criterion, shown: str, control: str
) -> None:
    failed = {"positive_control": "negative", "negative_control": "positive"}[control]

    run = judged(shown, criterion, **{control: failed})

    assert (run.verdict, run.raw_text) == (Verdict.INVALID, "")
    assert f"the {control.replace('_', ' ')} is {failed}" in run.reason


def test_replicates_that_differ_are_invalid() -> None:
    run = judged("positive", second="negative")

    assert run.verdict is Verdict.INVALID
    assert "the replicates differ: negative, positive" in run.reason


def test_a_marker_is_recorded_as_positive_or_negative() -> None:
    run = judged("faint")

    assert run.verdict is Verdict.INVALID
    assert "marker: 'faint' is neither 'positive' nor 'negative'" in run.reason


@pytest.mark.parametrize("field", FORMULA_INPUTS[Formula.MARKER], ids=lambda field: field.name)
def test_another_word_is_refused_before_it_is_stored(field: InputField) -> None:
    check_reading(field, "positive")

    with pytest.raises(InvalidValueError, match="'faint' is neither") as refusal:
        check_reading(field, "faint")

    assert (refusal.value.code, refusal.value.field) == ("unreadable_value", field.name)


def test_a_complete_method_lacks_nothing() -> None:
    assert check_method(METHOD) == ()
