"""Which version of a method a run may use."""

from __future__ import annotations

import pytest

from products.actions.lookups import approved_version
from products.actions.methods import draft_method_version, retire_method_version
from products.domain.errors import InvalidValueError
from tests.records import METHODS, approved_method, context, people

pytestmark = pytest.mark.django_db


def test_without_a_version_named_the_latest_approved_one_is_used() -> None:
    approved_method("VIA-01")
    latest = approved_method("VIA-01", document="SOP-2")
    draft_method_version(
        context(people().analyst), method="VIA-01", document="SOP-3", **METHODS["VIA-01"]
    )

    assert approved_version(latest.method, None) == latest


def test_an_earlier_approved_version_may_be_named() -> None:
    first = approved_method("VIA-01")
    approved_method("VIA-01", document="SOP-2")

    assert approved_version(first.method, 1) == first


def test_a_retired_version_is_refused() -> None:
    method = approved_method("VIA-01").method
    retire_method_version(context(people().quality), method="VIA-01", version=1)

    with pytest.raises(InvalidValueError, match="version 1 is retired") as refusal:
        approved_version(method, 1)

    assert refusal.value.code == "method_not_in_force"


def test_a_method_whose_only_version_is_retired_is_refused() -> None:
    method = approved_method("VIA-01").method
    retire_method_version(context(people().quality), method="VIA-01", version=1)

    with pytest.raises(InvalidValueError, match="has no approved version"):
        approved_version(method, None)
