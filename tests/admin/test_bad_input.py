"""Bad input in forms: the action's own sentence beside the input, with what was typed kept."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from products.actions.holds import place_hold
from products.actions.specifications import draft_specification
from products.domain.accounts import LOCK_AFTER
from products.models import Lot, Reading, Run, SignIn
from tests.accounts import PASSWORD
from tests.admin.pages import (
    LATER,
    Page,
    Visitor,
    account_with,
    address,
    the_lot,
    typed_now,
    visitor,
)
from tests.records import (
    UNPROVEN_ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    instrument,
    lot,
    now,
    opened_run,
    people,
    sample,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst() -> Visitor:
    lot()
    instrument()
    sample()
    return visitor("analyst")


def registering(analyst: Visitor, **changes: str) -> Page:
    known = {"number": "EV-26-002", "product": "EXO-1", "made_on": f"{today()}", "vials": "40"}
    return analyst.send(address("lot_add"), **(known | {"sources": "UC-0042"} | changes))


def opening(analyst: Visitor, **changes: str) -> Page:
    known = {"criterion": "viability", "performed_at": typed_now(), "performed_zone": "UTC"}
    return analyst.send(
        address("lot_open_run", the_lot()), **(known | {"instrument": "NTA-7"} | changes)
    )


def reading(analyst: Visitor, run: Run, **typed: Any) -> Page:
    return analyst.send(address("run_readings", run), **typed)


def test_what_the_other_tests_change_is_taken(analyst: Visitor) -> None:
    registered = registering(analyst)
    opened = opening(analyst)

    assert "Lot EV-26-002 is registered." in registered
    assert "Run EV-26-001-S1-R1 is open. Enter its readings." in opened


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("product", "NOPE", "There is no product 'NOPE'."),
        ("parents", "NOPE", "There is no lot 'NOPE'."),
        ("sources", "NOPE", "There is no tissue source 'NOPE'. Register the source first."),
        ("sources", "UC-0042, UC-0042", "Tissue source UC-0042 is named twice."),
        ("vials", "a dozen", "Enter a whole number."),
        ("vials", "0", "A lot has at least one vial."),
        ("number", "EV 26", "A lot number may contain only"),
        ("number", "", "A lot needs a lot number."),
        ("number", "ev-26-001", "was used already (as EV-26-001) and is never reused."),
        ("made_on", "2999-01-01", "lies in the future"),
        ("made_on", "tomorrow", "Enter a valid date."),
        ("expires", "soon", "The expiry is not written as YYYY-MM-DD"),
        ("expires", "2020-01", "before it was made"),
        ("specification", "9", "Product EXO-1 has no specification version 9."),
    ],
)
def test_a_lot_with_one_bad_value_is_refused_and_all_stays_typed(
    analyst: Visitor, field: str, typed: str, message: str
) -> None:
    page = registering(analyst, **{"expires": "2099-01-01", field: typed})

    assert page.status == 200
    assert message in " ".join(page.errors[field])
    assert page.fields[field] == typed
    assert page.fields["expires"] == (typed if field == "expires" else "2099-01-01")
    assert Lot.objects.count() == 1


def test_a_draft_specification_takes_no_lot(analyst: Visitor) -> None:
    draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=[VIABILITY],
        change_reason="The process became more capable",
    )

    page = registering(analyst, specification="2")

    assert "version 2 is draft" in page.errors["specification"][0]


def test_a_specification_that_is_not_yet_effective_takes_no_lot(analyst: Visitor) -> None:
    approved_specification(effective_from=today() + timedelta(days=30))

    page = registering(analyst, specification="2")

    assert "is effective only from" in page.errors["specification"][0]


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("criterion", "potency", "It has: viability."),
        ("criterion", "", "Name the criterion, or the method."),
        ("sample", "NOPE", "There is no sample 'NOPE'."),
        ("instrument", "NOPE", "There is no instrument 'NOPE'."),
        ("purpose", "fun", "'fun' is not one of: release"),
        ("purpose", "retest", "A retest names its plan"),
        ("purpose", "repeat", ""),
        ("performed_zone", "Mars/Base", "There is no time zone 'Mars/Base'."),
        ("performed_at", "noon", "Enter a valid date/time."),
        ("media_1", "FTM", "does not name a material and its lot"),
        ("media_1", "FTM lot M-9", "There is no media lot FTM M-9."),
    ],
)
def test_a_run_with_one_bad_value_is_not_opened(
    analyst: Visitor, field: str, typed: str, message: str
) -> None:
    page = opening(analyst, **{field: typed})

    where = "repeats" if typed == "repeat" else field
    assert message in " ".join(page.errors[where])
    assert page.fields[field] == typed
    assert Run.objects.count() == 0


def test_a_run_performed_in_the_future_is_refused(analyst: Visitor) -> None:
    later = now() + timedelta(hours=2)

    page = opening(analyst, performed_at=f"{later:{LATER}}")

    assert "lies in the future" in page.errors["performed_at"][0]


@pytest.mark.parametrize(
    ("at", "zone"), [("0001-01-01T00:00", "Asia/Tokyo"), ("9999-12-31T23:59", "America/New_York")]
)
def test_a_time_at_which_the_calendar_ends_is_refused(analyst: Visitor, at: str, zone: str) -> None:
    page = opening(analyst, performed_at=at, performed_zone=zone)

    assert page.errors["performed_at"][0] == f"No clock of {zone} shows this time."


def test_a_late_entry_needs_its_reason(analyst: Visitor) -> None:
    earlier = now() - timedelta(days=3)

    page = opening(analyst, performed_at=f"{earlier:{LATER}}")

    assert "State why it is entered late." in page.errors["late_reason"][0]


@pytest.mark.parametrize(
    ("clock", "message"),
    [
        ("2026-03-08T02:30", "skipped this time"),
        ("2025-11-02T01:30", "showed this time twice"),
    ],
)
def test_a_time_that_the_clocks_never_or_twice_showed_is_asked_again(
    analyst: Visitor, clock: str, message: str
) -> None:
    page = opening(analyst, performed_at=clock, performed_zone="America/New_York")

    assert message in page.errors["performed_at"][0]


def test_a_second_result_for_a_criterion_is_refused(analyst: Visitor) -> None:
    submitted_run()

    page = opening(analyst)

    assert "has run EV-26-001-S2-R1 already" in page
    assert page.fields["instrument"] == "NTA-7"


@pytest.mark.parametrize("text", ["many", "1,5", "12.5", "<3", "9\u2075", "1e400"])
def test_text_in_a_count_is_refused_beside_the_count(analyst: Visitor, text: str) -> None:
    run = opened_run()

    page = reading(analyst, run, live_1=text, dead_1="18")

    assert page.status == 200
    assert page.errors["live_1"]
    assert page.fields["live_1"] == text
    assert page.fields["dead_1"] == "18"
    assert Reading.objects.count() == 0


@pytest.mark.parametrize("unit", ["EU/ml", "pints"])
def test_an_unknown_unit_is_refused_beside_the_unit(unit: str) -> None:
    lot(criteria=[UNPROVEN_ENDOTOXIN])
    run = opened_run(UNPROVEN_ENDOTOXIN)

    page = reading(visitor("analyst"), run, value_1="0.1", value_1_unit=unit)

    assert f"'{unit}' is not a unit" in page.errors["value_1_unit"][0]
    assert page.fields["value_1"] == "0.1"


def test_a_saved_reading_cannot_be_emptied(analyst: Visitor) -> None:
    run = opened_run()
    reading(analyst, run, live_1="982", dead_1="18")

    page = reading(analyst, run, live_1="", dead_1="18")

    assert "was saved as '982': a saved reading is replaced" in page.errors["live_1"][0]


@pytest.mark.parametrize("is_superuser", [False, True])
def test_nobody_reviews_a_run_of_their_own(analyst: Visitor, is_superuser: bool) -> None:
    run = submitted_run().run.number
    own = account_with(
        "anna-reviews",
        "Reviewer",
        person_of=people().analyst,
        traits={"is_superuser": is_superuser},
    )
    reviewer = Visitor(own)

    seen = reviewer.open(address("lot_review", the_lot()))
    refused = reviewer.sign(address("lot_review", the_lot()), runs=[run], comment="All read")

    assert "You recorded data of this run and may not review it." in seen
    assert f"recorded data of {run} and cannot review it" in refused.errors["runs"][0]
    assert refused.fields["comment"] == "All read"


def test_releasing_against_reasons_is_refused_with_all_of_them() -> None:
    lot(expires="", sources=[])

    page = visitor("quality").sign(address("lot_release", the_lot()), reason="All is fine")

    assert "Lot EV-26-001 cannot be released: 3 reasons speak against it." in page
    listed = page.html[page.html.index('class="errornote"') :].split("</div>")[0]
    assert listed.count("<li>") == 3
    assert page.fields["reason"] == "All is fine"
    assert PASSWORD not in page.html


def test_a_wrong_password_is_refused_recorded_and_counted() -> None:
    lot()
    quality = visitor("quality")
    for _ in range(LOCK_AFTER - 1):
        page = quality.sign(address("lot_reject", the_lot()), password="wrong", reason="Breached")
        assert "The password is not that of quality" in page.errors["password"][0]
        assert page.fields["reason"] == "Breached"
        assert "wrong</" not in page.html
        assert 'value="wrong"' not in page.html

    fifth = quality.sign(address("lot_reject", the_lot()), password="wrong", reason="Breached")
    assert "is locked until" in fifth.errors["password"][0]

    locked = quality.sign(address("lot_reject", the_lot()))

    assert "is locked until" in locked.errors["password"][0]
    assert SignIn.objects.filter(kind="signature", succeeded=False).count() == 6


def test_a_signature_without_reason_is_refused() -> None:
    lot()

    page = visitor("quality").sign(address("lot_reject", the_lot()), reason=" ")

    assert page.errors["reason"] == ["A signature needs a reason. State why you sign."]


def test_a_form_on_a_lot_that_changed_since_is_stale_and_can_be_repeated() -> None:
    lot()
    quality = visitor("quality")
    where = address("lot_reject", the_lot())
    seen = quality.open(where).fields["lot_version"]
    sample()

    stale = quality.sign(where, lot_version=seen, reason="Breached")
    again = quality.sign(where, lot_version=stale.fields["lot_version"], reason="Breached")

    assert stale.status == 409
    assert "has changed since you opened it" in stale
    assert stale.fields["reason"] == "Breached"
    assert "Lot EV-26-001 is rejected; your signature is recorded." in again


@pytest.mark.parametrize("code", ["Jane Doe", "123-45-6789", "1990-01-31", "MRN123"])
def test_a_donor_code_that_could_name_somebody_is_refused(code: str) -> None:
    page = visitor("analyst").send(address("donor_add"), code=code)

    assert page.errors["code"]
    assert page.fields["code"] == code


@pytest.mark.parametrize("text", ["a\x00b", "\u202eevil", "x" * 5000])
def test_text_that_cannot_be_kept_is_refused_and_no_fault(text: str) -> None:
    page = visitor("analyst").send(
        address("instrument_add"), code="X-1", model=text, serial_number="1"
    )

    assert page.status == 200
    assert page.errors


def test_a_hold_that_is_not_there_is_refused() -> None:
    lot()
    place_hold(context(people().analyst), lot="EV-26-001")

    page = visitor("quality").sign(address("lot_lift_hold", the_lot()), hold="7")

    assert page.errors["hold"] == ["Lot EV-26-001 has no hold 7."]


def test_a_body_that_is_too_large_is_refused() -> None:
    answer = visitor("analyst").client.post(address("donor_add"), {"code": "x" * 3_000_000})

    assert answer.status_code == 400
