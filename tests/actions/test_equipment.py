"""Instruments and media lots that runs name: registered, calibrated, recalled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from products.actions.equipment import (
    recall_media,
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
)
from products.models import Calibration, Lot, MediaRecall
from tests.records import (
    STERILITY,
    VIABILITY,
    YEAR,
    calibrated,
    context,
    instrument,
    lot,
    media_lot,
    opened_run,
    people,
    submitted_run,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]
DAY = timedelta(days=1)


def recalled(**changes: Any) -> MediaRecall:
    stated = {"material": "FTM", "number": "M-1", "document": "FSN-2026-04"} | changes
    return recall_media(context(people().analyst, "Contaminated at filling"), **stated)


def version(number: str = "EV-26-001") -> int:
    return Lot.objects.get(number=number).version


def test_an_instrument_is_kept_with_its_serial_number() -> None:
    found = instrument(" NTA-7 ")

    found.refresh_from_db()
    assert (found.code, found.model, found.serial_number) == ("NTA-7", "NanoSight NS300", "NS-1")


def test_an_instrument_needs_a_serial_number() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        register_instrument(context(people().analyst), code="NTA-7", model="X", serial_number=" ")

    assert refusal.value.field == "serial_number"


def test_an_instrument_code_is_never_reused() -> None:
    instrument("NTA-7")

    with pytest.raises(DuplicateError, match=r"nta-7 was used already \(as NTA-7\)"):
        instrument("nta-7")


def test_a_media_lot_is_kept_with_its_expiry() -> None:
    expires = today() + timedelta(days=10)

    found = register_media_lot(
        context(people().analyst),
        material="FTM",
        number="M-1",
        manufacturer="Merck",
        expires_on=expires,
    )

    found.refresh_from_db()
    assert (found.material, found.number, found.expires_on) == ("FTM", "M-1", expires)


def test_two_materials_may_have_lots_of_the_same_number() -> None:
    assert media_lot("FTM", "M-1") != media_lot("SCDM", "M-1")


def test_a_media_lot_is_registered_once() -> None:
    media_lot("FTM", "M-1")

    with pytest.raises(DuplicateError, match="FTM lot M-1 is registered already"):
        media_lot("ftm", "m-1")


def test_a_calibration_is_kept_with_its_certificate() -> None:
    instrument()

    made = calibrated(calibrated_on=today() - DAY, valid_until=today())

    kept = Calibration.objects.get(pk=made.pk)
    assert (kept.instrument.code, kept.outcome, kept.document) == ("NTA-7", "passed", "CAL-26-014")
    assert (kept.calibrated_on, kept.valid_until) == (today() - DAY, today())
    assert (kept.unreliable_since, kept.recorded_by) == (None, people().analyst)


def test_a_failed_calibration_says_since_when_readings_are_in_doubt() -> None:
    instrument()

    made = calibrated(
        outcome="failed",
        calibrated_on=today(),
        valid_until=today(),
        unreliable_since=today() - 30 * DAY,
    )

    assert made.unreliable_since == today() - 30 * DAY


def test_nobody_may_know_since_when_an_instrument_is_wrong() -> None:
    instrument()

    assert calibrated(outcome="failed", calibrated_on=today()).unreliable_since is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"calibrated_on": DAY}, "calibrated_on"),
        ({"calibrated_on": 0 * DAY, "valid_until": -DAY}, "valid_until"),
        ({"outcome": "fine"}, "outcome"),
        ({"document": " "}, "document"),
        ({"unreliable_since": -2 * YEAR}, "unreliable_since"),
        (
            {"outcome": "failed", "calibrated_on": -DAY, "unreliable_since": 0 * DAY},
            "unreliable_since",
        ),
    ],
)
def test_a_calibration_that_contradicts_itself_or_lacks_a_part_is_refused(
    changes: dict[str, Any], field: str
) -> None:
    instrument()
    stated: dict[str, Any] = {
        name: today() + value if isinstance(value, timedelta) else value
        for name, value in changes.items()
    }

    with pytest.raises(InvalidValueError) as refusal:
        calibrated(**stated)

    assert refusal.value.field == field
    assert Calibration.objects.count() == 1


def test_an_unknown_instrument_is_not_calibrated() -> None:
    with pytest.raises(UnknownReferenceError, match="no instrument 'NTA-99'"):
        calibrated("NTA-99")


def test_a_reviewer_recalls_and_calibrates_nothing() -> None:
    instrument()
    media_lot()
    by = context(people().reviewer)

    with pytest.raises(NotPermittedError):
        recall_media(by, material="FTM", number="M-1", document="FSN-1")
    with pytest.raises(NotPermittedError):
        record_calibration(
            by,
            instrument="NTA-7",
            calibrated_on=today(),
            valid_until=today(),
            outcome="passed",
            document="CAL-1",
        )


def test_a_back_dated_calibration_shows_when_it_was_typed() -> None:
    instrument()

    made = calibrated(calibrated_on=today() - YEAR)

    made.refresh_from_db()
    assert made.calibrated_on == today() - YEAR
    assert abs(datetime.now(UTC) - made.recorded_at) < timedelta(minutes=1)


def test_a_calibration_judges_the_lots_whose_runs_used_the_instrument_again() -> None:
    lot(criteria=[VIABILITY])
    lot("EV-26-002")
    submitted_run()
    before = version(), version("EV-26-002")

    calibrated()

    assert (version(), version("EV-26-002")) == (before[0] + 1, before[1])


def test_a_recall_is_kept_with_its_notice_and_reason() -> None:
    medium = media_lot()

    made = recalled(material="ftm", number="m-1")

    made.refresh_from_db()
    assert (made.media_lot, made.document) == (medium, "FSN-2026-04")
    assert (made.reason, made.recorded_by) == ("Contaminated at filling", people().analyst)


def test_a_recall_needs_a_reason() -> None:
    media_lot()

    with pytest.raises(InvalidValueError, match="State why FTM lot M-1 was recalled") as refusal:
        recall_media(context(people().analyst, " "), material="FTM", number="M-1", document="FSN-1")

    assert (refusal.value.code, refusal.value.field) == ("reason_missing", "reason")


def test_a_recall_names_its_notice() -> None:
    media_lot()

    with pytest.raises(InvalidValueError) as refusal:
        recalled(document="")

    assert refusal.value.field == "document"


def test_an_unknown_media_lot_is_not_recalled() -> None:
    with pytest.raises(UnknownReferenceError, match="no media lot FTM M-9") as refusal:
        recalled(number="M-9")

    assert refusal.value.field == "number"


def test_a_media_lot_may_be_recalled_again_under_another_notice() -> None:
    medium = media_lot()
    recalled()

    recalled(document="FSN-2026-05")

    assert medium.recalls.count() == 2


def test_a_recall_judges_the_lots_whose_runs_used_the_medium_again() -> None:
    lot(criteria=[STERILITY])
    opened_run(STERILITY)
    before = version()

    recalled()

    assert version() == before + 1
