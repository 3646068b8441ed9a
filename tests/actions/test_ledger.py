"""Sealing: every entry goes into the tree once, and its head is signed by the ledger's key."""

from __future__ import annotations

import time
from datetime import datetime
from threading import Thread

import pytest
from django.db import DatabaseError, connection

from products.actions.ledger import register_key
from products.domain import merkle
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import ConfigurationError, NoteError
from products.domain.ledger_keys import announce
from products.domain.notes import Checkpoint as Head
from products.domain.notes import checkpoint_text, open_checkpoint, sign_note
from products.domain.sealing import sealed_instant
from products.models import AuditEntry, Checkpoint, Leaf, LedgerKey, User
from products.queries.ledger import consistency_proof, inclusion_proof, ledger_verifiers
from tests.conftest import Databases
from tests.records import context, donor
from tests.sealing import NAME, checkpoint, rotate, seal, signer

pytestmark = pytest.mark.usefixtures("committed_db")


def waiting() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM products_pending")
        return int(cursor.fetchone()[0])


def add_donor(code: str) -> None:
    donor(code)


def leaves() -> list[bytes]:
    return [bytes(each) for each in Leaf.objects.order_by("index").values_list("hash", flat=True)]


def test_sealing_puts_every_entry_into_the_tree_and_signs_its_head() -> None:
    sealed = checkpoint()

    head = open_checkpoint(sealed.note, [signer().verifier])
    assert waiting() == 0
    assert sealed.size == AuditEntry.objects.count() == head.size
    assert head.root == bytes(Checkpoint.objects.get().root)
    bodies = AuditEntry.objects.order_by("leaf__index").values_list("body", flat=True)
    assert leaves() == [merkle.leaf_hash(bytes(body)) for body in bodies]
    frontier = merkle.Frontier()
    frontier.extend(leaves())
    assert frontier.root() == head.root


def test_batches_of_any_size_make_the_same_tree() -> None:
    sealed = checkpoint(batch=7)

    frontier = merkle.Frontier()
    frontier.extend(leaves())
    assert open_checkpoint(sealed.note, [signer().verifier]).root == frontier.root()


def test_nothing_is_signed_when_nothing_was_written() -> None:
    first = checkpoint()

    second = checkpoint()

    assert (second.entries, second.size, second.note) == (0, first.size, "")
    assert Checkpoint.objects.count() == 1


def test_the_stored_tree_proves_every_entry_and_every_earlier_head() -> None:
    first = checkpoint()
    add_donor("D-0901")
    second = checkpoint()
    old = open_checkpoint(first.note, [signer().verifier])
    new = open_checkpoint(second.note, [signer().verifier])

    for index, leaf in enumerate(leaves()):
        proof = inclusion_proof(index, new.size)
        merkle.check_inclusion(leaf, index, new.size, proof, new.root)
    merkle.check_consistency(
        old.size, new.size, old.root, new.root, consistency_proof(old.size, new.size)
    )


def test_another_key_than_the_present_one_seals_nothing() -> None:
    checkpoint()
    add_donor("D-0902")

    with pytest.raises(ConfigurationError, match="present key"):
        checkpoint(signer(2))

    assert waiting() > 0


def test_a_new_key_is_announced_by_the_old_one_and_signs_from_then_on() -> None:
    checkpoint()

    after = rotate(signer(1), signer(2))

    assert [each.vkey for each in ledger_verifiers()] == [signer(1).vkey, signer(2).vkey]
    assert open_checkpoint(after.note, [signer(2).verifier]).size == after.size
    with pytest.raises(ConfigurationError, match="present key"):
        checkpoint(signer(1))
    announced = AuditEntry.objects.get(record_table="products_ledgerkey", after__number=2)
    assert announced.after is not None
    assert signer(2).vkey in announced.after["announcement"]


def test_a_sealer_whose_key_is_handed_over_while_it_seals_is_told_so(
    databases: Databases, committed_db: str
) -> None:
    checkpoint()
    add_donor("D-0906")
    said: list[str] = []

    def go_on_with_the_old_key() -> None:
        try:
            checkpoint(signer(1))
        except ConfigurationError as error:
            said.append(error.message)
        finally:
            connection.close()

    sealer = Thread(target=go_on_with_the_old_key)
    with databases.connect(committed_db) as owner, owner.transaction():
        # The sealer waits for this row, after it has seen that its key is the present one.
        owner.execute("SELECT FROM products_installation FOR UPDATE")
        sealer.start()
        while owner.execute(WAITS_FOR_ME).fetchone() is None:
            assert sealer.is_alive(), said
            time.sleep(0.01)
        add_key(2)
    sealer.join()

    assert said[0].startswith(f"The ledger was handed over to {signer(2).vkey}; {signer(1).vkey}")
    assert Checkpoint.objects.count() == 1
    checkpoint(signer(2))


