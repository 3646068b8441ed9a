"""Reading lots when there are a million: lists, pages, filters, exports, the admin and its home.

Run as ``python -m benchmarks.lists``. Counted is the processor time of this process and of the
database's process that serves it, the least of some repeats, everything measured in one run.
"""

from __future__ import annotations

import argparse
import csv
import gc
import io
import json
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import islice
from typing import Any
from urllib.parse import urlencode

import psycopg
from django.db import connection, connections
from django.test import override_settings
from django.test.utils import CaptureQueriesContext

from benchmarks import lot_texts
from benchmarks.asking import Asking
from benchmarks.bare_lists import NEWEST, WINDOW, bare_copy, bare_list
from benchmarks.figures import Figure, Spent, memory_mb, peak_begins, report, spent_on
from benchmarks.lot_load import load
from benchmarks.recording import open_connection
from benchmarks.records import RESULTS, benchmark_database
from products.models import Lot
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.records import people

LOTS, FEW_LOTS = 1_000_000, 1_000
PAGE = 100
DEEP = 0.7
"""How far down the page is that is compared with the first: at row 700,000 of a million."""
DAYS_ASKED = timedelta(days=30)

LIST, LOT, DEEP_PAGE, FILTERED = 2.5, 1.0, 2.0, 3.0
EXPORT, EXPORT_MB = 2.0, 16.0
QUERIES, ADMIN_TIMES = 10.0, 1.5


@dataclass(frozen=True, slots=True)
class Sides:
    """The product, asked as a client does, and a bare connection to the same database."""

    auditor: Asking
    analyst: Asking
    reviewer: Asking
    bare: psycopg.Connection
    repeats: int
    allowance: float

    def ours(self, work: Callable[[], object]) -> Spent:
        return least(work, connection.connection.info.backend_pid, self.repeats)

    def theirs(self, work: Callable[[], object]) -> Spent:
        return least(work, self.bare.info.backend_pid, self.repeats)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lots", type=int, default=LOTS)
    parser.add_argument("--repeats", type=int, default=25)
    parser.add_argument("--loaded", metavar="DATABASE", help="that has the lots already")
    parser.add_argument("--keep", action="store_true", help="leave the database as it is loaded")
    given = parser.parse_args()
    with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        few = figures_of_few(repeats=given.repeats)
        with _database(given.loaded, keep=given.keep) as name:
            if not given.loaded:
                with Databases().connect(name) as owner:
                    load(owner, lots=given.lots, results=RESULTS, say=True)
            with sides(repeats=given.repeats) as asked:
                found = figures(asked, few)
    return report("Reading lots, processor time of both processes", found)


@contextmanager
def _database(loaded: str | None, *, keep: bool) -> Iterator[str]:
    if loaded:
        use(loaded)
        yield loaded
        use("postgres")
        return
    with benchmark_database(keep=keep):
        yield str(connections["default"].settings_dict["NAME"])


def least(work: Callable[[], object], server: int, repeats: int) -> Spent:
    """After one that does not count."""
    work()
    return min((spent_on(work, server) for _ in range(repeats)), key=lambda spent: spent.both)


@dataclass(frozen=True, slots=True)
class Admin:
    """What the admin's pages take, where there are few lots or many."""

    lists: dict[str, Spent]
    queries: dict[str, int]


def figures_of_few(*, repeats: int, lots: int = FEW_LOTS, results: int = RESULTS) -> Admin:
    """The admin's pages in a database of their own."""
    with benchmark_database():
        name = connections["default"].settings_dict["NAME"]
        with Databases().connect(name) as owner:
            load(owner, lots=lots, results=results)
        with sides(repeats=repeats) as asked:
            return admin_pages(asked)


def figures(asked: Sides, few: Admin) -> list[Figure]:
    return [
        *list_figures(asked),
        *_lot(asked),
        *_deep(asked),
        *_filtered(asked),
        *_export(asked),
        *_admin(asked, few),
    ]


