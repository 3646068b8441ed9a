"""How long ago what keeps an installation in order was last done; by the database's clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db import connection
from django.db.models import QuerySet

from products.models import Backup, Installation, SignIn
from products.models.installation import InstallationKind

# Entries after the last checkpoint are in the queue, or in the tree beyond its size.
LEDGER = """
    WITH head AS (SELECT coalesce(max(size), 0) AS size, max(sealed_at) AS sealed_at
                    FROM products_checkpoint),
         tree AS (SELECT coalesce(max(index) + 1, 0) AS size FROM products_leaf),
         queue AS (SELECT count(*) AS waiting, min(e.recorded_at) AS oldest
                     FROM products_pending p LEFT JOIN products_auditentry e ON e.id = p.entry_id)
    SELECT clock_timestamp() - head.sealed_at,
           tree.size - head.size,
           queue.waiting,
           clock_timestamp() - queue.oldest,
           clock_timestamp() - (SELECT e.recorded_at FROM products_leaf l
                                  JOIN products_auditentry e ON e.id = l.entry_id
                                 WHERE l.index = head.size)
      FROM head, tree, queue
"""
DAMAGE = """
    SELECT coalesce(sum(checksum_failures), 0)::bigint FROM pg_catalog.pg_stat_database
     WHERE datname = current_database() OR datid = 0
"""


@dataclass(frozen=True, slots=True)
class LedgerUpkeep:
    """``checkpoint_age`` is None when there is none; the rest is zero when nothing waits.

    ``uncovered`` entries are in no checkpoint yet, ``queued`` of them not even in the tree.
    """

    checkpoint_age: timedelta | None
    uncovered: int
    uncovered_for: timedelta
    queued: int
    queued_for: timedelta


def ledger_upkeep() -> LedgerUpkeep:
    with connection.cursor() as cursor:
        cursor.execute(LEDGER)
        age, unsigned, queued, queued_for, unsigned_for = cursor.fetchone()
    nothing = timedelta()
    waits = [one for one in (queued_for, unsigned_for) if one is not None]
    return LedgerUpkeep(
        age, unsigned + queued, max(waits, default=nothing), queued, queued_for or nothing
    )


def clock_difference() -> timedelta:
    """The clock here less the database's, at the middle of one question."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")  # the connection is open before the clocks are read
        before = datetime.now(UTC)
        cursor.execute("SELECT clock_timestamp()")
        [there] = cursor.fetchone()
    after = datetime.now(UTC)
    difference: timedelta = before + (after - before) / 2 - there
    return difference


def last_backup(now: datetime) -> timedelta | None:
    """The age of the youngest backup on record."""
    found = Backup.objects.order_by("-made_at").first()
    return None if found is None else now - found.made_at


def installed_for(now: datetime) -> timedelta:
    return now - Installation.objects.get().recorded_at


def is_demonstration() -> bool:
    return Installation.objects.filter(kind=InstallationKind.DEMO).exists()


def damaged_pages() -> int:
    """Pages whose checksum was wrong when they were read, since the server's statistics begin."""
    with connection.cursor() as cursor:
        cursor.execute(DAMAGE)
        [count] = cursor.fetchone()
    return int(count)


def backups() -> QuerySet[Backup]:
    return Backup.objects.all()


def sign_ins() -> QuerySet[SignIn]:
    return SignIn.objects.select_related("user")
