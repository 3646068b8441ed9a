"""Corrections, retractions, returns and voids at the pages, each with its second signature."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from products.actions.amendments import correct_run
from products.actions.investigations import conclude_investigation
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.models import Amendment, Investigation, Lot, Result, Run, RunReturn
from products.queries.runs import result_in_effect
from tests.admin.pages import LATER, Page, address, the_lot, visitor
from tests.admin.test_story import sterility_run, vessels
from tests.outside import paper_result, transcribed, verified
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    submitted_run,
    value,
)

pytestmark = pytest.mark.django_db
SOURCE = {"kind": "correction", "source_document": "Notebook 7, page 12"}


def failing_run() -> Run:
    lot(criteria=[ENDOTOXIN, VIABILITY])
    return submitted_run(ENDOTOXIN, value("9")).run


def waiting() -> Amendment:
    """A correction of a fail, filed by the analyst."""
    return correct_run(
        context(people().analyst, "Decimal point lost"),
        run=failing_run().number,
        readings=value("0.09"),
        source_document="Notebook 7, page 12",
    )


def confirmed() -> Amendment:
    amendment = waiting()
    sign_second(
        context(people().reviewer, "Compared"),
        amendment=amendment.number,
        outcome="confirmed",
        comment="The notebook says 0.09",
    )
    return amendment


def run_page(reader: str = "auditor") -> Page:
    return visitor(reader).open(address("run_change", Run.objects.get()))


def lot_page(reader: str = "auditor") -> Page:
    return visitor(reader).open(address("lot_change", the_lot()))


def test_the_form_holds_the_readings_that_count() -> None:
    run = failing_run()

    page = visitor("analyst").open(address("run_correct", run))

    assert page.fields["reading_1"] == "9"
    assert "It counts, and blocks the lot, until a second person" in page


def test_a_corrected_fail_waits_and_goes_on_counting() -> None:
    run = failing_run()

    page = visitor("analyst").sign(address("run_correct", run), reading_1="0.09", **SOURCE)

    assert "AM-EV-26-001-1 is signed. The failing version counts until a second person" in page
    assert "Correction AM-EV-26-001-1 waits for a second signature." in page
    assert "counts until a second person signs" in page
    assert "proposed, does not count" in page
    counting = result_in_effect(run)
    assert counting
    assert counting.verdict == "fail"


def test_a_typing_error_in_a_passing_value_counts_at_once() -> None:
    lot()
    run = submitted_run().run

    page = visitor("analyst").sign(
        address("run_correct", run),
        reading_1="972",
        kind="transcription_error",
        source_document="Notebook 7, page 12",
    )

    assert "Its values are version 2 of the result, and a reviewer reviews it." in page
    assert "Correction of a transcription error" in page
    assert "replaces 982 (Anna Alvarez" in page


def test_nothing_is_chosen_for_who_corrects_and_what_was_typed_stays() -> None:
    run = failing_run()

    page = visitor("analyst").sign(address("run_correct", run), reading_1="0.09")

    assert page.errors["kind"] == ["Say what went wrong: it is signed with the correction."]
    assert page.fields["reading_1"] == "0.09"
    assert not Amendment.objects.exists()


def test_a_correction_without_source_or_change_is_refused() -> None:
    run = failing_run()
    analyst = visitor("analyst")

    without_source = analyst.sign(address("run_correct", run), reading_1="0.09", kind="correction")
    unchanged = analyst.sign(address("run_correct", run), **SOURCE)
    unreadable = analyst.sign(address("run_correct", run), reading_1="1,5", **SOURCE)
    emptied = analyst.sign(address("run_correct", run), reading_1="", **SOURCE)

    assert "Name the source document" in without_source.errors["source_document"][0]
    assert "Name the readings" in unchanged.errors["__all__"][0]
    assert "1,5" in unreadable.errors["reading_1"][0]
    assert emptied.errors["reading_1"] == ["To take the reading out, tick “Remove” beside it."]
    assert not Amendment.objects.exists()


def test_a_wrong_password_keeps_what_was_typed() -> None:
    run = failing_run()

    page = visitor("analyst").sign(
        address("run_correct", run), reading_1="0.09", password="not it", **SOURCE
    )

    assert "The password is not that of analyst" in page.errors["password"][0]
    assert page.fields["reading_1"] == "0.09"


def test_a_reading_is_removed_and_stays_listed() -> None:
    run = sterility_run()
    analyst = visitor("analyst")
    read_at = f"{run.performed_at + timedelta(hours=1):{LATER}}"
    analyst.send(
        address("run_readings", run),
        then="submit",
        **vessels(read_at=read_at, vessel_0_growth="growth"),
    )

    page = analyst.sign(address("run_correct", run), reading_1_removed="on", **SOURCE)

    assert "is signed" in page
    assert "growth → removed" in page
    assert Result.objects.count() == 2


def test_a_reading_that_was_not_recorded_is_added_by_a_correction() -> None:
    run = sterility_run()
    analyst = visitor("analyst")
    analyst.send(address("run_readings", run), then="submit", **vessels())
    added = {
        "new_0_name": "FTM-P2",
        "new_0_medium": "FTM",
        "new_0_role": "product",
        "new_0_growth": "no growth",
    }

    without_time = analyst.sign(address("run_correct", run), **SOURCE, **added)
    page = analyst.sign(
        address("run_correct", run),
        read_at=f"{run.results.get().recorded_at:{LATER}}",
        read_zone="UTC",
        **SOURCE,
        **added,
    )

    assert without_time.errors["read_at"] == ["State when the added vessels were read."]
    assert "is signed" in page
    assert "FTM-P2" in page


def test_the_second_person_sees_both_values_and_the_source() -> None:
    amendment = waiting()

    page = visitor("reviewer").open(address("amendment_sign", amendment))

    assert "✕ Fail 9.00 EU/mL" in page
    assert "✓ Pass 0.09 EU/mL" in page
    assert "9 EU/mL → 0.09 EU/mL" in page
    assert "Source document Notebook 7, page 12" in page
    assert "Confirming also concludes INV-EV-26-001-1" in page


def test_a_second_person_confirms_and_the_failing_version_stays_in_sight() -> None:
    amendment = waiting()

    page = visitor("reviewer").sign(
        address("amendment_sign", amendment), outcome="confirmed", comment="Page 12 says 0.09"
    )

    assert "AM-EV-26-001-1 is confirmed; your signature is recorded." in page
    assert "Version 1: ✕ Fail 9.00 EU/mL replaced under AM-EV-26-001-1" in lot_page()
    assert "✎ Recording error" in lot_page()
    assert "Confirmed against the source Rita Romero" in lot_page()


def test_a_second_person_refuses_and_the_fail_counts() -> None:
    amendment = waiting()

    page = visitor("quality").sign(
        address("amendment_sign", amendment), outcome="refused", comment="Page 12 says 9"
    )

    assert "✕ Refused" in page
    assert "refused, never counts" in run_page()
    assert "✕ Fail 9 EU/mL" in lot_page()


def test_no_outcome_is_chosen_for_the_second_person() -> None:
    page = visitor("reviewer").sign(address("amendment_sign", waiting()), comment="Looked")

    assert page.errors["outcome"]
    assert page.fields["comment"] == "Looked"


def test_who_filed_it_reads_that_another_person_signs() -> None:
    amendment = waiting()

    own = visitor("analyst").open(address("amendment_change", amendment))
    other = visitor("reviewer").open(address("amendment_change", amendment))

    assert "Sign as second person: it needs a role that may confirm" in own
    assert address("amendment_sign", amendment) not in own.html
    assert address("amendment_sign", amendment) in other.html


def test_a_signed_amendment_takes_no_further_signature() -> None:
    amendment = confirmed()
    quality = visitor("quality")

    page = quality.open(address("amendment_change", amendment))
    refused = quality.sign(address("amendment_sign", amendment), outcome="refused")

    assert "Sign as second person: it was confirmed already." in page
    assert "AM-EV-26-001-1 was confirmed already." in refused


def test_what_waits_for_a_second_person_stands_on_the_home_page() -> None:
    waiting()

    assert "Amendments to sign as second person 1 AM-EV-26-001-1" in visitor("reviewer").open(
        "/admin/"
    )
    assert "Amendments to sign" not in visitor("analyst").open("/admin/")


def test_a_run_that_waits_for_a_second_person_does_not_wait_for_review() -> None:
    waiting()

    assert "No run waits for a review by you." in visitor("reviewer").open("/admin/")


@pytest.mark.parametrize(("answer", "found"), [("yes", 1), ("no", 0)])
def test_the_list_is_narrowed_to_what_waits(answer: str, found: int) -> None:
    waiting()

    page = visitor("auditor").open(address("amendment_changelist"), waiting=answer)

    assert len(page.response.context["cl"].result_list) == found


def test_a_run_of_another_lot_is_retracted_by_two_persons() -> None:
    run = failing_run()

    asked = visitor("analyst").sign(
        address("run_retract", run), belongs_to="EV-26-009", source_document="Bench sheet 4"
    )
    signed = visitor("reviewer").sign(
        address("amendment_sign", Amendment.objects.get()), outcome="confirmed"
    )

    assert "The run counts until a second person has signed." in asked
    assert "Retraction of a run AM-EV-26-001-1" in signed
    assert "⊗ Retracted" in run_page()
    assert "⊗ Retracted counts for nothing" in lot_page()


def test_a_retraction_names_where_the_run_belongs() -> None:
    run = failing_run()

    page = visitor("analyst").sign(
        address("run_retract", run), belongs_to=" ", source_document="Bench sheet 4"
    )

    assert "Name the lot or sample" in page.errors["belongs_to"][0]
    assert page.fields["source_document"] == "Bench sheet 4"


def test_refused_paper_is_retracted_without_another_lot() -> None:
    lot()
    run = paper_result().run
    verified(transcribed("run", run.number), outcome="refused", comment="It says 928")

    asked = visitor("analyst").sign(address("run_retract", run), source_document="Page 12")
    shown = visitor("reviewer").open(address("amendment_sign", Amendment.objects.get()))

    assert "The run counts until a second person has signed." in asked
    assert "its transcription from paper was refused" in shown
    assert "recorded against the wrong lot" not in shown


def test_what_cannot_be_amended_is_a_sentence_with_its_reason() -> None:
    lot()
    run = opened_run()

    saved = visitor("analyst").open(address("run_change", run))

    assert "Correct readings: the run was never submitted." in saved
    assert "Retract: the run was never submitted; a saved run is" in saved
    assert address("run_correct", run) not in saved.html


def test_a_concluded_investigation_ends_corrections() -> None:
    run = failing_run()
    conclude_investigation(
        context(people().quality),
        investigation="INV-EV-26-001-1",
        outcome="confirmed",
        cause="",
        evidence="",
    )

    page = visitor("analyst").open(address("run_change", run))

    assert "Correct readings: investigation INV-EV-26-001-1 is concluded" in page


def test_a_reviewer_returns_a_run_and_the_analyst_answers() -> None:
    lot()
    run = submitted_run().run

    returned = visitor("reviewer").send(address("run_return", run), comment="Dead count blurred")
    home = visitor("analyst").open("/admin/")
    answered = visitor("analyst").send(address("run_submit", run), reason="Counted again: 18")

    assert f"Run {run.number} is returned to its analyst." in returned
    assert "↶ Returned" in returned
    assert f"Runs returned by the reviewer, to be answered 1 {run.number}" in home
    assert "remark: Counted again: 18" in answered
    assert "Dead count blurred" in answered
    assert RunReturn.objects.get().comment == "Dead count blurred"


def test_a_return_says_what_is_to_be_looked_at_and_an_answer_says_something() -> None:
    lot()
    run = submitted_run().run

    empty = visitor("reviewer").send(address("run_return", run), comment=" ")
    return_run(context(people().reviewer), run=run.number, comment="Look again")
    silent = visitor("analyst").send(address("run_submit", run), reason="")

    assert "State what the analyst is to look at" in empty.errors["comment"][0]
    assert "State your answer as the reason." in silent.errors["reason"][0]


def test_a_returned_run_is_not_offered_for_review() -> None:
    lot()
    run = submitted_run().run
    return_run(context(people().reviewer), run=run.number, comment="Look again")

    page = visitor("reviewer").open(address("lot_review", the_lot()))

    assert f"Run {run.number} was returned to its analyst, whose answer is reviewed." in page
    assert "No submitted final result of this lot waits for review." in page


def test_a_run_is_returned_from_the_page_of_the_review() -> None:
    lot()
    run = submitted_run().run

    page = visitor("reviewer").open(address("lot_review", the_lot()))

    assert address("run_return", run) in page.html


def test_the_recorder_reads_that_a_second_person_returns() -> None:
    lot()
    run = submitted_run().run

    page = visitor("analyst").open(address("run_change", run))

    assert "Return to the analyst: it needs a role that may review" in page


def test_a_lot_registered_in_error_is_void_after_two_signatures() -> None:
    lot()

    asked = visitor("analyst").sign(address("lot_void", the_lot()), reason="Number typed wrong")
    page = visitor("quality").sign(
        address("amendment_sign", Amendment.objects.get()), outcome="confirmed"
    )

    assert "The lot is void once a second person has signed." in asked
    assert "is confirmed" in page
    assert "Lot EV-26-001 is void: it was registered in error, signed second on" in lot_page()
    assert "∅ Void" in lot_page()
    assert Lot.objects.get().decision == "void"


def test_a_lot_with_a_submitted_run_is_not_void() -> None:
    lot()
    run = submitted_run().run
    analyst = visitor("analyst")

    page = analyst.open(address("lot_change", the_lot()))
    refused = analyst.sign(address("lot_void", the_lot()))

    assert f"Declare void: run {run.number} is submitted." in page
    assert f"has the submitted run {run.number}" in refused


def test_a_second_voiding_is_not_asked_for() -> None:
    lot()
    void_lot(context(people().analyst), lot="EV-26-001")

    page = lot_page("analyst")

    assert "Declare void: that waits for a second signature already." in page


def test_a_correction_since_the_page_was_opened_is_refused_as_stale() -> None:
    run = failing_run()
    analyst = visitor("analyst")
    stale = str(Lot.objects.get().version - 1)

    page = analyst.sign(address("run_correct", run), lot_version=stale, reading_1="1", **SOURCE)

    assert page.status == 409
    assert "has changed since you opened it" in page


def test_a_corrected_result_is_reviewed_anew() -> None:
    lot()
    run = submitted_run().run
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run.number])
    correct_run(
        context(people().analyst, "Typing slip"),
        run=run.number,
        readings=counted("972"),
        source_document="Notebook 7, page 12",
    )

    page = visitor("reviewer").open(address("lot_review", the_lot()))

    assert "result version 2" in page
    assert "Version 1: ✓ Pass 98.2 % replaced under AM-EV-26-001-1" in page


def test_a_retraction_that_waits_does_not_hide_the_fail() -> None:
    run = failing_run()
    retract_run(
        context(people().analyst),
        run=run.number,
        belongs_to="EV-26-009",
        source_document="Bench sheet 4",
    )

    assert "✕ Fail 9 EU/mL" in lot_page()
    assert "of run EV-26-001-S1-R1 waits for a second signature." in lot_page()


def test_the_page_of_an_amendment_tells_both_signatures() -> None:
    page = visitor("auditor").open(address("amendment_change", confirmed()))

    assert "Signed first Anna Alvarez, 20" in page
    assert "Signed second Rita Romero, 20" in page
    assert "The notebook says 0.09" in page


@pytest.mark.parametrize("how_many", [1, 6])
def test_the_list_of_amendments_takes_as_many_queries_however_long_it_is(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    lot()
    run = submitted_run().run
    for live in range(972, 972 - how_many, -1):
        correct_run(
            context(people().analyst, "Typing slip"),
            run=run.number,
            readings=counted(str(live)),
            source_document="Notebook 7, page 12",
        )
    reader = visitor("auditor")

    with django_assert_max_num_queries(8):
        page = reader.open(address("amendment_changelist"))

    assert len(page.response.context["cl"].result_list) == how_many


@pytest.mark.parametrize("how_many", [1, 4])
def test_a_run_takes_as_many_queries_however_often_it_was_corrected(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    lot()
    run = submitted_run().run
    for live in range(972, 972 - how_many, -1):
        correct_run(
            context(people().analyst, "Typing slip"),
            run=run.number,
            readings=counted(str(live)),
            source_document="Notebook 7, page 12",
        )
    reader = visitor("auditor")

    with django_assert_max_num_queries(25):
        page = reader.open(address("run_change", run))

    assert f"v{how_many + 1} counts" in page


def test_a_print_of_the_lot_carries_the_waiting_version() -> None:
    waiting()

    page = lot_page()

    assert "Counts until a second person signs AM-EV-26-001-1" in page
    assert "Version 2, proposed: ✓ Pass 0.09 EU/mL" in page
    assert Investigation.objects.filter(conclusion__isnull=True).exists()
