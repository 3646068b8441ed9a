"""A second session on the same database, for what only two at the same moment can show."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg

from tests.conftest import Databases

Step = Callable[[psycopg.Connection[Any]], None]
PATIENCE = 20.0

WAITING = """
SELECT count(*) FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""


class OtherSession:
    """Does ``first`` at once, and ``then`` when somebody waits for what it holds."""

    def __init__(self, connection: psycopg.Connection[Any], then: Step) -> None:
        self.connection = connection
        self.then = then
        self.was_waited_for = False
        self.error: Exception | None = None

    def run(self) -> None:
        try:
            self.was_waited_for = self._wait()
            self.then(self.connection)
            self.connection.commit()
        except psycopg.Error as error:
            self.error = error
            self.connection.rollback()

    def _wait(self) -> bool:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            row = self.connection.execute(WAITING).fetchone()
            if row is not None and row[0]:
                return True
            time.sleep(0.02)
        return False


@contextmanager
def other_session(
    databases: Databases, name: str, *, first: Step, then: Step = lambda connection: None
) -> Iterator[OtherSession]:
    """The owner's session on database ``name``; commits when ``then`` is done."""
    with psycopg.connect(**databases.parameters, dbname=name) as connection:
        connection.execute("SELECT set_config('exolot.action', 'system.test', false)")
        first(connection)
        session = OtherSession(connection, then)
        thread = threading.Thread(target=session.run)
        thread.start()
        try:
            yield session
        finally:
            thread.join()
