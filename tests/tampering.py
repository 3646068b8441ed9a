"""Tampering as the owner, with the guards switched off, and what `verify_ledger` finds of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import StringIO
from pathlib import Path

import psycopg
from django.core.management import CommandError, call_command
from django.db import connections

from tests.conftest import Databases

Tamper = Callable[[psycopg.Connection], None]
TRAIL = (
    "auditentry",
    "leaf",
    "node",
    "checkpoint",
    "pending",
    "ledgerkey",
    "donor",
    "signin",
    "signature",
    "user",
)


@dataclass(frozen=True, slots=True)
class Verified:
    """``faults`` is empty when nothing was found; ``said`` is all else that was printed."""

    faults: str
    said: str


def verify(*paths: Path) -> Verified:
    faults, said = StringIO(), StringIO()
    arguments = (f"--checkpoint={path}" for path in paths)
    try:
        call_command("verify_ledger", *arguments, stdout=said, stderr=faults)
    except CommandError as error:
        return Verified(faults.getvalue() + str(error), said.getvalue())
    return Verified(faults.getvalue(), said.getvalue())


def verified(*paths: Path) -> str:
    """What the command finds; empty when it finds nothing."""
    return verify(*paths).faults


@contextmanager
def owner(databases: Databases) -> Iterator[psycopg.Connection]:
    """The owner's connection, in a transaction, with every guard of the trail switched off."""
    name = connections["default"].settings_dict["NAME"]
    connections["default"].close()
    with databases.connect(name) as connection, connection.transaction():
        connection.execute("SELECT set_config('exolot.action', 'system.migrate', true)")
        for table in TRAIL:
            connection.execute(f"ALTER TABLE products_{table} DISABLE TRIGGER USER")
        connection.execute(
            "ALTER TABLE products_auditentry DROP CONSTRAINT IF EXISTS products_auditentry_check"
        )
        yield connection


def sql(*statements: str) -> Tamper:
    def tamper(connection: psycopg.Connection) -> None:
        for statement in statements:
            assert connection.execute(statement).rowcount != 0, statement

    return tamper