@contextmanager
def sides(*, repeats: int, allowance: float = 1.0) -> Iterator[Sides]:
    """In the database in use, which `load` filled. Queries are answered by one process of the
    server, whose time is counted. ``allowance`` is what limits are multiplied by.
    """
    name = str(connections["default"].settings_dict["NAME"])
    with (
        override_settings(
            ROOT_URLCONF="benchmarks.bare_lists",
            ALLOWED_HOSTS=["*"],
            API_REQUESTS_PER_MINUTE=1_000_000,
        ),
        open_connection(),
        Databases().connect(name) as bare,
    ):
        visitors = [Asking(getattr(people(), who)) for who in ("auditor", "analyst", "reviewer")]
        bare.execute("SET max_parallel_workers_per_gather = 0")
        bare.execute("SET timezone = 'UTC'")
        bare.execute("SET random_page_cost = 1.1")
        with connection.cursor() as cursor:
            cursor.execute("SET max_parallel_workers_per_gather = 0")
        # As the server does when it has started.
        gc.collect()
        gc.freeze()
        yield Sides(visitors[0], visitors[1], visitors[2], bare, repeats, allowance)
    connection.close()


def list_figures(asked: Sides) -> Iterator[Figure]:
    address = f"/api/v1/lots/?page_size={PAGE}"
    _same(
        json.loads(asked.auditor.get(address))["results"], bare_list(asked.bare, NEWEST, limit=PAGE)
    )
    bare = asked.theirs(lambda: bare_list(asked.bare, NEWEST, limit=PAGE))
    for who, limit in ((asked.analyst, LIST), (asked.auditor, None)):
        ours = asked.ours(partial(who.get, address))
        name = f"list of {PAGE} lots{'' if limit else ', to an auditor'}: against json_agg"
        yield from _against(name, ours, bare, limit, asked)


def _lot(asked: Sides) -> Iterator[Figure]:
    number = lot_texts.lot_number(0)
    plain = asked.ours(lambda: asked.analyst.get(f"/plain/{number}/"))
    ours = asked.ours(lambda: asked.analyst.get(f"/api/v1/lots/{number}/results/"))
    yield from _against("lot with its results: against a plain view", ours, plain, LOT, asked)


def _deep(asked: Sides) -> Iterator[Figure]:
    """The addresses are those that the list itself gives."""
    first = f"/api/v1/lots/?page_size={PAGE}"
    deep = _page_at(asked, int(Lot.objects.count() * DEEP))
    one, other = (asked.ours(partial(asked.analyst.get, at)) for at in (first, deep))
    yield from _against("page at 70 % of the lots: against the first", other, one, DEEP_PAGE, asked)


