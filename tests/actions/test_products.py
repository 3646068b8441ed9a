"""Products: what is made, under which basis."""

from __future__ import annotations

import json
from typing import Any

import pytest

from products.actions.dispositions import reject_lot, release_lot
from products.actions.products import assign_profile
from products.actions.reviews import review_results
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import Hold, Lot, ProfileAssignment, User
from tests.records import context, lot, people, product, submitted_run

pytestmark = pytest.mark.django_db


def test_a_product_keeps_its_claim_as_written_on_the_label() -> None:
    found = product(" EXO-1 ", label_claim="1.0E11", fill_volume_ml="1.50")

    found.refresh_from_db()
    assert (found.code, found.label_claim, found.fill_volume_ml) == ("EXO-1", "1.0E11", "1.50")
    assert (found.basis, found.rule_profile) == ("us_ind", "strict")


def test_a_product_for_research_alone_needs_no_reference_and_no_claim() -> None:
    found = product(
        basis="research_use_only", basis_reference="", label_claim="", fill_volume_ml=""
    )

    assert found.label_claim == ""


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"basis": "approved"}, "basis"),
        ({"basis_reference": " "}, "basis_reference"),
        ({"rule_profile": "lenient"}, "rule_profile"),
        ({"label_claim": "1,5"}, "label_claim"),
        ({"label_claim": "<1.0E11"}, "label_claim"),
        ({"label_claim": "0"}, "label_claim"),
        ({"fill_volume_ml": "-1"}, "fill_volume_ml"),
        ({"storage": ""}, "storage"),
        ({"shelf_life_months": -1}, "shelf_life_months"),
        ({"name": "E\ud800"}, "name"),
        ({"code": " "}, "code"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        product(**({"code": "EXO-1"} | changes))

    assert refusal.value.field == field


def test_a_code_is_never_reused() -> None:
    product("EXO-1")

    with pytest.raises(DuplicateError, match=r"exo-1 was used already \(as EXO-1\)"):
        product("exo-1")


@pytest.mark.parametrize("profile", ["phase_1_ind", "research_use_only"])
def test_a_product_begins_with_all_rules(profile: str) -> None:
    with pytest.raises(InvalidValueError, match="all rules apply") as refusal:
        product(rule_profile=profile)

    assert (refusal.value.field, refusal.value.code) == ("rule_profile", "profile_not_signed")


def research(code: str = "RUO-1") -> None:
    product(code, basis="research_use_only", basis_reference="")


def assign(
    profile: str = "research_use_only", code: str = "RUO-1", by: User | None = None
) -> ProfileAssignment:
    given = context(by or people().quality, "For bench work only")
    return assign_profile(given, product=code, profile=profile)


def codes() -> list[str]:
    return [block["code"] for block in Lot.objects.get().blocks]


def test_a_profile_is_signed_with_what_it_leaves_out() -> None:
    research()

    row = assign()

    shown = json.loads(bytes(row.signature.content))["shown"]
    assert (row.version, row.profile, row.reason) == (1, "research_use_only", "For bench work only")
    assert (shown["profile_before"], shown["profile"]) == ("strict", "research_use_only")
    assert shown["rules_left_out"] == ["R09", "R15", "R25"]


def test_every_lot_of_the_product_is_judged_again_by_its_profile() -> None:
    research()
    lot(product="RUO-1", sources=[])
    assert "source_missing" in codes()

    assign()
    assert "source_missing" not in codes()
    assign("strict")

    assert "source_missing" in codes()


def test_going_back_to_all_rules_holds_what_was_released_without_them() -> None:
    research()
    assign()
    lot(product="RUO-1", sources=[])
    result = submitted_run()
    review_results(context(people().reviewer), lot="EV-26-001", runs=[result.run.number])
    release_lot(context(people().quality2), lot="EV-26-001")

    assign("strict")

    assert Hold.objects.get().caused_by == "product.assign_profile"
    assert Lot.objects.get().release_status == "on_hold"


def test_a_lot_of_final_status_is_not_judged_again() -> None:
    research()
    lot(product="RUO-1", sources=[])
    reject_lot(context(people().quality2), lot="EV-26-001")
    before = Lot.objects.get().version

    assign()

    assert Lot.objects.get().version == before


@pytest.mark.parametrize(
    ("basis", "profile"),
    [("us_ind", "research_use_only"), ("clinical_trial", "phase_1_ind")],
)
def test_a_profile_is_only_for_its_bases(basis: str, profile: str) -> None:
    product("EXO-1", basis=basis)

    with pytest.raises(InvalidValueError, match="is not for the basis of product EXO-1") as refusal:
        assign(profile, "EXO-1")

    assert refusal.value.code == "profile_not_allowed"


def test_the_profile_that_a_product_has_is_not_assigned_again() -> None:
    research()

    with pytest.raises(WrongStatusError, match="has the profile strict already"):
        assign("strict")


def test_an_unknown_profile_or_product_is_refused() -> None:
    research()

    with pytest.raises(InvalidValueError):
        assign("lenient")
    with pytest.raises(UnknownReferenceError):
        assign(code="RUO-2")


def test_only_quality_assigns_a_profile() -> None:
    research()

    with pytest.raises(NotPermittedError):
        assign(by=people().analyst)
