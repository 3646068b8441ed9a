"""Two edge cases of whole lots: pooled donors, and a rejection that somebody would undo."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import DatabaseError, connection, transaction

from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.actions.holds import lift_hold, place_hold
from products.actions.lots import declare_stability_study
from products.actions.naming import begin
from products.actions.products import assign_profile
from products.actions.retractions import void_lot
from products.actions.reviews import review_results
from products.actions.sources import register_source
from products.actions.specification_changes import change_lot_specification
from products.domain.errors import (
    DomainError,
    DuplicateError,
    ReleaseBlockedError,
    WrongStatusError,
)
from products.models import Disposition, Lot
from products.models.fields import uuid7
from products.queries.lots import lots_at
from tests.records import (
    VIABILITY,
    approved_specification,
    context,
    determine,
    donor,
    lot,
    now,
    people,
    source,
    submitted_run,
)
from tests.signed import unsaved_signature

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
WORST = "D-0099"


def status(number: str = LOT) -> str:
    found: str = lots_at(now()).values_list("status", flat=True).get(number=number)
    return found


def blocks(number: str = LOT) -> list[tuple[str, str]]:
    return [(block["code"], block["message"]) for block in Lot.objects.get(number=number).blocks]


def pooled() -> Lot:
    """A lot of three donors, of whom nothing speaks against two."""
    sources = [source(number, donor=code) for number, code in POOL]
    made = lot(LOT, [VIABILITY], sources=[one.number for one in sources])
    passed(LOT)
    return made


POOL = (("UC-0042", "D-0042"), ("UC-0043", "D-0043"), ("UC-0099", WORST))


def passed(number: str) -> None:
    result = submitted_run(lot=number)
    review_results(context(people().reviewer), lot=number, runs=[result.run.number])


def test_edge_case_18_a_pool_of_eligible_donors_is_blocked_by_none() -> None:
    pooled()

    assert blocks() == []


@pytest.mark.parametrize("outcome", ["ineligible", "incomplete"])
def test_edge_case_18_the_worst_donor_of_a_pool_governs_and_is_named(outcome: str) -> None:
    pooled()

    determine(WORST, outcome)

    [(_, message)] = blocks()
    assert WORST in message
    assert "D-0042" not in message
    with pytest.raises(ReleaseBlockedError):
        release_lot(context(people().quality), lot=LOT)


def test_edge_case_18_a_donor_of_the_pool_whom_nobody_determined_blocks_it() -> None:
    donor(WORST)
    source("UC-0042")
    source_of_nobody_determined()

    lot(LOT, [VIABILITY], sources=["UC-0042", "UC-0099"])

    assert any(WORST in message for _, message in blocks())


def source_of_nobody_determined() -> None:
    register_source(
        context(people().analyst),
        number="UC-0099",
        donor=WORST,
        kind="umbilical_cord",
        recovered_at=now() - timedelta(days=30),
        recovery_zone="America/New_York",
    )


def test_edge_case_18_splitting_the_pool_cures_nothing() -> None:
    pooled()
    determine(WORST, "ineligible")

    lot("EV-26-002", parents=[LOT], sources=["UC-0042"])
    lot("EV-26-003", parents=["EV-26-002"], sources=["UC-0043"])

    for number in ("EV-26-002", "EV-26-003"):
        found = dict(blocks(number))
        assert WORST in found["donor_ineligible"]


def test_edge_case_18_a_donor_found_ineligible_later_holds_what_was_released() -> None:
    pooled()
    release_lot(context(people().quality), lot=LOT)

    determine(WORST, "ineligible")

    assert status() == "on_hold"


@pytest.fixture
def rejected() -> Lot:
    """Held, then rejected, with a run that passed and a wider specification at hand."""
    lot(LOT, [VIABILITY], expires="")
    passed(LOT)
    place_hold(context(people().analyst, "Leaking vials"), lot=LOT)
    reject_lot(context(people().quality, "Leaking vials"), lot=LOT)
    approved_specification(criteria=[replace(VIABILITY, lower="10.0")])
    return Lot.objects.get(number=LOT)


ATTEMPTS: dict[str, Callable[[], object]] = {
    "release": lambda: release_lot(context(people().quality2), lot=LOT),
    "recall": lambda: recall_lot(context(people().quality2), lot=LOT),
    "lift the hold": lambda: lift_hold(context(people().quality2), lot=LOT, hold=1),
    "hold": lambda: place_hold(context(people().quality2), lot=LOT),
    "reject again": lambda: reject_lot(context(people().quality2), lot=LOT),
    "void": lambda: void_lot(context(people().analyst), lot=LOT),
    "acknowledge": lambda: acknowledge_changes(context(people().quality2), lot=LOT),
    "change the specification": lambda: change_lot_specification(
        context(people().quality2), lot=LOT, version=2
    ),
    "test once more": submitted_run,
    "register again": lambda: lot(LOT),
}


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_edge_case_33_no_decision_leads_out_of_a_rejection(rejected: Lot, attempt: str) -> None:
    with pytest.raises((WrongStatusError, DuplicateError, ReleaseBlockedError)):
        ATTEMPTS[attempt]()

    assert status() == "rejected"


def test_edge_case_33_what_may_still_be_recorded_changes_no_rejection(rejected: Lot) -> None:
    declare_stability_study(context(people().quality2), lot=LOT, study="STAB-1")
    submitted_run(purpose="information")
    determine("D-0042", "eligible")

    assert status() == "rejected"
    with pytest.raises(DomainError):
        release_lot(context(people().quality2), lot=LOT)


def test_edge_case_33_another_profile_changes_no_rejection(rejected: Lot) -> None:
    assign_profile(context(people().quality2), product="EXO-1", profile="phase_1_ind")

    assert status() == "rejected"


def test_edge_case_33_a_lot_made_from_a_rejected_one_is_blocked(rejected: Lot) -> None:
    lot("EV-26-002", parents=[LOT], specification=2)

    assert "parent_not_usable" in dict(blocks("EV-26-002"))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE products_disposition SET kind = 'release'",
        "DELETE FROM products_disposition",
        "TRUNCATE products_disposition CASCADE",
        "DELETE FROM products_lot",
        "UPDATE products_lot SET number = 'EV-26-001-OLD'",
    ],
)
@pytest.mark.usefixtures("rejected")
def test_edge_case_33_the_server_itself_may_not_rewrite_a_rejection(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        _as_an_action(statement)

    assert status() == "rejected"


def _as_an_action(statement: str) -> None:
    begin("lot.release", context(people().quality))
    with connection.cursor() as cursor:
        cursor.execute(statement)


@pytest.mark.usefixtures("rejected")
def test_edge_case_33_the_database_keeps_a_rejection_for_good() -> None:
    with pytest.raises(DatabaseError, match="is rejected for good"), transaction.atomic():
        _as_an_action("UPDATE products_lot SET decision = 'none', release_status = 'released'")

    assert status() == "rejected"


@pytest.mark.usefixtures("rejected")
def test_edge_case_33_nothing_is_written_outside_an_action() -> None:
    with pytest.raises(DatabaseError, match="outside an action"), transaction.atomic():
        _without_an_action("UPDATE products_lot SET decision = 'none', release_status = 'released'")

    assert status() == "rejected"


def _without_an_action(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def test_edge_case_33_a_decision_of_the_same_number_does_not_take_its_place(
    rejected: Lot,
) -> None:
    decided = Disposition.objects.get(kind="reject")
    with transaction.atomic():
        begin("lot.release", context(people().quality))
        key = uuid7()
        signature = unsaved_signature(people().quality, "disposition", key)
        signature.save(force_insert=True)
        again = Disposition(
            id=key,
            lot=rejected,
            number=decided.number,
            kind="release",
            reason="Released after all",
            evaluation=b"{}",
            signature=signature,
        )
        with pytest.raises(DatabaseError, match="disposition_number_once"):
            again.save(force_insert=True)
