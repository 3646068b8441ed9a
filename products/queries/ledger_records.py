"""Whether every record is as its last entry says: the last image of each row beside the row.

The database compares, and answers with one row a table, so that size does not matter here. What a
role may not read, or an image does not have, is named: nothing is passed over in silence.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.db import connection
from psycopg import sql

from products.domain.ledger_faults import Fault, Remark
from products.migrations._0011_triggers import AUDITED

# `added` is what the rows that were there got when the column was added, where that is on record.
COLUMNS = """
SELECT relname, attname, has_column_privilege(attrelid, attnum, 'SELECT'),
    CASE WHEN atthasmissing THEN (array_to_json(attmissingval)->0)::text END
FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
WHERE relnamespace = 'public'::regnamespace AND relname = ANY (%s) AND attnum > 0
    AND NOT attisdropped
ORDER BY attrelid, attnum
"""

IN_USE = """
SELECT {name} WHERE EXISTS (SELECT FROM {table})
    OR EXISTS (SELECT FROM products_auditentry WHERE record_table = {name})
"""

# Entries of one record come in the order of their ids, which are made while its row is locked: the
# order of the ledger is that of transactions, and who began first may write last. Where the ids do
# not lead from image to image, because the clock was set back, the last image is the one that is
# the `after` of an entry more often than the `before` of one.
LAST_IMAGES = """
WITH newest AS (
    SELECT DISTINCT ON (record_id) record_id, id FROM products_auditentry
    WHERE record_table = {name} ORDER BY record_id, id DESC
), image AS (
    SELECT newest.record_id, entry.after - {unread}::text[] AS said
    FROM newest JOIN products_auditentry entry ON entry.id = newest.id
), live AS (
    SELECT record.id::text AS key, to_jsonb(record) AS present
    FROM (SELECT {columns} FROM {table}) record
), out_of_order AS (
    SELECT DISTINCT record_id FROM (
        SELECT record_id, before, lag(after) OVER (PARTITION BY record_id ORDER BY id) AS former
        FROM products_auditentry WHERE record_table = {name} AND record_id IN (
            SELECT record_id FROM products_auditentry
            WHERE record_table = {name} GROUP BY record_id HAVING count(*) > 1)
    ) step WHERE before::text IS DISTINCT FROM former::text
), unlike AS (
    SELECT coalesce(live.key, image.record_id) AS key, live.present, image.said
    FROM live FULL JOIN image ON image.record_id = live.key
    WHERE live.present::text IS DISTINCT FROM image.said::text
        OR live.key IN (SELECT record_id FROM out_of_order)
), known AS (
    SELECT key, present,
        CASE cardinality(final.images) WHEN 0 THEN NULL WHEN 1 THEN final.images[1] ELSE said END
        AS said
    FROM unlike CROSS JOIN LATERAL (SELECT ARRAY(
        SELECT entry.image FROM (
            SELECT after - {unread}::text[], 1 FROM products_auditentry
            WHERE record_table = {name} AND record_id = key
            UNION ALL SELECT before - {unread}::text[], -1 FROM products_auditentry
            WHERE record_table = {name} AND record_id = key
        ) entry (image, times)
        WHERE entry.image IS NOT NULL GROUP BY entry.image HAVING sum(entry.times) > 0
    )) final (images)
), judged AS (
    SELECT key, CASE
        WHEN present IS NULL OR said IS NULL THEN present IS NOT NULL OR said IS NOT NULL
        ELSE EXISTS (SELECT FROM jsonb_each(said) old (field, value)
                     WHERE (present->field)::text IS DISTINCT FROM value::text)
            OR EXISTS (SELECT FROM jsonb_each({added}::jsonb) new (field, value)
                       WHERE NOT said ? field AND (present->field)::text <> value::text)
        END AS differs,
        ARRAY(SELECT field FROM jsonb_each(present) new (field, value)
              WHERE NOT said ? field AND NOT {added}::jsonb ? field AND value <> 'null') AS unknown
    FROM known
)
SELECT min(key) FILTER (WHERE differs), count(*) FILTER (WHERE differs),
    (SELECT array_agg(DISTINCT field) FROM judged CROSS JOIN unnest(unknown) field
     WHERE NOT differs),
    count(*) FILTER (WHERE NOT differs AND unknown <> ARRAY[]::text[])
FROM judged
"""


@dataclass(frozen=True, slots=True)
class _Column:
    table: str
    name: str
    readable: bool
    added: str | None


def record_faults() -> Iterator[Fault | Remark]:
    """Rows that are not as their last entry says, and what could not be compared."""
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS, [list(AUDITED)])
        found = [_Column(*row) for row in cursor]
    readable = {}
    for table, omitted in AUDITED.items():
        columns = [each for each in found if each.table == table and each.name not in omitted]
        unread = [each.name for each in columns if not each.readable]
        if not columns:
            yield Fault("record_differs", f"There is no table {table}.")
            continue
        if unread:
            yield Remark(f"{table}: this role may not read {', '.join(unread)}.")
        if "id" not in unread:
            readable[table] = columns
    for table in _in_use(list(readable)):
        yield from _compared(table, readable[table])
    omitted_ones = [f"{table} ({', '.join(names)})" for table, names in AUDITED.items() if names]
    yield Remark(
        f"what entries leave out, secrets and what follows from records: {', '.join(omitted_ones)}."
    )


def _in_use(tables: Sequence[str]) -> list[str]:
    """Those that have a row, or an entry that says so."""
    statements = [
        sql.SQL(IN_USE).format(name=sql.Literal(table), table=sql.Identifier(table))
        for table in tables
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(statements))
        return [table for (table,) in cursor]


def _compared(table: str, columns: Sequence[_Column]) -> Iterator[Fault | Remark]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(table, columns))
        first, count, unknown, rows = cursor.fetchone()
    if count:
        yield Fault(
            "record_differs",
            f"Record {first} of {table} is not what its last entry says ({count} in all).",
        )
    if rows:
        yield Remark(
            f"{table}: {', '.join(unknown)} came after the last entry of {rows} record(s), and "
            "what it was then is not on record."
        )


def _statement(table: str, columns: Sequence[_Column]) -> sql.Composed:
    readable = [each for each in columns if each.readable]
    added = {each.name: json.loads(each.added) for each in readable if each.added is not None}
    return sql.SQL(LAST_IMAGES).format(
        name=sql.Literal(table),
        table=sql.Identifier(table),
        columns=sql.SQL(", ").join(sql.Identifier(each.name) for each in readable),
        unread=sql.Literal([each.name for each in columns if not each.readable]),
        added=sql.Literal(json.dumps(added)),
    )
