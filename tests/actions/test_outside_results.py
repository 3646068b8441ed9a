"""Results of outside laboratories and from paper: the reported value, compared by the reviewer."""

from __future__ import annotations

import json
from uuid import UUID

import pytest

from products.actions.amendments import correct_run
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.domain.calculations import ReadingFacts
from products.domain.errors import InvalidValueError, UnknownReferenceError, WrongStatusError
from products.models import Amendment, Result, Review, ReviewItem, Run
from products.queries.runs import result_in_effect
from tests.outside import (
    outside_result,
    outside_run,
    paper_result,
    reported,
    scan,
    transcribed,
)
from tests.records import STERILITY, VIABILITY, context, counted, lot, people, submitted_run

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY, STERILITY])


def save(run: Run, *readings: ReadingFacts) -> None:
    save_readings(context(people().analyst), run=run.number, readings=readings)


def review(run: Run, key: UUID | None = None) -> Review:
    return review_results(
        context(people().reviewer),
        lot=LOT,
        runs=[run.number],
        compared={} if key is None else {run.number.lower(): key},
    )


def correct(run: Run, *readings: ReadingFacts) -> Amendment:
    return correct_run(
        context(people().analyst),
        run=run.number,
        readings=readings,
        source_document="Report R-2026-118, amended",
    )


def current(run: Run) -> Result:
    found = result_in_effect(run)
    assert found is not None
    return found


def file_of(run: Run) -> UUID:
    report = run.reports.order_by("-sequence").first()
    assert report is not None
    return report.evidence_id


def test_the_reported_value_is_judged() -> None:
    result = outside_result("89.94")

    assert (result.verdict, result.reported) == ("fail", "89.9")


def test_the_laboratory_s_raw_readings_are_not_asked_for() -> None:
    run = outside_run()

    with pytest.raises(InvalidValueError, match="asks for reported"):
        save(run, *counted())
    with pytest.raises(InvalidValueError, match="neither"):
        save(outside_run(STERILITY), ReadingFacts("reported", "sterile"))


def test_without_the_report_nothing_is_submitted() -> None:
    run = outside_run()
    save(run, ReadingFacts("reported", "98.2"))

    with pytest.raises(WrongStatusError, match="signed report first") as refused:
        submit_run(context(people().analyst), run=run.number)

    assert refused.value.code == "report_missing"


def test_the_reviewer_names_the_report_that_the_value_was_compared_with() -> None:
    run = outside_result().run

    made = review(run, file_of(run))

    assert made.items.get().compared_with_id == file_of(run)
    shown = json.loads(bytes(made.signature.content))["shown"]["results"][0]
    assert shown["compared_with"]["id"] == str(file_of(run))
    assert (shown["laboratory"], shown["report"]["number"]) == ("CTL-1", "R-2026-118")


def test_a_transcribed_run_is_not_reviewed_without_its_source() -> None:
    for run in (outside_result().run, paper_result(purpose="information").run):
        with pytest.raises(InvalidValueError, match="were transcribed") as refused:
            review(run)
        assert refused.value.code == "comparison_missing"
    assert not ReviewItem.objects.exists()


def test_the_comparison_is_with_the_report_itself() -> None:
    run = outside_result().run
    other = scan("run", run.number, b"%PDF-1.4 chromatogram")

    with pytest.raises(InvalidValueError, match="from another file") as refused:
        review(run, other)

    assert refused.value.code == "evidence_of_another_record"


def test_a_run_from_paper_is_compared_with_its_scan() -> None:
    run = paper_result().run
    row = transcribed("run", run.number)

    made = review(run, row.evidence_id)

    assert made.items.get().compared_with_id == row.evidence_id


def test_before_its_transcription_a_run_from_paper_is_compared_with_a_file_of_its_lot() -> None:
    run = paper_result().run

    with pytest.raises(InvalidValueError, match="is not attached to"):
        review(run, scan("donor", "D-0042"))
    with pytest.raises(UnknownReferenceError):
        review(run, UUID(int=7))
    assert review(run, scan("lot", LOT)).items.get().compared_with is not None


def test_a_run_made_here_may_be_compared_with_its_print() -> None:
    run = submitted_run().run
    print_out = scan("run", run.number)

    assert review(run, print_out).items.get().compared_with_id == print_out


def test_a_comparison_is_of_a_run_that_is_reviewed() -> None:
    run = submitted_run().run

    with pytest.raises(InvalidValueError, match="nothing is reviewed here"):
        review_results(
            context(people().reviewer),
            lot=LOT,
            runs=[run.number],
            compared={"EV-26-001-S9-R9": UUID(int=7)},
        )


def test_an_amended_report_makes_the_next_version_without_a_changed_value() -> None:
    run = outside_result().run
    reported(run, controls="not_acceptable", evidence=file_of(run))

    amendment = correct(run)

    assert (amendment.needs_second, current(run).verdict) == (False, "invalid")


def test_an_invalid_report_is_made_valid_by_two_persons() -> None:
    run = outside_result().run
    reported(run, controls="not_acceptable", evidence=file_of(run))
    correct(run)
    reported(run, controls="acceptable", evidence=file_of(run))

    amendment = correct(run)

    assert (amendment.needs_second, current(run).verdict) == (True, "invalid")
    sign_second(context(people().quality), amendment=amendment.number, outcome="confirmed")
    assert current(run).verdict == "pass"


def test_an_unchanged_report_corrects_nothing() -> None:
    run = outside_result().run

    with pytest.raises(InvalidValueError, match="would change"):
        correct(run)
