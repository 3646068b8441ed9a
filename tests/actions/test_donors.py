"""Donors and the signed determinations of their eligibility."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from products.actions.donors import determine_donor, register_donor
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
)
from products.models import Lot
from tests import records
from tests.records import context, determine, donor, eligible_donor, lot, people, source, today

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


def codes(number: str = "EV-26-001") -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=number).blocks}


def test_a_donor_is_kept_under_the_code_in_upper_case() -> None:
    found = register_donor(context(people().analyst), code=" d-0042 ")

    found.refresh_from_db()
    assert found.code == "D-0042"


def test_a_code_that_looks_like_a_name_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        register_donor(context(people().analyst), code="MILLER-001")

    assert refusal.value.code == "donor_code_refused"


def test_a_code_is_taken_in_whatever_case() -> None:
    donor("D-0042")

    with pytest.raises(DuplicateError, match="D-0042 is registered already"):
        register_donor(context(people().analyst), code="d-0042")


def test_a_determination_binds_all_that_was_shown_to_its_signer() -> None:
    donor()

    row = determine(determined_on=today())

    row.refresh_from_db()
    signed = json.loads(bytes(row.signature.content))
    assert (row.version, row.signature.record_id) == (1, row.pk)
    assert signed["shown"] == {
        "signer": {"account": "quality", "printed_name": "Quentin Quality"},
        "donor": "D-0042",
        "version": 1,
        "outcome": "eligible",
        "determined_on": f"{today()}",
        "establishment": "Northside Cord Bank",
        "summary_of_records": "SOR-17",
    }


def test_the_next_determination_is_the_next_version() -> None:
    eligible_donor()

    assert determine(outcome="ineligible").version == 2


def test_a_determination_is_signed_in_the_zone_where_the_tissue_was_recovered() -> None:
    source(recovery_zone="Europe/Berlin")

    assert determine().signature.zone == "Europe/Berlin"


def test_before_any_donation_it_is_signed_in_the_zone_of_the_house() -> None:
    assert eligible_donor().determinations.get().signature.zone == records.ZONE


@pytest.mark.parametrize(
    "missing",
    [{"determined_on": None}, {"establishment": " "}, {"summary_of_records": ""}],
)
def test_a_determination_that_lacks_a_part_is_kept_and_blocks(missing: dict[str, Any]) -> None:
    donor()
    lot()

    determine(**missing)

    assert "determination_incomplete" in codes()


def test_a_determination_that_lacks_nothing_does_not_block() -> None:
    lot()

    assert not codes() & {"donor_undetermined", "donor_ineligible", "determination_incomplete"}


def test_an_ineligible_donor_blocks_every_lot_of_the_genealogy() -> None:
    lot()
    lot("EV-26-002", sources=[], parents=["EV-26-001"])

    determine(outcome="ineligible")

    assert "donor_ineligible" in codes("EV-26-001")
    assert "donor_ineligible" in codes("EV-26-002")


def test_a_determination_in_the_future_is_refused() -> None:
    donor()

    with pytest.raises(InvalidValueError) as refusal:
        determine(determined_on=today() + timedelta(days=1))

    assert (refusal.value.code, refusal.value.field) == ("in_future", "determined_on")


def test_an_unknown_outcome_is_refused() -> None:
    donor()

    with pytest.raises(InvalidValueError, match="eligible, ineligible, incomplete"):
        determine(outcome="fine")


def test_an_unknown_donor_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="D-0099") as refusal:
        determine("D-0099")

    assert refusal.value.field == "donor"


def test_an_analyst_does_not_determine() -> None:
    donor()

    with pytest.raises(NotPermittedError):
        determine_donor(
            context(people().analyst),
            donor="D-0042",
            outcome="eligible",
            determined_on=None,
            establishment="",
            summary_of_records="",
        )
