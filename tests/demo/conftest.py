"""One demonstration database per shape of the code, filled once and cloned for each module.

It is filled as of a night in spring, with incubations across the change of the clocks.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest
from django.conf import settings
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from products.demo.installing import prepare
from tests.conftest import ROOT, Databases, use

NIGHT_IN_SPRING = datetime(2027, 3, 30, 3, 30, tzinfo=UTC)
FILLED_BY = ("domain", "models", "migrations", "queries", "actions", "demo")
PREFIX = "exolot_demo_"


@pytest.fixture(scope="session")
def filled_template(
    databases: Databases,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> str:
    """The first process to come fills it, others wait."""
    with django_db_blocker.unblock():
        return fill(databases, tmp_path_factory.mktemp("demo"))


def fill(databases: Databases, place: Path) -> str:
    """The name of the filled database; the logins are kept in the directory ``place``."""
    digest = hashlib.sha256(databases.template.encode() + Path(__file__).read_bytes())
    for layer in FILLED_BY:
        for path in sorted((ROOT / "products" / layer).rglob("*.py")):
            digest.update(path.read_bytes())
    name = f"{PREFIX}{digest.hexdigest()[:16]}"
    with databases.roles(), databases.connect() as connection:
        connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [name])
        found = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'exolot%'")
        present = {row[0] for row in found}
        if name not in present:
            _drop_older(connection, present)
            _fill(databases, connection, name, place)
    return name


@pytest.fixture(scope="module")
def filled_db(
    databases: Databases, filled_template: str, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A clone for the tests of a module, which only read it."""
    with clone(databases, filled_template, django_db_blocker) as name:
        yield name


@contextmanager
def clone(databases: Databases, template: str, blocker: DjangoDbBlocker) -> Iterator[str]:
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_own_{uuid.uuid4().hex[:12]}"
    databases.template, usual = template, databases.template
    databases.create(name)
    databases.template = usual
    with blocker.unblock():
        use(name)
        yield name
        use(before)
    databases.drop(name)


def _fill(databases: Databases, connection: psycopg.Connection, name: str, place: Path) -> None:
    before = connections["default"].settings_dict["NAME"]
    building = f"{name}_building"
    databases.drop(building)
    connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(building)))
    use(building)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "EXOLOT_PG_DIR", place)
        prepare(NIGHT_IN_SPRING, lambda _: None)
    use(before)
    connection.execute(
        sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
            sql.Identifier(building), sql.Identifier(name)
        )
    )


def _drop_older(connection: psycopg.Connection, present: set[str]) -> None:
    for old in present:
        if old.startswith(PREFIX):
            with suppress(psycopg.errors.ObjectInUse):
                connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(old)))