def _page_at(asked: Sides, row: int) -> str:
    """Its address, by following the links from the first page, up to 500 rows at a time."""
    size, passed = min(500, row // 2), 0
    address = f"/api/v1/lots/?fields=number&page_size={size}"
    while passed < row:
        address = json.loads(asked.analyst.get(address))["next"].removeprefix("http://localhost")
        passed += size
    return address.replace("fields=number&", "").replace(f"page_size={size}", f"page_size={PAGE}")


def _filtered(asked: Sides) -> Iterator[Figure]:
    """The lots in quarantine of one product of eight, made in 30 days in the middle."""
    middle = Lot.objects.order_by("made_on", "id")[Lot.objects.count() // 2].made_on
    first, last = middle, middle + DAYS_ASKED - timedelta(days=1)
    for status in ("quarantined", "on_hold"):
        query = {"status": status, "product": "EXO-1", "made_from": first, "made_to": last}
        address = f"/api/v1/lots/?{urlencode(query)}"
        chosen = {"status": status, "product": "EXO-1", "first": first, "last": last, "limit": PAGE}
        _same(
            json.loads(asked.analyst.get(address))["results"],
            bare_list(asked.bare, WINDOW, **chosen),
        )
        bare = asked.theirs(partial(bare_list, asked.bare, WINDOW, **chosen))
        ours = asked.ours(partial(asked.analyst.get, address))
        name = f"{status}, of a product, made in 30 days: against bare SQL"
        yield from _against(name, ours, bare, FILTERED, asked)


def _export(asked: Sides) -> Iterator[Figure]:
    """All lots as CSV, read and forgotten."""
    address = "/api/v1/lots/?format=csv"
    _same_lines(asked.analyst.parts(address), bare_copy(asked.bare))
    bare = spent_on(lambda: _drain(bare_copy(asked.bare)), asked.bare.info.backend_pid)
    began = memory_mb("VmRSS")
    peak_begins()
    ours = spent_on(
        lambda: _drain(asked.analyst.parts(address)), connection.connection.info.backend_pid
    )
    taken = memory_mb("VmHWM") - began
    yield from _against("export of all lots: against COPY to CSV", ours, bare, EXPORT, asked)
    yield Figure("  memory above the start", taken, "MB", EXPORT_MB)


def _admin(asked: Sides, few: Admin) -> Iterator[Figure]:
    many = admin_pages(asked)
    for page, spent in many.lists.items():
        yield Figure(
            f"{page}: queries",
            float(many.queries[page]),
            "queries",
            QUERIES if page == ADMIN_LIST else None,
        )
        yield from _against(
            f"{page}: against {FEW_LOTS} lots", spent, few.lists[page], ADMIN_TIMES, asked
        )


ADMIN_LIST = "admin's list of lots"
ADMIN_PAGES = {
    ADMIN_LIST: "/admin/products/lot/",
    "the same, its fifth page": "/admin/products/lot/?p=5",
    "the same, of one status": "/admin/products/lot/?status=quarantined",
}


def admin_pages(asked: Sides) -> Admin:
    visits = [(name, asked.analyst, address) for name, address in ADMIN_PAGES.items()]
    visits += [
        (f"home of the {who}", getattr(asked, who), "/admin/")
        for who in ("analyst", "reviewer", "auditor")
    ]
    found, queries = {}, {}
    for name, visitor, address in visits:
        with CaptureQueriesContext(connection) as captured:
            visitor.get(address)
        queries[name] = len(captured)
        found[name] = asked.ours(partial(visitor.get, address))
    return Admin(found, queries)


def _against(
    name: str, ours: Spent, bare: Spent, limit: float | None, asked: Sides
) -> Iterator[Figure]:
    allowed = None if limit is None else limit * asked.allowance
    yield Figure(name, ours.both / bare.both, "times", allowed)
    for label, spent in (("this", ours), ("what it is compared with", bare)):
        yield Figure(f"  {label}", spent.both, "ms")
        yield Figure("    of which the database's", spent.server, "ms")


def _drain(parts: Iterable[bytes]) -> None:
    for _ in parts:
        pass


def _same(ours: list[Any], bare: bytes) -> None:
    """Raises RuntimeError when both do not show the same."""
    if ours != json.loads(bare):
        raise RuntimeError(f"Different rows: {ours[:1]} and {json.loads(bare)[:1]}")


def _same_lines(ours: Iterable[bytes], bare: Iterable[bytes]) -> None:
    """Of the first lines of both files."""
    found = [list(islice(csv.reader(_lines(parts)), COMPARED)) for parts in (ours, bare)]
    for one, other in zip(*found, strict=True):
        if one != ["true" if cell == "t" else "false" if cell == "f" else cell for cell in other]:
            raise RuntimeError(f"Different lines: {one} and {other}")


def _lines(parts: Iterable[bytes]) -> Iterator[str]:
    """A part may end within a line, or a line within quotes: read as one text."""
    head = b""
    with closing(iter(parts)) as rest:  # type: ignore[type-var]  # both are generators
        while head.count(b"\n") < 20 * COMPARED and (part := next(rest, b"")):
            head += part
    yield from io.StringIO(head.decode(), newline="")


COMPARED = 30

if __name__ == "__main__":
    sys.exit(main())
