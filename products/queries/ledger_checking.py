"""Verifying the ledger: entries, tree, checkpoints, keys, and the records as they stand.

Everything is read in one snapshot and entry by entry, so that neither writers nor size matter.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import connection, transaction
from psycopg import sql

from products.domain.errors import NoteError
from products.domain.ledger_faults import Fault, Head, opened, roots_at, unborne
from products.domain.notes import Verifier
from products.migrations._0006_triggers import AUDITED
from products.models import Checkpoint
from products.queries.ledger import ledger_verifiers

SETTINGS = (
    ("timezone", "UTC"),
    ("extra_float_digits", "1"),
    ("bytea_output", "hex"),
    ("datestyle", "ISO, MDY"),
    ("intervalstyle", "iso_8601"),
    ("search_path", "pg_catalog, public, pg_temp"),
)
AT_ONCE = 2_000

LEAVES = """
SELECT leaf.index, leaf.entry_id::text, leaf.hash, entry.body, entry.sha256,
    entry.id = (said->>'id')::uuid AND entry.recorded_at = (said->>'recorded_at')::timestamptz
    AND entry.actor IS NOT DISTINCT FROM (said->>'actor')::uuid
    AND entry.actor_name = said->>'actor_name' AND entry.action = said->>'action'
    AND entry.reason = said->>'reason' AND entry.request_id = said->>'request_id'
    AND entry.address = said->>'address' AND entry.operation = said->>'operation'
    AND entry.record_table = said->>'table' AND entry.record_id = said->>'key'
    AND to_jsonb(entry.lots) = said->'lots'
    AND entry.before IS NOT DISTINCT FROM nullif(said->'before', 'null')
    AND entry.after IS NOT DISTINCT FROM nullif(said->'after', 'null') AS agrees
FROM products_leaf leaf
LEFT JOIN products_auditentry entry ON entry.id = leaf.entry_id
LEFT JOIN LATERAL (SELECT convert_from(entry.body, 'UTF8')::jsonb) body (said) ON true
ORDER BY leaf.index
"""

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
    as its last entry says.
    """
    with _snapshot():
        keys, refused = _keys()
        yield from refused
        stored = [
            Head(f"Checkpoint {number}", note)
            for number, note in Checkpoint.objects.order_by("number").values_list("number", "note")
        ]
        heads, unsigned = opened([*stored, *outside], keys)
        yield from unsigned
        faults: dict[str, list[str]] = {}
        leaves = _leaves(faults)
        roots = roots_at((head.size for _, head in heads), leaves)
        rest = sum(1 for _ in leaves)
        size = _size()
        yield from (
            Fault(kind, f"{found[0]} ({len(found)} in all)" if len(found) > 1 else found[0])
            for kind, found in faults.items()
        )
        yield from unborne(heads, roots, size)
        if rest and not stored:
            yield Fault("checkpoint_missing", f"{size} entries are sealed, but no checkpoint is.")
        yield from _nowhere()
        yield from _live()


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


def _leaves(faults: dict[str, list[str]]) -> Iterator[bytes]:
    """The hash of each entry's bytes, in the order of the ledger; ``faults`` gets what is wrong."""
    connection.ensure_connection()
    with connection.connection.cursor(name="ledger_leaves") as cursor:
        cursor.itersize = AT_ONCE
        cursor.execute(LEAVES)
        for place, (index, entry, stored, body, digest, agrees) in enumerate(cursor):
            if index != place:
                _add(faults, "index_missing", f"The ledger has no entry at index {place}.")
            if body is None:
                _add(faults, "entry_missing", f"Entry {entry} at index {index} is gone.")
                yield bytes(stored)
                continue
            leaf = hashlib.sha256(b"\x00" + body).digest()
            if leaf != stored:
                _add(faults, "leaf_differs", f"Entry {entry} at index {index} was changed.")
            if hashlib.sha256(body).digest() != digest:
                _add(faults, "hash_differs", f"Entry {entry} at index {index}: another SHA-256.")
            if not agrees:
                _add(
                    faults,
                    "columns_differ",
                    f"Entry {entry} at index {index}: its columns are not what its bytes say.",
                )
            yield leaf


def _add(faults: dict[str, list[str]], kind: str, message: str) -> None:
    found = faults.setdefault(kind, [])
    # The first is told; of the others only how many.
    found.append(message if not found else "")


def _size() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM products_leaf")
        return int(cursor.fetchone()[0])


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
