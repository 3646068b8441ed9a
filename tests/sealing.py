"""Sealing in tests: what waits goes into the ledger."""

from __future__ import annotations

from django.db import connection


def seal(at_most: int = 100_000) -> int:
    """How many entries went from the queue into the tree."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT products_seal(%s)", [at_most])
        (count,) = cursor.fetchone()
    return int(count)
