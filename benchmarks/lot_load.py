"""Loading many lots by COPY, with their runs, readings, results, reviews and decisions.

Triggers are off and links unchecked while rows are loaded; every other constraint holds.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from psycopg import sql

from benchmarks.lot_texts import WHOLE, Made, copied_rows, make, other_products, table_of

PRODUCTS = 8
TABLES = [table_of(model) for model, _ in WHOLE]
SIGNATURES = "products_signature"
CATALOGUE = ["products_product", "products_specificationversion", "products_criterion"]
# The links of so few lots are checked when they are loaded.
CHECKED = 10_000

LINKS = """
SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid)
FROM pg_constraint
WHERE contype = 'f' AND (conrelid = ANY(%(tables)s::regclass[])
                         OR confrelid = ANY(%(tables)s::regclass[]))
"""
INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = ANY(%(tables)s::regclass[])
  AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)
"""
TRIGGERS = """
SELECT tgrelid::regclass::text, tgname, tgenabled FROM pg_trigger
WHERE tgrelid = ANY(%(tables)s::regclass[]) AND NOT tgisinternal
"""
AS_BEFORE = {"O": "ENABLE", "A": "ENABLE ALWAYS", "R": "ENABLE REPLICA", "D": "DISABLE"}


@dataclass(frozen=True, slots=True)
class Loaded:
    lots: int
    results: int
    made: Made


def load(owner: psycopg.Connection, *, lots: int, results: int, say: bool = False) -> Loaded:
    """``lots`` lots of some ``results`` results each, in place of those that there are."""
    clock = _Clock(say=say)
    owner.execute("SELECT set_config('exolot.action', 'system.benchmark', false)")
    with owner.transaction():
        made = make(owner, results)
    # The rows' own times are read and written in one zone.
    owner.execute("SET timezone = 'UTC'")
    owner.execute("SET maintenance_work_mem = '1GB'")
    with (
        _without_links(owner, check=lots <= CHECKED),
        _without_indexes(owner, clock),
        owner.transaction(),
        _without_triggers(owner),
    ):
        made.products.extend(other_products(owner, made.lot, PRODUCTS - 1))
        _clear(owner)
        for table in TABLES:
            _copy(owner, made, table, lots)
            clock.tell(table)
    owner.execute(sql.SQL("ANALYZE {}").format(_listed([*TABLES, *CATALOGUE])))
    clock.tell("statistics")
    counted = owner.execute("SELECT count(*) FROM products_result").fetchone()
    return Loaded(lots, counted[0] if counted else 0, made)


def _clear(owner: psycopg.Connection) -> None:
    """Take out the lots that were copied from. Others than they have signatures, too."""
    owner.execute(
        "DELETE FROM products_signature WHERE id IN (SELECT signature_id FROM products_review "
        "UNION SELECT signature_id FROM products_disposition)"
    )
    owner.execute(sql.SQL("TRUNCATE {}").format(_listed(set(TABLES) - {SIGNATURES})))


def _listed(tables: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, sorted(tables)))


def _copy(owner: psycopg.Connection, made: Made, table: str, lots: int) -> None:
    columns = sql.SQL(", ").join(map(sql.Identifier, made.columns[table]))
    # Of an empty table no page has to be looked at again.
    how = sql.SQL("" if table == SIGNATURES else "(FREEZE)")
    statement = sql.SQL("COPY {} ({}) FROM STDIN {}").format(sql.Identifier(table), columns, how)
    with owner.cursor().copy(statement) as copy:
        for rows in copied_rows(made, table, lots):
            copy.write(rows)


@contextmanager
def _without_links(owner: psycopg.Connection, *, check: bool) -> Iterator[None]:
    links = owner.execute(LINKS, {"tables": TABLES}).fetchall()
    for table, name, _ in links:
        _alter(owner, table, f'DROP CONSTRAINT "{name}"')
    yield
    for table, name, definition in links:
        _alter(owner, table, f'ADD CONSTRAINT "{name}" {definition} NOT VALID')
        if check:
            _alter(owner, table, f'VALIDATE CONSTRAINT "{name}"')


@contextmanager
def _without_indexes(owner: psycopg.Connection, clock: _Clock) -> Iterator[None]:
    indexes = owner.execute(INDEXES, {"tables": TABLES}).fetchall()
    for name, _ in indexes:
        owner.execute(sql.SQL(f"DROP INDEX {name}"))
    yield
    for name, definition in indexes:
        owner.execute(definition)
        clock.tell(name)


@contextmanager
def _without_triggers(owner: psycopg.Connection) -> Iterator[None]:
    tables = [*TABLES, *CATALOGUE]
    triggers = owner.execute(TRIGGERS, {"tables": tables}).fetchall()
    for table in tables:
        _alter(owner, table, "DISABLE TRIGGER USER")
    yield
    owner.execute("SET CONSTRAINTS ALL IMMEDIATE")
    for table, name, state in triggers:
        _alter(owner, table, f'{AS_BEFORE[state]} TRIGGER "{name}"')


def _alter(owner: psycopg.Connection, table: str, how: str) -> None:
    owner.execute(sql.SQL(f"ALTER TABLE {table} {how}"))


class _Clock:
    def __init__(self, *, say: bool) -> None:
        self.say, self.last = say, time.monotonic()

    def tell(self, what: str) -> None:
        now = time.monotonic()
        if self.say:
            sys.stderr.write(f"{what}: {now - self.last:.0f} s\n")
        self.last = now
