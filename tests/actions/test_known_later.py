"""What becomes known after a lot was released puts it, and all lots made from it, on hold."""

from __future__ import annotations

from datetime import timedelta

import pytest

from products.actions.dispositions import release_lot
from products.actions.equipment import recall_media, register_instrument
from products.actions.holds import lift_hold
from products.actions.reviews import review_results
from products.domain.errors import ReleaseBlockedError
from products.models import AuditEntry, Hold, Lot
from tests.outside import laboratory, outside_result, qualified
from tests.records import (
    YEAR,
    calibrated,
    context,
    determine,
    lot,
    media_lot,
    people,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
MOTHER, CHILD, OTHER = "EV-26-001", "EV-26-002", "EV-26-003"


def release(number: str) -> None:
    runs = Lot.objects.get(number=number).runs.all()
    compared = {
        run.number: report.evidence_id
        for run in runs
        for report in run.reports.order_by("sequence")
    }
    review_results(
        context(people().reviewer),
        lot=number,
        runs=[run.number for run in runs],
        compared=compared,
    )
    release_lot(context(people().quality), lot=number)


@pytest.fixture
def released() -> None:
    """A lot, one made from it, and one of other origin: only the first used dye lot D-1."""
    media_lot("DYE", "D-1")
    lot(MOTHER)
    submitted_run(lot=MOTHER, media=[("DYE", "D-1")], instrument="NTA-7")
    release(MOTHER)
    lot(CHILD, parents=[MOTHER], sources=[])
    submitted_run(lot=CHILD)
    release(CHILD)
    lot(OTHER)
    submitted_run(lot=OTHER)
    release(OTHER)
    assert statuses() == ["released"] * 3


def statuses() -> list[str]:
    return [Lot.objects.get(number=number).release_status for number in (MOTHER, CHILD, OTHER)]


def codes(number: str = MOTHER) -> set[str]:
    return {block["code"] for block in Lot.objects.get(number=number).blocks}


def recall() -> None:
    recall_media(
        context(people().analyst, "Degraded"), material="DYE", number="D-1", document="FSN-2026-04"
    )


@pytest.mark.usefixtures("released")
def test_edge_case_16_a_recalled_reagent_holds_every_lot_it_was_used_for_and_all_made_from_it() -> (
    None
):
    recall()

    assert statuses() == ["on_hold", "on_hold", "released"]
    assert "reagent_recalled" in codes(MOTHER)
    assert "parent_not_usable" in codes(CHILD)


@pytest.mark.usefixtures("released")
def test_edge_case_16_the_holds_are_placed_in_the_same_step_as_the_recall() -> None:
    recall()

    held = Hold.objects.order_by("lot__number").values_list("lot__number", "rule", "caused_by")
    assert list(held) == [(MOTHER, "R14", "media.recall"), (CHILD, "R13", "media.recall")]


@pytest.mark.usefixtures("released")
def test_edge_case_16_an_instrument_found_out_of_calibration_holds_what_it_measured_since() -> None:
    calibrated(
        outcome="failed", calibrated_on=today(), valid_until=today(), unreliable_since=today()
    )

    assert statuses() == ["on_hold", "on_hold", "on_hold"]
    assert "instrument_not_calibrated" in codes(MOTHER)


@pytest.mark.usefixtures("released")
def test_edge_case_16_when_nobody_knows_since_when_the_last_passed_calibration_counts() -> None:
    calibrated(outcome="failed", calibrated_on=today(), valid_until=today())

    assert "instrument_not_calibrated" in codes(MOTHER)


@pytest.mark.usefixtures("released")
def test_a_calibration_that_passes_holds_nothing() -> None:
    calibrated(calibrated_on=today())

    assert statuses() == ["released"] * 3


@pytest.mark.usefixtures("released")
def test_a_hold_for_a_recalled_reagent_is_not_lifted_while_the_result_rests_on_it() -> None:
    recall()

    with pytest.raises(ReleaseBlockedError) as refusal:
        lift_hold(context(people().quality), lot=MOTHER, hold=1)

    assert [block.code for block in refusal.value.blocks] == ["reagent_recalled"]


@pytest.mark.usefixtures("released")
def test_edge_case_19_a_donor_found_reactive_after_release_holds_every_descendant() -> None:
    determine(outcome="ineligible", summary_of_records="SOR-17/B: HBV NAT reactive")

    assert statuses() == ["on_hold", "on_hold", "on_hold"]
    assert "donor_ineligible" in codes(MOTHER) & codes(CHILD) & codes(OTHER)
    assert set(Hold.objects.values_list("caused_by", flat=True)) == {"donor.determine"}


def test_a_qualification_that_turns_out_to_have_ended_holds_what_the_laboratory_tested() -> None:
    laboratory()
    lot(MOTHER)
    outside_result(lot=MOTHER)
    release(MOTHER)
    assert Lot.objects.get(number=MOTHER).release_status == "released"

    qualified(qualified_until=today() - DAY)

    assert Lot.objects.get(number=MOTHER).release_status == "on_hold"
    assert "laboratory_not_qualified" in codes(MOTHER)


def test_a_back_dated_calibration_counts_and_the_record_shows_when_it_was_typed() -> None:
    register_instrument(
        context(people().analyst), code="NTA-9", model="NanoSight NS300", serial_number="NS-2"
    )
    lot(MOTHER)
    submitted_run(instrument="NTA-9")
    assert "instrument_not_calibrated" in codes()

    typed = calibrated("NTA-9", calibrated_on=today() - YEAR)

    assert "instrument_not_calibrated" not in codes()
    entry = AuditEntry.objects.get(record_id=typed.pk)
    assert (entry.actor_name, entry.action) == ("analyst", "calibration.record")
    assert entry.recorded_at.date() - typed.calibrated_on >= YEAR - DAY


@pytest.mark.parametrize("outcome", ["passed", "failed"])
def test_no_later_calibration_takes_back_what_a_failed_one_found(outcome: str) -> None:
    lot(MOTHER)
    submitted_run()
    calibrated(outcome="failed", calibrated_on=today(), valid_until=today())

    calibrated(outcome=outcome, calibrated_on=today())

    assert "instrument_not_calibrated" in codes()
