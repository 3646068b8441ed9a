"""Naming an action to the database: its guards and its audit trail read these names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import connection

if TYPE_CHECKING:
    from products.actions.base import Context


def begin(name: str, context: Context) -> None:
    """Name the action for the rest of this transaction."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT products_begin(%s, %s, %s, %s, %s, %s, %s)",
            [
                name,
                str(context.actor.pk),
                context.actor.username,
                context.reason,
                context.request_id,
                context.address,
                context.at,
            ],
        )


def end() -> None:
    """Clear the names: they would otherwise last to the end of an outer transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT products_end()")
