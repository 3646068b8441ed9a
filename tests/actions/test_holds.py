"""Holds of the site and of an authority."""

from __future__ import annotations

import json
from typing import Any

import pytest

from products.actions.dispositions import release_lot
from products.actions.holds import lift_hold, place_hold
from products.actions.products import assign_profile
from products.actions.reviews import review_results
from products.domain.errors import InvalidValueError, ReleaseBlockedError, WrongStatusError
from products.models import Hold, HoldLift, Lot
from products.queries.lots import lots_at
from tests.records import context, lot, now, people, product, submitted_run

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


def status() -> str:
    found: str = lots_at(now()).values_list("status", flat=True).get(number=LOT)
    return found


def codes() -> list[str]:
    return [block["code"] for block in Lot.objects.get(number=LOT).blocks]


@pytest.fixture
def releasable() -> Lot:
    made = lot()
    result = submitted_run()
    review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])
    return made


def official(**changes: Any) -> Hold:
    stated = {"kind": "official", "reference": "FDA-2026-0117"} | changes
    return place_hold(context(people().quality, "Samples asked for"), lot=LOT, **stated)


def lift(**changes: Any) -> HoldLift:
    stated: dict[str, Any] = {"hold": 1} | changes
    return lift_hold(context(people().quality, "Answer received"), lot=LOT, **stated)


def test_a_hold_is_the_sites_unless_it_says_otherwise() -> None:
    lot()

    hold = place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)

    assert (hold.kind, hold.reference) == ("site", "")


def test_an_official_hold_keeps_the_number_of_the_authority_under_signature() -> None:
    lot()

    hold = official(reference=" FDA-2026-0117 ")

    assert hold.disposition is not None
    shown = json.loads(bytes(hold.disposition.signature.content))["shown"]
    assert (hold.kind, hold.reference) == ("official", "FDA-2026-0117")
    assert (shown["kind"], shown["reference"]) == ("official", "FDA-2026-0117")


def test_an_official_hold_speaks_against_release_by_a_rule_of_its_own(releasable: Lot) -> None:
    official()

    with pytest.raises(ReleaseBlockedError) as refused:
        release_lot(context(people().quality), lot=LOT)

    assert [block.rule for block in refused.value.blocks] == ["R25"]


def test_an_official_hold_is_lifted_only_by_the_document_of_the_authority(
    releasable: Lot,
) -> None:
    official()

    with pytest.raises(InvalidValueError, match="is an authority's") as refused:
        lift(reference=" ")
    assert (refused.value.code, refused.value.field) == (
        "authority_reference_missing",
        "reference",
    )

    lifted = lift(reference="FDA-2026-0117-R")

    shown = json.loads(bytes(lifted.disposition.signature.content))["shown"]
    assert (lifted.reference, shown["reference"]) == ("FDA-2026-0117-R", "FDA-2026-0117-R")
    assert (status(), codes()) == ("quarantined", [])


def test_a_hold_of_the_site_is_lifted_without_a_document(releasable: Lot) -> None:
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)

    assert lift().reference == ""


def test_a_released_lot_under_two_holds_loses_one_and_stays_on_hold(releasable: Lot) -> None:
    release_lot(context(people().quality), lot=LOT)
    place_hold(context(people().analyst, "Freezer alarm"), lot=LOT)
    official()

    lift()
    assert status() == "on_hold"
    lift(hold=2, reference="FDA-2026-0117-R")

    assert status() == "released"


def test_a_profile_that_leaves_the_rule_out_leaves_the_hold_in() -> None:
    product("RUO-1", basis="research_use_only", basis_reference="")
    assign_profile(context(people().quality), product="RUO-1", profile="research_use_only")
    lot(product="RUO-1")
    result = submitted_run()
    review_results(context(people().reviewer), lot=LOT, runs=[result.run.number])

    official()

    assert status() == "on_hold"
    with pytest.raises((ReleaseBlockedError, WrongStatusError)):
        release_lot(context(people().quality), lot=LOT)


@pytest.mark.parametrize(
    ("changes", "field"), [({"kind": "police"}, "kind"), ({"reference": "1" * 101}, "reference")]
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, str], field: str) -> None:
    lot()

    with pytest.raises(InvalidValueError) as refused:
        official(**changes)

    assert refused.value.field == field
    assert not Hold.objects.exists()
