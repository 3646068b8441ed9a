"""The facts of a lot as bytes and back: whoever has them judges as the product does."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings

from products.domain.canonical import canonical_bytes
from products.domain.errors import InvalidValueError
from products.domain.facts import LotFacts
from products.domain.loading import lot_facts_from
from products.domain.ordering import normalised
from products.domain.release import evaluate
from tests.domain.facts import NOW, RELEASABLE
from tests.domain.test_evaluation import LOTS


def test_a_lot_that_may_be_released_may_be_released_again() -> None:
    assert lot_facts_from(canonical_bytes(normalised(RELEASABLE))) == normalised(RELEASABLE)


@given(LOTS)
@settings(max_examples=20)
def test_facts_that_are_read_back_are_the_same_and_are_judged_the_same(lot: LotFacts) -> None:
    read = lot_facts_from(canonical_bytes(lot))

    assert canonical_bytes(read) == canonical_bytes(lot)
    assert evaluate(read, NOW).to_bytes() == evaluate(lot, NOW).to_bytes()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("number", 7),
        ("decision", "sold"),
        ("made_on", "yesterday"),
        ("decision_number", True),
        ("runs", "none"),
        ("runs", [{}]),
        ("lines", [["A-1"]]),
        ("acknowledged", None),
        ("holds", None),
        ("colour", "red"),
    ],
)
def test_what_is_no_lot_is_refused(member: str, value: object) -> None:
    data: dict[str, Any] = json.loads(canonical_bytes(RELEASABLE))

    with pytest.raises(InvalidValueError, match="not the facts of a lot"):
        lot_facts_from(json.dumps(data | {member: value}).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b"null"])
def test_other_bytes_are_refused(content: bytes) -> None:
    with pytest.raises(InvalidValueError, match="not the facts of a lot"):
        lot_facts_from(content)
