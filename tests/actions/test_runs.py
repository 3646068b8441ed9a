"""Runs: what is refused when one is opened, and how its readings are kept."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from products.actions.dispositions import reject_lot
from products.actions.investigations import conclude_investigation, open_investigation
from products.actions.laboratories import register_laboratory
from products.actions.methods import draft_method_version, retire_method_version
from products.actions.readings import save_readings, submit_run
from products.actions.retractions import void_lot
from products.actions.reviews import review_results
from products.actions.runs import discard_run
from products.actions.second_signatures import sign_second
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Criterion
from products.domain.errors import (
    ConflictError,
    DomainError,
    InvalidValueError,
    NotPermittedError,
    ResultExistsError,
    SeparationOfDutiesError,
    StaleVersionError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Role
from products.domain.worksheets import RunSeen
from products.models import AuditEntry, Investigation, Lot, Reading, Run
from tests.outside import go_live, laboratory, outside_run
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    UNPROVEN_ENDOTOXIN,
    VIABILITY,
    ZONE,
    context,
    counted,
    instrument,
    lot,
    media_lot,
    now,
    opened_run,
    people,
    sample,
    second_account,
    submitted_run,
    supports,
    today,
    value,
    vessels,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN, STERILITY])


def test_a_run_is_numbered_after_its_sample_and_names_its_media_lots() -> None:
    medium = media_lot("FTM", "M-1")

    run = opened_run(STERILITY, media=[("ftm", "m-1")])

    assert run.number == "EV-26-001-S1-R1"
    assert [link.media_lot for link in run.media_links.all()] == [medium]


@pytest.mark.parametrize(
    ("changes", "error", "field", "said"),
    [
        ({"sample": "EV-99-S1"}, UnknownReferenceError, "sample", "There is no sample"),
        ({"instrument": "NTA-99"}, UnknownReferenceError, "instrument", "no instrument"),
        ({"instrument": " "}, InvalidValueError, "instrument", "Name the instrument, or the out"),
        ({"laboratory": "CTL-9"}, UnknownReferenceError, "laboratory", "no outside laboratory"),
        ({"media": [("FTM", "9")]}, UnknownReferenceError, "media", "no media lot"),
        ({"code": "colour"}, UnknownReferenceError, "criterion", "It has: viability, endo"),
        ({"code": "", "method": "X"}, UnknownReferenceError, "method", "no method"),
        ({"code": ""}, InvalidValueError, "criterion", "Name the criterion"),
        ({"method": "END-01"}, InvalidValueError, "method", "not by END-01"),
        ({"method_version": 9}, UnknownReferenceError, "method", "has no version 9"),
        ({"purpose": "fun"}, InvalidValueError, "purpose", "is not one of"),
        ({"purpose": "retest"}, InvalidValueError, "purpose", "retest"),
        ({"purpose": "repeat"}, InvalidValueError, "repeats", "names the invalid run"),
        ({"performed_zone": "Mars/Base"}, InvalidValueError, "performed_zone", "no time zone"),
        ({"repeats": "EV-26-001-S9-R9"}, UnknownReferenceError, "repeats", "There is no run"),
    ],
)
def test_a_run_that_names_something_unknown_or_contradictory_is_refused(
    changes: dict[str, Any], error: type[DomainError], field: str, said: str
) -> None:
    with pytest.raises(error, match=said) as refused:
        opened_run(**changes)

    assert refused.value.field == field
    assert not Run.objects.exists()


def test_a_run_of_purpose_release_without_a_criterion_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="names the criterion") as refused:
        opened_run(code="", method="VIA-01")

    assert refused.value.field == "criterion"


def test_the_time_performed_is_not_in_the_future() -> None:
    with pytest.raises(InvalidValueError, match="lies in the future") as refused:
        opened_run(performed_at=now() + timedelta(minutes=2))

    assert (refused.value.code, refused.value.field) == ("in_future", "performed_at")


def test_the_time_performed_names_its_zone() -> None:
    with pytest.raises(InvalidValueError, match="needs a time zone") as refused:
        opened_run(performed_at=datetime(2026, 1, 1))  # noqa: DTZ001  # the fault

    assert refused.value.code == "zone_missing"


def test_a_run_entered_more_than_a_day_late_says_why() -> None:
    performed_at = now() - timedelta(hours=25)

    with pytest.raises(InvalidValueError, match="entered late"):
        opened_run(performed_at=performed_at)
    run = opened_run(performed_at=performed_at, late_reason="Network was down")

    assert run.late_reason == "Network was down"


def test_a_reason_is_kept_only_where_the_entry_is_late() -> None:
    run = opened_run(late_reason="No need")

    assert run.late_reason == ""


def test_a_second_run_of_purpose_release_is_refused_while_the_first_stands() -> None:
    first = submitted_run()

    with pytest.raises(ResultExistsError, match=f"has run {first.run.number} already") as refused:
        opened_run()

    assert refused.value.code == "result_exists"


def test_a_run_that_is_only_saved_stands_too() -> None:
    opened_run()

    with pytest.raises(ResultExistsError):
        opened_run()


def test_the_same_measurement_may_be_recorded_for_information() -> None:
    submitted_run()

    assert submitted_run(purpose="information").verdict == "pass"


def test_an_invalid_run_may_be_repeated_by_naming_it() -> None:
    invalid = submitted_run(readings=counted("0", "0"))

    repeat = submitted_run(purpose="repeat", repeats=invalid.run.number)

    assert (invalid.verdict, repeat.verdict) == ("invalid", "pass")
    assert repeat.run.repeats == invalid.run


def test_a_run_that_stands_is_not_repeated() -> None:
    failing = submitted_run(readings=counted("10", "90"))

    with pytest.raises(ResultExistsError, match="neither invalid nor invalidated"):
        opened_run(purpose="repeat", repeats=failing.run.number)


def test_a_failing_run_may_be_repeated_once_its_result_is_invalidated() -> None:
    failing = submitted_run(readings=counted("10", "90"))
    conclude_investigation(
        context(people().quality),
        investigation=Investigation.objects.get().number,
        outcome="invalidated",
        cause="Dye past its expiry",
        evidence="DEV-7",
    )

    repeat = submitted_run(purpose="repeat", repeats=failing.run.number)

    assert repeat.verdict == "pass"


def test_a_repeat_names_a_run_of_its_own_criterion() -> None:
    other = submitted_run(ENDOTOXIN, readings=value("0.3"))

    with pytest.raises(InvalidValueError, match="is not a run of criterion viability"):
        opened_run(purpose="repeat", repeats=other.run.number)


def test_only_a_repeat_names_a_run_that_it_repeats() -> None:
    invalid = submitted_run(readings=counted("0", "0"))

    with pytest.raises(InvalidValueError, match="Only a repeat"):
        opened_run(purpose="release", repeats=invalid.run.number)


def test_a_discarded_run_makes_room_and_stays_listed_with_its_reason() -> None:
    run = opened_run()

    discard_run(context(people().analyst, "Wrong vial"), run=run.number)

    assert opened_run().number != run.number
    run.refresh_from_db()
    assert (run.state, run.discard_reason) == ("discarded", "Wrong vial")


def test_an_outside_laboratory_stands_in_place_of_the_instrument() -> None:
    run = outside_run()

    run.refresh_from_db()
    assert (run.laboratory, run.instrument, run.from_paper) == (laboratory(), None, False)


def test_an_unqualified_laboratory_is_recorded_and_blocks() -> None:
    register_laboratory(context(people().analyst), code="CTL-2", name="New Lab", address="Basel")

    run = opened_run(laboratory="CTL-2")

    assert run.laboratory is not None
    assert not run.laboratory.qualifications.exists()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"instrument": "NTA-7"}, "not on an instrument of this house"),
        ({"from_paper": True}, "not on paper of this house"),
    ],
)
def test_a_run_of_an_outside_laboratory_rests_on_its_report_alone(
    changes: dict[str, Any], said: str
) -> None:
    instrument()

    with pytest.raises(InvalidValueError, match=said) as refused:
        outside_run(**changes)

    assert refused.value.field == "laboratory"


def test_a_run_from_paper_needs_no_instrument_and_says_why_it_is_late() -> None:
    go_live()

    run = opened_run(from_paper=True, performed_at=now() - timedelta(days=3), late_reason="Mine")

    assert (run.from_paper, run.instrument) == (True, None)
    assert run.late_reason == "Transcribed from paper"


def test_a_run_from_paper_may_name_the_instrument_of_the_house() -> None:
    go_live()

    run = opened_run(
        from_paper=True, performed_at=now() - timedelta(days=3), instrument=instrument().code
    )

    assert run.instrument == instrument()


def test_without_a_go_live_date_no_run_is_from_paper() -> None:
    with pytest.raises(ConflictError, match="no signed go-live date") as refused:
        opened_run(from_paper=True, performed_at=now() - timedelta(days=3))

    assert refused.value.code == "go_live_missing"


def test_a_run_performed_after_the_go_live_date_is_not_from_paper() -> None:
    go_live(today() - timedelta(days=5))

    with pytest.raises(InvalidValueError, match="records here since") as refused:
        opened_run(from_paper=True, performed_at=now() - timedelta(days=3))

    assert (refused.value.code, refused.value.field) == ("not_before_go_live", "performed_at")


def test_on_paper_may_stand_a_method_version_that_was_retired_since() -> None:
    go_live()
    retire_method_version(context(people().quality), method="VIA-01", version=1)

    run = opened_run(from_paper=True, performed_at=now() - timedelta(days=3), method_version=1)

    assert run.method_version.version == 1
    with pytest.raises(InvalidValueError, match="is retired"):
        opened_run(method_version=1, purpose="information")


def test_on_paper_stands_no_draft_of_a_method() -> None:
    go_live()
    draft_method_version(
        context(people().analyst), method="VIA-01", document="S", formula="viability", unit="%"
    )

    with pytest.raises(InvalidValueError, match="version 2 is draft"):
        opened_run(from_paper=True, performed_at=now() - timedelta(days=3), method_version=2)


def test_a_rejected_lot_takes_runs_of_other_purposes_only() -> None:
    reject_lot(context(people().quality), lot="EV-26-001")

    with pytest.raises(WrongStatusError, match="is rejected, which is final"):
        opened_run()

    assert opened_run(purpose="information").purpose == "information"


@pytest.mark.parametrize("purpose", ["release", "information"])
def test_a_void_lot_takes_no_run(purpose: str) -> None:
    number = sample().number
    amendment = void_lot(context(people().quality), lot="EV-26-001")
    sign_second(context(people().quality2), amendment=amendment.number, outcome="confirmed")

    with pytest.raises(WrongStatusError, match="was declared void"):
        opened_run(sample=number, purpose=purpose)


def test_discarding_needs_a_reason() -> None:
    run = opened_run()

    with pytest.raises(InvalidValueError, match="State why"):
        discard_run(context(people().analyst, "  "), run=run.number)


def test_a_submitted_run_is_not_discarded() -> None:
    result = submitted_run()

    with pytest.raises(WrongStatusError, match="only a saved run"):
        discard_run(context(people().analyst), run=result.run.number)


def test_a_discarded_run_takes_no_readings() -> None:
    run = opened_run()
    discard_run(context(people().analyst, "Wrong vial"), run=run.number)

    with pytest.raises(WrongStatusError, match="was discarded: Wrong vial"):
        save_readings(context(people().analyst), run=run.number, readings=counted())


def test_saving_judges_nothing_and_opens_no_investigation() -> None:
    run = opened_run()

    save_readings(context(people().analyst), run=run.number, readings=counted("1", "99"))

    assert not run.results.exists()
    assert not Investigation.objects.exists()


def test_a_changed_reading_is_kept_beside_the_earlier_one() -> None:
    run = opened_run()
    save_readings(context(people().analyst), run=run.number, readings=counted("98", "2"))

    save_readings(context(people().analyst), run=run.number, readings=counted("97", "2"))

    assert list(run.readings.values_list("name", "text")) == [
        ("live", "98"),
        ("dead", "2"),
        ("live", "97"),
    ]
    assert submit_run(context(people().analyst), run=run.number).raw_text.startswith("97.97")


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (ReadingFacts("live", "many"), "many"),
        (ReadingFacts("live", "1,5"), "1,5"),
        (ReadingFacts("live", ""), "is not a number"),
        (ReadingFacts("live", "9\x00"), "x00"),
        (ReadingFacts("ghosts", "3"), "there is no reading 'ghosts'"),
        (ReadingFacts("live", "3", unit="furlong"), "furlong"),
    ],
)
def test_a_reading_that_the_method_cannot_hold_is_refused(reading: ReadingFacts, said: str) -> None:
    run = opened_run()

    with pytest.raises(InvalidValueError, match=said):
        save_readings(context(people().analyst), run=run.number, readings=[reading])

    assert not Reading.objects.exists()


VESSEL = ReadingFacts("growth", "no growth", vessel="F1", medium="FTM", role="product")


@pytest.mark.parametrize(
    ("reading", "said"),
    [
        (VESSEL, "the time it was read"),
        (replace(VESSEL, read_at=datetime.max.replace(tzinfo=UTC)), "future"),
        (replace(VESSEL, read_at=datetime(2020, 1, 1, tzinfo=UTC)), "before its incubation"),
        (replace(VESSEL, medium="", read_at=datetime(2020, 1, 1, tzinfo=UTC)), "names its vessel"),
    ],
)
def test_a_culture_reading_names_vessel_medium_role_and_a_possible_time(
    reading: ReadingFacts, said: str
) -> None:
    run = opened_run(STERILITY)

    with pytest.raises(InvalidValueError, match=said):
        save_readings(context(people().analyst), run=run.number, readings=[reading])


def test_the_latest_supporting_record_of_a_kind_counts() -> None:
    run = opened_run(STERILITY)
    first, *_ = supports()
    save_readings(
        context(people().analyst),
        run=run.number,
        readings=[],
        supports=[replace(first, outcome="")],
    )

    save_readings(context(people().analyst), run=run.number, readings=[], supports=[first])

    assert list(run.supports.values_list("sequence", "outcome")) == [(1, ""), (2, "passed")]


def test_a_paper_that_came_late_clears_the_block_of_a_final_result(failed_sterility: Run) -> None:
    assert "growth_promotion_missing" in _codes()

    save_readings(
        context(people().analyst),
        run=failed_sterility.number,
        readings=[],
        supports=supports(),
    )

    assert not {"growth_promotion_missing", "suitability_missing"} & set(_codes())


def test_who_reviewed_a_result_records_nothing_of_it(failed_sterility: Run) -> None:
    review_results(context(people().reviewer), lot="EV-26-001", runs=[failed_sterility.number])
    own = second_account(people().reviewer, "rita-analyst", Role.ANALYST)

    with pytest.raises(SeparationOfDutiesError, match="Rita Romero reviewed run"):
        save_readings(context(own), run=failed_sterility.number, readings=[], supports=supports())


def _codes() -> list[str]:
    return [block["code"] for block in Lot.objects.get(number="EV-26-001").blocks]


@pytest.fixture
def failed_sterility() -> Run:
    """A sterility run that failed, without a paper on its media or method."""
    run = opened_run(STERILITY)
    save_readings(
        context(people().analyst), run=run.number, readings=vessels(run.performed_at, "growth")
    )
    submit_run(context(people().analyst), run=run.number)
    return run


def test_an_unknown_support_outcome_is_refused() -> None:
    run = opened_run(STERILITY)
    first, *_ = supports()

    with pytest.raises(InvalidValueError, match="Outcome"):
        save_readings(
            context(people().analyst),
            run=run.number,
            readings=[],
            supports=[replace(first, outcome="yes, all fine")],
        )


def test_a_run_without_readings_is_not_submitted() -> None:
    run = opened_run()

    with pytest.raises(WrongStatusError, match="has no readings"):
        submit_run(context(people().analyst), run=run.number)


def test_an_account_without_a_person_performs_nothing() -> None:
    run = opened_run()
    save_readings(context(people().analyst), run=run.number, readings=counted())
    robot = people().analyst
    robot.person = None

    with pytest.raises(NotPermittedError, match="belongs to none"):
        submit_run(context(robot), run=run.number)


def test_a_reviewer_records_nothing() -> None:
    with pytest.raises(NotPermittedError, match="Reviewer"):
        opened_run(by=people().reviewer)


def test_a_final_result_takes_no_more_readings_and_no_second_submission() -> None:
    result = submitted_run()

    with pytest.raises(WrongStatusError, match="is final"):
        save_readings(context(people().analyst), run=result.run.number, readings=counted("1", "0"))
    with pytest.raises(WrongStatusError, match="is final"):
        submit_run(context(people().analyst), run=result.run.number)


def test_the_person_who_submits_performed_the_run() -> None:
    run = opened_run()
    save_readings(context(people().analyst), run=run.number, readings=counted())

    result = submit_run(context(people().analyst2), run=run.number)

    run.refresh_from_db()
    assert result.performed_by == run.performed_by == people().analyst2.person


@pytest.mark.parametrize(
    ("readings", "kind"), [(counted("10", "90"), "oos"), (counted("0", "0"), "invalid_assay")]
)
def test_a_submitted_fail_or_invalid_run_opens_an_investigation(
    readings: list[ReadingFacts], kind: str
) -> None:
    result = submitted_run(readings=readings)

    opened = Investigation.objects.get()
    assert (opened.kind, opened.result, opened.number) == (kind, result, "INV-EV-26-001-1")


def test_a_fail_for_information_opens_an_investigation_too() -> None:
    submitted_run(purpose="information", readings=counted("10", "90"))

    assert Investigation.objects.get().kind == "oos"


def test_a_run_without_a_criterion_is_reported_and_not_judged() -> None:
    drawn = sample()

    result = submitted_run(code="", method="VIA-01", purpose="information", sample=drawn.number)

    assert (result.verdict, result.run.criterion) == ("report_only", None)


def test_quality_may_open_an_investigation_of_a_result_that_cannot_be_compared() -> None:
    result = submitted_run(ENDOTOXIN, readings=value("2.0", "[EU]"))
    assert result.verdict == "not_comparable"

    opened = open_investigation(context(people().quality, "Unit slip"), run=result.run.number)
    conclude_investigation(
        context(people().quality),
        investigation=opened.number,
        outcome="invalidated",
        cause="Unit typed without its denominator",
        evidence="Notebook 12, page 4",
    )

    repeat = submitted_run(ENDOTOXIN, purpose="repeat", repeats=result.run.number)
    assert (opened.kind, repeat.verdict) == ("deviation", "pass")


def test_an_investigation_by_hand_needs_a_result_a_reason_and_no_other() -> None:
    run = opened_run()
    with pytest.raises(WrongStatusError, match="never submitted"):
        open_investigation(context(people().quality), run=run.number)
    save_readings(context(people().analyst), run=run.number, readings=counted("1", "99"))
    submit_run(context(people().analyst), run=run.number)

    with pytest.raises(InvalidValueError, match="State what"):
        open_investigation(context(people().quality, ""), run=run.number)
    with pytest.raises(DomainError, match="has an investigation already"):
        open_investigation(context(people().quality), run=run.number)


def test_every_reading_stands_in_the_trail_of_its_lot() -> None:
    result = submitted_run()

    entries = AuditEntry.objects.filter(
        record_table="products_reading", lots__contains=[result.run.lot_id]
    )
    assert set(entries.values_list("after__text", flat=True)) == {"982", "18"}
    assert {entry.action for entry in entries} == {"run.save"}


def test_opening_a_run_on_a_sample_zone_keeps_the_instant() -> None:
    run = opened_run()

    run.refresh_from_db()
    assert run.performed_at.tzinfo is UTC
    assert run.performed_zone == ZONE


@pytest.mark.parametrize(
    ("criterion", "blocks"), [(ENDOTOXIN, set()), (UNPROVEN_ENDOTOXIN, {"endotoxin_unproven"})]
)
def test_an_endotoxin_value_counts_only_with_what_shows_the_test_to_be_valid(
    criterion: Criterion, blocks: set[str]
) -> None:
    lot("EV-26-002", criteria=[criterion])
    readings = None if criterion is ENDOTOXIN else [ReadingFacts("value", "<0.05")]

    submitted_run(criterion, readings, lot="EV-26-002")

    found = Lot.objects.get(number="EV-26-002").blocks
    assert {block["code"] for block in found} == blocks | {"review_missing"}


def test_readings_are_refused_of_a_run_that_changed_since_it_was_seen() -> None:
    run = opened_run()
    analyst = context(people().analyst)
    [live, dead] = counted()
    save_readings(analyst, run=run.number, readings=[live], seen=RunSeen(0, 0))

    with pytest.raises(StaleVersionError, match="has changed since you saw it"):
        save_readings(analyst, run=run.number, readings=[dead], seen=RunSeen(0, 0))
    with pytest.raises(StaleVersionError, match="Nothing of yours was recorded"):
        submit_run(analyst, run=run.number, readings=[dead], seen=RunSeen(0, 0))

    assert run.readings.count() == 1
    assert submit_run(analyst, run=run.number, readings=[dead], seen=RunSeen(1, 0)).version == 1
