"""How one signing key of the ledger hands over to the next: a note that the old key signs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from products.domain.errors import NoteError
from products.domain.notes import Signer, Verifier, open_note, parse_vkey, sign_note

HEADER = "exolot-ledger-key/1"


def announce(old: Signer, new: Verifier, *, number: int, size: int) -> str:
    """The signed note in which ``old`` names key ``number``, in force from ``size`` entries on.

    Raises:
        NoteError: the keys are of two ledgers, or are the same.
    """
    if old.name != new.name:
        raise NoteError(f"The new key is of {new.name}, the ledger is {old.name}.")
    if old.vkey == new.vkey:
        raise NoteError(f"The new key of {old.name} is its present one. Make another key first.")
    return sign_note(f"{HEADER}\n{old.name}\n{number}\n{size}\n{new.vkey}\n", old)


def verified_keys(keys: Iterable[tuple[str, str]]) -> tuple[Verifier, ...]:
    """The keys of a ledger in their order, each announced by the one before.

    ``keys`` are public keys with their announcements; that of the first is empty.

    Raises:
        NoteError: a key is not well written, or its predecessor did not announce it.
    """
    found: list[Verifier] = []
    for number, (vkey, announcement) in enumerate(keys, 1):
        verifier = parse_vkey(vkey)
        if found:
            _check_announced(announcement, found, verifier, number)
        elif announcement:
            raise NoteError("The first key of a ledger has no predecessor to announce it.")
        found.append(verifier)
    return tuple(found)


def _check_announced(
    announcement: str, before: Sequence[Verifier], verifier: Verifier, number: int
) -> None:
    lines = open_note(announcement, before[-1:]).splitlines()
    if len(lines) != 5 or [*lines[:3], lines[4]] != [  # noqa: PLR2004  # lines of an announcement
        HEADER,
        before[-1].name,
        str(number),
        verifier.vkey,
    ]:
        raise NoteError(f"Key {number} of {verifier.name} is not the one that was announced.")
