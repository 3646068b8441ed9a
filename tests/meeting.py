"""People who meet on one lot: each has read it before any of them writes."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import psycopg
from django.db import connections

from products.models import Lot
from tests.conftest import Databases

Found = TypeVar("Found")
PATIENCE_S = 30.0

WAITING = """
SELECT count(DISTINCT pid) FROM pg_locks JOIN pg_stat_activity USING (pid)
WHERE NOT granted AND datname = current_database() AND usename = 'exolot_app'
"""


def meet(databases: Databases, lot: str, steps: Sequence[Callable[[], Found]]) -> list[Found]:
    """What each step answers; none gets at the row of the lot before all of them wait for it."""
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(name) as owner, ThreadPoolExecutor(len(steps)) as pool:
        with _held(owner, lot):
            answers = [pool.submit(_take, step) for step in steps]
            wait_for_waiting(owner, len(steps))
        return [answer.result() for answer in answers]


def wait_for_waiting(owner: psycopg.Connection, count: int) -> None:
    """Until so many sessions of the serving role wait for a lock."""
    deadline = time.monotonic() + PATIENCE_S
    while (found := _waiting(owner)) != (count,):
        if time.monotonic() > deadline:
            raise TimeoutError(f"{found} of {count} wait for the lot")
        time.sleep(0.005)


def _waiting(owner: psycopg.Connection) -> object:
    # Within a transaction the server shows who was there when it was asked first.
    owner.execute("SELECT pg_stat_clear_snapshot()")
    return owner.execute(WAITING).fetchone()


@contextmanager
def _held(owner: psycopg.Connection, lot: str) -> Iterator[None]:
    key = Lot.objects.values_list("pk", flat=True).get(number=lot)
    with owner.transaction():
        owner.execute("SELECT FROM products_lot WHERE id = %s FOR NO KEY UPDATE", [key])
        yield


def _take(step: Callable[[], Found]) -> Found:
    try:
        return step()
    finally:
        connections.close_all()
