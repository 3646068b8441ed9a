"""Amendments: a failing value goes only with a second person's signature, and never from sight."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.db import DatabaseError, transaction

from products.actions.amendments import correct_run
from products.actions.evidence import attach_evidence
from products.actions.investigations import conclude_investigation, open_investigation
from products.actions.naming import begin
from products.actions.readings import save_readings, submit_run
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import review_results
from products.actions.runs import discard_run
from products.actions.second_signatures import sign_second
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.models import (
    Amendment,
    Conclusion,
    Disposition,
    Evidence,
    Investigation,
    Lot,
    Result,
    Run,
    SecondSignature,
    Signature,
    User,
)
from products.queries.runs import readings_in_effect, result_in_effect
from tests.records import (
    ENDOTOXIN,
    PURITY,
    STERILITY,
    VIABILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    ratio,
    second_account,
    submitted_run,
)
from tests.signed import unsaved_signature

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
NOTEBOOK = "Notebook 12, page 34"
PDF = b"%PDF-1.7 page 34"


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN, PURITY, STERILITY])


def failing(**changes: Any) -> Run:
    """Typed 82 % viable where 98.2 % were counted."""
    return submitted_run(VIABILITY, counted("820", "180"), **changes).run


def passing() -> Run:
    return submitted_run().run


def correct(run: Run, live: str = "982", by: User | None = None, **changes: Any) -> Amendment:
    """Correct the live count, and with it the dead one."""
    stated: dict[str, Any] = {
        "readings": counted(live, str(1000 - int(live))),
        "source_document": NOTEBOOK,
    } | changes
    return correct_run(
        context(by or people().analyst, "Typed a digit wrong"), run=run.number, **stated
    )


def confirm(amendment: Amendment, by: User | None = None, **changes: Any) -> SecondSignature:
    stated: dict[str, Any] = {"outcome": "confirmed"} | changes
    return sign_second(
        context(by or people().reviewer, "Compared with the notebook"),
        amendment=amendment.number,
        **stated,
    )


def refuse(amendment: Amendment) -> SecondSignature:
    return confirm(amendment, outcome="refused", comment="The notebook says 820")


def counting(run: Run) -> Result:
    found = result_in_effect(run)
    assert found is not None
    return found


def texts(run: Run, result: Result | None = None) -> list[str]:
    return [reading.text for reading in readings_in_effect(run, result).values()]


def page_of_the_notebook(kind: str = "run", key: str = f"{LOT}-S1-R1") -> Evidence:
    return attach_evidence(
        context(people().analyst), kind=kind, key=key, name="page.pdf", content=PDF
    )


def codes(number: str = LOT) -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=number).blocks}


def test_a_slip_in_a_passing_value_is_corrected_in_one_signed_step() -> None:
    run = passing()

    amendment = correct(run, "950", transcription_error=True)

    assert (amendment.kind, amendment.needs_second) == ("transcription_error", False)
    assert counting(run) == amendment.result
    assert counting(run).reported == "95.0"


def test_the_corrected_version_is_reviewed_anew() -> None:
    run = passing()
    review_results(context(people().reviewer), lot=LOT, runs=[run.number])

    correct(run, "950", by=people().analyst)

    review = review_results(context(people().reviewer), lot=LOT, runs=[run.number])
    assert review.items.get().result.version == 2


def test_a_passing_value_that_is_corrected_to_a_failing_one_counts_at_once() -> None:
    run = passing()

    amendment = correct(run, "820")

    assert counting(run).verdict == Verdict.FAIL
    assert Investigation.objects.get().result == amendment.result


def test_a_correction_of_a_fail_waits_and_the_fail_goes_on_counting() -> None:
    run = failing()

    amendment = correct(run)

    assert amendment.needs_second
    assert counting(run).verdict == Verdict.FAIL
    assert texts(run) == ["820", "180"]
    assert "result_fails" in codes()


@pytest.mark.parametrize("transcription_error", [True, False])
def test_a_transcription_error_in_a_failing_value_is_no_short_cut(
    transcription_error: bool,
) -> None:
    run = failing()

    amendment = correct(run, transcription_error=transcription_error)

    assert amendment.needs_second
    assert counting(run).version == 1


def test_a_failing_value_corrected_to_another_failing_value_is_signed_by_a_second_person() -> None:
    run = failing()

    amendment = correct(run, "830")

    assert amendment.needs_second
    assert counting(run).reported == "82.0"


def test_a_reading_that_is_added_to_a_failing_run_is_signed_by_a_second_person() -> None:
    run = failing()

    amendment = correct_run(
        context(people().analyst),
        run=run.number,
        readings=[ReadingFacts("live", "900", replicate=2)],
        source_document=NOTEBOOK,
    )

    assert amendment.needs_second


def test_an_invalid_run_is_made_valid_by_two_persons() -> None:
    run = submitted_run(PURITY, ratio(["4.9E9", "5.0E9"])).run

    amendment = correct_run(
        context(people().analyst),
        run=run.number,
        readings=[ReadingFacts("particles", "5.1E9", replicate=3)],
        source_document=NOTEBOOK,
    )

    assert (counting(run).verdict, amendment.needs_second) == ("invalid", True)
    confirm(amendment)
    assert counting(run).verdict == Verdict.PASS


def test_the_second_person_lets_the_correction_take_effect() -> None:
    run = failing()
    amendment = correct(run)

    confirm(amendment)

    assert counting(run) == amendment.result
    assert texts(run) == ["982", "18"]
    assert "result_fails" not in codes()


def test_confirming_concludes_the_investigation_under_the_same_signature() -> None:
    run = failing()
    page = page_of_the_notebook()

    second = confirm(correct(run, evidence=page.pk))

    conclusion = Conclusion.objects.get(investigation__run=run)
    assert conclusion.outcome == "recording_error"
    assert conclusion.signature == second.signature
    assert conclusion.cause == "Typed a digit wrong"
    assert NOTEBOOK in conclusion.evidence
    assert page.sha256 in conclusion.evidence


def test_a_value_that_fails_after_its_confirmed_correction_is_investigated() -> None:
    run = failing()
    amendment = correct(run, "830")

    confirm(amendment)

    first, second = Investigation.objects.order_by("recorded_at")
    assert first.conclusion.outcome == "recording_error"
    assert second.result == amendment.result
    assert not hasattr(second, "conclusion")


def test_a_refused_correction_leaves_all_as_it_was() -> None:
    run = failing()
    amendment = correct(run)

    refuse(amendment)

    assert counting(run).version == 1
    assert texts(run) == ["820", "180"]
    assert not Conclusion.objects.exists()
    assert amendment.readings.count() == 2


def test_readings_of_a_refused_correction_never_count_in_a_later_one() -> None:
    run = failing()
    refuse(
        correct_run(
            context(people().analyst),
            run=run.number,
            readings=[ReadingFacts("live", "982")],
            source_document=NOTEBOOK,
        )
    )

    later = correct_run(
        context(people().analyst),
        run=run.number,
        readings=[ReadingFacts("dead", "179")],
        source_document=NOTEBOOK,
    )

    assert texts(run, later.result) == ["820", "179"]


def test_readings_of_a_waiting_correction_show_with_its_own_version_alone() -> None:
    run = failing()

    amendment = correct(run)

    assert texts(run, amendment.result) == ["982", "18"]
    assert texts(run, counting(run)) == ["820", "180"]


def test_a_correction_of_a_correction_goes_on_from_what_counts() -> None:
    run = failing()
    confirm(correct(run))

    amendment = correct_run(
        context(people().analyst),
        run=run.number,
        readings=[ReadingFacts("dead", "20")],
        source_document=NOTEBOOK,
    )

    assert (amendment.needs_second, counting(run).version) == (False, 3)
    assert texts(run) == ["982", "20"]
    assert texts(run, run.results.get(version=1)) == ["820", "180"]


def test_a_reading_is_removed_and_stays_in_the_record() -> None:
    run = submitted_run(PURITY, ratio(["4.9E9", "5.0E9", "5.1E9", "1.0E6"])).run

    amendment = correct_run(
        context(people().analyst),
        run=run.number,
        readings=[],
        removed=[ReadingFacts("particles", "1.0E6", replicate=4)],
        source_document=NOTEBOOK,
    )
    confirm(amendment)

    assert counting(run).verdict == Verdict.PASS
    assert "1.0E6" not in texts(run)
    assert run.readings.filter(text="1.0E6").values_list("removed", flat=True).count() == 2


def test_only_a_reading_that_is_there_is_removed() -> None:
    run = passing()

    with pytest.raises(InvalidValueError, match="no reading live there") as refused:
        correct(run, readings=[], removed=[ReadingFacts("live", "1", replicate=2)])

    assert refused.value.field == "removed"


def test_a_correction_that_changes_nothing_is_refused() -> None:
    run = passing()

    for readings in ([], counted()):
        with pytest.raises(InvalidValueError) as refused:
            correct(run, readings=readings)
        assert refused.value.code == "nothing_changed"


def test_a_reading_is_named_once() -> None:
    run = passing()

    with pytest.raises(InvalidValueError, match="named twice"):
        correct(run, readings=counted(), removed=counted()[:1])


def test_a_correction_names_its_source() -> None:
    run = passing()

    with pytest.raises(InvalidValueError) as refused:
        correct(run, source_document=" ")

    assert refused.value.code == "source_missing"


def test_a_file_is_source_enough_when_it_is_attached_to_the_lot_or_its_runs() -> None:
    run = passing()
    page = page_of_the_notebook("lot", LOT)

    amendment = correct(run, "950", source_document="", evidence=page.pk)

    assert amendment.evidence == page


def test_a_file_of_another_record_is_no_source() -> None:
    run = passing()
    page = page_of_the_notebook("donor", "D-0042")

    with pytest.raises(InvalidValueError) as refused:
        correct(run, "950", evidence=page.pk)

    assert refused.value.code == "evidence_of_another_record"


def test_an_unknown_file_is_no_source() -> None:
    with pytest.raises(UnknownReferenceError):
        correct(passing(), "950", evidence=UUID(int=7))


def test_a_correction_takes_only_readings_of_the_method() -> None:
    run = passing()

    with pytest.raises(InvalidValueError, match="there is no reading 'value'"):
        correct(run, readings=[ReadingFacts("value", "1")])
    with pytest.raises(InvalidValueError, match="is not a count"):
        correct(run, readings=[ReadingFacts("live", "1.5")])


def test_one_amendment_of_a_run_waits_at_a_time() -> None:
    run = failing()
    first = correct(run)

    with pytest.raises(DuplicateError, match=first.number):
        correct(run, "990")
    with pytest.raises(DuplicateError, match=first.number):
        retract(run)
    assert Amendment.objects.get() == first


def test_a_run_that_was_never_submitted_is_not_corrected() -> None:
    run = opened_run()

    with pytest.raises(WrongStatusError, match="never submitted"):
        correct(run)


def test_an_interim_result_is_not_corrected_but_read_on() -> None:
    run = submitted_run(STERILITY).run

    with pytest.raises(WrongStatusError, match="not final yet"):
        correct(run)


def test_a_discarded_run_is_not_corrected() -> None:
    run = opened_run()
    discard_run(context(people().analyst, "Wrong vial"), run=run.number)

    with pytest.raises(WrongStatusError, match="discarded"):
        correct(run)


@pytest.mark.parametrize("outcome", ["confirmed", "invalidated"])
def test_after_the_conclusion_nothing_is_amended(outcome: str) -> None:
    run = failing()
    conclude(run, outcome)

    for amend in (correct, retract):
        with pytest.raises(WrongStatusError, match="is concluded"):
            amend(run)


def test_the_conclusion_of_a_deviation_on_an_earlier_version_hinders_no_correction() -> None:
    run = passing()
    open_investigation(context(people().quality, "Odd smell"), run=run.number)
    correct(run, "950")
    conclude(run, "confirmed")

    amendment = correct(run, "951")

    assert counting(run) == amendment.result


def test_while_a_correction_waits_the_investigation_is_not_concluded() -> None:
    run = failing()
    amendment = correct(run)

    with pytest.raises(WrongStatusError, match=amendment.number):
        conclude(run, "confirmed")


def test_a_recording_error_is_not_concluded_by_hand() -> None:
    run = failing()

    with pytest.raises(InvalidValueError, match="second signature on a correction"):
        conclude(run, "recording_error")

    assert not Conclusion.objects.exists()


def test_a_deviation_that_a_person_opened_is_not_concluded_by_a_correction() -> None:
    run = passing()
    open_investigation(context(people().quality, "Odd smell"), run=run.number)
    correct(run, "820")

    confirm(correct(run, "982"))

    outcomes = Investigation.objects.values_list("kind", "conclusion__outcome")
    assert set(outcomes) == {("deviation", None), ("oos", "recording_error")}


def test_edge_case_12_nobody_confirms_an_own_correction_from_another_account() -> None:
    amendment = correct(failing())

    for role in (Role.REVIEWER, Role.QUALITY):
        own = second_account(people().analyst, f"anna-{role.lower()}", role)
        with pytest.raises(SeparationOfDutiesError, match="Another person signs"):
            confirm(amendment, own)
    assert not SecondSignature.objects.exists()


def test_who_recorded_data_of_the_run_confirms_no_correction_of_it() -> None:
    run = failing(by=people().analyst2)
    amendment = correct(run)
    recorder = second_account(people().analyst2, "ben-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError, match="recorded data of"):
        confirm(amendment, recorder)


def test_who_filed_a_correction_does_not_review_it() -> None:
    run = submitted_run(by=people().analyst2).run
    correct(run, "950")
    filer = second_account(people().analyst, "anna-reviews", Role.REVIEWER)

    with pytest.raises(SeparationOfDutiesError, match="cannot review it"):
        review_results(context(filer), lot=LOT, runs=[run.number])


def test_who_reviewed_a_result_does_not_correct_it() -> None:
    run = passing()
    review_results(context(people().reviewer), lot=LOT, runs=[run.number])
    reviewer = second_account(people().reviewer, "rita-records", Role.ANALYST)

    with pytest.raises(SeparationOfDutiesError, match="reviewed run"):
        correct(run, "950", by=reviewer)
    with pytest.raises(SeparationOfDutiesError, match="reviewed run"):
        retract(run, by=reviewer)


def test_an_analyst_confirms_nothing() -> None:
    amendment = correct(failing())

    with pytest.raises(NotPermittedError):
        confirm(amendment, people().analyst2)


def test_a_wrong_password_corrects_and_confirms_nothing() -> None:
    run = failing()

    with pytest.raises(SignatureRefusedError):
        correct_run(
            context(people().analyst, password="guess"),
            run=run.number,
            readings=counted(),
            source_document=NOTEBOOK,
        )

    assert not Amendment.objects.exists()


@pytest.mark.parametrize("outcome", ["confirmed", "refused"])
def test_an_amendment_is_answered_once(outcome: str) -> None:
    amendment = correct(failing())
    confirm(amendment, outcome=outcome)

    with pytest.raises(DuplicateError, match=f"was {outcome} already"):
        confirm(amendment, people().quality)


def test_what_needs_no_second_signature_takes_none() -> None:
    amendment = correct(passing(), "950")

    with pytest.raises(WrongStatusError, match="in effect without"):
        confirm(amendment)


def test_the_answer_is_one_of_two_words() -> None:
    amendment = correct(failing())

    with pytest.raises(InvalidValueError):
        confirm(amendment, outcome="fine")
    with pytest.raises(UnknownReferenceError):
        sign_second(context(people().reviewer), amendment="AM-9", outcome="confirmed")


def test_the_second_person_may_name_a_file_of_their_own() -> None:
    run = failing()
    page = page_of_the_notebook()

    second = confirm(correct(run), evidence=page.pk)

    assert second.evidence == page


def test_both_signatures_bind_old_and_new_readings_verdicts_and_the_source() -> None:
    run = failing()
    page = page_of_the_notebook()
    amendment = correct(run, evidence=page.pk)

    second = confirm(amendment, comment="Page 34 says 982")

    for signature in (amendment.signature, second.signature):
        shown = signed(signature)
        assert (shown["old_result"]["verdict"], shown["new_result"]["verdict"]) == ("fail", "pass")
        assert [one["text"] for one in shown["old_readings"]] == ["820", "180"]
        assert [one["text"] for one in shown["new_readings"]] == ["982", "18"]
        assert shown["evidence"]["sha256"] == page.sha256
    assert signed(second.signature)["first_signature"]["printed_name"] == "Anna Alvarez"
    assert signed(second.signature)["comment"] == "Page 34 says 982"
    assert signed(second.signature)["concludes"] == [f"INV-{LOT}-1"]


def test_the_database_refuses_the_recorder_as_second_signer() -> None:
    amendment = correct(failing())

    with pytest.raises(DatabaseError, match="of another person") as refused:
        _sign_own(amendment)

    assert getattr(refused.value.__cause__, "sqlstate", "") == "QC004"


@transaction.atomic
def _sign_own(amendment: Amendment) -> None:
    begin("amendment.sign_second", context(people().analyst))
    signature = unsaved_signature(amendment.signature.user, "second_signature")
    signature.save(force_insert=True)
    SecondSignature.objects.create(amendment=amendment, outcome="confirmed", signature=signature)


def test_a_retracted_run_counts_until_a_second_person_has_signed() -> None:
    run = failing()

    amendment = retract(run)

    run.refresh_from_db()
    assert (run.state, amendment.needs_second) == ("submitted", True)
    assert "result_fails" in codes()


def test_a_retracted_run_stays_listed_and_its_investigation_is_concluded() -> None:
    run = failing()

    second = confirm(retract(run))

    run.refresh_from_db()
    assert run.state == "retracted"
    assert Conclusion.objects.get().signature == second.signature
    assert counting(run).verdict == Verdict.FAIL
    assert "result_fails" not in codes()


def test_another_run_takes_the_place_of_a_retracted_one() -> None:
    confirm(retract(passing()))

    again = passing()

    assert again.number == f"{LOT}-S2-R1"


def test_a_refused_retraction_leaves_the_run() -> None:
    run = passing()

    confirm(retract(run), outcome="refused")

    run.refresh_from_db()
    assert run.state == "submitted"


def test_nothing_more_is_recorded_of_a_retracted_run() -> None:
    run = passing()
    confirm(retract(run))

    attempts: tuple[Callable[[], object], ...] = (
        lambda: save_readings(context(people().analyst), run=run.number, readings=counted()),
        lambda: submit_run(context(people().analyst), run=run.number),
        lambda: correct(run),
        lambda: retract(run),
        lambda: review_results(context(people().reviewer), lot=LOT, runs=[run.number]),
    )

    for attempt in attempts:
        with pytest.raises(WrongStatusError, match="was retracted"):
            attempt()


def test_growth_is_recorded_while_a_retraction_waits() -> None:
    run = submitted_run(STERILITY).run
    retract(run)

    save_readings(
        context(people().analyst),
        run=run.number,
        readings=[with_growth(run)],
    )

    assert submit_run(context(people().analyst), run=run.number).verdict == Verdict.FAIL


def with_growth(run: Run) -> ReadingFacts:
    reading = run.readings.filter(role="product").order_by("sequence")[0]
    return ReadingFacts(
        "growth",
        "growth",
        vessel=reading.vessel,
        medium=reading.medium,
        role=reading.role,
        read_at=reading.read_at,
    )


def test_a_retraction_names_another_lot_or_sample_and_its_source() -> None:
    run = passing()

    for named in (" ", LOT.lower(), run.sample.number):
        with pytest.raises(InvalidValueError, match="Name the lot or sample") as refused:
            retract(run, belongs_to=named)
        assert refused.value.field == "belongs_to"
    with pytest.raises(InvalidValueError) as unfounded:
        retract(run, source_document="")
    assert unfounded.value.code == "source_missing"


def test_a_saved_run_is_discarded_and_not_retracted() -> None:
    with pytest.raises(WrongStatusError, match="discard it"):
        retract(opened_run())


def test_a_run_is_retracted_against_a_file() -> None:
    run = passing()
    page = page_of_the_notebook()

    amendment = retract(run, source_document="", evidence=page.pk)

    assert signed(amendment.signature)["evidence"]["name"] == "page.pdf"


def test_a_lot_registered_in_error_is_void_once_two_persons_signed() -> None:
    amendment = void_lot(context(people().analyst, "Registered twice"), lot=LOT)
    assert Lot.objects.get(number=LOT).decision == "none"

    second = confirm(amendment)

    found = Lot.objects.get(number=LOT)
    assert (found.decision, found.release_status) == ("void", "void")
    assert Disposition.objects.get().signature == second.signature


def test_a_refused_void_leaves_the_lot_in_quarantine() -> None:
    amendment = void_lot(context(people().analyst), lot=LOT)

    confirm(amendment, outcome="refused")

    assert Lot.objects.get(number=LOT).decision == "none"
    assert not Disposition.objects.exists()


def test_a_lot_with_a_submitted_run_is_not_void() -> None:
    run = passing()

    with pytest.raises(WrongStatusError, match=run.number):
        void_lot(context(people().analyst), lot=LOT)


def test_a_run_that_is_submitted_meanwhile_keeps_the_lot() -> None:
    amendment = void_lot(context(people().analyst), lot=LOT)
    run = passing()

    with pytest.raises(WrongStatusError, match=run.number):
        confirm(amendment)

    assert not SecondSignature.objects.exists()


def test_a_lot_is_declared_void_once() -> None:
    amendment = void_lot(context(people().analyst), lot=LOT)

    with pytest.raises(DuplicateError, match=amendment.number):
        void_lot(context(people().quality), lot=LOT)
    confirm(amendment)
    with pytest.raises(WrongStatusError, match="is void"):
        void_lot(context(people().quality), lot=LOT)


def test_who_declares_a_lot_void_does_not_sign_a_second_time() -> None:
    amendment = void_lot(context(people().quality), lot=LOT)

    with pytest.raises(SeparationOfDutiesError, match=f"recorded data of lot {LOT}"):
        confirm(amendment, people().quality)


def test_nothing_more_is_recorded_of_a_void_lot() -> None:
    run = opened_run()
    confirm(void_lot(context(people().analyst), lot=LOT))

    with pytest.raises(WrongStatusError, match="declared void"):
        save_readings(context(people().analyst), run=run.number, readings=counted())


def retract(run: Run, by: User | None = None, **changes: Any) -> Amendment:
    stated: dict[str, Any] = {"belongs_to": "EV-26-002", "source_document": NOTEBOOK} | changes
    return retract_run(
        context(by or people().analyst, "Wrong vial taken"), run=run.number, **stated
    )


def conclude(run: Run, outcome: str) -> Conclusion:
    investigation = run.investigations.get()
    return conclude_investigation(
        context(people().quality),
        investigation=investigation.number,
        outcome=outcome,
        cause="Pipette out of order",
        evidence="CAL-9",
    )


def signed(signature: Signature) -> dict[str, Any]:
    shown: dict[str, Any] = json.loads(bytes(signature.content))["shown"]
    return shown
