"""Whether leaves bear checkpoints out, and how much is told of what does not fit."""

from __future__ import annotations

import hashlib

import pytest

from products.domain.ledger_faults import Fault, Head, Tally, check_heads
from products.domain.merkle import Frontier, leaf_hash
from products.domain.notes import Checkpoint, checkpoint_text, make_signer, sign_note
from products.domain.sealing import Term

NAME = "exolot.example/ledger"
KEY = make_signer(NAME, hashlib.sha256(b"key").digest())
LEAVES = [leaf_hash(bytes([number])) for number in range(9)]


def head(size: int, *, leaves: list[bytes] = LEAVES, name: str = "") -> Head:
    frontier = Frontier()
    frontier.extend(leaves[:size])
    text = checkpoint_text(Checkpoint(NAME, size, frontier.root()))
    return Head(name or f"Checkpoint over {size}", sign_note(text, KEY), name)


def checked(*heads: Head, leaves: list[bytes] = LEAVES) -> tuple[int, list[str]]:
    tally = Tally()
    size = check_heads(heads, [Term(KEY.verifier)], iter(leaves), tally)
    return size, [fault.kind for fault in tally.faults()]


def test_leaves_that_were_sealed_bear_every_checkpoint_out() -> None:
    assert checked(head(1), head(4), head(4), head(9)) == (9, [])


def test_leaves_after_the_last_checkpoint_are_counted() -> None:
    assert checked(head(4)) == (9, [])
    assert checked() == (9, [])


@pytest.mark.parametrize("size", range(1, 9))
def test_every_checkpoint_over_a_changed_leaf_says_so(size: int) -> None:
    changed = [*LEAVES[: size - 1], leaf_hash(b"x"), *LEAVES[size:]]

    assert checked(head(size), leaves=changed) == (9, ["root_differs"])


def test_a_checkpoint_over_more_than_there_is_says_so() -> None:
    assert checked(head(9), leaves=LEAVES[:8]) == (8, ["tree_cut"])


def test_a_checkpoint_that_nobody_known_signed_is_refused() -> None:
    stranger = make_signer(NAME, hashlib.sha256(b"stranger").digest())
    note = sign_note(head(4).note.split("\n\n")[0] + "\n", stranger)

    assert checked(Head("Checkpoint 1", note), head(9)) == (9, ["checkpoint_refused"])


def test_checkpoints_that_go_back_are_out_of_order() -> None:
    assert checked(head(9), head(4)) == (9, ["checkpoint_order"])


def test_many_faults_of_a_kind_are_told_once_with_their_number() -> None:
    tally = Tally()
    for number in (5, 6, 7):
        tally.add("leaf_differs", f"Entry {number} was changed.")
    tally.add("root_differs", "Checkpoint 1 differs.")
    tally.add("root_differs", "The file differs.", "file")

    assert list(tally.faults()) == [
        Fault("leaf_differs", "Entry 5 was changed. (3 in all)"),
        Fault("root_differs", "Checkpoint 1 differs."),
        Fault("root_differs", "The file differs."),
    ]
