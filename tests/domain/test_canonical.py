"""Canonical bytes: one spelling per value, and none for what has several."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.canonical import canonical_bytes, sha256_hex
from products.domain.criteria import Verdict
from products.domain.signatures import signed_document

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, b"null"),
        (True, b"true"),
        (12, b"12"),
        ("Zoë", '"Zoë"'.encode()),
        (Decimal("0.10"), b'"0.10"'),
        (date(2026, 11, 30), b'"2026-11-30"'),
        (datetime(2026, 11, 30, 5, 0, tzinfo=UTC), b'"2026-11-30T05:00:00.000000Z"'),
        (
            datetime(2026, 11, 30, 0, 0, 0, 25, tzinfo=timezone(timedelta(hours=-5))),
            b'"2026-11-30T05:00:00.000025Z"',
        ),
        (datetime(26, 1, 2, tzinfo=UTC), b'"0026-01-02T00:00:00.000000Z"'),
        (UUID(int=7), b'"00000000-0000-0000-0000-000000000007"'),
        (Verdict.NOT_COMPARABLE, b'"not_comparable"'),
        ((1, [2, ()]), b"[1,[2,[]]]"),
        ({"b": 1, "a": 2, "B": 3, "é": 4}, '{"B":3,"a":2,"b":1,"é":4}'.encode()),
        ("\x00\ud800", b'"\\u0000\\ud800"'),
    ],
)
def test_each_value_has_one_spelling(value: object, expected: bytes) -> None:
    assert canonical_bytes(value) == expected


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        [1, float("nan")],
        {"a": {1, 2}},
        b"bytes",
        {1: "a"},
        datetime(2026, 11, 30, 5, 0),  # noqa: DTZ001 - the one that is refused
        object(),
    ],
)
def test_a_value_without_one_spelling_is_refused(value: object) -> None:
    with pytest.raises(TypeError, match="no canonical form"):
        canonical_bytes(value)


@given(PLAIN)
def test_canonical_bytes_are_json_that_reads_back(value: object) -> None:
    assert json.loads(canonical_bytes(value)) == value


@given(st.dictionaries(st.text(), st.integers()))
def test_the_order_of_keys_does_not_matter(value: dict[str, int]) -> None:
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)


def test_the_hash_is_the_sha256_of_the_bytes() -> None:
    assert sha256_hex(b"abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


DOCUMENT = {
    "meaning": "Approved for release",
    "reason": "All tests pass",
    "record_kind": "lot",
    "record_id": UUID(int=7),
    "shown": {"status": "quarantined"},
}


def test_a_signed_document_holds_meaning_reason_record_and_what_was_shown() -> None:
    document = signed_document(**DOCUMENT)  # type: ignore[arg-type]  # keywords by name

    assert json.loads(document) == {
        "meaning": "Approved for release",
        "reason": "All tests pass",
        "record": {"id": "00000000-0000-0000-0000-000000000007", "kind": "lot"},
        "shown": {"status": "quarantined"},
    }


@pytest.mark.parametrize("changed", list(DOCUMENT))
def test_a_change_of_any_part_changes_the_signed_document(changed: str) -> None:
    other = signed_document(**{**DOCUMENT, changed: "other"})  # type: ignore[arg-type]  # by name

    assert other != signed_document(**DOCUMENT)  # type: ignore[arg-type]  # keywords by name
