"""Methods: drafted, approved under signature, retired under signature."""

from __future__ import annotations

import json
from typing import Any

import pytest

from products.actions.methods import (
    approve_method_version,
    draft_method_version,
    register_method,
    retire_method_version,
)
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import Method, MethodVersion
from tests.records import approved_method, context, people

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


def method(code: str = "STE-01", **changes: Any) -> Method:
    described: dict[str, Any] = {
        "name": "Sterility",
        "attribute": "Sterility",
        "category": "sterility",
    } | changes
    return register_method(context(people().analyst), code=code, **described)


def draft(code: str = "STE-01", **changes: Any) -> MethodVersion:
    described: dict[str, Any] = {
        "document": "SOP-STE-01",
        "formula": "no_growth",
        "unit": "{word}",
        "incubation_hours": 168,
        "media": ["FTM", "SCDM"],
    } | changes
    return draft_method_version(context(people().analyst), method=code, **described)


def approve(version: int = 1) -> MethodVersion:
    return approve_method_version(context(people().quality), method="STE-01", version=version)


def test_a_method_code_is_never_reused() -> None:
    method("STE-01")

    with pytest.raises(DuplicateError, match=r"ste-01 was used already \(as STE-01\)"):
        method("ste-01")


def test_an_unknown_category_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        method(category="taste")

    assert refusal.value.field == "category"


def test_a_method_keeps_its_family_and_states_none_without_one() -> None:
    assert method("NTA-01", family="nta").family == "nta"
    assert method("STE-01").family == ""


def test_an_unknown_family_is_refused() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        method(family="guesswork")

    assert refusal.value.field == "family"


def test_what_an_endotoxin_test_must_reach_is_kept_as_written_and_signed() -> None:
    stated = {
        "sensitivity": "0.050",
        "min_recovery_percent": "50",
        "max_recovery_percent": "200",
        "min_correlation": "0.980",
    }
    method(family="other")
    draft(formula="endotoxin_kinetic", unit="[EU]/mL", media=[], incubation_hours=None, **stated)

    found = approve()

    assert found.approval is not None
    signed = json.loads(bytes(found.approval.content))["shown"]
    assert {name: getattr(found, name) for name in stated} == stated
    assert {name: signed[name] for name in stated} == stated
    assert signed["family"] == "other"


def test_drafts_are_numbered_in_order() -> None:
    method()

    assert [draft().version, draft().version] == [1, 2]


def test_a_draft_keeps_what_its_procedure_states() -> None:
    method()

    found = draft(lod="1 ".strip(), media=[" FTM"], document=" SOP-9 ")

    found.refresh_from_db()
    assert (found.state, found.document, found.lod, found.media) == (
        "draft",
        "SOP-9",
        "1",
        ["FTM"],
    )


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"formula": "guess"}, "formula"),
        ({"unit": "words"}, "unit"),
        ({"replicates": 0}, "replicates"),
        ({"incubation_hours": -1}, "incubation_hours"),
        ({"media": ["F\x00M"]}, "media"),
        ({"document": ""}, "document"),
    ],
)
def test_a_draft_with_one_bad_input_is_refused_by_its_name(
    changes: dict[str, Any], field: str
) -> None:
    method()

    with pytest.raises(InvalidValueError) as refusal:
        draft(**changes)

    assert refusal.value.field == field


def test_a_draft_of_an_unknown_method_is_refused() -> None:
    with pytest.raises(UnknownReferenceError, match="STE-01"):
        draft()


def test_approval_is_signed_over_the_whole_version() -> None:
    method()
    draft()

    found = approve()

    found.refresh_from_db()
    assert found.approval is not None
    assert (found.state, found.approved_at) == ("approved", found.approval.signed_at)
    shown = json.loads(bytes(found.approval.content))["shown"]
    assert (shown["method"], shown["version"], shown["media"]) == ("STE-01", 1, ["FTM", "SCDM"])
    assert shown["incubation_hours"] == 168


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"media": []}, "needs its media"),
        ({"incubation_hours": None}, "needs its incubation hours"),
        ({"unit": "%"}, "gives values in"),
        ({"lod": "low"}, "LOD"),
    ],
)
def test_a_version_that_lacks_something_is_not_approved(
    changes: dict[str, Any], message: str
) -> None:
    method()
    draft(**changes)

    with pytest.raises(InvalidValueError, match=message) as refusal:
        approve()

    assert refusal.value.code == "method_incomplete"
    assert MethodVersion.objects.get().state == "draft"


def test_a_version_is_approved_once() -> None:
    method()
    draft()
    approve()

    with pytest.raises(WrongStatusError, match="only a draft"):
        approve()


def test_an_analyst_does_not_approve() -> None:
    method()
    draft()

    with pytest.raises(NotPermittedError):
        approve_method_version(context(people().analyst), method="STE-01", version=1)


def test_a_retired_version_keeps_its_approval() -> None:
    version = approved_method("VIA-01")

    retired = retire_method_version(
        context(people().quality), method="VIA-01", version=version.version
    )

    retired.refresh_from_db()
    assert retired.retirement is not None
    assert (retired.state, retired.retired_at) == ("retired", retired.retirement.signed_at)
    assert retired.approval == version.approval


def test_a_draft_is_not_retired() -> None:
    method()
    draft()

    with pytest.raises(WrongStatusError, match="only an approved version"):
        retire_method_version(context(people().quality), method="STE-01", version=1)


def test_a_version_that_does_not_exist_is_not_approved() -> None:
    method()

    with pytest.raises(UnknownReferenceError, match="no version 3"):
        approve(3)
