"""Reading the past when the trail is large: rows by their keys, and of each its last image.

Run as ``python -m benchmarks.past_reads``. What is limited is the shape of each plan and what the
database reads, in its own count of 8 kB pages.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import psycopg
from django.db import connections
from django.db.models import Q, QuerySet

from benchmarks import audit_reads
from benchmarks.audit_reads import explained, nodes_of
from benchmarks.figures import Figure, cost_of, report
from benchmarks.records import benchmark_database
from products.models import AuditEntry, Checkpoint, Lot
from products.queries.as_of import Moment
from products.queries.lots import lots_at
from products.queries.past import records_at
from tests.conftest import Databases
from tests.records import lot

ENTRIES, LOTS, CHANGES = 1_000_000, 50_000, 10_000
PAGE, VALUES = 101, 40
# What a list of lots shows.
SHOWN = (
    *("id", "number", "product__code", "product__basis", "product__basis_reference"),
    *("site__name", "site__zone", "specification__version", "made_on", "expires_on"),
    *("expires_precision", "stability_study", "stability_signature", "blocks", "version"),
    *("decision_number", "status", "judged_until"),
)
# Of few lots the database may rather read all than go by an index.
MANY_LOTS = 10_000
# Of one value of one row: its entries by the record's index, the place of each in the ledger.
PAGES_PER_VALUE = 16

COPY_LOTS = """
INSERT INTO products_lot (number, product_id, specification_id, site_id, made_on, made_by_id, vials,
    expires_on, expires_precision, stability_study, recorded_by_id, decision, decision_number,
    release_status, next_status, judged_until, blocks, version)
SELECT 'B-' || g, product_id, specification_id, site_id, made_on - g %% 1000, made_by_id, vials,
    expires_on, expires_precision, '', recorded_by_id, decision, 0, release_status, next_status,
    judged_until, blocks, 0
FROM products_lot, generate_series(1, %s) g WHERE number = 'BIG'
"""
# A hundred at a time: within one transaction each change passes over those before it.
CHANGE_ONE = """
DO $$ BEGIN
    FOR turn IN 1..100 LOOP
        UPDATE products_lot SET blocks = jsonb_build_array(turn) WHERE number = 'BIG';
    END LOOP;
END $$
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--lots", type=int, default=LOTS)
    parser.add_argument("--changes", type=int, default=CHANGES)
    asked = parser.parse_args()
    with benchmark_database():
        found = figures(entries=asked.entries, lots=asked.lots, changes=asked.changes)
    return report(f"Reading the past of {asked.lots} lots under {asked.entries} entries", found)


def figures(*, entries: int, lots: int, changes: int, repeats: int = 3) -> list[Figure]:
    """One lot that was changed ``changes`` times among ``lots``, and ``entries`` of others."""
    lot("BIG")
    database = connections["default"].settings_dict["NAME"]
    with Databases().connect(database) as owner:
        load(owner, entries=entries, lots=lots, changes=changes)
    size = AuditEntry.objects.count()
    then = Moment(datetime.now(UTC), Checkpoint(number=1, size=size))
    return [
        figure
        for name, rows, values in asked_of(then)
        for figure in _measured(name, then, rows, values, repeats)
    ]


def load(owner: psycopg.Connection, *, entries: int, lots: int, changes: int) -> None:
    owner.execute("SELECT set_config('exolot.action', 'system.benchmark', false)")
    owner.execute(COPY_LOTS, [lots])
    for _ in range(changes // 100):
        owner.execute(CHANGE_ONE)
    audit_reads.load(owner, entries)
    owner.execute("ANALYZE products_lot")


def asked_of(then: Moment) -> Iterator[tuple[str, QuerySet[Lot, Any], int]]:
    """Each question with how many values of rows it may read."""
    rows: QuerySet[Lot, Any] = lots_at(then.at).values(*SHOWN)
    rows = rows.order_by("-made_on", "-id")
    middle = Lot.objects.order_by("-made_on", "-id")[Lot.objects.count() // 2].made_on
    others, quarantined = rows.exclude(number="BIG"), Q(("status", "quarantined"))
    yield "one lot of a few entries", rows.filter(number__iexact="B-1"), VALUES
    yield "a page of lots", others[:PAGE], VALUES * PAGE
    yield "a page from the middle", others.filter(made_on__lte=middle)[:PAGE], VALUES * PAGE
    yield "a page of those in quarantine", others.filter(quarantined)[:PAGE], VALUES * PAGE
    # A lot has as many changes of its own only when it is judged anew for years.
    yield "one lot that was changed all the time", rows.filter(number__iexact="BIG"), 0


def _measured(
    name: str, then: Moment, rows: QuerySet[Lot, Any], values: int, repeats: int
) -> Iterator[Figure]:
    with records_at(then):
        plan = explained(rows)
        cost = cost_of(lambda: list(rows.all()), repeats=repeats, warm_up=1)
    wrong = faults(plan)
    read = plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
    yield Figure(f"{name}: not from an index", float(len(wrong)), ", ".join(wrong), limit=0.0)
    limit = float(PAGES_PER_VALUE * values) if values else None
    yield Figure("  database pages read", read, "pages", limit)
    yield Figure("  time passed", cost.wall_ms, "ms")


def faults(plan: Mapping[str, Any]) -> list[str]:
    """Large tables that are not read by an index."""
    large = {"products_auditentry", "products_leaf"}
    if Lot.objects.count() > MANY_LOTS:
        large.add("products_lot")
    return [
        f"{node['Node Type']} of {node['Relation Name']}"
        for node in nodes_of(plan)
        if "Seq Scan" in node["Node Type"] and node.get("Relation Name") in large
    ]


if __name__ == "__main__":
    sys.exit(main())
