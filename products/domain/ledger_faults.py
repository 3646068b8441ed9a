"""What verifying a ledger can find wrong, and whether its leaves bear its checkpoints out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from products.domain.errors import NoteError
from products.domain.merkle import Frontier
from products.domain.notes import Checkpoint, parse_checkpoint, parse_vkey, signers_named
from products.domain.sealing import Term, open_sealed, sealed_instant

AT_ONCE = 10_000


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is not as it was sealed, with the first record that shows it."""

    kind: str
    message: str


@dataclass(frozen=True, slots=True)
class Remark:
    """What was not compared, and why: no fault, but nothing is known of it."""

    message: str


@dataclass(frozen=True, slots=True)
class Head:
    """A checkpoint to be borne out; ``name`` says where it comes from.

    ``source`` is empty for those of the ledger itself, which are counted together.
    """

    name: str
    note: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A checkpoint as the database has it; ``sealed`` is written as in a note."""

    number: int
    size: int
    root: bytes
    note: str
    vkey: str
    sealed: str


class Tally:
    """The first fault of each kind and source, and how many there are: a few lines for millions."""

    def __init__(self) -> None:
        self._first: dict[tuple[str, str], str] = {}
        self._count: dict[tuple[str, str], int] = {}

    def add(self, kind: str, message: str, source: str = "") -> None:
        key = (kind, source)
        self._first.setdefault(key, message)
        self._count[key] = self._count.get(key, 0) + 1

    def faults(self) -> Iterator[Fault]:
        for (kind, source), message in self._first.items():
            count = self._count[kind, source]
            yield Fault(kind, message if count == 1 else f"{message} ({count} in all)")


def check_stored(
    rows: Iterable[Stored], tally: Tally, *, after: Stored | None = None
) -> Iterator[Stored]:
    """The checkpoints of a ledger, in order; ``tally`` gets where columns and note differ.

    ``after`` is the one before the first of ``rows``, None where they begin with the first of all.
    """
    number, size, sealed, dated = 0, 0, "", False
    if after is not None:
        number, size, sealed, dated = after.number, after.size, after.sealed, _is_dated(after.note)
    for row in rows:
        name = f"Checkpoint {row.number}"
        try:
            said = parse_checkpoint(row.note.rpartition("\n\n")[0] + "\n")
            instant = sealed_instant(said)
            key = parse_vkey(row.vkey)
            is_as_signed = (said.size, said.root) == (row.size, row.root)
            is_as_signed &= (key.name, key.key_id) in signers_named(row.note)
        except NoteError:
            instant, is_as_signed = "", False
        if not is_as_signed or row.number != number + 1 or row.size <= size:
            tally.add("checkpoint_differs", f"{name} is not what its signed note says.")
        if instant not in {"", row.sealed} or (dated and not instant):
            tally.add("time_differs", f"{name}: its time is not the one in its signed note.")
        elif row.sealed < sealed:
            tally.add("time_differs", f"{name} is dated before the one before it.")
        number, size, sealed, dated = row.number, row.size, row.sealed, dated or bool(instant)
        yield row


def check_latest(
    rows: Sequence[Stored], terms: Sequence[Term], tally: Tally, *, after: Stored | None = None
) -> None:
    """Hold the newest checkpoints against each other and the keys, without reading the ledger.

    ``after`` as in `check_stored`.
    """
    for row in check_stored(rows, tally, after=after):
        name = f"Checkpoint {row.number}"
        try:
            open_sealed(row.note, terms)
        except NoteError as error:
            tally.add("checkpoint_refused", f"{name} is not the ledger's: {error.message}")


def check_heads(
    heads: Iterable[Head], terms: Sequence[Term], leaves: Iterator[bytes], tally: Tally
) -> int:
    """Hold each checkpoint against the leaves; returns how many leaves there are.

    ``heads`` come by their sizes, the smallest first; ``leaves`` are read to their end, each once.
    """
    frontier = Frontier()
    for head in heads:
        try:
            checkpoint = open_sealed(head.note, terms)
        except NoteError as error:
            tally.add("checkpoint_refused", f"{head.name}: {error.message}", head.source)
            continue
        if checkpoint.size < frontier.size:
            message = f"{head.name} covers fewer entries than the one before it."
            tally.add("checkpoint_order", message, head.source)
            continue
        _grow(frontier, checkpoint.size, leaves)
        _compare(head, checkpoint, frontier, tally)
    return frontier.size + sum(1 for _ in leaves)


def _is_dated(note: str) -> bool:
    try:
        return bool(sealed_instant(parse_checkpoint(note.rpartition("\n\n")[0] + "\n")))
    except NoteError:
        return False


def _grow(frontier: Frontier, size: int, leaves: Iterator[bytes]) -> None:
    while frontier.size < size:
        before = frontier.size
        frontier.extend(islice(leaves, min(size - before, AT_ONCE)))
        if frontier.size == before:
            return


def _compare(head: Head, checkpoint: Checkpoint, frontier: Frontier, tally: Tally) -> None:
    if frontier.size < checkpoint.size:
        message = (
            f"{head.name} covers {checkpoint.size} entries; the ledger has only {frontier.size}."
        )
        tally.add("tree_cut", message, head.source)
    elif frontier.root() != checkpoint.root:
        message = (
            f"{head.name}: the first {checkpoint.size} entries are not those that were sealed."
        )
        tally.add("root_differs", message, head.source)
