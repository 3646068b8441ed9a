"""Verifying the ledger: entries, tree, checkpoints, keys, and the records as they stand.

Everything is read in one snapshot and in portions, so that neither writers nor size matter.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter

from django.db import connection, transaction

from products.domain.errors import NoteError
from products.domain.ledger_faults import (
    Fault,
    Head,
    Remark,
    Stored,
    Tally,
    check_heads,
    check_latest,
    check_stored,
)
from products.domain.notes import Verifier, open_checkpoint
from products.domain.sealing import Term, terms_of
from products.models import Checkpoint
from products.queries.ledger import ledger_verifiers
from products.queries.ledger_leaves import check_waiting, leaves
from products.queries.ledger_records import record_faults

SETTINGS = (
    ("timezone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "iso_8601"),
    ("client_encoding", "UTF8"),
    ("search_path", "pg_catalog, public, pg_temp"),
    # Thousands of small statements: to compile each takes longer than to run it, and the other
    # processors are for those who work.
    ("jit", "off"),
    ("max_parallel_workers_per_gather", "0"),
    # Many signatures are checked between two reads.
    ("idle_in_transaction_session_timeout", "0"),
)
AT_ONCE = 2_000
LATEST = 3
"""Checkpoints that are looked at when nobody has time for all of them."""

# Each statement finds what no ledger has: the first, and how many.
NOWHERE = (
    (
        "entry_outside",
        "entry {} of the trail is neither sealed nor waiting to be",
        (
            "SELECT min(id::text), count(*) FROM products_auditentry entry "
            "WHERE NOT EXISTS (SELECT FROM products_leaf WHERE entry_id = entry.id) "
            "AND NOT EXISTS (SELECT FROM products_pending WHERE entry_id = entry.id)"
        ),
    ),
    (
        "entry_missing",
        "entry {} waits to be sealed, but is not in the trail",
        (
            "SELECT min(entry_id::text), count(*) FROM products_pending waiting "
            "WHERE NOT EXISTS (SELECT FROM products_auditentry WHERE id = waiting.entry_id)"
        ),
    ),
    (
        "node_missing",
        "level {} of the tree has not as many nodes as the entries below it make",
        """
        SELECT min(height.level)::text, count(*)
        FROM (SELECT count(*) AS size FROM products_leaf) tree,
            generate_series(1, 62) AS height (level)
        WHERE (SELECT count(*) FROM products_node node WHERE node.level = height.level)
            <> tree.size >> height.level
        """,
    ),
    (
        "node_differs",
        "node 1/{} of the tree is not the hash of the entries below it",
        """
        SELECT min(node.index)::text, count(*) FROM products_node node
        LEFT JOIN products_leaf lower ON lower.index = 2 * node.index
        LEFT JOIN products_leaf upper ON upper.index = 2 * node.index + 1
        WHERE node.level = 1
            AND node.hash IS DISTINCT FROM sha256('\\x01'::bytea || lower.hash || upper.hash)
        """,
    ),
    (
        "node_differs",
        "node {} of the tree is not the hash of the nodes below it",
        """
        SELECT min(format('%s/%s', node.level, node.index)), count(*) FROM products_node node
        LEFT JOIN products_node lower
            ON lower.level = node.level - 1 AND lower.index = 2 * node.index
        LEFT JOIN products_node upper
            ON upper.level = node.level - 1 AND upper.index = 2 * node.index + 1
        WHERE node.level > 1
            AND node.hash IS DISTINCT FROM sha256('\\x01'::bytea || lower.hash || upper.hash)
        """,
    ),
    (
        "time_differs",
        "checkpoint {} is dated more than a minute before an entry that it covers",
        # Where the signed note says when it was, the signature stands for it.
        """
        SELECT min(number)::text, count(*) FROM (
            SELECT number, size, lag(size, 1, 0) OVER (ORDER BY number) AS former, sealed_at, note
            FROM products_checkpoint) known
        WHERE split_part(note, E'\\n', 4) = '' AND EXISTS (
            SELECT FROM products_leaf leaf JOIN products_auditentry entry ON id = entry_id
            WHERE leaf.index >= former AND leaf.index < size
                AND entry.recorded_at > sealed_at + interval '1 minute')
        """,
    ),
)

CHECKPOINTS = """
SELECT number, size, root, note,
    coalesce((SELECT vkey FROM products_ledgerkey key WHERE key.id = key_id), ''),
    coalesce(to_char(sealed_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'), '')
FROM products_checkpoint
"""
# Where the entry stands that announced a key; none while it waits.
ANNOUNCED = """
SELECT (
    SELECT leaf.index FROM products_auditentry entry
    JOIN products_leaf leaf ON leaf.entry_id = entry.id
    WHERE entry.record_table = 'products_ledgerkey' AND entry.record_id = key.id::text
        AND entry.operation = 'insert')
FROM products_ledgerkey key ORDER BY key.number
"""


def ledger_faults(outside: Sequence[Head] = ()) -> Iterator[Fault | Remark]:
    """Everything that is not as it was sealed; ``outside`` are checkpoints kept elsewhere.

    No fault: all that the checkpoints cover is as it was when they were signed, and every record is
    as its last entry says, but for what a remark names.
    """
    tally = Tally()
    with _snapshot():
        terms, refused = _terms()
        yield from refused
        keys = [term.verifier for term in terms]
        size = check_heads(_heads(outside, keys, tally), terms, leaves(tally), tally)
        _look_for(outside, keys, tally)
        check_waiting(tally)
        yield from tally.faults()
        if size and not Checkpoint.objects.exists():
            yield Fault("checkpoint_missing", f"{size} entries are sealed, but no checkpoint is.")
        yield from _nowhere()
        yield from record_faults()


def latest_faults() -> list[Fault]:
    """What is wrong with the newest checkpoints by themselves: signature, key, head, time, order.

    A few rows are read, whatever the ledger's size; what they cover is not.
    """
    terms, refused = _terms()
    if refused:
        return refused
    with connection.cursor() as cursor:
        cursor.execute(f"{CHECKPOINTS} ORDER BY number DESC LIMIT {LATEST + 1}")
        rows = [
            Stored(row[0], row[1], bytes(row[2]), *row[3:]) for row in reversed(cursor.fetchall())
        ]
    after = rows.pop(0) if len(rows) > LATEST else None
    tally = Tally()
    check_latest(rows, terms, tally, after=after)
    return list(tally.faults())


def _heads(outside: Sequence[Head], keys: Sequence[Verifier], tally: Tally) -> Iterator[Head]:
    """Those of the ledger and those kept elsewhere, the smallest first."""
    kept = sorted(((_size_of(head, keys), head) for head in outside), key=itemgetter(0))
    stored = (
        (row.size, Head(f"Checkpoint {row.number}", row.note))
        for row in check_stored(_stored(), tally)
    )
    return (head for _, head in heapq.merge(stored, kept, key=itemgetter(0)))


def _stored() -> Iterator[Stored]:
    with connection.connection.cursor(name="ledger_heads") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(f"{CHECKPOINTS} ORDER BY number")
        for row in cursor:
            yield Stored(*row)


def _size_of(head: Head, keys: Sequence[Verifier]) -> int:
    """Zero for one that nobody known signed: it is refused first of all."""
    with suppress(NoteError):
        return open_checkpoint(head.note, keys).size
    return 0


def _look_for(outside: Sequence[Head], keys: Sequence[Verifier], tally: Tally) -> None:
    """A checkpoint that was handed out stays in the ledger, and nothing later replaces it."""
    for head in outside:
        size = _size_of(head, keys)
        if size and not Checkpoint.objects.filter(size=size).exists():
            message = f"{head.name}: the ledger no longer has its checkpoint over {size} entries."
            tally.add("checkpoint_gone", message, head.source)


@contextmanager
def _snapshot() -> Iterator[None]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        for name, value in SETTINGS:
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        yield


def _terms() -> tuple[Sequence[Term], list[Fault]]:
    try:
        verifiers = ledger_verifiers()
    except NoteError as error:
        return (), [Fault("key_refused", f"The keys of the ledger: {error.message}")]
    with connection.cursor() as cursor:
        cursor.execute(ANNOUNCED)
        return terms_of(verifiers, [index for (index,) in cursor]), []


def _nowhere() -> Iterator[Fault]:
    for kind, message, statement in NOWHERE:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            first, count = cursor.fetchone()
        if count:
            yield Fault(kind, f"{message.format(first).capitalize()} ({count} in all).")
