"""Tissue sources: a donation, or a bank made from one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from products.actions.sources import register_source
from products.domain.errors import DuplicateError, InvalidValueError, UnknownReferenceError
from tests.records import context, eligible_donor, now, people, source

pytestmark = [pytest.mark.django_db, pytest.mark.bare]

BANK = {"form": "master_cell_bank", "made_from": "UC-0042"}


def test_a_donation_is_kept_with_its_time_and_zone() -> None:
    recovered = now() - timedelta(days=3)

    found = source(" UC-0042 ", kind="placenta", recovered_at=recovered)

    found.refresh_from_db()
    assert (found.number, found.kind, found.form) == ("UC-0042", "placenta", "tissue")
    assert (found.recovered_at, found.recovery_zone) == (recovered, "America/New_York")


def test_a_bank_names_the_tissue_that_it_was_made_from() -> None:
    tissue = source("UC-0042")

    bank = source("MCB-7", **BANK)

    assert bank.made_from == tissue


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "skin"}, "kind"),
        ({"form": "vial"}, "form"),
        ({"recovery_zone": "New York"}, "recovery_zone"),
        ({"recovered_at": datetime(2026, 3, 2)}, "recovered_at"),  # noqa: DTZ001  # its fault
        ({"made_from": "UC-0042"}, "made_from"),
        ({"form": "working_cell_bank"}, "made_from"),
        ({"form": "working_cell_bank", "made_from": "UC-0042", "donor": "D-0043"}, "made_from"),
        ({"number": ""}, "number"),
        ({"number": "U" * 33}, "number"),
        ({"number": "UC\u200b"}, "number"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    source("UC-0042")
    eligible_donor("D-0043")
    given = {"number": "UC-0043"} | changes

    with pytest.raises(InvalidValueError) as refusal:
        source(**given)

    assert refusal.value.field == field


def test_a_recovery_in_the_future_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        source(recovered_at=now() + timedelta(hours=1))

    assert refusal.value.code == "in_future"


def test_an_unknown_donor_is_refused() -> None:
    with pytest.raises(UnknownReferenceError) as refusal:
        register_source(
            context(people().analyst),
            number="UC-0042",
            donor="D-0099",
            kind="placenta",
            recovered_at=now(),
            recovery_zone="UTC",
        )

    assert refusal.value.field == "donor"


def test_a_number_is_never_reused() -> None:
    source("UC-0042")

    with pytest.raises(DuplicateError, match=r"uc-0042 was used already \(as UC-0042\)"):
        source("uc-0042")


@pytest.mark.parametrize("unreadable", ["UC\x00", "UC\ud800"])
def test_text_that_no_column_holds_names_no_record(unreadable: str) -> None:
    source("UC-0042")

    with pytest.raises(UnknownReferenceError) as refusal:
        source("MCB-7", form="master_cell_bank", made_from=unreadable)

    assert refusal.value.field == "made_from"
