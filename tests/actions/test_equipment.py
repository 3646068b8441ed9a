"""Instruments and media lots that runs name."""

from __future__ import annotations

from datetime import timedelta

import pytest

from products.actions.equipment import register_instrument, register_media_lot
from products.domain.errors import DuplicateError, InvalidValueError
from tests.records import context, instrument, media_lot, people, today

pytestmark = pytest.mark.django_db


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
