"""The demo's specifications are the published ones, row by row."""

from __future__ import annotations

from decimal import Decimal

import pytest

from products.demo.products import PRODUCTS
from products.demo.specifications import (
    CRITERIA,
    DOCUMENTS,
    OUR_PLACENTAL_EXAMPLE,
    STTT_2025,
    WJSC_2025,
)
from products.domain.criteria import Criterion, LimitKind, Stage, Verdict, check_criterion, judge
from products.domain.products import Basis

ALL = [criterion for criteria in CRITERIA.values() for criterion in criteria]


def _row(criteria: tuple[Criterion, ...], code: str) -> Criterion:
    return next(criterion for criterion in criteria if criterion.code == code)


@pytest.mark.parametrize("criterion", ALL, ids=lambda criterion: criterion.code)
def test_every_criterion_may_be_approved(criterion: Criterion) -> None:
    assert check_criterion(criterion) == ()


@pytest.mark.parametrize(
    ("criteria", "by_stage"),
    [
        (STTT_2025, {"parent_cells": 2, "harvest": 2, "bulk": 12, "final_container": 5}),
        (WJSC_2025, {"parent_cells": 7, "final_container": 10}),
    ],
)
def test_each_printed_row_is_one_criterion(
    criteria: tuple[Criterion, ...], by_stage: dict[Stage, int]
) -> None:
    stages = [criterion.stage for criterion in criteria]

    assert {stage: stages.count(stage) for stage in dict.fromkeys(stages)} == by_stage


@pytest.mark.parametrize(
    ("criteria", "code", "limit"),
    [
        (STTT_2025, "BULK-50-400", "> 90 %"),
        (STTT_2025, "BULK-CALNEXIN", "negative"),
        (STTT_2025, "BULK-IMMUNE", "inhibits Th1/2/17, promotes Treg"),
        (STTT_2025, "BULK-PROTEIN", "report"),
        (STTT_2025, "BULK-STERILITY", "no growth"),
        (STTT_2025, "FINAL-ENDOTOXIN", "< 0.25 EU/mL"),
        (STTT_2025, "FINAL-PARTICLES", "80 to 120 % of label claim"),
        (WJSC_2025, "CELLS-ENDOTOXIN", "< 0.5 EU/mL"),
        (WJSC_2025, "CELLS-VIABILITY", "≥ 90 %"),
        (WJSC_2025, "CELLS-POSITIVE", "≥ 95 %"),
        (WJSC_2025, "CELLS-NEGATIVE", "≤ 2 %"),
        (WJSC_2025, "FINAL-SIZE", "< 200 nm"),
        (WJSC_2025, "FINAL-GM130", "absent"),
        (WJSC_2025, "FINAL-INTEGRITY", "particles lysed by Triton X-100"),
    ],
)
def test_limits_are_as_printed(criteria: tuple[Criterion, ...], code: str, limit: str) -> None:
    assert _row(criteria, code).limit_text == limit


@pytest.mark.parametrize(
    ("criteria", "code", "text", "verdict"),
    [
        (STTT_2025, "BULK-50-400", "90.4", Verdict.PASS),
        (STTT_2025, "BULK-50-400", "90.0", Verdict.FAIL),
        (STTT_2025, "FINAL-ENDOTOXIN", "0.249", Verdict.PASS),
        (WJSC_2025, "FINAL-SIZE", "199.6", Verdict.FAIL),
        (WJSC_2025, "CELLS-ENDOTOXIN", "0.46", Verdict.FAIL),
    ],
)
def test_strict_limits_hold_as_their_document_states(
    criteria: tuple[Criterion, ...], code: str, text: str, verdict: Verdict
) -> None:
    criterion = _row(criteria, code)

    assert judge(criterion, text, criterion.unit).verdict is verdict


def test_our_own_example_says_so_and_takes_no_published_band() -> None:
    ratio = _row(OUR_PLACENTAL_EXAMPLE, "FINAL-RATIO")

    assert "of our own" in DOCUMENTS["PLA"]
    assert ratio.kind is LimitKind.LOWER
    assert Decimal(ratio.lower) not in {Decimal("3E10"), Decimal("2E10"), Decimal("2E9")}


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: product.code)
def test_no_product_names_an_authorisation_that_could_be_real(product: object) -> None:
    basis, reference = getattr(product, "basis", ""), getattr(product, "basis_reference", "")

    assert basis == Basis.RESEARCH_USE_ONLY or reference.startswith("DEMO-")
