"""Turns at what takes long: so many at once for each account, over all server processes."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

# Given back with the transaction, however it ends: by a client that leaves, or with the process.
TAKE = "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)"


def take_turn(account: UUID, most: int) -> bool:
    """Take one of the account's ``most`` turns until the transaction ends; False: none is free.

    A transaction that has one already takes it again.
    """
    with connection.cursor() as cursor:
        for turn in range(most):
            cursor.execute(TAKE, [f"files {account}", turn])
            if cursor.fetchone() == (True,):
                return True
    return False
