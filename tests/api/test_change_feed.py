"""The change feed while others write and a sealer runs."""

from __future__ import annotations

import threading
import time
from typing import Any
from urllib.parse import urlsplit

import psycopg
from django.db import connection, connections

from products.models import AuditEntry
from tests.api.clients import client_of, made

WRITERS, EACH = 8, 12


def write(parameters: dict[str, Any], number: int) -> None:
    """Transactions of several rows, some of them taken back, some of them slow."""
    with psycopg.connect(**parameters) as writer:
        for turn in range(EACH):
            writer.execute(
                "SELECT products_begin('system.test', '', 'writer', '', '', '', clock_timestamp())"
            )
            for name in range(turn % 3 + 1):
                writer.execute(
                    "INSERT INTO products_person (printed_name) VALUES (%s)",
                    [f"P-{number}-{turn}-{name}"],
                )
            if turn % 4 == number % 4:
                time.sleep(0.01)
            if turn % 5 == 4:
                writer.rollback()
            else:
                writer.commit()


def seal_until(parameters: dict[str, Any], done: threading.Event) -> None:
    with psycopg.connect(**parameters, autocommit=True) as sealer:
        last = False
        while not last:
            last = done.is_set()
            sealer.execute("SELECT products_seal(7)")
        while sealer.execute("SELECT products_seal(1000)").fetchone() != (0,):
            pass


def test_a_reader_beside_eight_writers_sees_every_entry_once(
    committed_db: str,
) -> None:
    reader = client_of("quality")  # whose reading adds no entries
    parameters = {
        key: value
        for key, value in connections["default"].get_connection_params().items()
        if key in {"host", "port", "user", "password", "dbname"}
    }
    done = threading.Event()
    sealer = threading.Thread(target=seal_until, args=(parameters, done))
    writers = [threading.Thread(target=write, args=(parameters, n)) for n in range(WRITERS)]

    for thread in (sealer, *writers):
        thread.start()
    seen: list[tuple[int, str]] = []
    address = "changes/?page_size=5"
    read_during = 0
    while True:
        was_over = not sealer.is_alive()
        page = made(reader.get(address))
        seen += [(row["index"], row["id"]) for row in page["results"]]
        parts = urlsplit(page["next"])
        address = f"{parts.path}?{parts.query}"
        if not page["results"]:
            if was_over:
                break
            if not any(writer.is_alive() for writer in writers):
                done.set()
            time.sleep(0.01)
        elif not was_over:
            read_during += len(page["results"])

    assert [index for index, _ in seen] == list(range(len(seen)))
    assert {key for _, key in seen} == {
        str(row) for row in AuditEntry.objects.values_list("id", flat=True)
    }
    assert len(seen) == len({key for _, key in seen})
    assert read_during > WRITERS
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM products_pending")
        assert cursor.fetchone() == (0,)
