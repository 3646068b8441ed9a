"""One look at the records: what is read in many steps is as of one instant."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime

from django.db import connection, transaction


@contextmanager
def one_snapshot(*, is_sent: bool = False) -> Iterator[datetime]:
    """Within, every statement of this thread reads what was committed up to the instant given.

    Nothing can be written. Inside another transaction it is that one's look, whatever it is.
    ``is_sent``: while it is read it is sent, and waits for a client on a slow line.
    """
    is_inner = connection.in_atomic_block
    with nullcontext() if is_inner else transaction.atomic():
        # Past the wrappers: of a past instant there are only records, no settings.
        with connection.connection.cursor() as cursor:
            if not is_inner:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
                if is_sent:
                    cursor.execute("SET LOCAL idle_in_transaction_session_timeout = '2min'")
            cursor.execute("SELECT statement_timestamp()")
            [at] = cursor.fetchone()
        yield at
