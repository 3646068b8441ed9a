"""What auditors were answered: one row an answer, written before the answer is given."""

from __future__ import annotations

from django.db import transaction

from products.actions.base import Context
from products.actions.naming import begin, end
from products.actions.proving import printable
from products.models import Access, ApiToken
from products.models.accesses import LONGEST_NAME, LONGEST_PATH, LONGEST_QUERY


def record_access(
    context: Context,
    *,
    token: ApiToken,
    method: str,
    path: str,
    query: str,
    kind: str,
    record: str,
    status: int,
) -> Access:
    """Write one answer, in a transaction of its own; what was read is in none by then.

    ``path`` and ``query`` are cut where they are too long. The time is the database's.
    """
    with transaction.atomic(durable=True):
        begin("access.record", context)
        row = Access.objects.create(
            user=context.actor,
            token=token,
            method=method[:16],
            path=printable(path)[:LONGEST_PATH],
            query=printable(query)[:LONGEST_QUERY],
            kind=printable(kind)[:64],
            record=printable(record)[:LONGEST_NAME],
            status=status,
            request_id=context.request_id,
            address=context.address,
        )
        end()
    return row
