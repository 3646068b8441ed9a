"""A page that the disk damaged is found by `doctor` once anybody has read it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from django.db import connections
from django.db.utils import ConnectionHandler
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker

from products.domain.checkup import Level
from products.management.checkup import CHECKS, find
from qcsite import embedded
from tests.qcsite.users import is_stopped, wait_for

CHECKSUMS = next(check for check in CHECKS if check.name == "checksums")
FILLED = "CREATE TABLE records AS SELECT repeat('x', 1000) AS text FROM generate_series(1, 100)"


@contextmanager
def served_by(server: embedded.Server) -> Iterator[None]:
    """The serving connection leads to this server."""
    settings = {
        "ENGINE": "qcsite.database",
        "NAME": embedded.DATABASE,
        "USER": "postgres",
        "PASSWORD": server.passwords["postgres"],
        "HOST": server.host,
        "PORT": str(server.port),
    }
    before = connections["default"]
    connections["default"] = ConnectionHandler({"default": settings})["default"]
    try:
        yield
    finally:
        connections["default"].close()
        connections["default"] = before


def superuser(server: embedded.Server) -> psycopg.Connection:
    return psycopg.connect(make_conninfo("", **server.conninfo("postgres")), autocommit=True)


def test_a_damaged_page_is_red(clusters: Path, django_db_blocker: DjangoDbBlocker) -> None:
    directory = clusters / "test"
    server = embedded.ensure("test", clusters)
    with superuser(server) as connection:
        connection.execute(FILLED)
        connection.execute("CHECKPOINT")
        [(path,)] = connection.execute("SELECT pg_relation_filepath('records')").fetchall()
    with django_db_blocker.unblock(), served_by(server):
        whole = find(CHECKSUMS)
    embedded.forget(directory)
    assert wait_for(lambda: is_stopped(clusters))
    file = directory / "data" / path
    file.write_bytes(file.read_bytes().replace(b"xxx", b"yyy", 1))

    server = embedded.ensure("test", clusters)
    with superuser(server) as connection, pytest.raises(psycopg.errors.DataCorrupted):
        connection.execute("SELECT count(text) FROM records")
    with django_db_blocker.unblock(), served_by(server):
        damaged = find(CHECKSUMS)
    embedded.forget(directory)

    assert whole.level is Level.GREEN
    assert damaged.level is Level.RED
    assert damaged.said == "1 page(s) of the database had a wrong checksum."
