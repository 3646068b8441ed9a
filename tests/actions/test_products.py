"""Products: what is made, under which basis."""

from __future__ import annotations

from typing import Any

import pytest

from products.domain.errors import DuplicateError, InvalidValueError
from tests.records import product

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
