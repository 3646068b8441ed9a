"""Proofs of the ledger and the checkpoints that they lead to, as records and as files."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from products.domain.errors import NotFoundError, NotSealedYetError, ProofError
from products.domain.tlog import Continuation, TlogProof, continuation_text, proof_text
from products.models import Checkpoint, Leaf
from products.queries.audit import entry
from products.queries.ledger import consistency_proof, inclusion_proof


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The proof that the leaf ``index`` is in the tree of ``checkpoint``."""

    checkpoint: Checkpoint
    index: int
    leaf: bytes
    hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Consistency:
    """The proof that the tree of ``checkpoint`` continues that of its first ``old_size`` leaves."""

    checkpoint: Checkpoint
    old_size: int
    hashes: tuple[bytes, ...]


def checkpoint_numbered(number: int | None) -> Checkpoint:
    """The checkpoint of that number; the latest where none is given.

    Raises:
        NotFoundError: there is no such checkpoint.
    """
    rows = Checkpoint.objects.select_related("key").order_by("-number")
    found = (rows if number is None else rows.filter(number=number)).first()
    if found is None:
        what = "no checkpoint yet" if number is None else f"no checkpoint {number}"
        raise NotFoundError(f"There is {what}.", field="checkpoint")
    return found


def inclusion(checkpoint: Checkpoint, index: int) -> Inclusion:
    """Raises ProofError when the checkpoint's tree has no such leaf."""
    hashes = inclusion_proof(index, checkpoint.size)
    leaf = bytes(Leaf.objects.values_list("hash", flat=True).get(index=index))
    return Inclusion(checkpoint, index, leaf, tuple(hashes))


def consistency(checkpoint: Checkpoint, old_size: int) -> Consistency:
    """Raises ProofError when the checkpoint's tree is smaller than ``old_size``, or that is 0."""
    if not old_size:
        raise ProofError("The empty tree begins every tree; there is nothing to prove.")
    hashes = consistency_proof(old_size, checkpoint.size)
    return Consistency(checkpoint, old_size, tuple(hashes))


def proof_of_entry(key: UUID, number: int | None = None) -> TlogProof:
    """That the entry is in the tree of the checkpoint of that number, or of the latest.

    Raises:
        NotFoundError: there is no such entry or checkpoint.
        NotSealedYetError: no checkpoint, or not this one, covers the entry.
    """
    index = Leaf.objects.filter(entry=key).values_list("index", flat=True).first()
    if index is None:
        entry(key)
    checkpoint = None if number is None else checkpoint_numbered(number)
    if checkpoint is None:
        checkpoint = Checkpoint.objects.order_by("-number").first()
    if index is None or checkpoint is None or index >= checkpoint.size:
        raise NotSealedYetError(
            f"Audit entry {key} is not under {'a' if number is None else 'this'} checkpoint yet. "
            "Entries are sealed within a minute; ask again with a later checkpoint.",
            field="entry",
        )
    found = inclusion(checkpoint, index)
    return TlogProof(index=index, hashes=found.hashes, checkpoint=checkpoint.note)


def proof_file(key: UUID, number: int | None = None) -> str:
    """`proof_of_entry` as a c2sp.org/tlog-proof@v1 file."""
    return proof_text(proof_of_entry(key, number))


def continuation_file(found: Consistency) -> str:
    """`consistency` as c2sp.org/tlog-witness sends it."""
    return continuation_text(Continuation(found.old_size, found.hashes, found.checkpoint.note))
