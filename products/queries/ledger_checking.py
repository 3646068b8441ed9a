"""Verifying the ledger: entries, tree, checkpoints, keys, and the records as they stand.

Everything is read in one snapshot and entry by entry, so that neither writers nor size matter.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from operator import itemgetter

from django.db import connection, transaction
from psycopg import DataError, sql

from products.domain.errors import NoteError
from products.domain.ledger_faults import Fault, Head, Tally, check_heads
from products.domain.merkle import leaf_hash
from products.domain.notes import Verifier, open_checkpoint
from products.migrations._0011_triggers import AUDITED
from products.models import Checkpoint
from products.queries.ledger import ledger_verifiers

SETTINGS = (
    ("timezone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "iso_8601"),
    ("search_path", "pg_catalog, public, pg_temp"),
    # Many signatures are checked between two reads.
    ("idle_in_transaction_session_timeout", "0"),
)
AT_ONCE = 2_000

# Whether the columns of an entry are what its bytes say, which must be readable.
AGREES = """
(SELECT entry.id = (said->>'id')::uuid AND entry.recorded_at = (said->>'recorded_at')::timestamptz
    AND entry.actor IS NOT DISTINCT FROM (said->>'actor')::uuid
    AND entry.actor_name = said->>'actor_name' AND entry.action = said->>'action'
    AND entry.reason = said->>'reason' AND entry.request_id = said->>'request_id'
    AND entry.address = said->>'address' AND entry.operation = said->>'operation'
    AND entry.record_table = said->>'table' AND entry.record_id = said->>'key'
    AND to_jsonb(entry.lots) = said->'lots'
    AND entry.before IS NOT DISTINCT FROM nullif(said->'before', 'null')
    AND entry.after IS NOT DISTINCT FROM nullif(said->'after', 'null')
 FROM (SELECT convert_from(entry.body, 'UTF8')::jsonb) AS body (said))
"""

LEAVES = f"""
SELECT leaf.index, leaf.entry_id::text, leaf.hash, entry.body, entry.sha256,
    CASE WHEN leaf.hash = sha256('\\x00'::bytea || entry.body) THEN {AGREES} END AS agrees
FROM products_leaf leaf
LEFT JOIN products_auditentry entry ON entry.id = leaf.entry_id
ORDER BY leaf.index
"""  # noqa: S608  # put together from our own words

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
        "entry_differs",
        "entry {} waits to be sealed, and was changed",
        f"""
        SELECT min(entry.id::text), count(*) FROM products_pending waiting
        JOIN products_auditentry entry ON entry.id = waiting.entry_id
        WHERE CASE WHEN entry.sha256 = sha256(entry.body) THEN NOT {AGREES} ELSE true END
        """,  # noqa: S608  # as above
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
        "node {} of the tree is not the hash of what is below it",
        """
        SELECT min(format('%s/%s', node.level, node.index)), count(*) FROM products_node node
        LEFT JOIN LATERAL (
            SELECT hash FROM products_leaf WHERE node.level = 1 AND index = 2 * node.index
            UNION ALL SELECT hash FROM products_node below
            WHERE below.level = node.level - 1 AND below.index = 2 * node.index) lower ON true
        LEFT JOIN LATERAL (
            SELECT hash FROM products_leaf WHERE node.level = 1 AND index = 2 * node.index + 1
            UNION ALL SELECT hash FROM products_node below
            WHERE below.level = node.level - 1 AND below.index = 2 * node.index + 1) upper ON true
        WHERE node.hash IS DISTINCT FROM sha256('\\x01'::bytea || lower.hash || upper.hash)
        """,
    ),
    (
        "checkpoint_differs",
        "checkpoint {} is not what its signed note says",
        """
        SELECT min(number)::text, count(*) FROM (
            SELECT number, row_number() OVER (ORDER BY number) AS place, size,
                lag(size, 1, 0) OVER (ORDER BY number) AS former, root, note
            FROM products_checkpoint) known
        WHERE number <> place OR size <= former
            OR split_part(note, E'\\n', 2) <> size::text
            OR split_part(note, E'\\n', 3) <> encode(root, 'base64')
        """,
    ),
)

# The last image of each record beside the record. A key that the image does not have came with a
# later version of the table.
LIVE = """
WITH image AS (
    SELECT DISTINCT ON (entry.record_id) entry.record_id, entry.id, entry.after
    FROM products_auditentry entry
    LEFT JOIN products_leaf leaf ON leaf.entry_id = entry.id
    LEFT JOIN products_pending waiting ON waiting.entry_id = entry.id
    WHERE entry.record_table = {name}
    ORDER BY entry.record_id, leaf.index DESC NULLS FIRST, waiting.xid DESC, entry.id DESC
)
SELECT min(coalesce(live.key, image.record_id)), count(*)
FROM (SELECT record.id::text AS key, to_jsonb(record) - {omitted}::text[] AS row
      FROM {table} record) live
