"""Cases from the field that a record system gets wrong easily, by the numbers of the list."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import DatabaseError, connection, transaction

from products.actions.amendments import correct_run
from products.actions.dispositions import release_lot
from products.actions.investigations import conclude_investigation
from products.actions.naming import begin
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import review_results
from products.actions.second_signatures import sign_second
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import InvalidValueError, ReleaseBlockedError, ResultExistsError
from products.models import AuditEntry, Conclusion, Investigation, Lot, Reading, Result, Run
from products.queries.runs import readings_in_effect, result_in_effect
from tests.records import (
    ENDOTOXIN,
    INCUBATION,
    PURITY,
    STERILITY,
    VIABILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    ratio,
    submitted_run,
    time_is,
    value,
    vessels,
)

LOT = "EV-26-001"
START = datetime(2026, 3, 1, 14, 0, tzinfo=UTC)


def grown(role: str) -> Run:
    """A sterility test in which a vessel of that role shows growth."""
    run = opened_run(STERILITY)
    looks = [
        ReadingFacts(
            "growth",
            "growth" if look.role == role else "no growth",
            vessel=look.vessel,
            medium=look.medium,
            role=look.role,
            read_at=look.read_at,
        )
        for look in vessels(run.performed_at)
    ]
    save_readings(context(people().analyst), run=run.number, readings=looks)
    submit_run(context(people().analyst), run=run.number)
    return run


def current(run: Run) -> Result:
    found = result_in_effect(run)
    assert found is not None
    return found


def conclude(run: Run, outcome: str) -> Conclusion:
    return conclude_investigation(
        context(people().quality),
        investigation=run.investigations.get().number,
        outcome=outcome,
        cause="Filter of the isolator torn",
        evidence="DEV-7",
    )


def repeat_of(run: Run) -> Run:
    return opened_run(STERILITY, purpose="repeat", repeats=run.number)


def blocks() -> dict[str, str]:
    """Code and record of what speaks against the lot."""
    return {block["code"]: block["record"] for block in Lot.objects.get(number=LOT).blocks}


@pytest.mark.django_db
def test_edge_case_03_growth_stands_and_no_repeat_is_opened_beside_it() -> None:
    lot(criteria=[STERILITY])
    run = grown("product")

    with pytest.raises(ResultExistsError, match="it stands, and is not repeated"):
        repeat_of(run)

    assert blocks()["result_fails"] == f"run {run.number}"


def test_edge_case_03_a_repeat_that_passes_hides_no_growth(demo_db: str) -> None:
    with time_is(START):
        lot(criteria=[STERILITY], expires="2027-03-01")
        run = grown("product")
        again = submitted_run(STERILITY, purpose="information").run
    after = START + INCUBATION
    with time_is(after):
        save_readings(context(people().analyst), run=again.number, readings=vessels(after))
        assert submit_run(context(people().analyst), run=again.number).verdict == Verdict.PASS

        with pytest.raises(ReleaseBlockedError, match="cannot be released"):
            release_lot(context(people().quality), lot=LOT)

    assert blocks()["result_fails"] == f"run {run.number}"


@pytest.mark.django_db
def test_edge_case_03_a_signed_cause_opens_the_way_to_a_repeat() -> None:
    lot(criteria=[STERILITY])
    run = grown("product")
    conclude(run, "invalidated")

    repeated = repeat_of(run)

    assert repeated.repeats == run
    assert current(run).verdict == Verdict.FAIL


@pytest.mark.django_db
def test_edge_case_04_growth_in_the_negative_control_is_invalid_and_no_oos() -> None:
    lot(criteria=[STERILITY])

    run = grown("negative_control")

    assert current(run).verdict == Verdict.INVALID
    assert Investigation.objects.get().kind == "invalid_assay"
    assert repeat_of(run).repeats == run


@pytest.mark.django_db
def test_edge_case_04_an_invalid_test_is_not_typed_valid_by_its_analyst_alone() -> None:
    lot(criteria=[STERILITY])
    run = grown("negative_control")
    wrong = [row for row in readings_in_effect(run).values() if row.text == "growth"]

    correct_run(
        context(people().analyst),
        run=run.number,
        readings=[
            ReadingFacts(
                "growth",
                "no growth",
                vessel=row.vessel,
                medium=row.medium,
                role=row.role,
                read_at=row.read_at,
            )
            for row in wrong
        ],
        transcription_error=True,
        source_document="Notebook 3",
    )

    assert current(run).verdict == Verdict.INVALID


@pytest.mark.django_db
def test_edge_case_13_a_fail_is_not_averaged_with_runs_that_pass() -> None:
    lot(criteria=[ENDOTOXIN])
    fail = submitted_run(ENDOTOXIN, value("0.30")).run
    for text in ("0.01", "0.02"):
        submitted_run(ENDOTOXIN, value(text), purpose="information")

    assert [result.verdict for result in Result.objects.order_by("recorded_at")] == [
        "fail",
        "pass",
        "pass",
    ]
    assert blocks()["result_fails"] == f"run {fail.number}"


@pytest.mark.django_db
def test_edge_case_13_replicates_are_averaged_only_as_the_method_plans_them() -> None:
    lot(criteria=[PURITY])

    three, four = (
        submitted_run(PURITY, ratio(texts), purpose="information")
        for texts in (["4.9E9", "5.0E9", "5.1E9"], ["4.9E9", "5.0E9", "5.1E9", "9.9E9"])
    )

    assert (three.verdict, four.verdict) == (Verdict.PASS, Verdict.INVALID)


@pytest.mark.django_db
def test_edge_case_14_a_retest_that_passes_leaves_the_fail() -> None:
    lot(criteria=[VIABILITY])
    run = submitted_run(VIABILITY, counted("820", "180")).run
    submitted_run(VIABILITY, purpose="investigation")

    conclude(run, "confirmed")

    assert blocks()["result_fails"] == f"run {run.number}"
    with pytest.raises(ResultExistsError):
        opened_run(VIABILITY, purpose="repeat", repeats=run.number)


@pytest.mark.django_db
def test_edge_case_14_a_retest_waits_for_a_plan() -> None:
    lot(criteria=[VIABILITY])
    submitted_run(VIABILITY, counted("820", "180"))

    with pytest.raises(InvalidValueError, match="retest names its plan"):
        opened_run(VIABILITY, purpose="retest")


@pytest.mark.django_db
def test_edge_case_15_an_outlier_stays_in_the_record_and_goes_by_two_signatures() -> None:
    lot(criteria=[PURITY])
    run = submitted_run(PURITY, ratio(["4.9E9", "5.0E9", "5.1E9", "9.9E9"])).run

    amendment = correct_run(
        context(people().analyst, "Grubbs outlier"),
        run=run.number,
        readings=[],
        removed=[ReadingFacts("particles", "9.9E9", replicate=4)],
        source_document="Outlier test 4",
    )

    assert (amendment.needs_second, current(run).verdict) == (True, Verdict.INVALID)
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="confirmed")
    kept = run.readings.filter(replicate=4, name="particles").order_by("sequence")
    assert list(kept.values_list("text", "removed")) == [("9.9E9", False), ("9.9E9", True)]


@pytest.mark.django_db
def test_edge_case_15_the_database_deletes_no_reading() -> None:
    lot(criteria=[PURITY])
    submitted_run(PURITY)

    with pytest.raises(DatabaseError, match=r"permission denied|history is never changed"):
        _delete_outlier()


@transaction.atomic
def _delete_outlier() -> None:
    begin("run.correct", context(people().analyst))
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM products_reading WHERE text = '5.1E9'")


@pytest.mark.django_db
def test_edge_case_26_a_late_entry_says_why_and_shows_both_times() -> None:
    lot(criteria=[VIABILITY])
    performed = datetime.now(UTC) - timedelta(hours=30)

    with pytest.raises(InvalidValueError) as refused:
        opened_run(performed_at=performed)
    run = opened_run(performed_at=performed, late_reason="Sheet lay in the hood")

    run.refresh_from_db()
    assert refused.value.code == "late_reason_missing"
    assert run.performed_at == performed
    assert run.recorded_at - run.performed_at >= timedelta(hours=30)


@pytest.mark.django_db
def test_edge_case_26_the_future_is_refused_in_whatever_zone() -> None:
    lot(criteria=[VIABILITY])
    ahead = datetime.now(ZoneInfo("Asia/Tokyo")) + timedelta(minutes=5)

    with pytest.raises(InvalidValueError) as refused:
        opened_run(performed_at=ahead, performed_zone="Asia/Tokyo")

    assert refused.value.code == "in_future"


@pytest.mark.django_db
def test_edge_case_27_a_wrong_entry_is_corrected_beside_the_old_one() -> None:
    lot(criteria=[VIABILITY])
    run = submitted_run(VIABILITY, counted("950", "50")).run
    review_results(context(people().reviewer), lot=LOT, runs=[run.number])

    correct_run(
        context(people().analyst, "Read 905 as 950"),
        run=run.number,
        readings=counted("905", "95"),
        source_document="Notebook 12",
    )

    versions = run.results.order_by("version").values_list("reported", "reason", "submitted_by")
    assert [row[0] for row in versions] == ["95.0", "90.5"]
    assert list(versions)[1][1:] == ("Read 905 as 950", people().analyst.pk)
    assert set(run.readings.values_list("text", flat=True)) == {"950", "50", "905", "95"}
    assert AuditEntry.objects.filter(action="run.correct", record_table="products_reading").exists()


@pytest.mark.django_db
def test_edge_case_27_a_bulk_repair_by_sql_is_refused() -> None:
    lot(criteria=[VIABILITY])
    submitted_run(VIABILITY, counted("820", "180"))

    for model, field in ((Reading, "text"), (Result, "verdict")):
        with pytest.raises(DatabaseError, match=r"permission denied|history is never changed"):
            _overwrite(model, field)


@transaction.atomic
def _overwrite(model: type[Reading | Result], field: str) -> None:
    begin("run.correct", context(people().analyst))
    model.objects.update(**{field: "pass"})
