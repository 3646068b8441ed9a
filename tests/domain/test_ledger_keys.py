"""A ledger changes its key only by the word of the key before."""

from __future__ import annotations

import hashlib

import pytest

from products.domain.errors import NoteError
from products.domain.ledger_keys import announce, verified_keys
from products.domain.notes import Signer, make_signer, sign_note

NAME = "exolot.example/ledger"


def key(number: int, name: str = NAME) -> Signer:
    return make_signer(name, hashlib.sha256(f"key {number}".encode()).digest())


FIRST = (key(1).vkey, "")
SECOND = (key(2).vkey, announce(key(1), key(2).verifier, number=2, size=40))
THIRD = (key(3).vkey, announce(key(2), key(3).verifier, number=3, size=90))


def test_each_key_is_taken_on_the_word_of_the_one_before() -> None:
    found = verified_keys([FIRST, SECOND, THIRD])

    assert [each.vkey for each in found] == [key(1).vkey, key(2).vkey, key(3).vkey]


@pytest.mark.parametrize(
    "second",
    [
        (key(2).vkey, ""),
        (key(2).vkey, announce(key(3), key(2).verifier, number=2, size=40)),
        (key(2).vkey, announce(key(1), key(3).verifier, number=2, size=40)),
        (key(2).vkey, announce(key(1), key(2).verifier, number=3, size=40)),
        (key(2).vkey, sign_note("exolot-ledger-key/1\n", key(1))),
    ],
    ids=["unannounced", "by a stranger", "another key", "another number", "cut short"],
)
def test_a_key_that_was_not_announced_is_refused(second: tuple[str, str]) -> None:
    with pytest.raises(NoteError):
        verified_keys([FIRST, second])


def test_the_first_key_has_nobody_to_announce_it() -> None:
    with pytest.raises(NoteError, match="no predecessor"):
        verified_keys([(key(1).vkey, SECOND[1])])


def test_the_order_of_keys_is_that_of_their_announcements() -> None:
    with pytest.raises(NoteError):
        verified_keys([FIRST, THIRD, SECOND])


def test_a_key_of_another_ledger_is_not_announced() -> None:
    with pytest.raises(NoteError, match="the ledger is"):
        announce(key(1), key(2, "another.example").verifier, number=2, size=1)


def test_the_present_key_is_not_announced_again() -> None:
    with pytest.raises(NoteError, match="present one"):
        announce(key(1), key(1).verifier, number=2, size=1)
