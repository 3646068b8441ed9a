"""Signed notes and public keys: one spelling, and nothing that no other verifier would take."""

from __future__ import annotations

import base64

import pytest

from products.domain.errors import NoteError
from products.domain.notes import (
    MOST_BYTES,
    MOST_SIGNATURES,
    Checkpoint,
    Verifier,
    checkpoint_text,
    make_signer,
    open_checkpoint,
    open_note,
    parse_vkey,
    sign_note,
)
from products.domain.spelling import to_base64
from tests.sealing import OTHER, SIGNER

NOTE = sign_note("says\nthis\n", SIGNER)

# The example of c2sp.org/signed-note and of Go's sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAID = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNED_BY_PETER = (
    SAID
    + "\n\N{EM DASH} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSN"
    "XgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)


def test_a_note_that_another_program_signed_is_opened() -> None:
    assert open_note(SIGNED_BY_PETER, [parse_vkey(PETER)]) == SAID


def test_a_note_is_opened_with_one_of_several_keys() -> None:
    assert open_note(NOTE, [OTHER.verifier, SIGNER.verifier]) == "says\nthis\n"


def test_a_public_key_reads_as_it_is_written() -> None:
    assert parse_vkey(SIGNER.vkey) == SIGNER.verifier


@pytest.mark.parametrize(
    "vkey",
    [
        "",
        "name",
        SIGNER.vkey.replace("+A", "+B", 1),
        SIGNER.vkey[:-1] + "A",
        f"{SIGNER.vkey} ",
        SIGNER.vkey.replace("exolot", "other"),
        f"{SIGNER.name}+{SIGNER.key_id.hex()}+{to_base64(b'x' + bytes(32))}",
        f"{SIGNER.name}+{SIGNER.key_id.hex()}+{to_base64(bytes([1, *range(31)]))}",
    ],
)
def test_a_public_key_of_another_spelling_is_refused(vkey: str) -> None:
    with pytest.raises(NoteError):
        parse_vkey(vkey)


@pytest.mark.parametrize("name", ["", "a b", "a+b", "a\tb", "a\u00a0b", "\ud800"])
def test_a_name_that_no_note_can_carry_is_refused(name: str) -> None:
    with pytest.raises(NoteError):
        make_signer(name, bytes(32))


@pytest.mark.parametrize("length", [0, 31, 33])
def test_a_key_of_another_length_is_refused(length: int) -> None:
    with pytest.raises(NoteError, match="32 bytes"):
        make_signer("name", bytes(length))
    with pytest.raises(NoteError, match="32 bytes"):
        Verifier("name", bytes(length))


@pytest.mark.parametrize("text", ["", "no end", "a\rb\n", "\ud800\n", "x" * MOST_BYTES + "\n"])
def test_a_text_that_no_note_can_carry_is_not_signed(text: str) -> None:
    with pytest.raises(NoteError):
        sign_note(text, SIGNER)


@pytest.mark.parametrize(
    "note",
    [
        "",
        "says\n",
        NOTE.rstrip("\n"),
        NOTE.replace("\N{EM DASH} ", "- "),
        NOTE.replace(f" {SIGNER.name} ", "  "),
        NOTE.replace("says", "said"),
        f"says\n\n\N{EM DASH} {SIGNER.name} {base64.b64encode(SIGNER.key_id).decode()}\n",
        NOTE + NOTE.splitlines(keepends=True)[-1] * MOST_SIGNATURES,
        NOTE + NOTE.splitlines(keepends=True)[-1],
    ],
)
def test_a_note_that_is_not_as_it_was_signed_is_refused(note: str) -> None:
    with pytest.raises(NoteError):
        open_note(note, [SIGNER.verifier])


def test_a_note_of_strangers_is_refused() -> None:
    with pytest.raises(NoteError, match="No known key"):
        open_note(NOTE, [OTHER.verifier])


def test_a_checkpoint_may_carry_more_lines() -> None:
    head = Checkpoint(SIGNER.name, 7, bytes(32), ("more",))

    assert open_checkpoint(sign_note(checkpoint_text(head), SIGNER), [SIGNER.verifier]) == head


@pytest.mark.parametrize(
    "head",
    [
        Checkpoint("two\nlines", 7, bytes(32)),
        Checkpoint(SIGNER.name, 7, bytes(32), ("two\nlines",)),
        Checkpoint(SIGNER.name, 7, bytes(31)),
        Checkpoint(SIGNER.name, -1, bytes(32)),
        Checkpoint(SIGNER.name, 2**63, bytes(32)),
        Checkpoint("", 7, bytes(32)),
    ],
)
def test_a_head_that_no_checkpoint_can_carry_is_not_written(head: Checkpoint) -> None:
    with pytest.raises(NoteError):
        checkpoint_text(head)


def test_a_private_key_is_not_shown() -> None:
    assert str(SIGNER.seed) not in repr(SIGNER)
    assert "seed" not in repr(SIGNER)
