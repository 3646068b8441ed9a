"""The ledger over the API: its heads, its proofs and its keys, checked by software not ours too."""

from __future__ import annotations

import base64
from typing import Any

import pymerkle
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.domain.merkle import check_consistency, check_inclusion
from products.domain.notes import open_checkpoint, parse_vkey
from products.domain.tlog import check_continuation, check_proof
from products.models import AuditEntry, Checkpoint, Leaf
from products.queries import proofs
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.domain.test_merkle import foreign_consistency_of
from tests.records import lot
from tests.sealing import SIGNER, seal, seal_one, sign_head

pytestmark = pytest.mark.django_db
NOWHERE = "0199a7c2-0000-7000-8000-000000000000"


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def decoded(texts: list[str]) -> list[bytes]:
    return [base64.b64decode(text, validate=True) for text in texts]


def text_of(response: Any) -> str:
    assert response.status_code == 200, response.content
    assert response.headers["Content-Type"] == "text/plain; charset=utf-8"
    return str(response.content.decode())


def last_registration() -> AuditEntry:
    lot()
    return AuditEntry.objects.filter(action="lot.register").latest("recorded_at")


def test_a_checkpoint_is_the_signed_head_that_its_note_says(auditor: ApiClient) -> None:
    seal()
    row = sign_head()

    shown = made(auditor.get("checkpoints/latest/"))
    note = text_of(auditor.get(shown["content"]))

    head = open_checkpoint(note, [SIGNER.verifier])
    assert note == shown["note"] == row.note
    assert (head.size, base64.b64encode(head.root).decode()) == (shown["size"], shown["root"])
    assert made(auditor.get("checkpoints/1/")) == shown


def test_past_checkpoints_are_listed_latest_first(auditor: ApiClient) -> None:
    for _ in range(3):
        seal_one()
        sign_head()

    rows = made(auditor.get("checkpoints/", {"page_size": "2"}))

    assert [row["number"] for row in rows["results"]] == [3, 2]
    assert [row["number"] for row in made(auditor.get(rows["next"]))["results"]] == [1]


def test_the_public_keys_are_handed_out_as_they_are_used(auditor: ApiClient) -> None:
    seal()
    sign_head()

    (key,) = made(auditor.get("ledger-keys/"))["results"]

    assert parse_vkey(key["vkey"]) == SIGNER.verifier
    assert key["announcement"] == ""


def test_a_proof_file_shows_that_an_entry_is_in_the_ledger(auditor: ApiClient) -> None:
    key = last_registration().pk
    seal()
    row = sign_head()
    shown = made(auditor.get(f"audit/{key}/"))

    content = auditor.get(shown["content"]).content
    head = check_proof(text_of(auditor.get(shown["proof"])), content, [SIGNER.verifier])

    assert head.size == row.size


def test_a_proof_is_under_the_checkpoint_that_is_asked_for(auditor: ApiClient) -> None:
    key = last_registration().pk
    seal()
    first = sign_head()
    lot("EV-26-002")
    seal()
    second = sign_head()

    named = text_of(auditor.get(f"audit/{key}/proof/", {"checkpoint": "1"}))
    latest = text_of(auditor.get(f"audit/{key}/proof/"))

    assert named.endswith(first.note)
    assert latest.endswith(second.note)


def test_an_entry_that_no_checkpoint_covers_has_no_proof_yet(auditor: ApiClient) -> None:
    seal()
    sign_head()
    key = last_registration().pk

    queued = auditor.get(f"audit/{key}/proof/")
    seal()
    sealed = auditor.get(f"audit/{key}/proof/")
    sign_head()
    earlier = auditor.get(f"audit/{key}/proof/", {"checkpoint": "1"})

    assert {refusal(each) for each in (queued, sealed, earlier)} == {(409, "not_sealed_yet")}
    assert auditor.get(f"audit/{key}/proof/").status_code == 200


def test_before_the_first_checkpoint_there_is_none(auditor: ApiClient) -> None:
    key = last_registration().pk
    seal()

    assert refusal(auditor.get("checkpoints/latest/")) == (404, "not_found")
    assert refusal(auditor.get("checkpoints/1/")) == (404, "not_found")
    assert refusal(auditor.get(f"audit/{key}/proof/")) == (409, "not_sealed_yet")
    assert made(auditor.get("ledger-keys/"))["results"] == []


