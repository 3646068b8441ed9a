"""Registers at the pages: calibrations, recalls, laboratories, trainings, files, go-live."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from products.actions.dispositions import release_lot
from products.actions.equipment import recall_media
from products.actions.retractions import retract_run
from products.actions.reviews import review_results
from products.models import (
    Calibration,
    Donor,
    Evidence,
    GoLive,
    Hold,
    Instrument,
    Laboratory,
    LaboratoryQualification,
    MediaLot,
    MediaRecall,
    Method,
    Site,
    SpecificationVersion,
    TissueSource,
    Training,
)
from tests.accounts import PASSWORD
from tests.admin.pages import Page, address, the_lot, visitor
from tests.outside import laboratory, outside_run, qualified
from tests.records import (
    YEAR,
    approved_method,
    calibrated,
    context,
    instrument,
    lot,
    media_lot,
    people,
    person_of,
    source,
    submitted_run,
    today,
    trained,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]
DAY = timedelta(days=1)


def released(number: str = "EV-26-001", **changes: Any) -> None:
    """A released lot whose run used FTM lot M-1, unless told."""
    used = changes.pop("media", [(media_lot().material, "M-1")])
    lot(number, **changes)
    run = submitted_run(lot=number, media=used).run
    review_results(context(people().reviewer), lot=number, runs=[run.number])
    release_lot(context(people().quality), lot=number)


def calibrate(**changes: Any) -> Page:
    typed = {
        "calibrated_on": f"{today()}",
        "valid_until": f"{today() + YEAR}",
        "outcome": "passed",
        "document": "CAL-9",
    } | changes
    return visitor("analyst").send(address("instrument_calibrate", instrument()), **typed)


def test_a_calibration_is_recorded_on_the_page_of_its_instrument() -> None:
    page = calibrate()

    assert f"The calibration of {today()} is recorded on NTA-7." in page
    assert "CAL-9" in page
    assert f"✓ Until {today() + YEAR}" in page
    assert "Anna Alvarez" in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"outcome": "fine"}, "outcome", "'fine' is not one of"),
        ({"outcome": ""}, "outcome", "is not one of"),
        ({"calibrated_on": "2999-01-01"}, "calibrated_on", "lies in the future"),
        ({"valid_until": "2001-01-01"}, "valid_until", "it would end before it begins"),
        ({"valid_until": "soon"}, "valid_until", "Enter a valid date."),
        ({"unreliable_since": "2020-01-01"}, "unreliable_since", "Only a failed calibration"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(
    typed: dict[str, str], field: str, message: str
) -> None:
    known = Calibration.objects.count() + 1  # the instrument's own

    page = calibrate(**typed)

    assert message in page.errors[field][0]
    assert page.fields["document"] == "CAL-9"
    assert Calibration.objects.count() == known


def test_each_state_of_an_instrument_is_a_glyph_and_words() -> None:
    states: dict[str, dict[str, Any]] = {
        "OLD-1": {"calibrated_on": today() - YEAR, "valid_until": today() - DAY},
        "BAD-1": {"calibrated_on": today(), "valid_until": today() + YEAR, "outcome": "failed"},
    }
    for code, changes in states.items():
        visitor("analyst").send(
            address("instrument_add"), code=code, model="NanoSight", serial_number="1"
        )
        calibrated(code, **changes)
    visitor("analyst").send(address("instrument_add"), code="NEW-1", model="N", serial_number="1")
    instrument()

    page = visitor("auditor").open(address("instrument_changelist"))

    assert f"◷ Expired on {today() - DAY}" in page
    assert f"✕ Failed on {today()}" in page
    assert "? Never calibrated" in page
    assert f"✓ Until {today() + YEAR}" in page


def test_a_failed_calibration_warns_on_the_instrument_and_names_its_runs() -> None:
    lot()
    run = submitted_run().run
    calibrated(calibrated_on=today(), valid_until=today(), outcome="failed")

    page = visitor("auditor").open(address("instrument_change", instrument()))

    assert "A run of today may not rest on it: instrument NTA-7 did not pass" in page
    assert run.number in page


@pytest.mark.parametrize("how_many", [1, 5])
def test_the_list_of_instruments_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(how_many):
        instrument(f"NTA-{number}")
    reader = visitor("auditor")

    with django_assert_max_num_queries(9):
        page = reader.open(address("instrument_changelist"))

    assert f"NTA-{how_many - 1}" in page


def test_the_page_of_a_recall_says_which_lots_it_will_hold() -> None:
    released()
    lot("EV-26-002")
    submitted_run(lot="EV-26-002", media=[("FTM", "M-1")])

    page = visitor("analyst").open(address("medialot_recall", media_lot()))

    listed = page.html[page.html.index("will put on hold") :]
    assert "EV-26-001" in listed
    assert "EV-26-002" not in listed


def test_what_was_said_to_be_held_is_held() -> None:
    released()
    released("EV-26-002", sources=[], parents=["EV-26-001"], media=[])
    released("EV-26-003", media=[])
    where = address("medialot_recall", media_lot())
    told = visitor("analyst").open(where).html

    page = visitor("analyst").send(where, document="RN-1", reason="Contaminated")

    assert "The recall of FTM lot M-1 is recorded." in page
    held = set(Hold.objects.values_list("lot__number", flat=True))
    assert held == {"EV-26-001", "EV-26-002"}
    assert all(number in told for number in held)
    assert "EV-26-003" not in told
    assert "On hold" in page


def test_a_recall_that_holds_nothing_says_so() -> None:
    lot()
    run = submitted_run(media=[(media_lot().material, "M-1")]).run
    retract_run(context(people().analyst), run=run.number, belongs_to="EV-9", source_document="x")

    page = visitor("analyst").open(address("medialot_recall", media_lot()))

    assert "None: no lot that is released now rests on a run that used it." in page


@pytest.mark.parametrize("missing", ["document", "reason"])
def test_a_recall_needs_its_notice_and_reason(missing: str) -> None:
    typed = {"document": "RN-1", "reason": "Contaminated"} | {missing: ""}

    page = visitor("analyst").send(address("medialot_recall", media_lot()), **typed)

    assert missing in page.errors
    assert page.fields["document"] == typed["document"]
    assert MediaRecall.objects.count() == 0


def test_media_lots_are_in_date_expired_or_recalled() -> None:
    media_lot("SCDM", "M-2")
    recall_media(
        context(people().analyst), material=media_lot().material, number="M-1", document="RN-1"
    )
    visitor("analyst").send(
        address("medialot_add"),
        material="TSB",
        number="M-3",
        manufacturer="Merck",
        expires_on=f"{today() - DAY}",
    )
    reader = visitor("auditor")

    words = {
        state: reader.open(address("medialot_changelist"), state=state)
        for state in ("in_date", "expired", "recalled", "nonsense")
    }

    assert "SCDM lot M-2" in words["in_date"]
    assert "✓ In date" in words["in_date"]
    assert "FTM" not in words["in_date"]
    assert "◷ Expired" in words["expired"]
    assert "TSB lot M-3" in words["expired"]
    assert "FTM lot M-1" in words["recalled"]
    assert "Recalled" in words["recalled"]
    assert all(f"lot M-{number}" in words["nonsense"] for number in (1, 2, 3))


def test_a_laboratory_is_registered_and_qualified_under_signature() -> None:
    made = visitor("analyst").send(
        address("laboratory_add"), code="CTL-2", name="Second Lab", address="Basel"
    )
    row = Laboratory.objects.get()

    page = visitor("quality").sign(
        address("laboratory_qualify", row),
        qualified_from=f"{today()}",
        qualified_until=f"{today() + YEAR}",
        document="QAG-9",
    )

    assert "? Never qualified" in made
    assert "Quality has not qualified it: its results block their lots." in made
    assert "Qualification 1 of CTL-2 is signed." in page
    assert f"✓ Until {today() + YEAR}" in page
    assert "Quentin Quality" in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"password": "wrong"}, "password", "The password is not that of quality"),
        ({"reason": ""}, "reason", "reason"),
        ({"document": ""}, "document", "document"),
        ({"qualified_until": "2001-01-01"}, "qualified_until", "end before it begins"),
    ],
)
def test_a_bad_qualification_is_refused(typed: dict[str, str], field: str, message: str) -> None:
    row = laboratory()
    known = {"qualified_from": f"{today()}", "qualified_until": f"{today()}", "document": "QAG-9"}

    page = visitor("quality").sign(address("laboratory_qualify", row), **(known | typed))

    assert message in page.errors[field][0].lower() or message in page.errors[field][0]
    assert PASSWORD not in page.html
    assert LaboratoryQualification.objects.count() == 1


def test_the_page_of_a_laboratory_shows_its_runs_and_that_it_expired() -> None:
    lot()
    run = outside_run()
    qualified(qualified_until=today() - DAY)

    page = visitor("auditor").open(address("laboratory_change", Laboratory.objects.get()))

    assert f"◷ Expired on {today() - DAY}" in page
    assert run.number in page


@pytest.mark.parametrize("how_many", [1, 4])
def test_the_list_of_laboratories_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    for number in range(how_many):
        laboratory(f"CTL-{number}")
    reader = visitor("auditor")

    with django_assert_max_num_queries(9):
        page = reader.open(address("laboratory_changelist"))

    assert f"CTL-{how_many - 1}" in page


def training(**changes: Any) -> Page:
    typed = {
        "person": str(people().reviewer.person_id),
        "method_version": str(approved_method()),
        "trained_on": f"{today()}",
        "document": "TRN-9",
    } | changes
    return visitor("quality").sign(address("training_add"), **typed)


def test_a_training_is_signed_and_stands_with_person_and_method() -> None:
    page = training()

    reader = visitor("auditor")
    assert "Rita Romero is trained for VIA-01 v1." in page
    assert "TRN-9" in reader.open(address("person_change", person_of(people().reviewer)))
    assert "TRN-9" in reader.open(address("method_change", approved_method().method))
    assert "Rita Romero" in reader.open(address("training_changelist"), q="via-01")


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"person": "01a204de-a0ed-73c2-bbdc-80b94b8ace7e"}, "person", "There is no person"),
        ({"person": "nonsense"}, "person", "valid UUID"),
        ({"person": ""}, "person", "required"),
        ({"method_version": "VIA-01 v9"}, "method_version", "has no version 9"),
        ({"method_version": "VIA-01"}, "method_version", "There is no method ''"),
        ({"method_version": "\x00 v1"}, "method_version", "Null characters"),
        ({"trained_on": "2999-01-01"}, "trained_on", "lies in the future"),
        ({"valid_until": "2001-01-01"}, "valid_until", "end before it begins"),
        ({"document": ""}, "document", "Document"),
        ({"password": "wrong"}, "password", "The password is not that of quality"),
    ],
)
def test_a_bad_training_is_refused(typed: dict[str, str], field: str, message: str) -> None:
    approved_method()
    known = Training.objects.count()

    page = training(**typed)

    assert message in page.errors[field][0]
    assert page.fields["trained_on"] == typed.get("trained_on", f"{today()}")
    assert Training.objects.count() == known


def test_nobody_signs_for_an_own_training() -> None:
    page = training(person=str(people().quality.person_id))

    assert "does not sign for an own training" in page.errors["person"][0]


def test_trainings_are_in_force_or_expired() -> None:
    version = approved_method()
    trained(people().analyst, version, document="TRN-OLD", valid_until=today() - DAY)
    reader = visitor("auditor")

    expired = reader.open(address("training_changelist"), valid="no")
    in_force = reader.open(address("training_changelist"), valid="yes")

    assert "TRN-OLD" in expired
    assert f"◷ Expired on {today() - DAY}" in expired
    assert "TRN-0007" not in expired
    assert "TRN-OLD" not in in_force
    assert "✓ Without end" in in_force


@pytest.mark.parametrize("how_many", [1, 5])
def test_the_list_of_trainings_asks_a_bounded_number_of_questions(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    version = approved_method()
    for number in range(how_many):
        trained(people().analyst, version, document=f"TRN-{number}")
    reader = visitor("auditor")

    with django_assert_max_num_queries(8):
        page = reader.open(address("training_changelist"))

    assert f"TRN-{how_many - 1}" in page


def owners() -> dict[str, Any]:
    lot()
    source()
    return {
        "donor": Donor.objects.get(),
        "tissuesource": TissueSource.objects.get(),
        "specificationversion": SpecificationVersion.objects.get(),
        "method": Method.objects.get(),
        "laboratory": laboratory(),
        "site": Site.objects.get(),
    }


@pytest.mark.parametrize(
    "page", ["donor", "tissuesource", "specificationversion", "method", "laboratory", "site"]
)
def test_a_file_is_attached_and_stands_on_the_page_of_its_record(page: str) -> None:
    record = owners()[page]
    where = address(f"{page}_attach", record) + ("?version=1" if page == "method" else "")
    sent = SimpleUploadedFile("scan.pdf", b"%PDF-1.7\nSigned page\n%%EOF\n")

    shown = visitor("reviewer").send(where, file=sent, description="Scan of the signed page")

    file = Evidence.objects.get()
    assert "scan.pdf is attached to" in shown
    assert file.sha256 in shown
    assert "Scan of the signed page" in shown
    assert address("evidence_content", file) in shown.html


@pytest.mark.parametrize("version", ["", "9", "x", "-1", "²", "1" * 40])
def test_a_file_is_not_attached_to_a_method_version_that_does_not_exist(version: str) -> None:
    method = approved_method().method

    page = visitor("reviewer").open(address("method_attach", method), version=version)

    assert page.status == 404


def test_a_go_live_date_is_signed_once_on_the_page_of_its_site() -> None:
    where = Site.objects.get()
    quality = visitor("quality")

    page = quality.sign(address("site_go_live", where), on=f"{today()}")
    again = quality.sign(address("site_go_live", where), on=f"{today() - DAY}")

    assert f"The site Main site records here since {today()}." in page
    assert "Declare the go-live date: the site records here since" in page
    assert "the date is not changed" in again
    assert GoLive.objects.get().on == today()


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"on": "2999-01-01"}, "on", "lies in the future"),
        ({"on": ""}, "on", "required"),
        ({"password": "wrong"}, "password", "The password is not that of quality"),
    ],
)
def test_a_bad_go_live_date_is_refused(typed: dict[str, str], field: str, message: str) -> None:
    page = visitor("quality").sign(
        address("site_go_live", Site.objects.get()), **({"on": f"{today()}"} | typed)
    )

    assert message in page.errors[field][0]
    assert GoLive.objects.count() == 0


def test_the_list_of_media_lots_asks_a_bounded_number_of_questions(
    django_assert_max_num_queries: Any,
) -> None:
    for number in range(6):
        recalled = media_lot("FTM", f"M-{number}")
        recall_media(
            context(people().analyst), material="FTM", number=recalled.number, document="RN"
        )
    reader = visitor("auditor")

    with django_assert_max_num_queries(9):
        page = reader.open(address("medialot_changelist"))

    assert MediaLot.objects.count() == 6
    assert "FTM lot M-5" in page


def test_what_an_auditor_may_not_do_is_a_sentence() -> None:
    lot()
    reader = visitor("auditor")

    pages = [
        reader.open(address("instrument_change", instrument())),
        reader.open(address("medialot_change", media_lot())),
        reader.open(address("laboratory_change", laboratory())),
        reader.open(address("site_change", Site.objects.get())),
    ]

    assert all(": it needs a role that may" in page for page in pages)
    assert Instrument.objects.get().code in pages[0]
    assert the_lot().number not in pages[3]