def test_a_tree_that_does_not_bear_its_head_out_is_told_with_what_to_do(
    databases: Databases, committed_db: str
) -> None:
    checkpoint()
    add_donor("D-0907")
    with databases.connect(committed_db) as owner:
        owner.execute("ALTER TABLE products_checkpoint DISABLE TRIGGER USER")
        owner.execute("UPDATE products_checkpoint SET size = 1000000")

        with pytest.raises(ConfigurationError, match="Run `verify_ledger`"):
            checkpoint()

        owner.execute("REVOKE EXECUTE ON FUNCTION products_add_checkpoint FROM exolot_app")

    with pytest.raises(DatabaseError, match="permission denied"):
        checkpoint()


def test_the_ledger_is_not_handed_over_to_the_key_that_it_has() -> None:
    checkpoint()

    with pytest.raises(NoteError, match="present one"):
        rotate(signer(1), signer(1))

    assert LedgerKey.objects.get().name == NAME


def test_eight_writers_and_a_sealer_leave_no_gap() -> None:
    def write(number: int) -> None:
        try:
            for each in range(5):
                add_donor(f"D-{number}{each:03d}")
        finally:
            connection.close()

    writers = [Thread(target=write, args=(number,)) for number in range(1, 9)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        checkpoint()
    for writer in writers:
        writer.join()
    sealed = checkpoint()

    indexes = list(Leaf.objects.order_by("index").values_list("index", flat=True))
    assert indexes == list(range(AuditEntry.objects.count()))
    assert sealed.size in {0, len(indexes)}


WAITS_FOR_ME = """
SELECT FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))
"""


def add_key(number: int) -> None:
    system = User.objects.get(username=SYSTEM_ACCOUNT)
    new = signer(number).verifier
    announcement = announce(signer(number - 1), new, number=number, size=1)
    register_key(context(system), verifier=new, number=number, announcement=announcement)


def add_checkpoint(note: str, key: LedgerKey) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT products_add_checkpoint(size, products_root(size), %s, %s) "
            "FROM (SELECT count(*) AS size FROM products_leaf) tree",
            [note, key.pk],
        )


def head_at(instant: str, key: int = 1) -> str:
    """The signed head over all that is sealed; ``instant`` is an expression of SQL."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT size, products_root(size), to_char({instant} AT TIME ZONE 'UTC', "  # noqa: S608
            '\'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\') '
            "FROM (SELECT count(*) AS size FROM products_leaf) tree"
        )
        size, root, sealed = cursor.fetchone()
    head = Head(NAME, size, bytes(root), (f"sealed {sealed}",))
    return sign_note(checkpoint_text(head), signer(key))


def test_the_signed_note_says_when_it_was_sealed() -> None:
    note = checkpoint().note

    instant = sealed_instant(open_checkpoint(note, [signer().verifier]))
    assert datetime.fromisoformat(instant) == Checkpoint.objects.get().sealed_at


def test_a_clock_that_was_set_back_repeats_the_time_of_the_checkpoint_before(
    databases: Databases, committed_db: str
) -> None:
    checkpoint()
    add_donor("D-0903")
    with databases.connect(committed_db) as owner:
        owner.execute("ALTER TABLE products_checkpoint DISABLE TRIGGER USER")
        owner.execute("UPDATE products_checkpoint SET sealed_at = sealed_at + interval '1 hour'")

    checkpoint()

    first, second = Checkpoint.objects.order_by("number")
    assert first.sealed_at == second.sealed_at


@pytest.mark.parametrize(
    "instant",
    [
        "(SELECT max(sealed_at) - interval '1 microsecond' FROM products_checkpoint)",
        "clock_timestamp() + interval '61 seconds'",
        "NULL::timestamptz",
    ],
)
def test_the_database_stores_no_checkpoint_of_another_time(instant: str) -> None:
    checkpoint()
    add_donor("D-0904")
    seal()
    note = head_at(f"coalesce({instant}, 'infinity')")

    with pytest.raises(DatabaseError, match="does not say when"):
        add_checkpoint(note, LedgerKey.objects.get())


def test_the_database_stores_no_checkpoint_of_a_key_that_was_handed_over() -> None:
    checkpoint()
    rotate(signer(1), signer(2))
    add_donor("D-0905")
    seal()
    note = head_at("clock_timestamp()")

    with pytest.raises(DatabaseError, match="not the present one"):
        add_checkpoint(note, LedgerKey.objects.get(number=1))
    add_checkpoint(head_at("clock_timestamp()", 2), LedgerKey.objects.get(number=2))