def test_an_inclusion_proof_leads_to_the_root(auditor: ApiClient) -> None:
    seal()
    row = sign_head()

    found = made(auditor.get(f"checkpoints/{row.number}/inclusion/", {"index": "3"}))

    (leaf,) = decoded([found["leaf_hash"]])
    check_inclusion(leaf, 3, row.size, decoded(found["hashes"]), bytes(row.root))
    assert found["checkpoint"]["size"] == row.size


def test_a_consistency_proof_shows_that_the_ledger_continues(auditor: ApiClient) -> None:
    for _ in range(5):
        seal_one()
    first = sign_head()
    seal()
    second = sign_head()

    found = made(auditor.get("checkpoints/2/consistency/", {"old_size": "5"}))
    file = text_of(auditor.get("checkpoints/2/consistency/file/", {"old_size": "5"}))

    check_consistency(
        5, second.size, bytes(first.root), bytes(second.root), decoded(found["hashes"])
    )
    assert file == "\n".join(["old 5", *found["hashes"]]) + f"\n\n{second.note}"
    assert check_continuation(file, first.note, [SIGNER.verifier]).size == second.size


def test_equal_sizes_have_an_empty_proof(auditor: ApiClient) -> None:
    size = seal()
    sign_head()

    found = made(auditor.get("checkpoints/1/consistency/", {"old_size": str(size)}))

    assert found["hashes"] == []


@pytest.mark.parametrize(
    ("address", "query", "code"),
    [
        ("checkpoints/1/inclusion/", {"index": "1000000"}, (422, "proof_refused")),
        ("checkpoints/1/inclusion/", {"index": "01"}, (422, "invalid_value")),
        ("checkpoints/1/inclusion/", {"index": "-1"}, (422, "invalid_value")),
        ("checkpoints/1/inclusion/", {}, (422, "invalid_value")),
        ("checkpoints/2/inclusion/", {"index": "0"}, (404, "not_found")),
        ("checkpoints/1/consistency/", {"old_size": "1000000"}, (422, "proof_refused")),
        ("checkpoints/1/consistency/", {"old_size": "0"}, (422, "proof_refused")),
        ("checkpoints/1/consistency/", {"old_size": "x"}, (422, "invalid_value")),
        ("checkpoints/1/consistency/file/", {"size": "1"}, (422, "unknown_parameter")),
        (f"audit/{NOWHERE}/proof/", {}, (404, "not_found")),
        ("audit/ENTRY/proof/", {"checkpoint": "2"}, (404, "not_found")),
        ("audit/ENTRY/proof/", {"checkpoint": "9" * 12}, (422, "invalid_value")),
    ],
)
def test_what_the_ledger_cannot_show_is_refused(
    auditor: ApiClient, address: str, query: dict[str, str], code: tuple[int, str]
) -> None:
    entry = last_registration()
    seal()
    sign_head()

    assert refusal(auditor.get(address.replace("ENTRY", str(entry.pk)), query)) == code


@pytest.mark.parametrize("username", ["analyst", "reviewer"])
def test_the_ledger_is_not_for_everybody_who_reads(username: str) -> None:
    answer = client_of(username).get("checkpoints/")

    assert "Quality, auditors and administrators may" in problem(answer)["detail"]


def test_a_proof_takes_few_queries_however_large_the_tree(
    auditor: ApiClient,
) -> None:
    key = last_registration().pk
    seal()
    small = sign_head()
    for number in range(2, 5):
        lot(f"EV-26-{number:03}")
    seal()
    sign_head()

    with CaptureQueriesContext(connection) as of_large:
        proofs.proof_of_entry(key)
    with CaptureQueriesContext(connection) as of_small:
        proofs.proof_of_entry(key, small.number)

    # One less where the proof needs no leaf, or nothing but leaves.
    assert {len(of_large), len(of_small)} <= {4, 5}


def test_stored_roots_and_proofs_of_all_pairs_are_those_of_the_foreign_tree() -> None:
    foreign = pymerkle.InmemoryTree(algorithm="sha256")
    heads: dict[int, Checkpoint] = {}
    pairs = 0

    for size in range(1, 65):
        seal_one()
        heads[size] = sign_head()
        body = Leaf.objects.select_related("entry").get(index=size - 1).entry.body
        foreign.append_entry(bytes(body))
        assert bytes(heads[size].root) == foreign.get_root(size)
    for new, head in heads.items():
        for old in range(1, new + 1):
            found = proofs.inclusion(head, old - 1)
            assert [found.leaf, *found.hashes] == foreign.prove_inclusion(old, new).path
            hashes = proofs.consistency(head, old).hashes
            assert list(hashes) == foreign_consistency_of(foreign, old, new)
            pairs += 1

    assert pairs == 64 * 65 // 2
