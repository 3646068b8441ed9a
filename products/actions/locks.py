"""Locks by name, where no row can be locked: the next version of a record that only grows."""

from __future__ import annotations

from django.db import connection

GENEALOGY = "genealogy"
"""Taken alone to change what lots inherit, shared to make a lot that inherits it: a lot is never
judged by a determination that is being replaced.
"""


def lock(name: str) -> None:
    """Hold ``name`` alone until the action ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def lock_shared(name: str) -> None:
    """Hold ``name`` together with others who share it, until the action ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(hashtextextended(%s, 0))", [name])
