"""Reading the trail when it is large: each search stays on an index and reads little beside a page.

Run as ``python -m benchmarks.audit_reads``. What is limited is what the database reads, in its own
count of 8 kB pages, and the shape of its plan: both are the same on a busy machine.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import md5
from typing import Any

import psycopg
from django.db import connections
from django.db.models import QuerySet
from psycopg import sql

from benchmarks.figures import Figure, cost_of, report
from benchmarks.records import benchmark_database
from products.models import AuditEntry, Leaf
from products.queries import audit
from products.queries.ledger_feed import sealed_after
from products.queries.trail import shown
from tests.conftest import Databases

ENTRIES = 5_000_000
ROWS = 101
PAGES_PER_ROW = 3
PAGES_BESIDE = 100
BIG_LOT, BIG_RECORD = "the big lot", "the big record"

# Some two hundred and fifty entries a lot, five a record, forty accounts. One lot and one record
# have thousands; one account and one action are rare. The bytes are shorter than real ones.
LOAD = """
INSERT INTO products_auditentry (
    id, recorded_at, actor, actor_name, action, reason, request_id, address, operation,
    record_table, record_id, lots, body, sha256, before, after)
SELECT uuidv7((g - %(entries)s) * interval '30 seconds'),
       now() + (g - %(entries)s) * interval '30 seconds',
       md5(CASE WHEN g %% 50000 = 7 THEN 'actor rare' ELSE 'actor ' || g %% 40 END)::uuid,
       'account', CASE WHEN g %% 40000 = 9 THEN 'rare.action' ELSE 'noun.verb' || g %% 60 END,
       'As planned', '', '192.0.2.1', 'update', 'products_table' || g %% 37,
       md5(CASE WHEN g %% 100 = 3 THEN %(record)s ELSE 'record ' || g / 5 END)::uuid::text,
       CASE WHEN g %% 10 = 0 THEN ARRAY[]::uuid[]
            WHEN g %% 100 = 1 THEN ARRAY[md5(%(lot)s)::uuid]
            WHEN g %% 100 = 2
            THEN ARRAY[md5('lot ' || g %% (%(entries)s / 250))::uuid, md5(%(lot)s)::uuid]
            ELSE ARRAY[md5('lot ' || g %% (%(entries)s / 250))::uuid] END,
       body, sha256(body), jsonb_build_object('state', 'draft', 'number', g),
       jsonb_build_object('state', 'approved', 'number', g)
FROM generate_series(1, %(entries)s) AS g,
     LATERAL (SELECT convert_to('{"entry": ' || g || repeat(' ', 200) || '}', 'UTF8') AS body) made
