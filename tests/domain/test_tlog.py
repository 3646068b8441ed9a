"""Proofs as files, beyond what the altered files of `tests/tools` show."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.domain.errors import NoteError, ProofError
from products.domain.merkle import EMPTY_ROOT
from products.domain.notes import Checkpoint, checkpoint_text, sign_note
from products.domain.tlog import (
    check_continuation,
    continuation_text,
    parse_continuation,
    parse_proof,
    proof_text,
)
from tests.sealing import SIGNER
from tests.tools.ledgers import files, note_of

GOOD = files(5, 23, 9)


def test_a_proof_file_may_carry_what_no_signature_covers() -> None:
    proof = replace(parse_proof(GOOD.proof.decode()), extra=b"anything")

    assert parse_proof(proof_text(proof)) == proof


@pytest.mark.parametrize("extra", ["eA", "eB==", "!"])
def test_what_it_carries_has_one_spelling(extra: str) -> None:
    altered = GOOD.proof.decode().replace("\nindex", f"\nextra {extra}\nindex")

    with pytest.raises(NoteError, match="ase64"):
        parse_proof(altered)


def test_a_continuation_reads_as_it_was_written() -> None:
    text = GOOD.consistency.decode()

    assert continuation_text(parse_continuation(text)) == text


@pytest.mark.parametrize("text", ["", "old 9", "new 9\n\nx"])
def test_a_file_that_is_no_continuation_is_refused(text: str) -> None:
    with pytest.raises(NoteError, match="does not name the old size"):
        parse_continuation(text)


def test_the_empty_tree_shows_nothing_about_what_follows() -> None:
    empty = sign_note(checkpoint_text(Checkpoint(SIGNER.name, 0, EMPTY_ROOT)), SIGNER)

    with pytest.raises(ProofError, match="begin at the tree of 0"):
        check_continuation(f"old 0\n\n{note_of(9)}", empty, [SIGNER.verifier])
