"""Recording one result with every trigger (guards, trail, queue, touch), and the same without any.

The processor time of this process and of the database's own process that serves it. Run as
``python -m benchmarks.triggers``.
"""

from __future__ import annotations

import argparse
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from statistics import median

from django.db import connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.test import override_settings
from psycopg import sql

from benchmarks.figures import Figure, Spent, clock_of, report
from benchmarks.recording import Server, one_request, open_connection, open_runs
from benchmarks.records import RESULTS, benchmark_database
from products.actions.naming import begin, end
from products.actions.readings import submit_run
from products.models import Result, Run
from tests.api.clients import token_for
from tests.conftest import Databases
from tests.records import context, counted, people

AT_MOST = 1.5
WARM_UP = 20

Work = Callable[[Run], None]


@dataclass(frozen=True, slots=True)
class Side:
    """A connection to one of the databases, and the process at its other end."""

    wrapper: BaseDatabaseWrapper
    pid: int

    def spend(self, work: Work, run: Run) -> Spent:
        connections["default"] = self.wrapper
        ours, server = time.process_time(), clock_of(self.pid)
        work(run)
        return Spent(
            (time.process_time() - ours) * 1000,
            (clock_of(self.pid) - server) * 1000,
        )


@dataclass(frozen=True, slots=True)
class Sides:
    """The database in use, and two copies of it: one without the triggers that touch lots, one
    without any trigger of ours.
    """

    guarded: Side
    untouched: Side
    bare: Side


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=300)
    asked = parser.parse_args()
    with benchmark_database():
        found = figures(sizes=(1, RESULTS), repeats=asked.repeats)
    return report("Recording one result, processor time with the triggers and without", found)


def figures(*, sizes: Sequence[int], repeats: int, allowance: float = 1.0) -> list[Figure]:
    """In the database in use and copies of it, for lots with so many results already.

    ``allowance`` is what the limit is multiplied by.
    """
    with override_settings(ROOT_URLCONF="benchmarks.plain"), open_connection():
        server = Server(token_for(people().analyst))
        needed = repeats + min(WARM_UP, repeats)
        runs = {results: open_runs(results, 2 * needed) for results in sizes}
        with _sides(Databases()) as sides:
            return [
                figure
                for results, several in runs.items()
                for figure in _figures(sides, server, several, results, AT_MOST * allowance)
            ]


def _figures(
    sides: Sides,
    server: Server,
    runs: Sequence[Run],
    results: int,
    limit: float,
) -> Iterator[Figure]:
    lot = f"lot of {results} results" if results > 1 else "lot of one result"
    analyst = people().analyst
    first, second = runs[: len(runs) // 2], runs[len(runs) // 2 :]

    def by_request(run: Run) -> None:
        path, body = one_request(run)
        server.send(server.environ(path, body))

    def by_action(run: Run) -> None:
        submit_run(context(analyst), run=run.number, readings=counted())

    both = (sides.guarded, sides.bare)
    every, bare = _measured(both, by_action, first)
    yield from _against(f"by the action, {lot}", every, bare, limit)
    every, bare = _measured(both, by_request, second)
    yield from _against(f"over the API, {lot}", every, bare, limit)
    rows = {run.pk: _next_version(run) for run in first}

    def one_row(run: Run) -> None:
        with transaction.atomic():
            begin("system.benchmark", context(analyst))
            rows[run.pk].save(force_insert=True)
            end()

    every, untouched, bare = _measured((sides.guarded, sides.untouched, sides.bare), one_row, first)
    yield from _against(f"one bare row, {lot}", every, bare, None)
    yield from _against(f"one bare row, but for the touch, {lot}", untouched, bare, limit)


def _next_version(run: Run) -> Result:
    row = Result.objects.get(run=run)
    row.pk, row.version = uuid.uuid4(), row.version + 1
    return row


def _measured(sides: Sequence[Side], work: Work, runs: Sequence[Run]) -> list[list[Spent]]:
    """On each side, in turns, another one first each time."""
    found: list[list[Spent]] = [[] for _ in sides]
    for turn, run in enumerate(runs):
        for which in range(turn, turn + len(sides)):
            spent = sides[which % len(sides)].spend(work, run)
            if turn >= min(WARM_UP, len(runs) // 2):
                found[which % len(sides)].append(spent)
    return found


def _against(
    name: str, guarded: Sequence[Spent], bare: Sequence[Spent], limit: float | None
) -> Iterator[Figure]:
    ratio = _median(guarded, "both") / _median(bare, "both")
    yield Figure(f"{name}: with triggers against without", ratio, "times", limit)
    for label, spent in (("with", guarded), ("without", bare)):
        yield Figure(f"  {label}, both processes", _median(spent, "both"), "ms")
        yield Figure("    of which the database's", _median(spent, "server"), "ms")


def _median(spent: Sequence[Spent], part: str) -> float:
    return median(float(getattr(one, part)) for one in spent)


@contextmanager
def _sides(databases: Databases) -> Iterator[Sides]:
    name = connections["default"].settings_dict["NAME"]
    usual = connections["default"]
    for alias in ("default", "owner"):
        connections[alias].close()
    copies = [f"exolot_{kind}_{uuid.uuid4().hex[:12]}" for kind in ("untouched", "bare")]
    sides: list[Side] = []
    try:
        for copy, off in zip(copies, ("touch\\_by\\_%", "%"), strict=True):
            databases.create(copy, name)
            _switch_off(databases, copy, off)
        sides = [_side(database) for database in (name, *copies)]
        yield Sides(*sides)
    finally:
        for side in sides:
            side.wrapper.close()
        connections["default"] = usual
        for copy in copies:
            databases.drop(copy)


def _switch_off(databases: Databases, name: str, like: str) -> None:
    """Our triggers of such names; those that keep foreign keys stay."""
    with databases.connect(name) as owner:
        triggers = owner.execute(
            "SELECT tgname, relname FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid "
            "WHERE NOT tgisinternal AND tgname LIKE %s",
            [like],
        ).fetchall()
        for trigger, table in triggers:
            owner.execute(
                sql.SQL("ALTER TABLE {} DISABLE TRIGGER {}").format(
                    sql.Identifier(table), sql.Identifier(trigger)
                )
            )


def _side(name: str) -> Side:
    wrapper = connections.create_connection("default")
    wrapper.settings_dict = {**wrapper.settings_dict, "NAME": name}
    connections["default"] = wrapper
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return Side(wrapper, cursor.fetchone()[0])


if __name__ == "__main__":
    sys.exit(main())
