"""Proof files, c2sp.org/tlog-proof@v1: an entry is in the tree of the checkpoint in the same file.

With the entry's bytes and the log's public key, a file is checked without us.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from products.domain.errors import NoteError
from products.domain.merkle import check_inclusion, leaf_hash
from products.domain.notes import (
    Checkpoint,
    Verifier,
    from_base64,
    open_checkpoint,
    parse_hash,
    parse_number,
    to_base64,
)

HEADER = "c2sp.org/tlog-proof@v1"
EXTRA = "extra "
INDEX = "index "


@dataclass(frozen=True, slots=True)
class TlogProof:
    """``hashes`` lead from the leaf at ``index`` to the root of ``checkpoint``, a signed note.

    ``extra`` is not covered by any signature.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""


def proof_text(proof: TlogProof) -> str:
    """The file."""
    lines = [HEADER]
    if proof.extra:
        lines.append(EXTRA + to_base64(proof.extra))
    lines.append(f"{INDEX}{proof.index}")
    lines.extend(to_base64(each) for each in proof.hashes)
    return "\n".join(lines) + f"\n\n{proof.checkpoint}"


def parse_proof(text: str) -> TlogProof:
    """What a file says; nothing of it has been checked.

    Raises:
        NoteError: the text is not written as a proof file is.
    """
    head, blank, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if not blank or lines.pop(0) != HEADER:
        raise NoteError(f"A proof file has to begin with {HEADER} and to hold a checkpoint.")
    extra = b""
    if lines and lines[0].startswith(EXTRA):
        extra = from_base64(lines.pop(0).removeprefix(EXTRA))
    if not lines or not lines[0].startswith(INDEX):
        raise NoteError("The proof file does not name the index of the entry.")
    index, *hashes = lines
    return TlogProof(
        index=parse_number(index.removeprefix(INDEX)),
        hashes=tuple(parse_hash(each) for each in hashes),
        checkpoint=checkpoint,
        extra=extra,
    )


def check_proof(text: str, entry: bytes, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The signed checkpoint whose tree holds ``entry``, which is hashed here.

    Raises:
        NoteError: the file or its checkpoint is not well written, or nobody known signed it.
        ProofError: the entry is not in the tree at the index.
    """
    proof = parse_proof(text)
    checkpoint = open_checkpoint(proof.checkpoint, verifiers)
    check_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.hashes, checkpoint.root)
    return checkpoint
