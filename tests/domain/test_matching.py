"""A document against its signature and against the records, without a database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.domain.canonical import sha256_hex
from products.domain.matching import Standing, Stated, differences, facts_of, match
from products.domain.signatures import signed_document

SHOWN = {"signer": {"account": "quality", "printed_name": "Quentin Quality"}, "value": "92.1"}
CONTENT = signed_document(
    meaning="Reviewed", reason="Checked", record_kind="review", record_id="7", shown=SHOWN
)
STATED = Stated(
    record_kind="review",
    record_id="7",
    meaning="Reviewed",
    reason="Checked",
    account="quality",
    printed_name="Quentin Quality",
    sha256=sha256_hex(CONTENT),
)


def test_what_is_as_signed_matches() -> None:
    found = match(CONTENT, STATED, SHOWN, first_sha256=STATED.sha256)

    assert (found.standing, found.label) == (Standing.MATCHES, "Matches")


def test_what_the_record_says_otherwise_is_named_from_what_to_what() -> None:
    found = match(CONTENT, STATED, SHOWN | {"value": "91.2"})

    assert found.standing is Standing.CHANGED
    assert found.messages == ("Value changed from 92.1 to 91.2.",)
    assert [one.path for one in found.differences] == ["value"]


@pytest.mark.parametrize(
    "column", ["record_kind", "record_id", "meaning", "reason", "account", "printed_name"]
)
def test_a_copy_for_another_record_or_signer_does_not_pass(column: str) -> None:
    found = match(CONTENT, replace(STATED, **{column: "another"}), SHOWN)

    assert found.standing is Standing.ALTERED
    assert "another" in found.messages[0]


def test_another_document_is_told_by_its_hash_and_by_the_trail() -> None:
    content = CONTENT.replace(b"92.1", b"99.9")
    both = replace(STATED, sha256=sha256_hex(content))

    alone = match(content, STATED, SHOWN)
    together = match(content, both, SHOWN, first_sha256=STATED.sha256)

    assert alone.standing is together.standing is Standing.ALTERED
    assert alone.messages[1] == together.messages[1] == "Value changed from 99.9 to 92.1."


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"7"])
def test_what_is_no_document_does_not_pass(content: bytes) -> None:
    found = match(content, replace(STATED, sha256=sha256_hex(content)), SHOWN)

    assert found.messages == ("The document cannot be read.",)


def test_a_fact_of_a_later_version_of_the_system_is_no_difference() -> None:
    assert differences({"a": "1"}, {"a": "1", "b": "2"}) == ()


def test_records_are_told_apart_by_name() -> None:
    signed = {"files": [{"name": "a", "sha256": "1"}, {"name": "a", "sha256": "2"}]}
    present = {"files": [{"name": "a", "sha256": "1"}, {"name": "b", "sha256": "2"}]}

    found = [one.message for one in differences(signed, present)]

    assert found == ["Files, a again is not on record any more.", "Files, b was added."]


def test_another_result_is_told_with_what_follows_from_it_in_one_sentence() -> None:
    run = {"run": "R-1", "method": "VIA", "result_id": "1", "raw": "", "verdict": "invalid"}
    signer = {"signer": SHOWN["signer"]}
    content = signed_document(
        meaning="Reviewed",
        reason="Checked",
        record_kind="review",
        record_id="7",
        shown={**signer, "results": [{**run, "purpose": "release"}], "lot": "L"},
    )
    now = {**run, "result_id": "2", "raw": "92", "verdict": "pass", "purpose": "information"}
    stated = replace(STATED, sha256=sha256_hex(content))

    found = match(content, stated, {**signer, "results": [now], "lot": "L"})

    assert found.messages == (
        "The result of VIA (run R-1) changed from invalid to 92 (pass).",
        "Results, R-1, purpose changed from release to information.",
    )
    assert len(found.differences) == 4


def test_every_fact_is_readable() -> None:
    document = {"lot": "L", "files": [{"name": "a", "size_kb": 3}], "none": [], "two words": ["x"]}

    assert list(facts_of(document)) == [
        ("lot", "L"),
        ("files, a, name", "a"),
        ("files, a, size kb", "3"),
        ("none", "nothing"),
        ("two words", "x"),
    ]


def test_two_reasons_of_one_code_are_told_apart_by_what_they_are_about() -> None:
    def reasons(*about: str) -> dict[str, object]:
        blocks = [{"code": "result_missing", "record": record} for record in about]
        return {"evaluation": {"outcomes": [{"rule": "R03", "blocks": blocks}]}}

    found = [
        one.message
        for one in differences(
            reasons("criterion purity", "criterion sterility"), reasons("criterion sterility")
        )
    ]

    (message,) = found
    assert message == (
        "Evaluation, outcomes, R03, blocks, result_missing of criterion purity is not on record "
        "any more."
    )
