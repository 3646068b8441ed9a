"""Judging from the database to the stored status: one lot, and many together.

Run as ``python -m benchmarks.judging``.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from uuid import UUID

from django.db import transaction

from benchmarks.figures import Figure, cost_of, report
from benchmarks.records import NUMBER, RESULTS, benchmark_database, complete_lot, copies_of
from products.actions.judging import rejudge
from products.actions.naming import begin, end
from products.domain.release import judge
from products.queries.facts import lot_facts
from tests.records import context, people

ONE_LOT_MS = 10.0
OF_MANY_MS = 4.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=1000, help="lots judged together")
    parser.add_argument("--repeats", type=int, default=200, help="times one lot is judged")
    asked = parser.parse_args()
    with benchmark_database():
        found = figures(results=RESULTS, lots=asked.lots, repeats=asked.repeats)
    return report(f"Judging lots of {RESULTS} results, processor time of this process", found)


def figures(*, results: int, lots: int, repeats: int, allowance: float = 1.0) -> list[Figure]:
    """In the database in use. ``allowance`` is what the limits are multiplied by."""
    lot = complete_lot(NUMBER, results)
    many = copies_of(lot, lots)
    return [
        *_figures("one lot", [lot.pk], ONE_LOT_MS * allowance, repeats, warm_up=min(20, repeats)),
        *_figures(f"each of {lots} lots judged together", many, OF_MANY_MS * allowance, 3, 1),
    ]


def _figures(
    name: str, lots: Collection[UUID], limit: float, repeats: int, warm_up: int
) -> list[Figure]:
    """Per lot: the whole, of that the facts and the evaluation, and the time passed."""
    asks = context(people().quality)

    def judge_and_store() -> None:
        asks.touched.update(lots)
        rejudge(asks, "lot.judge")

    with transaction.atomic():
        begin("lot.judge", asks)
        whole = cost_of(judge_and_store, repeats=repeats, warm_up=warm_up)
        end()
    reading = cost_of(lambda: lot_facts(lots), repeats=repeats, warm_up=warm_up)
    facts = lot_facts(lots).values()
    evaluating = cost_of(
        lambda: [judge(lot, asks.at) for lot in facts], repeats=repeats, warm_up=warm_up
    )
    return [
        Figure(f"{name}, to the stored status", whole.cpu_ms / len(lots), "ms", limit),
        Figure("  of which: reading the facts", reading.cpu_ms / len(lots), "ms"),
        Figure("  of which: evaluating them", evaluating.cpu_ms / len(lots), "ms"),
        Figure("  time passed", whole.wall_ms / len(lots), "ms"),
    ]


if __name__ == "__main__":
    sys.exit(main())
