"""Specifications: drafted with their criteria, approved under signature."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from products import models
from products.actions.methods import register_method, retire_method_version
from products.actions.naming import begin
from products.actions.specifications import approve_specification, draft_specification
from products.domain.criteria import Category, Criterion, LimitKind, SatisfiedBy, Stage
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import SpecificationVersion
from products.queries.facts import criterion_of
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    VIABILITY,
    approved_method,
    approved_specification,
    context,
    people,
    product,
    today,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


def draft(*criteria: Criterion, **changes: Any) -> SpecificationVersion:
    """A draft for EXO-1; the methods of the usual criteria are approved."""
    product("EXO-1")
    for usual in (VIABILITY, ENDOTOXIN):
        approved_method(usual.method)
    described: dict[str, Any] = {
        "product": "EXO-1",
        "document": "SPEC-1",
        "effective_from": today(),
        "change_reason": "The process became more capable",
    } | changes
    return draft_specification(context(people().analyst), criteria=criteria, **described)


def approve(version: int = 1) -> SpecificationVersion:
    return approve_specification(context(people().quality), product="EXO-1", version=version)


def test_a_draft_keeps_its_criteria_in_order_and_as_written() -> None:
    found = draft(ENDOTOXIN, VIABILITY)

    rows = list(found.criteria.select_related("method").order_by("position"))
    assert [criterion_of(row, row.method.code) for row in rows] == [ENDOTOXIN, VIABILITY]


def test_drafts_are_numbered_in_order() -> None:
    assert [draft(VIABILITY).version, draft(VIABILITY).version] == [1, 2]


def test_a_first_version_needs_no_reason_and_a_later_one_does() -> None:
    draft(VIABILITY, change_reason="")

    with pytest.raises(InvalidValueError, match="after version 1") as refusal:
        draft(VIABILITY, change_reason=" ")

    assert (refusal.value.code, refusal.value.field) == ("change_reason_missing", "change_reason")


def test_the_reason_of_a_later_version_is_kept_and_signed() -> None:
    draft(VIABILITY)
    draft(VIABILITY, change_reason=" Capability study CS-4 ")

    found = approve(2)

    assert found.approval is not None
    signed = json.loads(bytes(found.approval.content))["shown"]
    assert found.change_reason == signed["change_reason"] == "Capability study CS-4"


def test_a_criterion_says_whose_result_satisfies_it() -> None:
    inherited = replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)
    draft(inherited, ENDOTOXIN)

    found = approve()

    assert found.approval is not None
    signed = json.loads(bytes(found.approval.content))["shown"]["criteria"]
    assert [row.satisfied_by for row in found.criteria.order_by("position")] == [
        "parent",
        "this_lot",
    ]
    assert [one["satisfied_by"] for one in signed] == ["parent", "this_lot"]


def particles(code: str, method: str, **changes: Any) -> Criterion:
    usual = Criterion(
        code=code,
        attribute="Particles",
        category=Category.GENERAL,
        stage=Stage.BULK,
        method=method,
        kind=LimitKind.LOWER,
        lower="1.0E10",
        unit="{particles}/mL",
    )
    return replace(usual, **changes)


def counting(code: str, family: str) -> None:
    register_method(
        context(people().analyst),
        code=code,
        name=f"Particles by {code}",
        attribute="Particles",
        category="general",
        family=family,
    )
    approved_method(code, formula="particle_concentration", unit="{particles}/mL")


def test_particles_are_not_asked_for_by_methods_of_different_families() -> None:
    counting("NTA-1", "nta")
    counting("NFC-1", "nano_flow")
    draft(particles("by-nta", "NTA-1"), particles("by-flow", "NFC-1"))

    with pytest.raises(InvalidValueError, match="methods of different families") as refusal:
        approve()

    assert refusal.value.code == "specification_incomplete"


def test_attributes_that_name_their_family_stand_side_by_side() -> None:
    counting("NTA-1", "nta")
    counting("NFC-1", "nano_flow")
    draft(
        particles("by-nta", "NTA-1", attribute="Particles by NTA"),
        particles("by-flow", "NFC-1", attribute="Particles by nano-flow"),
    )

    assert approve().state == "approved"


def test_particles_are_not_counted_by_a_method_of_no_stated_family() -> None:
    counting("NTA-1", "")
    draft(particles("by-nta", "NTA-1"))

    with pytest.raises(InvalidValueError, match="states no family"):
        approve()


def test_a_draft_may_lack_its_limit_until_approval() -> None:
    draft(replace(VIABILITY, lower=""))

    with pytest.raises(InvalidValueError, match="The lower limit is missing") as refusal:
        approve()

    assert refusal.value.code == "specification_incomplete"


@pytest.mark.parametrize(
    ("criterion", "code"),
    [
        (replace(VIABILITY, unit="percent"), "unknown_unit"),
        (replace(ENDOTOXIN, compare_on=None), "invalid_value"),
        (replace(VIABILITY, code=" "), "invalid_value"),
        (replace(VIABILITY, attribute="A" * 101), "invalid_value"),
        (replace(VIABILITY, allowed_words=("a\x00",)), "invalid_value"),
    ],
)
def test_a_criterion_that_cannot_be_kept_is_refused_by_its_code(
    criterion: Criterion, code: str
) -> None:
    with pytest.raises(InvalidValueError, match=f"^Criterion {criterion.code}") as refusal:
        draft(criterion)

    assert (refusal.value.code, refusal.value.field) == (code, "criteria")


def test_a_criterion_without_code_is_named_by_its_place() -> None:
    with pytest.raises(InvalidValueError, match=r"^Criterion 2: Code"):
        draft(VIABILITY, replace(ENDOTOXIN, code=""))


def test_two_criteria_of_one_code_are_refused() -> None:
    with pytest.raises(DuplicateError, match="VIABILITY"):
        draft(VIABILITY, replace(ENDOTOXIN, code="VIABILITY"))


def test_a_criterion_of_an_unknown_method_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="STE-01") as refusal:
        draft(STERILITY)

    assert refusal.value.field == "criteria"


def test_an_unknown_product_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="EXO-9"):
        draft(VIABILITY, product="EXO-9")


def test_approval_is_signed_over_every_criterion() -> None:
    draft(VIABILITY, ENDOTOXIN)

    found = approve()

    found.refresh_from_db()
    assert found.approval is not None
    assert (found.state, found.approved_at) == ("approved", found.approval.signed_at)
    shown = json.loads(bytes(found.approval.content))["shown"]
    assert shown["effective_from"] == f"{today()}"
    assert [(item["code"], item["limit"]) for item in shown["criteria"]] == [
        ("viability", VIABILITY.limit_text),
        ("endotoxin", ENDOTOXIN.limit_text),
    ]


def test_a_specification_without_criteria_is_not_approved() -> None:
    draft()

    with pytest.raises(InvalidValueError, match="It has no criterion"):
        approve()


def test_every_method_needs_an_approved_version_before_approval() -> None:
    draft(VIABILITY, ENDOTOXIN)
    version = approved_method(VIABILITY.method).version
    retire_method_version(context(people().quality), method=VIABILITY.method, version=version)

    with pytest.raises(InvalidValueError, match="method VIA-01 has no approved") as refusal:
        approve()

    assert "END-01" not in refusal.value.message


def test_all_that_is_missing_is_said_at_once() -> None:
    draft(replace(VIABILITY, lower=""), replace(ENDOTOXIN, upper="low"))

    with pytest.raises(InvalidValueError) as refusal:
        approve()

    assert "Criterion viability: " in refusal.value.message
    assert "Criterion endotoxin: " in refusal.value.message


def test_a_version_is_approved_once() -> None:
    approved_specification("EXO-1")

    with pytest.raises(WrongStatusError, match="only a draft"):
        approve()


def test_an_analyst_does_not_approve() -> None:
    draft(VIABILITY)

    with pytest.raises(NotPermittedError):
        approve_specification(context(people().analyst), product="EXO-1", version=1)


def test_an_approved_version_takes_no_further_criterion() -> None:
    version = approved_specification("EXO-1")
    begin("specification.draft", context(people().analyst))

    with pytest.raises(DatabaseError, match="is approved"), transaction.atomic():
        models.Criterion.objects.create(
            specification=version,
            position=9,
            code="more",
            attribute="More",
            category=Category.GENERAL,
            stage="bulk",
            method=models.Method.objects.get(),
            kind="report_only",
            rounding="usp",
        )


def test_a_version_may_take_effect_later() -> None:
    later = today() + timedelta(days=30)
    draft(VIABILITY, effective_from=later)

    assert approve().effective_from == later
