"""Lots bound to another specification version: both verdicts kept, nothing slipped past."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from products import models
from products.actions.amendments import correct_run
from products.actions.dispositions import recall_lot, reject_lot, release_lot
from products.actions.investigations import conclude_investigation, open_investigation
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.actions.specifications import draft_specification
from products.domain.criteria import Criterion, SatisfiedBy
from products.domain.errors import InvalidValueError, NotPermittedError, WrongStatusError
from products.domain.readings import ReadingFacts
from products.models import Hold, Investigation, Lot, Rejudgement, Result, SpecificationChange
from products.queries.facts import lot_facts
from products.queries.lots import lots_at
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    counted,
    lot,
    now,
    opened_run,
    people,
    product,
    submitted_run,
    today,
    value,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
TIGHTER = replace(VIABILITY, lower="99.0")
WIDER = replace(VIABILITY, lower="80.0")


def change(version: int = 2, reason: str = "CR-17: limit agreed anew", **changes: Any) -> Any:
    actor = changes.pop("by", people().quality)
    return change_lot_specification(context(actor, reason), lot=LOT, version=version)


def status() -> str:
    found: str = lots_at(now()).values_list("status", flat=True).get(number=LOT)
    return found


def codes() -> list[str]:
    return [block["code"] for block in Lot.objects.get(number=LOT).blocks]


def reviewed(result: Result) -> Result:
    review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])
    return result


@pytest.fixture
def passed() -> Result:
    """98.2 % against at least 90.0 %."""
    lot(criteria=[VIABILITY])
    return submitted_run()


def kept(result: Result) -> list[tuple[str, str]]:
    rows = Rejudgement.objects.filter(result=result).order_by("change__number")
    return [("recorded", result.verdict), *((row.reported, row.verdict) for row in rows)]


def test_both_verdicts_are_kept_and_the_new_one_counts(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    change()

    assert kept(passed) == [("recorded", "pass"), ("98.2", "fail")]
    assert "result_fails" in codes()
    assert Lot.objects.get(number=LOT).specification.version == 2


def test_what_is_signed_shows_every_old_and_new_verdict(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    signed = json.loads(bytes(change().signature.content))

    assert signed["reason"] == "CR-17: limit agreed anew"
    shown = signed["shown"]
    assert (shown["from_version"], shown["to_version"]) == (1, 2)
    result = shown["results"][0]
    assert (result["run"], result["verdict"], result["new_verdict"]) == (
        passed.run.number,
        "pass",
        "fail",
    )
    assert (result["reported"], result["new_reported"]) == ("98.2", "98.2")


def test_a_result_that_fails_only_now_is_investigated(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    change()

    opened = Investigation.objects.get()
    assert (opened.kind, opened.result) == ("oos", passed)


def test_a_result_that_failed_before_keeps_its_one_investigation() -> None:
    lot(criteria=[VIABILITY])
    failed = submitted_run(readings=counted("50", "50"))
    approved_specification(criteria=[TIGHTER])

    change()

    assert kept(failed) == [("recorded", "fail"), ("50.0", "fail")]
    assert Investigation.objects.count() == 1


@pytest.mark.parametrize("outcome", ["", "confirmed", "invalidated"])
def test_a_result_under_investigation_fails_now_without_a_second_one(
    passed: Result, outcome: str
) -> None:
    approved_specification(criteria=[TIGHTER])
    opened = open_investigation(context(people().quality), run=passed.run.number)
    if outcome:
        conclude_investigation(
            context(people().quality),
            investigation=opened.number,
            outcome=outcome,
            cause="Dye past its expiry",
            evidence="DEV-7",
        )

    change()

    assert list(Investigation.objects.all()) == [opened]
    assert ("result_fails" in codes()) == (outcome != "invalidated")


def test_edge_case_10_a_later_version_reaches_a_lot_only_by_a_signed_change() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN])
    results = [reviewed(submitted_run()), reviewed(submitted_run(ENDOTOXIN))]
    before = codes()
    approved_specification(criteria=[TIGHTER, ENDOTOXIN])
    assert (Lot.objects.get(number=LOT).specification.version, codes()) == (1, before)

    change()

    assert [kept(result) for result in results] == [
        [("recorded", "pass"), ("98.2", "fail")],
        [("recorded", "pass"), ("<0.05", "pass")],
    ]
    assert "result_fails" in codes()


def test_edge_case_11_a_limit_changed_after_the_result_hides_nothing() -> None:
    lot(criteria=[VIABILITY])
    failed = reviewed(submitted_run(readings=counted("85", "15")))
    approved_specification(criteria=[WIDER])

    changed = change(reason="CR-17: the limit was never capable")

    facts = lot_facts([changed.lot_id])[changed.lot_id]
    run = facts.runs[0]
    assert kept(failed) == [("recorded", "fail"), ("85.0", "pass")]
    assert (run.original_verdict, run.verdict) == ("fail", "pass")
    assert facts.specification is not None
    assert facts.specification.changes[0].justification == "CR-17: the limit was never capable"
    assert "investigation_open" in codes()
    assert status() == "quarantined"


def test_edge_case_11_approved_criteria_are_changed_by_nobody() -> None:
    criterion = lot(criteria=[VIABILITY]).specification.criteria.get()

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        models.Criterion.objects.filter(pk=criterion.pk).update(lower="80.0")


def test_a_result_is_never_moved_to_another_code(passed: Result) -> None:
    other_code = replace(TIGHTER, code="viability-cells")
    approved_specification(criteria=[other_code])

    change()

    assert kept(passed) == [("recorded", "pass")]
    assert "result_missing" in codes()


def test_a_test_that_the_new_version_does_not_ask_for_is_shown_as_such(passed: Result) -> None:
    approved_specification(criteria=[ENDOTOXIN])

    signed = json.loads(bytes(change().signature.content))

    assert signed["shown"]["results"][0]["new_verdict"] is None


def test_a_fail_does_not_vanish_with_its_criterion() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN])
    submitted_run(readings=counted("10", "90"))
    approved_specification(criteria=[ENDOTOXIN])

    change()

    assert {"unresolved_fail", "investigation_open"} <= set(codes())


def test_a_change_of_a_released_lot_that_now_fails_forces_a_hold(passed: Result) -> None:
    reviewed(passed)
    release_lot(context(people().quality2), lot=LOT)
    approved_specification(criteria=[TIGHTER])

    change()

    assert status() == "on_hold"
    assert Hold.objects.get().caused_by == "lot.change_specification"


def test_a_change_of_a_released_lot_that_still_passes_leaves_it_released(passed: Result) -> None:
    reviewed(passed)
    release_lot(context(people().quality2), lot=LOT)
    approved_specification(criteria=[WIDER])

    change()

    assert status() == "released"


def test_going_back_judges_once_more_and_forgets_no_fail(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    change()
    change(1, "CR-18: withdrawn")

    assert kept(passed) == [("recorded", "pass"), ("98.2", "fail"), ("98.2", "pass")]
    assert list(SpecificationChange.objects.values_list("number", flat=True)) == [1, 2]
    assert {"result_fails", "investigation_open"} <= set(codes())


def test_a_correction_that_waits_is_judged_again_too() -> None:
    lot(criteria=[VIABILITY])
    failed = submitted_run(readings=counted("10", "90"))
    amendment = correct_run(
        context(people().analyst, "Typed 10 for 100"),
        run=failed.run.number,
        readings=[ReadingFacts("live", "9000")],
        source_document="LNB-4 p. 12",
    )
    approved_specification(criteria=[TIGHTER])

    change()

    assert amendment.result is not None
    assert kept(failed)[1][1] == "fail"
    assert len(kept(amendment.result)) == 2


def test_confirming_a_correction_leaves_open_what_the_right_value_fails_now() -> None:
    lot(criteria=[VIABILITY])
    approved_specification(criteria=[TIGHTER])
    failed = submitted_run(readings=counted("10", "90"))
    filed = correct_run(
        context(people().analyst),
        run=failed.run.number,
        readings=counted(),
        source_document="LNB-4 p. 12",
    )
    change()

    sign_second(
        context(people().quality2), amendment=filed.number, outcome="confirmed", comment="Seen"
    )

    outcomes = {
        row.result_id: getattr(getattr(row, "conclusion", None), "outcome", "")
        for row in Investigation.objects.select_related("conclusion")
    }
    assert filed.result is not None
    assert outcomes == {failed.pk: "recording_error", filed.result.pk: ""}
    assert {"investigation_open", "result_fails"} <= set(codes())


def test_a_run_that_is_not_final_is_judged_by_its_next_submission() -> None:
    lot(criteria=[VIABILITY])
    opened_run()
    approved_specification(criteria=[TIGHTER])

    change()

    assert not Rejudgement.objects.exists()


def test_a_run_for_information_without_a_criterion_is_left_alone() -> None:
    lot(criteria=[ENDOTOXIN])
    submitted_run(ENDOTOXIN, value("0.10"), code="", method="END-01", purpose="information")
    approved_specification(criteria=[replace(ENDOTOXIN, upper="0.05")])

    change()

    assert not Rejudgement.objects.exists()


def test_a_run_after_the_change_is_held_against_the_new_version() -> None:
    lot(criteria=[VIABILITY])
    approved_specification(criteria=[TIGHTER])
    change()

    assert submitted_run().verdict == "fail"


@pytest.mark.parametrize(("decide", "word"), [(reject_lot, "rejected"), (recall_lot, "recalled")])
def test_a_lot_of_final_status_keeps_its_version(
    passed: Result, decide: Callable[..., object], word: str
) -> None:
    approved_specification(criteria=[WIDER])
    if word == "recalled":
        reviewed(passed)
        release_lot(context(people().quality2), lot=LOT)
    decide(context(people().quality2), lot=LOT)

    with pytest.raises(WrongStatusError, match=f"is {word}, which is final"):
        change()


def test_the_version_that_it_has_is_no_change(passed: Result) -> None:
    with pytest.raises(WrongStatusError, match="under specification version 1 already"):
        change(1)


def test_a_draft_binds_no_lot(passed: Result) -> None:
    draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-2",
        effective_from=today(),
        criteria=[TIGHTER],
        change_reason="Tighter",
    )

    with pytest.raises(InvalidValueError, match="version 2 is draft") as refused:
        change()

    assert refused.value.code == "specification_not_in_force"


def test_a_change_needs_its_justification(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    with pytest.raises(InvalidValueError) as refused:
        change(reason=" ")

    assert refused.value.code == "reason_missing"


def test_only_quality_changes_the_version(passed: Result) -> None:
    approved_specification(criteria=[TIGHTER])

    with pytest.raises(NotPermittedError):
        change(by=people().analyst)


@pytest.fixture
def made_from_it(passed: Result) -> Criterion:
    """A lot of another product that takes the viability of the lot it was made from."""
    inherited = replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)
    product("EXO-2")
    approved_specification("EXO-2", [inherited])
    lot("EV-26-002", product="EXO-2", parents=[LOT])
    return inherited


def test_a_lot_that_inherits_the_result_is_judged_again_with_it(
    passed: Result, made_from_it: Criterion
) -> None:
    reviewed(passed)
    assert Lot.objects.get(number="EV-26-002").blocks == []
    approved_specification(criteria=[TIGHTER])

    change()

    assert "investigation_open" in {
        block["code"] for block in Lot.objects.get(number="EV-26-002").blocks
    }
