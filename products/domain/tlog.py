"""Proofs as files, each with the signed checkpoint it leads to: checked without us.

c2sp.org/tlog-proof@v1 shows that an entry is in the tree; what c2sp.org/tlog-witness sends, that
the tree continues a smaller one.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from products.domain.errors import NoteError, ProofError
from products.domain.merkle import check_consistency, check_inclusion, leaf_hash
from products.domain.notes import Checkpoint, Verifier, open_checkpoint
from products.domain.spelling import from_base64, parse_hash, parse_number, to_base64

HEADER = "c2sp.org/tlog-proof@v1"
EXTRA = "extra "
INDEX = "index "
OLD = "old "


@dataclass(frozen=True, slots=True)
class TlogProof:
    """``hashes`` lead from the leaf at ``index`` to the root of ``checkpoint``, a signed note.

    ``extra`` is not covered by any signature.
    """

    index: int
    hashes: tuple[bytes, ...]
    checkpoint: str
    extra: bytes = b""


@dataclass(frozen=True, slots=True)
class Continuation:
    """``hashes`` show that the tree of ``checkpoint``, a signed note, begins with a smaller one."""

    old_size: int
    hashes: tuple[bytes, ...]
    checkpoint: str


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


def continuation_text(continuation: Continuation) -> str:
    """The file."""
    lines = [f"{OLD}{continuation.old_size}", *map(to_base64, continuation.hashes)]
    return "\n".join(lines) + f"\n\n{continuation.checkpoint}"


def parse_continuation(text: str) -> Continuation:
    """What a file says; nothing of it has been checked.

    Raises:
        NoteError: the text is not written as such a file is.
    """
    head, blank, checkpoint = text.partition("\n\n")
    first, *hashes = head.split("\n")
    if not blank or not first.startswith(OLD):
        raise NoteError("The file does not name the old size, or holds no checkpoint.")
    return Continuation(
        old_size=parse_number(first.removeprefix(OLD)),
        hashes=tuple(parse_hash(each) for each in hashes),
        checkpoint=checkpoint,
    )


def check_continuation(text: str, earlier: str, verifiers: Iterable[Verifier]) -> Checkpoint:
    """The signed checkpoint whose tree continues that of ``earlier``, a signed note kept before.

    Raises:
        NoteError: a file or checkpoint is not well written, or nobody known signed it.
        ProofError: the tree does not continue the earlier one, or that was empty or of another
            size than the file says.
    """
    known = tuple(verifiers)
    old = open_checkpoint(earlier, known)
    continuation = parse_continuation(text)
    new = open_checkpoint(continuation.checkpoint, known)
    if continuation.old_size != old.size or not old.size:
        raise ProofError(f"The proof does not begin at the tree of {old.size} entries.")
    check_consistency(old.size, new.size, old.root, new.root, continuation.hashes)
    return new