"""
LOAD_LEAVES = """
INSERT INTO products_leaf (index, entry_id, hash)
SELECT row_number() OVER (ORDER BY id) - 1, id, sha256('\\x00'::bytea || body)
FROM products_auditentry
"""
INDEXES = """
SELECT indexname, indexdef FROM pg_indexes
WHERE tablename = 'products_auditentry' AND indexname NOT LIKE '%_pkey'
"""
SORTS = {"Sort", "Incremental Sort"}
# Of a few rows the database may find it cheaper to sort them than to read them in order.
FEW_ROWS = 3 * ROWS


@dataclass(frozen=True, slots=True)
class Search:
    name: str
    parts: audit.Parts


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    asked = parser.parse_args()
    with benchmark_database():
        found = figures(entries=asked.entries)
    return report(f"Reading a trail of {asked.entries} entries, {ROWS} a page", found)


def figures(*, entries: int, repeats: int = 5) -> list[Figure]:
    """Load ``entries`` into the database in use, and read them in every way."""
    database = connections["default"].settings_dict["NAME"]
    with Databases().connect(database) as owner:
        load(owner, entries)
    middle = Leaf.objects.select_related("entry").get(index=entries // 2).entry
    found = []
    for search in searches(entries):
        for page, before in (("first page", None), ("from the middle", middle)):
            found += list(_figures(f"{search.name}, {page}", search.parts, before, repeats))
    return [*found, *_feed(entries, repeats)]


def load(owner: psycopg.Connection, entries: int) -> None:
    """Without the indexes, which are made again over what was loaded."""
    indexes = owner.execute(INDEXES).fetchall()
    for name, _ in indexes:
        owner.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    names = {"entries": entries, "lot": BIG_LOT, "record": BIG_RECORD}
    owner.execute(LOAD, names)
    for _, definition in indexes:
        owner.execute(definition)
    owner.execute(LOAD_LEAVES)
    owner.execute("ANALYZE products_auditentry, products_leaf")


def searches(entries: int) -> Iterator[Search]:
    """What pages and the API ask: lots and records of few and many entries, actors, actions."""
    trail = audit.trail()
    span = {"recorded_at__gte": _time_at(entries // 4), "recorded_at__lt": _time_at(entries // 2)}
    for name, lot in (("a lot", f"lot {entries // 500 + 5}"), ("a lot of thousands", BIG_LOT)):
        yield Search(name, audit.of_lot(trail, key_of(lot)))
        yield Search(f"{name}, in a span of time", audit.of_lot(trail.filter(**span), key_of(lot)))
    for name, record in (("a record", f"record {entries // 10}"), ("of thousands", BIG_RECORD)):
        yield Search(f"record: {name}", (trail.filter(record_id=str(key_of(record))),))
    for name, actor in (("one of forty", "actor 5"), ("a rare one", "actor rare")):
        rows = trail.filter(actor=key_of(actor))
        yield Search(f"actor: {name}", (rows,))
        yield Search(f"actor: {name}, in a span of time", (rows.filter(**span),))
    yield Search("action: one of sixty", (trail.filter(action="noun.verb7"),))
    yield Search("action: a rare one", (trail.filter(action="rare.action"),))
    yield Search("table: one of 37", (trail.filter(record_table="products_table7"),))
    yield Search("a span of time", (trail.filter(**span),))
    yield Search("everything", (trail,))


def key_of(name: str) -> uuid.UUID:
    return uuid.UUID(md5(name.encode(), usedforsecurity=False).hexdigest())


def plans(parts: audit.Parts, before: AuditEntry | None) -> list[Mapping[str, Any]]:
    """How the database reads a page of each part, with what it read."""
    return [explained(part) for part in audit.pages_of(parts, ROWS, before=before)]


def explained(rows: QuerySet[Any, Any]) -> Mapping[str, Any]:
    text = rows.explain(analyze=True, buffers=True, format="json")
    found: Mapping[str, Any] = json.loads(text)[0]["Plan"]
    return found


def nodes_of(plan: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield plan
    for inner in plan.get("Plans", ()):
        yield from nodes_of(inner)


def faults(plans_of_page: Iterable[Mapping[str, Any]]) -> list[str]:
    """Why a page is not read from one place of an index."""
    return [
        f"{node['Node Type']} of {node['Actual Rows']:g} rows"
        for plan in plans_of_page
        for node in nodes_of(plan)
        if "Seq Scan" in node["Node Type"]
        or (is_sorted_or_unordered(node) and read_by(node) > FEW_ROWS)
        or node.get("Rows Removed by Filter", 0) > FEW_ROWS
    ]


def is_sorted_or_unordered(node: Mapping[str, Any]) -> bool:
    return node["Node Type"] in SORTS | {"Bitmap Heap Scan"}


def read_by(node: Mapping[str, Any]) -> float:
    """Rows that a node takes in: of a sort those below it, which a limit above does not lessen."""
    below = node.get("Plans", ()) if node["Node Type"] in SORTS else ()
    return max(float(each["Actual Rows"]) for each in (node, *below))


def _figures(
    name: str, parts: audit.Parts, before: AuditEntry | None, repeats: int
) -> Iterator[Figure]:
    found = plans(parts, before)
    read = sum(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] for plan in found)
    cost = cost_of(lambda: audit.latest(parts, ROWS, before=before), repeats=repeats, warm_up=1)
    yield from _shown(name, faults(found), read, cost.wall_ms)


def _shown(name: str, wrong: list[str], read: float, wall_ms: float) -> Iterator[Figure]:
    yield Figure(f"{name}: not from an index", float(len(wrong)), ", ".join(wrong), limit=0.0)
    limit = float(PAGES_PER_ROW * ROWS + PAGES_BESIDE)
    yield Figure("  database pages read", read, "pages", limit)
    yield Figure("  time passed", wall_ms, "ms")


def _feed(entries: int, repeats: int) -> Iterator[Figure]:
    """The change feed from its middle, and where the entries of a page stand in the ledger."""
    middle = Leaf.objects.filter(index__gt=entries // 2).select_related("entry")
    plan = explained(middle.order_by("index")[:ROWS])
    read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    cost = cost_of(
        lambda: sealed_after(entries // 2, ROWS, Leaf.objects.all()), repeats=repeats, warm_up=1
    )
    # A look-up of the leaf, then of its entry: twice what a page of entries reads.
    yield from _shown("change feed", faults([plan]), read / 2, cost.wall_ms)
    page = audit.latest((audit.trail(),), ROWS)
    cost = cost_of(lambda: shown(page), repeats=repeats, warm_up=1)
    yield Figure("a page with names, differences and places in the ledger", cost.wall_ms, "ms")


def _time_at(number: int) -> Any:
    """When the entry of that number was written."""
    return Leaf.objects.select_related("entry").get(index=number).entry.recorded_at


if __name__ == "__main__":
    sys.exit(main())
