"""What verifying a ledger can find wrong, and the roots that its leaves lead to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from products.domain.errors import NoteError
from products.domain.merkle import Frontier
from products.domain.notes import Checkpoint, Verifier, open_checkpoint


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed, with the first record that shows it."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint to be borne out; ``name`` says where it comes from."""

    name: str
    note: str


def opened(
    heads: Iterable[Head], keys: Sequence[Verifier]
) -> tuple[list[tuple[Head, Checkpoint]], list[Fault]]:
    """The heads that a key of the ledger signed, by size, and a fault for each other one."""
    found, faults = [], []
    for head in heads:
        try:
            found.append((head, open_checkpoint(head.note, keys)))
        except NoteError as error:
            faults.append(Fault("checkpoint_refused", f"{head.name}: {error.message}"))
    found.sort(key=lambda pair: pair[1].size)
    return found, faults


def roots_at(sizes: Iterable[int], leaves: Iterator[bytes]) -> Mapping[int, bytes]:
    """The root over the first leaves for each of ``sizes`` that there are enough leaves for."""
    frontier = Frontier()
    found: dict[int, bytes] = {}
    for size in sorted(set(sizes)):
        while frontier.size < size:
            leaf = next(leaves, None)
            if leaf is None:
                return found
            frontier.append(leaf)
        found[size] = frontier.root()
    return found


def unborne(
    heads: Iterable[tuple[Head, Checkpoint]], roots: Mapping[int, bytes], size: int
) -> Iterator[Fault]:
    """The heads that the leaves do not bear out; ``size`` is how many leaves there are."""
    for head, checkpoint in heads:
        root = roots.get(checkpoint.size)
        if root is None:
            yield Fault(
                "tree_cut",
                f"{head.name} covers {checkpoint.size} entries; the ledger has only {size}.",
            )
        elif root != checkpoint.root:
            yield Fault(
                "root_differs",
                f"{head.name}: the first {checkpoint.size} entries are not those that were sealed.",
            )
