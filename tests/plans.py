"""How the database would find rows of a large table, asked on a small one."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.db.models import QuerySet


def plan_of(rows: QuerySet[Any, Any]) -> str:
    """The plan when reading whole tables is the last resort."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        cursor.execute("SET LOCAL enable_bitmapscan = off")
        plan = rows.explain()
        cursor.execute("RESET enable_seqscan")
        cursor.execute("RESET enable_bitmapscan")
    return plan
