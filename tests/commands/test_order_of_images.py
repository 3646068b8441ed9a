"""The last image of a record is that of its last change, whatever the order of the transactions."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from django.db.models import QuerySet

from products.models import AuditEntry, Checkpoint, Lot, User
from products.queries.as_of import Moment
from products.queries.past import records_at
from tests.conftest import Databases
from tests.records import lot
from tests.sealing import checkpoint
from tests.tampering import owner, verified

ANALYST, REVIEWER = "analyst", "reviewer"


@pytest.fixture
def two(databases: Databases, committed_db: str) -> Iterator[tuple[psycopg.Connection, ...]]:
    """Two sessions, each in a transaction of its own that names an action."""
    with databases.connect(committed_db) as first, databases.connect(committed_db) as second:
        for session in (first, second):
            session.execute("BEGIN")
            session.execute("SELECT set_config('exolot.action', 'system.test', true)")
        yield first, second


def lock_account(session: psycopg.Connection, username: str, day: int) -> None:
    session.execute(
        "UPDATE products_user SET locked_at = %s WHERE username = %s",
        [f"2026-01-{day:02d}T00:00:00Z", username],
    )


def changed_in_turn(two: tuple[psycopg.Connection, ...]) -> None:
    """Both change one account; whose transaction began first changes it last."""
    older, younger = two
    lock_account(older, REVIEWER, 1)
    lock_account(younger, ANALYST, 2)
    younger.execute("COMMIT")
    lock_account(older, ANALYST, 3)
    older.execute("COMMIT")


def locked_on(entries: QuerySet[AuditEntry]) -> list[str]:
    """The days of the lock, in the order of ``entries``; before the first there was none."""
    days = entries.values_list("after__locked_at", flat=True)
    return [day[:10] for day in days if day]


def test_a_transaction_that_began_first_and_wrote_last_raises_no_alarm(
    two: tuple[psycopg.Connection, ...],
) -> None:
    changed_in_turn(two)

    assert verified() == ""
    checkpoint()
    assert verified() == ""
    key = str(User.objects.get(username=ANALYST).pk)
    in_ledger = AuditEntry.objects.filter(record_id=key).order_by("leaf__index")
    assert locked_on(in_ledger) == ["2026-01-03", "2026-01-02"]


def test_a_lot_is_shown_as_its_last_change_left_it(two: tuple[psycopg.Connection, ...]) -> None:
    older, younger = two
    number = lot().number
    change = "UPDATE products_lot SET blocks = jsonb_build_array(%s::text) WHERE number = %s"
    lock_account(older, REVIEWER, 1)
    younger.execute(change, ["first", number])
    younger.execute("COMMIT")
    older.execute(change, ["last", number])
    older.execute("COMMIT")
    checkpoint()

    head = Checkpoint.objects.get()
    with records_at(Moment(head.sealed_at, head)):
        assert Lot.objects.get(number=number).blocks == ["last"]


SWAP_IDS = (
    """
    CREATE TEMP TABLE swapped AS SELECT entry.*, CASE id WHEN ids[1] THEN ids[2] ELSE ids[1] END new
    FROM products_auditentry entry, (
        SELECT array_agg(id ORDER BY id) AS ids FROM products_auditentry
        WHERE record_id = %(key)s AND after->>'locked_at' IS NOT NULL) two
    WHERE entry.id = ANY (ids)
    """,
    """
    UPDATE swapped SET id = new,
        body = convert_to(replace(convert_from(body, 'UTF8'), id::text, new::text), 'UTF8')
    """,
    "UPDATE swapped SET sha256 = sha256(body)",
    "DELETE FROM products_auditentry WHERE id IN (SELECT id FROM swapped)",
    "ALTER TABLE swapped DROP new",
    "INSERT INTO products_auditentry SELECT * FROM swapped",
)


def swap_ids(connection: psycopg.Connection) -> None:
    """As if the clock had been set back between the two changes of the account."""
    key = str(User.objects.get(username=ANALYST).pk)
    connections["default"].close()
    for statement in SWAP_IDS:
        connection.execute(statement, {"key": key})


def test_a_clock_that_was_set_back_raises_no_alarm(
    databases: Databases, two: tuple[psycopg.Connection, ...]
) -> None:
    changed_in_turn(two)
    with owner(databases) as connection:
        swap_ids(connection)
    by_id = AuditEntry.objects.filter(after__username=ANALYST).order_by("id")
    assert locked_on(by_id) == ["2026-01-03", "2026-01-02"]

    assert verified() == ""


def test_an_earlier_image_put_back_is_found_whatever_the_clock_was(
    databases: Databases, two: tuple[psycopg.Connection, ...]
) -> None:
    changed_in_turn(two)
    with owner(databases) as connection:
        swap_ids(connection)
        lock_account(connection, ANALYST, 2)

    assert verified().startswith("record_differs: ")
