"""Returned runs: the analyst answers by submitting again or by a correction; a fail goes on."""

from __future__ import annotations

import pytest

from products.actions.amendments import correct_run
from products.actions.investigations import conclude_investigation
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import Amendment, Conclusion, Investigation, Lot, Run, RunReturn, User
from products.queries.runs import result_in_effect
from tests.outside import outside_result, reported
from tests.records import (
    STERILITY,
    VIABILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    person_of,
    second_account,
    submitted_run,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY, STERILITY])


def passing() -> Run:
    return submitted_run().run


def failing() -> Run:
    return submitted_run(VIABILITY, counted("820", "180")).run


def returned(run: Run, by: User | None = None, comment: str = "Look at the dead count") -> Run:
    return_run(context(by or people().reviewer), run=run.number, comment=comment)
    run.refresh_from_db()
    return run


def submit(run: Run, reason: str = "Counted again from the image: it is right") -> int:
    return submit_run(context(people().analyst, reason), run=run.number).version


def correct(run: Run, live: str = "982") -> Amendment:
    return correct_run(
        context(people().analyst),
        run=run.number,
        readings=counted(live),
        source_document="Notebook 12",
    )


def codes() -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=LOT).blocks}


def test_a_returned_run_is_with_its_analyst_and_keeps_the_comment() -> None:
    run = returned(passing())

    assert run.state == "returned"
    assert RunReturn.objects.get().comment == "Look at the dead count"


def test_a_returned_run_satisfies_nothing() -> None:
    run = passing()
    review_of = codes()

    returned(run)

    assert "result_pending" not in review_of
    assert "result_pending" in codes()


def test_a_returned_fail_goes_on_counting() -> None:
    returned(failing())

    assert "result_fails" in codes()


def test_the_analyst_submits_it_again_as_it_is_with_a_reason() -> None:
    run = returned(passing())

    assert submit(run) == 2

    run.refresh_from_db()
    assert run.state == "submitted"
    assert run.results.get(version=2).reason == "Counted again from the image: it is right"


def test_the_answer_has_a_reason() -> None:
    run = returned(passing())

    with pytest.raises(InvalidValueError, match="State your answer") as refused:
        submit(run, " ")

    assert refused.value.code == "reason_missing"


def test_who_answers_for_another_has_not_performed_the_run() -> None:
    run = returned(passing())

    result = submit_run(context(people().analyst2, "Checked the image"), run=run.number)

    run.refresh_from_db()
    assert result.submitted_by == people().analyst2
    assert run.performed_by == result.performed_by == person_of(people().analyst)


def test_readings_of_a_returned_run_change_by_a_correction_alone() -> None:
    run = returned(passing())

    with pytest.raises(WrongStatusError, match="signed correction"):
        save_readings(context(people().analyst), run=run.number, readings=counted("950"))

    assert correct(run, "950").needs_second is False
    run.refresh_from_db()
    assert run.state == "submitted"


def test_a_waiting_correction_ends_the_return_and_the_fail_goes_on_counting() -> None:
    run = returned(failing())

    correct(run)

    run.refresh_from_db()
    assert run.state == "submitted"
    assert "result_fails" in codes()


def test_a_fail_that_is_submitted_again_is_investigated_in_each_version() -> None:
    run = returned(failing())

    submit(run)

    assert Investigation.objects.filter(conclusion__isnull=True).count() == 2
    assert "result_fails" in codes()


def test_confirming_a_correction_concludes_the_investigation_of_every_failing_version() -> None:
    run = returned(failing())
    submit(run)
    amendment = correct(run)

    second = sign_second(context(people().quality), amendment=amendment.number, outcome="confirmed")

    first, further = Conclusion.objects.order_by("investigation__number")
    assert {first.outcome, further.outcome} == {"recording_error"}
    assert first.signature == second.signature
    assert further.signature.person == second.signature.person


def test_a_report_that_is_recorded_anew_turns_no_invalid_result_valid() -> None:
    result = outside_result()
    run = result.run
    reported(run, controls="not_acceptable", evidence=run.reports.get().evidence_id)
    correct_run(
        context(people().analyst), run=run.number, readings=[], source_document="R-2026-118"
    )
    assert getattr(result_in_effect(run), "verdict", "") == "invalid"
    returned(run)
    reported(run, controls="acceptable", evidence=run.reports.first().evidence_id)  # type: ignore[union-attr]  # recorded above

    with pytest.raises(WrongStatusError, match="would now be pass"):
        submit(run)


def test_only_a_final_result_is_returned() -> None:
    for run in (submitted_run(STERILITY).run, opened_run(purpose="information")):
        with pytest.raises(WrongStatusError, match="no final result"):
            returned(run)


def test_a_version_is_returned_once() -> None:
    run = returned(failing())
    amendment = correct(run)
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="refused")

    with pytest.raises(DuplicateError, match="returned already"):
        returned(run)


def test_a_run_that_is_with_its_analyst_is_neither_returned_nor_reviewed_nor_concluded() -> None:
    run = returned(failing())

    with pytest.raises(WrongStatusError, match="returned to its analyst"):
        returned(run)
    with pytest.raises(WrongStatusError, match="returned to its analyst"):
        review_results(context(people().reviewer), lot=LOT, runs=[run.number])
    with pytest.raises(WrongStatusError, match="returned to its analyst"):
        conclude(run)


def test_a_reviewed_result_is_not_returned() -> None:
    run = passing()
    review_results(context(people().reviewer), lot=LOT, runs=[run.number])

    with pytest.raises(DuplicateError, match="reviewed already"):
        returned(run)


def test_after_the_conclusion_nothing_is_returned() -> None:
    run = failing()
    conclude(run)

    with pytest.raises(WrongStatusError, match="no longer returned"):
        returned(run)


def test_while_a_correction_waits_nothing_is_reviewed_or_returned() -> None:
    run = failing()
    amendment = correct(run)

    with pytest.raises(WrongStatusError, match=amendment.number):
        returned(run)
    with pytest.raises(WrongStatusError, match=amendment.number):
        review_results(context(people().reviewer), lot=LOT, runs=[run.number])


def test_a_return_says_why() -> None:
    with pytest.raises(InvalidValueError) as refused:
        returned(passing(), comment=" ")

    assert refused.value.field == "comment"


def test_who_recorded_data_of_a_run_does_not_return_it() -> None:
    own = second_account(people().analyst, "anna-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError):
        returned(passing(), own)
    with pytest.raises(NotPermittedError):
        returned(passing_for_information(), people().analyst2)


def passing_for_information() -> Run:
    return submitted_run(purpose="information").run


def conclude(run: Run) -> Conclusion:
    return conclude_investigation(
        context(people().quality),
        investigation=run.investigations.get().number,
        outcome="confirmed",
    )
