"""What the ledger itself says in a checkpoint: when it was sealed, and by which of its keys.

The instant stands in the note as its one extension line, so that the signature binds it. Notes of
before that have none.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from products.domain.errors import NoteError
from products.domain.notes import Checkpoint, Verifier, open_checkpoint

SEALED = "sealed "
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", re.ASCII)


@dataclass(frozen=True, slots=True)
class Term:
    """A key of the ledger, and the sizes of tree that it may sign.

    Those above ``since``, up to ``until``: the tree of a later size holds the announcement of the
    next key. None for ``since``: its own announcement is not sealed yet; for ``until``: in force.
    """

    verifier: Verifier
    since: int | None = 0
    until: int | None = None

    def covers(self, size: int) -> bool:
        return (
            self.since is not None
            and self.since < size
            and (self.until is None or size <= self.until)
        )


def terms_of(verifiers: Sequence[Verifier], places: Sequence[int | None]) -> tuple[Term, ...]:
    """Keys in their order, with the indexes of the entries that announced them; None: not sealed.

    The first key is in force from the first entry on, which may be the one that announces it.
    """
    since: list[int | None] = [0, *places[1:]]
    until: list[int | None] = [*places[1:], None]
    return tuple(map(Term, verifiers, since, until))


def open_sealed(note: str, terms: Sequence[Term]) -> Checkpoint:
    """The checkpoint in a note that the key signed which was in force at its size.

    Raises:
        NoteError: as `open_checkpoint`, another key signed it, or its extension is no instant.
    """
    checkpoint = open_checkpoint(note, [term.verifier for term in terms])
    in_force = [term.verifier for term in terms if term.covers(checkpoint.size)]
    if len(in_force) < len(terms):
        try:
            open_checkpoint(note, in_force)
        except NoteError as error:
            raise NoteError(
                f"It covers {checkpoint.size} entries, and the key that signed it was not in force "
                "over so many: it had been handed over, or was not announced yet."
            ) from error
    sealed_instant(checkpoint)
    return checkpoint


def sealed_instant(checkpoint: Checkpoint) -> str:
    """When the checkpoint was sealed, RFC 3339 in UTC; empty for one that does not say it.

    Raises:
        NoteError: its extension is something else.
    """
    if not checkpoint.extensions:
        return ""
    line, *others = checkpoint.extensions
    instant = line.removeprefix(SEALED)
    if others or not line.startswith(SEALED) or not _INSTANT.fullmatch(instant):
        raise NoteError("The checkpoint says something else than when it was sealed.")
    return instant
