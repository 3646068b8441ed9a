"""A link that is undone while somebody comes in by it."""

from __future__ import annotations

from typing import Any

import psycopg

from tests.actions.test_identities import linked, sign_in
from tests.conftest import Databases
from tests.sessions import other_session

UNDO = """
INSERT INTO products_identityunlink (link_id, recorded_by_id, reason) VALUES (%s, %s, 'Left')
"""


def test_a_link_that_is_undone_at_the_same_moment_opens_nothing(
    databases: Databases, committed_db: str
) -> None:
    row = linked()

    def lock_account(connection: psycopg.Connection[Any]) -> None:
        connection.execute(
            "SELECT FROM products_user WHERE id = %s FOR NO KEY UPDATE", [row.user_id]
        )

    def undo(connection: psycopg.Connection[Any]) -> None:
        connection.execute(UNDO, [row.pk, row.recorded_by_id])

    with other_session(databases, committed_db, first=lock_account, then=undo) as other:
        found = sign_in()

    assert (other.was_waited_for, other.error, found) == (True, None, None)
