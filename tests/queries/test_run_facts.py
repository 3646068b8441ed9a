"""The facts of runs: each test changes one record, and sees the one fact that it changes."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from products.actions.amendments import correct_run
from products.actions.equipment import recall_media
from products.actions.investigations import conclude_investigation
from products.actions.readings import save_readings, submit_run
from products.actions.retractions import retract_run
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.domain.criteria import Verdict
from products.domain.facts import MediaFacts, TrainingFacts
from products.domain.results import RunState
from products.models import (
    Amendment,
    Criterion,
    Rejudgement,
    Result,
    Run,
    SpecificationChange,
    SpecificationVersion,
)
from products.queries.evidence import criteria_counted_for
from products.queries.runs import recorders_of
from tests.outside import (
    SCAN,
    go_live,
    outside_result,
    paper_result,
    qualified,
    reported,
    scan,
    transcribed,
    verified,
)
from tests.queries.facts import NUMBER, facts, recorded, run_of
from tests.queries.test_lot_facts import bound_to, version_two
from tests.records import (
    VIABILITY,
    YEAR,
    ZONE,
    calibrated,
    context,
    counted,
    lot,
    media_lot,
    opened_run,
    people,
    submitted_run,
    today,
    trained,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY])


def failing() -> Run:
    return submitted_run(VIABILITY, counted("820", "180")).run


def corrected(run: Run, live: str = "982", **changes: Any) -> Amendment:
    stated: dict[str, Any] = {
        "readings": counted(live, str(1000 - int(live))),
        "source_document": "Notebook 12, page 34",
    } | changes
    return correct_run(context(people().analyst), run=run.number, **stated)


def second(amendment: Amendment, outcome: str = "confirmed") -> None:
    comment = "The notebook says 820" if outcome == "refused" else ""
    sign_second(
        context(people().reviewer), amendment=amendment.number, outcome=outcome, comment=comment
    )


def rejudged(
    change: SpecificationChange, result: Result, verdict: str = "pass", **changes: Any
) -> None:
    criterion = Criterion.objects.get(specification=change.to_version, code=VIABILITY.code)
    stated: dict[str, Any] = {
        "verdict": verdict,
        "reported": "82",
        "unit": "%",
        "explanation": "Judged again",
    } | changes
    recorded(Rejudgement(change=change, result=result, criterion=criterion, **stated))


def test_an_open_run_has_no_result() -> None:
    opened_run()

    run = run_of()

    assert (run.result_id, run.verdict, run.result_version) == (None, Verdict.PENDING, 0)
    assert (run.first_submitted_at, run.details, run.original_verdict) == (None, (), None)


def test_a_result_comes_with_its_calculation() -> None:
    result = submitted_run()

    run = run_of()

    assert (run.formula, run.verdict, run.reported) == ("viability", Verdict.PASS, "98.2")
    assert run.details == tuple(tuple(pair) for pair in result.details) != ()
    assert run.first_submitted_at == Result.objects.get().recorded_at


def test_the_performer_is_named() -> None:
    submitted_run()

    run = run_of()

    assert (run.performed_by, run.performed_by_name) == (
        str(people().analyst.person_id),
        "Anna Alvarez",
    )


def test_a_correction_that_waits_changes_nothing_but_says_so() -> None:
    failed = failing()
    before = run_of()

    amendment = corrected(failed)

    assert run_of() == replace(before, pending_amendment=amendment.number)


def test_a_confirmed_correction_is_in_effect_and_its_confirmer_known() -> None:
    amendment = corrected(failing())

    second(amendment)

    run = run_of()
    assert (run.result_version, run.verdict, run.pending_amendment) == (2, Verdict.PASS, "")
    assert run.confirmers == {str(people().reviewer.person_id)}


def test_a_refused_correction_never_counts_and_its_refuser_is_known() -> None:
    amendment = corrected(failing())

    second(amendment, "refused")

    run = run_of()
    assert (run.result_version, run.verdict, run.pending_amendment) == (1, Verdict.FAIL, "")
    assert run.confirmers == {str(people().reviewer.person_id)}


def test_a_correction_that_needs_no_second_signature_counts_at_once() -> None:
    corrected(submitted_run().run, "950", transcription_error=True)

    run = run_of()

    assert (run.result_version, run.reported, run.pending_amendment) == (2, "95.0", "")


def test_a_retraction_waits_then_sets_the_run_aside_and_keeps_it_listed() -> None:
    made = submitted_run().run
    amendment = retract_run(
        context(people().analyst),
        run=made.number,
        belongs_to="EV-26-002",
        source_document="Notebook 12, page 34",
    )
    waiting = run_of()

    second(amendment)

    assert (waiting.state, waiting.pending_amendment) == (RunState.SUBMITTED, amendment.number)
    assert (run_of().state, run_of().pending_amendment) == (RunState.RETRACTED, "")


def test_a_returned_run_says_so() -> None:
    made = submitted_run().run

    return_run(context(people().reviewer), run=made.number, comment="Look again")

    assert run_of().state is RunState.RETURNED


def test_a_review_is_of_exactly_the_version_in_effect() -> None:
    made = submitted_run().run
    review_results(context(people().reviewer), lot=NUMBER, runs=[made.number])
    reviewed = run_of()

    corrected(made, "950")

    assert (reviewed.reviewed_by, reviewed.reviewer_name) == (
        str(people().reviewer.person_id),
        "Rita Romero",
    )
    assert (run_of().reviewed_by, run_of().reviewed_at) == (None, None)


def test_a_signed_conclusion_invalidates_the_result() -> None:
    failing()
    (investigation,) = facts().investigations

    conclude_investigation(
        context(people().quality),
        investigation=investigation.number,
        outcome="invalidated",
        cause="Pipette out of calibration",
        evidence="CAL-9",
    )

    assert run_of().invalidated


def test_recorders_are_those_by_whom_the_database_refuses() -> None:
    made = opened_run(by=people().analyst)
    save_readings(context(people().analyst2), run=made.number, readings=counted("820", "180"))
    submit_run(context(people().analyst), run=made.number)
    correct_run(
        context(people().analyst2),
        run=made.number,
        readings=counted(),
        source_document="Notebook 12",
    )

    run = run_of()

    assert run.recorders == {str(person) for person in recorders_of(made)}
    assert run.recorder_names == ("Anna Alvarez", "Ben Baker")


def test_who_recorded_the_report_of_a_laboratory_is_a_recorder() -> None:
    made = outside_result().run
    reported(
        made,
        by=people().analyst2,
        report_number="R-2026-118a",
        evidence=scan("run", made.number, SCAN + b"second"),
    )

    run = run_of()

    assert run.recorders == {str(person) for person in recorders_of(made)}
    assert "Ben Baker" in run.recorder_names


def test_who_transcribed_a_run_is_a_recorder() -> None:
    made = paper_result().run
    transcribed("run", made.number, by=people().analyst2)

    run = run_of()

    assert run.recorders == {str(person) for person in recorders_of(made)}
    assert "Ben Baker" in run.recorder_names


def test_training_is_that_of_the_performer_for_the_version() -> None:
    made = submitted_run().run
    known = run_of().training
    added = trained(people().analyst, made.method_version, valid_until=today(), document="TRN-0008")
    trained(people().analyst2, made.method_version, document="TRN-0009")

    training = run_of().training

    assert [item.document for item in known] == ["TRN-0007"]
    assert training[1:] == (
        TrainingFacts(str(added.pk), today() - YEAR, today(), "TRN-0008", "Quentin Quality"),
    )


def test_an_instrument_comes_with_every_calibration() -> None:
    submitted_run()
    failed = calibrated(
        calibrated_on=today(),
        valid_until=today(),
        outcome="failed",
        unreliable_since=today() - timedelta(days=3),
    )

    instrument = run_of().instrument

    assert instrument is not None
    assert (instrument.code, len(instrument.calibrations)) == ("NTA-7", 2)
    latest = next(item for item in instrument.calibrations if item.id == str(failed.pk))
    assert (latest.outcome, latest.unreliable_since) == ("failed", today() - timedelta(days=3))


def test_a_media_lot_is_known_with_the_reason_of_its_recall() -> None:
    used = media_lot()
    opened_run(media=[("FTM", "M-1")])
    known = run_of().media

    recall_media(
        context(people().analyst, "Did not promote growth"),
        material="FTM",
        number="M-1",
        document="RC-1",
    )

    expected = MediaFacts(str(used.pk), "FTM", "M-1", used.expires_on, "")
    assert known == (expected,)
    assert run_of().media == (replace(expected, recalled="Did not promote growth"),)


def test_a_run_without_media_names_none() -> None:
    media_lot()
    opened_run()

    assert run_of().media == ()


def test_an_outside_run_has_its_laboratory_with_the_latest_qualification() -> None:
    outside_result()
    qualified(qualified_until=today(), document="QAG-004")

    laboratory = run_of().laboratory

    assert laboratory is not None
    assert (laboratory.code, laboratory.name) == ("CTL-1", "Contract Test Lab")
    assert (laboratory.qualified_from, laboratory.qualified_until) == (today() - YEAR, today())
    assert (laboratory.document, laboratory.signed_by) == ("QAG-004", "Quentin Quality")


def test_the_latest_report_counts() -> None:
    made = outside_result().run
    first = run_of().report
    reported(
        made,
        report_number="R-2026-119",
        controls="not_stated",
        evidence=scan("run", made.number, SCAN + b"second"),
    )

    report = run_of().report

    assert first is not None
    assert report is not None
    assert (first.number, first.controls) == ("R-2026-118", "acceptable")
    assert (report.number, report.controls) == ("R-2026-119", "not_stated")
    assert report.evidence != first.evidence
    assert len(report.evidence) == 64


def test_the_file_that_a_reviewer_compared_with_is_known_by_its_hash() -> None:
    made = outside_result().run
    report = run_of().report
    assert report is not None

    review_results(
        context(people().reviewer),
        lot=NUMBER,
        runs=[made.number],
        compared={made.number: made.reports.get().evidence_id},
    )

    assert run_of().compared_with == report.evidence


def test_paper_is_known_by_its_scan_and_by_who_verified_it() -> None:
    made = paper_result().run
    row = transcribed("run", made.number)
    waiting = run_of().paper

    verified(row)

    paper = run_of().paper
    assert waiting is not None
    assert (waiting.number, waiting.signatory, waiting.verified_by) == ("TR-1", "P. Pfeiffer", "")
    assert paper == replace(
        waiting, verified_by=str(people().reviewer.person_id), verifier_name="Rita Romero"
    )
    assert (waiting.go_live_on, run_of().from_paper) == (today(), True)


def test_a_refused_transcription_is_verified_by_nobody() -> None:
    row = transcribed("run", paper_result().run.number)

    verified(row, outcome="refused", comment="The scan says 92.8")

    paper = run_of().paper
    assert paper is not None
    assert paper.verified_by == ""


def test_a_method_from_paper_counts_from_the_day_on_its_original() -> None:
    submitted_run()
    go_live()
    original = today() - timedelta(days=40)
    row = transcribed("method", "VIA-01 v1", dated_on=original)
    waiting = run_of().method_approved_at

    verified(row)

    assert run_of().method_approved_at == datetime.combine(original, time(), ZoneInfo(ZONE))
    assert waiting is not None
    assert waiting > datetime.combine(today(), time(), ZoneInfo(ZONE)) - timedelta(days=1)


def test_a_run_counts_for_the_criterion_of_the_version_that_its_lot_is_bound_to() -> None:
    submitted_run()
    before = run_of()

    change = bound_to(version_two(lower="80.0"))

    now = Criterion.objects.get(specification=change.to_version)
    assert before.criterion_id != str(now.pk)
    assert (run_of().criterion_id, run_of().criterion_code) == (str(now.pk), VIABILITY.code)


def test_a_criterion_that_the_new_version_does_not_have_is_kept() -> None:
    submitted_run()
    before = run_of()

    bound_to(version_two(code="viability-2"))

    assert run_of() == before


def test_which_criterion_of_a_version_a_run_counts_for_is_told_by_code_and_method() -> None:
    runs = [submitted_run().run, opened_run(code="", method="VIA-01", purpose="information")]

    for version, counts in (
        (SpecificationVersion.objects.get(), True),
        (version_two(lower="80.0"), True),
        (version_two(code="viability-2"), False),
    ):
        (criterion,) = criteria = Criterion.objects.filter(specification=version)
        assert criteria_counted_for(runs, criteria) == [criterion.pk if counts else None, None]


def test_a_result_judged_again_keeps_both_verdicts() -> None:
    result = submitted_run(VIABILITY, counted("820", "180"))
    change = bound_to(version_two(lower="80"))

    rejudged(change, result)

    run = run_of()
    assert (run.verdict, run.original_verdict) == (Verdict.PASS, Verdict.FAIL)
    assert (run.reported, run.reason, run.raw_text) == ("82", "Judged again", result.raw_text)


def test_a_fail_under_any_earlier_version_is_not_forgotten() -> None:
    result = submitted_run()
    rejudged(bound_to(version_two(lower="99.0")), result, "fail")
    rejudged(bound_to(version_two(lower="80.0"), number=2), result, "pass")

    run = run_of()

    assert (run.verdict, run.original_verdict) == (Verdict.PASS, Verdict.FAIL)


def test_a_result_that_was_not_judged_again_decides_nothing() -> None:
    submitted_run()

    bound_to(version_two(lower="80.0"))

    run = run_of()
    assert (run.verdict, run.original_verdict) == (Verdict.INDETERMINATE, Verdict.PASS)


def test_a_fail_that_was_not_judged_again_stays_a_fail() -> None:
    failing()

    bound_to(version_two(lower="80.0"))

    assert (run_of().verdict, run_of().original_verdict) == (Verdict.FAIL, None)


def test_a_result_recorded_after_the_change_was_judged_by_the_new_version() -> None:
    made = opened_run()
    bound_to(version_two(lower="80"))
    save_readings(context(people().analyst), run=made.number, readings=counted("820", "180"))
    submit_run(context(people().analyst), run=made.number)

    run = run_of()
    assert (run.verdict, run.original_verdict, run.reported) == (Verdict.PASS, None, "82")