FULL JOIN image ON image.record_id = live.key
WHERE CASE WHEN live.key IS NULL THEN image.after IS NOT NULL
    ELSE image.after IS NULL OR NOT live.row @> image.after
        OR EXISTS (SELECT FROM jsonb_each(image.after) said (field, value)
                   WHERE live.row->said.field IS DISTINCT FROM said.value) END
"""


def ledger_faults(outside: Sequence[Head] = ()) -> Iterator[Fault]:
    """Everything that is not as it was sealed; ``outside`` are checkpoints kept elsewhere.

    Nothing: all that the checkpoints cover is as it was when they were signed, and every record is
    as its last entry says. An entry that cannot be read ends the search where it stands.
    """
    tally = Tally()
    with _snapshot():
        keys, refused = _keys()
        yield from refused
        try:
            size = check_heads(_heads(outside, keys), keys, _leaves(tally), tally)
        except DataError:
            yield from tally.faults()
            yield Fault(
                "entry_unreadable",
                "The bytes of a sealed entry are not those of an entry; nothing was looked at "
                "after it.",
            )
            return
        _look_for(outside, keys, tally)
        yield from tally.faults()
        if size and not Checkpoint.objects.exists():
            yield Fault("checkpoint_missing", f"{size} entries are sealed, but no checkpoint is.")
        yield from _nowhere()
        yield from _live()


def _heads(outside: Sequence[Head], keys: Sequence[Verifier]) -> Iterator[Head]:
    """Those of the ledger and those kept elsewhere, the smallest first."""
    kept = sorted(((_size_of(head, keys), head) for head in outside), key=itemgetter(0))
    return (head for _, head in heapq.merge(_stored(), kept, key=itemgetter(0)))


def _stored() -> Iterator[tuple[int, Head]]:
    with connection.connection.cursor(name="ledger_heads") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute("SELECT size, number, note FROM products_checkpoint ORDER BY number")
        for size, number, note in cursor:
            yield size, Head(f"Checkpoint {number}", note)


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


def _keys() -> tuple[Sequence[Verifier], list[Fault]]:
    try:
        return ledger_verifiers(), []
    except NoteError as error:
        return (), [Fault("key_refused", f"The keys of the ledger: {error.message}")]


def _leaves(tally: Tally) -> Iterator[bytes]:
    """The hash of each entry's bytes, in the order of the ledger; ``tally`` gets what is wrong."""
    with connection.connection.cursor(name="ledger_leaves") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(LEAVES)
        for place, (index, entry, stored, body, digest, agrees) in enumerate(cursor):
            named = f"Entry {entry} at index {index}"
            if index != place:
                tally.add("index_missing", f"The ledger has no entry at index {place}.")
            if body is None:
                tally.add("entry_missing", f"{named} is gone.")
                yield bytes(stored)
                continue
            leaf = leaf_hash(body)
            if leaf != stored:
                tally.add("leaf_differs", f"{named} was changed.")
            elif not agrees:
                tally.add("columns_differ", f"{named}: its columns are not what its bytes say.")
            if hashlib.sha256(body).digest() != digest:
                tally.add("hash_differs", f"{named}: its SHA-256 is that of other bytes.")
            yield leaf


def _nowhere() -> Iterator[Fault]:
    for kind, message, statement in NOWHERE:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            first, count = cursor.fetchone()
        if count:
            yield Fault(kind, f"{message.format(first).capitalize()} ({count} in all).")


def _live() -> Iterator[Fault]:
    for table, omitted in AUDITED.items():
        statement = sql.SQL(LIVE).format(
            name=sql.Literal(table), omitted=sql.Literal(list(omitted)), table=sql.Identifier(table)
        )
        with connection.cursor() as cursor:
            cursor.execute(statement)
            first, count = cursor.fetchone()
        if count:
            yield Fault(
                "record_differs",
                f"Record {first} of {table} is not what its last entry says ({count} in all).",
            )
