"""A large ledger for the benchmarks: donors with the entries that the trail would have written."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
from django.db import connection
from psycopg import sql

from benchmarks.audit_reads import INDEXES
from products.actions.ledger import Sealed
from products.domain.merkle import Frontier
from products.domain.notes import Checkpoint as Head
from products.domain.notes import checkpoint_text, sign_note
from tests.sealing import NAME, SIGNER, checkpoint

GUARDED = ("donor", "auditentry", "pending", "checkpoint")
PAGE = 10_000

# Bytes as the trail writes them, of the mean length that entries have (660); ten to a transaction.
LOAD = """
WITH made AS (
    INSERT INTO products_donor (id, recorded_at, code, recorded_by_id)
    SELECT uuidv7(), clock_timestamp(), 'D-' || lpad(g::text, 9, '0'), account.id
    FROM generate_series(%(first)s::bigint, %(last)s) AS g,
        (SELECT id FROM products_user WHERE username = 'analyst') account
    RETURNING *
), numbered AS (
    SELECT made.*, uuidv7() AS entry, clock_timestamp() AS instant, to_jsonb(made) AS after,
        right(code, 9)::bigint AS number
    FROM made
), written AS (
    SELECT numbered.*, convert_to(jsonb_build_object(
        'format', 'exolot-audit-entry/1', 'id', entry, 'recorded_at', instant,
        'actor', recorded_by_id, 'actor_name', 'analyst', 'database_role', 'exolot_app',
        'action', 'donor.register', 'reason', %(reason)s::text,
        'request_id', 'request-' || number, 'address', '192.0.2.1',
        'operation', 'insert', 'table', 'products_donor', 'key', id,
        'lots', ARRAY[]::uuid[], 'before', NULL::jsonb, 'after', after)::text, 'UTF8') AS body
    FROM numbered
), queued AS (
    INSERT INTO products_pending SELECT entry, (1000000 + number / 10)::text::xid8 FROM written
)
INSERT INTO products_auditentry (
    id, recorded_at, actor, actor_name, action, reason, request_id, address, operation,
    record_table, record_id, lots, body, sha256, before, after)
SELECT entry, instant, recorded_by_id, 'analyst', 'donor.register', %(reason)s,
    'request-' || number, '192.0.2.1', 'insert', 'products_donor', id::text,
    ARRAY[]::uuid[], body, sha256(body), NULL, after
FROM written
"""
REASON = (
    "As the procedure says: the donor was enrolled by the clinic under its own code, and consent "
    "is on file there"
)


def load(owner: psycopg.Connection, first: int, last: int) -> None:
    """Donors of these numbers with their entries, which wait to be sealed."""
    with owner.transaction():
        owner.execute("SET LOCAL timezone = 'UTC'")
        for table in GUARDED:
            statement = sql.SQL("ALTER TABLE {} DISABLE TRIGGER USER")
            owner.execute(statement.format(sql.Identifier(f"products_{table}")))
        owner.execute(LOAD, {"first": first, "last": last, "reason": REASON})
    owner.execute("ANALYZE products_auditentry, products_pending, products_donor")


def load_first(owner: psycopg.Connection, last: int) -> None:
    """`load` from the first on, without the indexes for searches, which are made again."""
    indexes = owner.execute(INDEXES).fetchall()
    for name, _ in indexes:
        owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    load(owner, 1, last)
    for _, definition in indexes:
        owner.execute(definition)


def seal_all(owner: psycopg.Connection) -> Sealed:
    """All that waits, in one checkpoint."""
    sealed = checkpoint()
    owner.execute("ANALYZE products_leaf, products_node")
    return sealed


def sign_every(owner: psycopg.Connection, entries: int) -> int:
    """As if the ledger had been sealed after each so many entries; returns how many heads that
    makes.
    """
    with owner.transaction():
        key = owner.execute("SELECT id FROM products_ledgerkey").fetchone()
        owner.execute("TRUNCATE products_checkpoint")
        statement = "COPY products_checkpoint (number, size, root, note, key_id) FROM STDIN"
        number = 0
        with owner.cursor().copy(statement) as copy:
            for number, (size, root) in enumerate(_heads(entries), 1):
                note = sign_note(checkpoint_text(Head(NAME, size, root)), SIGNER)
                copy.write_row((number, size, root, note, key and key[0]))
    return number


def _heads(entries: int) -> Iterator[tuple[int, bytes]]:
    frontier = Frontier()
    statement = "SELECT hash FROM products_leaf WHERE index >= %s ORDER BY index LIMIT %s"
    while True:
        with connection.cursor() as cursor:
            cursor.execute(statement, [frontier.size, entries])
            found = [row[0] for row in cursor]
        if not found:
            return
        frontier.extend(found)
        yield frontier.size, frontier.root()
