"""Whoever rules the database, and holds the key, changes nothing unseen: one checkpoint is outside.

Each test tampers once as the owner, with every trigger switched off.
"""

from __future__ import annotations

import locale
import os
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from products.domain.notes import Checkpoint as Head
from products.domain.notes import checkpoint_text, sign_note
from products.models import Checkpoint, Leaf
from tests.conftest import Databases, use
from tests.records import donor
from tests.sealing import NAME, checkpoint, rotate, signer
from tests.tampering import Tamper, owner, sql, verified

FIFTH = "(SELECT entry_id FROM products_leaf WHERE index = 5)"
NINTH = "(SELECT entry_id FROM products_leaf WHERE index = 9)"
BODY = "convert_to(replace(convert_from(body, 'UTF8'), 'system', 'nobody'), 'UTF8')"


@pytest.fixture
def outside(committed_db: str, tmp_path: Path) -> Path:
    """The first checkpoint, kept elsewhere; the ledger has grown since, and waits with more."""
    donor("D-0001")
    path = tmp_path / "checkpoint.txt"
    path.write_text(checkpoint().note, encoding="utf-8")
    donor("D-0002")
    checkpoint()
    donor("D-0003")
    return path


def with_node_hashes(connection: psycopg.Connection) -> None:
    """Make the tree anew over the entries as they are, in the order that they have."""
    connection.execute("DELETE FROM products_pending")
    connection.execute(
        "INSERT INTO products_pending SELECT entry.id, row_number() OVER (ORDER BY leaf.index "
        "NULLS LAST, entry.id)::text::xid8 FROM products_auditentry entry "
        "LEFT JOIN products_leaf leaf ON leaf.entry_id = entry.id"
    )
    connection.execute("TRUNCATE products_leaf, products_node, products_checkpoint")


EDIT_BODY = f"UPDATE products_auditentry SET body = {BODY} WHERE id = {FIFTH}"
EDIT_BOTH = (
    f"UPDATE products_auditentry SET body = {BODY}, sha256 = sha256({BODY}) WHERE id = {FIFTH}"
)
EDIT_HASH = "UPDATE products_auditentry SET sha256 = sha256(body)"
DELETE = f"DELETE FROM products_auditentry WHERE id = {FIFTH}"
SWAP = (
    (
        f"CREATE TEMP TABLE two AS SELECT id, index FROM products_auditentry "
        f"JOIN products_leaf ON entry_id = id WHERE id IN ({FIFTH}, {NINTH})"
    ),
    "UPDATE products_leaf SET index = -index - 1 WHERE index IN (5, 9)",
    "UPDATE products_leaf SET index = CASE index WHEN -6 THEN 9 ELSE 5 END WHERE index < 0",
)
BACK_DATE = (
    (
        "UPDATE products_auditentry SET recorded_at = recorded_at - interval '1 year', body = "
        "convert_to((convert_from(body, 'UTF8')::jsonb || jsonb_build_object('recorded_at', "
        "recorded_at - interval '1 year'))::text, 'UTF8') "
        f"WHERE id = {FIFTH}"
    ),
    f"UPDATE products_auditentry SET sha256 = sha256(body) WHERE id = {FIFTH}",
)
DUPLICATE = (
    "INSERT INTO products_auditentry SELECT (jsonb_populate_record(entry, jsonb_build_object('id', "
    f"uuidv7()))).* FROM products_auditentry entry WHERE id = {FIFTH}"
)
INSERT_PAST = (
    DUPLICATE,
    "UPDATE products_leaf SET index = -index - 2 WHERE index >= 3",
    "UPDATE products_leaf SET index = -index - 1 WHERE index < 0",
    (
        "INSERT INTO products_leaf SELECT 3, id, sha256('\\x00'::bytea || body) "
        "FROM products_auditentry ORDER BY id DESC LIMIT 1"
    ),
)
CUT = (
    (
        "DELETE FROM products_auditentry WHERE id IN (SELECT entry_id FROM products_leaf "
        "ORDER BY index DESC LIMIT 5)"
    ),
    "DELETE FROM products_leaf WHERE entry_id NOT IN (SELECT id FROM products_auditentry)",
)

WITHOUT_KEY: dict[tuple[str, str], Tamper] = {
    ("a signature", "record_differs"): sql(
        "UPDATE products_signature SET reason = 'x' WHERE id = "
        "(SELECT id FROM products_signature ORDER BY id LIMIT 1)"
    ),
    ("what a signature binds", "record_differs"): sql(
        "UPDATE products_signature SET content = '{}' WHERE id = "
        "(SELECT id FROM products_signature ORDER BY id LIMIT 1)"
    ),
    ("a waiting entry", "entry_differs"): sql(
        "UPDATE products_auditentry SET action = 'x' WHERE id IN "
        "(SELECT entry_id FROM products_pending)"
    ),
    ("the bytes of a waiting entry", "entry_differs"): sql(
        "UPDATE products_auditentry SET body = '\\xff' WHERE id IN "
        "(SELECT entry_id FROM products_pending)"
    ),
    ("bytes that are no text", "leaf_differs"): sql(
        f"UPDATE products_auditentry SET body = '\\xff' WHERE id = {FIFTH}"
    ),
    ("bytes that are no text, and their leaf", "entry_unreadable"): sql(
        f"UPDATE products_auditentry SET body = '\\xff' WHERE id = {FIFTH}",
        "UPDATE products_leaf SET hash = sha256('\\x00ff') WHERE index = 5",
    ),
    ("a hash", "hash_differs"): sql(
        f"UPDATE products_auditentry SET sha256 = sha256('x') WHERE id = {FIFTH}"
    ),
    ("a node removed", "node_missing"): sql(
        "DELETE FROM products_node WHERE level = (SELECT max(level) FROM products_node)"
    ),
    ("every checkpoint dropped", "checkpoint_missing"): sql("DELETE FROM products_checkpoint"),
    ("a column", "columns_differ"): sql(
        f"UPDATE products_auditentry SET actor_name = 'nobody' WHERE id = {FIFTH}"
    ),
    ("an image", "columns_differ"): sql(
        f"UPDATE products_auditentry SET after = '{{}}' WHERE id = {FIFTH}"
    ),
    ("the bytes", "leaf_differs"): sql(EDIT_BODY),
    ("the bytes and their hash", "leaf_differs"): sql(EDIT_BOTH),
    ("an entry deleted", "entry_missing"): sql(DELETE),
    ("an entry and its leaf deleted", "index_missing"): sql(
        "DELETE FROM products_leaf WHERE index = 5",
        "DELETE FROM products_auditentry WHERE id NOT IN (SELECT entry_id FROM products_leaf) "
        "AND id NOT IN (SELECT entry_id FROM products_pending)",
    ),
    ("two entries swapped", "root_differs"): sql(*SWAP),
    ("back-dated", "leaf_differs"): sql(*BACK_DATE),
    ("duplicated", "entry_outside"): sql(DUPLICATE),
    ("inserted in the past", "root_differs"): sql(*INSERT_PAST),
    ("the tail cut off", "tree_cut"): sql(*CUT),
    ("a node", "node_differs"): sql(
        "UPDATE products_node SET hash = sha256('x') WHERE level = 1 AND index = 2"
    ),
    ("a checkpoint dropped", "checkpoint_gone"): sql(
        "DELETE FROM products_checkpoint WHERE number = 1"
    ),
    ("the signature of a checkpoint stripped", "checkpoint_refused"): sql(
        "UPDATE products_checkpoint SET note = split_part(note, E'\\n\\n', 1) || E'\\n\\n' "
        "WHERE number = 1"
    ),
    ("the root of a checkpoint", "checkpoint_differs"): sql(
        "UPDATE products_checkpoint SET root = sha256('x') WHERE number = 1"
    ),
    ("a live row alone", "record_differs"): sql(
        "UPDATE products_donor SET code = 'D-0009' WHERE code = 'D-0001'"
    ),
    ("a live row removed", "record_differs"): sql(
        "DELETE FROM products_donor WHERE code = 'D-0001'"
    ),
    ("a waiting entry removed", "entry_missing"): sql(
        "DELETE FROM products_auditentry WHERE id IN (SELECT entry_id FROM products_pending)"
    ),
    ("the queue emptied", "entry_outside"): sql("DELETE FROM products_pending"),
}


def resealed(*statements: str) -> Tamper:
    def tamper(connection: psycopg.Connection) -> None:
        sql(*statements)(connection)
        with_node_hashes(connection)

    return tamper


WITH_KEY: dict[str, Tamper] = {
    "the bytes and their hash": resealed(EDIT_BOTH),
    "an entry deleted and all renumbered": resealed(DELETE),
    "two entries swapped": resealed(*SWAP),
    "inserted in the past": resealed(*INSERT_PAST),
    "back-dated": resealed(*BACK_DATE),
    "the tail cut off": resealed(*CUT),
    "duplicated in the past": resealed(*INSERT_PAST, EDIT_HASH),
    "everything made anew in another order": resealed(
        "UPDATE products_leaf SET index = -index - 1 WHERE index >= 0",
        "UPDATE products_leaf SET index = index + 1000000",
    ),
    "the first entry deleted": resealed(
        "DELETE FROM products_auditentry WHERE id = "
        "(SELECT entry_id FROM products_leaf WHERE index = 0)"
    ),
    "the reason of an entry": resealed(
        "UPDATE products_auditentry SET reason = 'x', body = convert_to((convert_from(body, 'UTF8')"
        f"::jsonb || '{{\"reason\": \"x\"}}')::text, 'UTF8') WHERE id = {FIFTH}",
        f"UPDATE products_auditentry SET sha256 = sha256(body) WHERE id = {FIFTH}",
    ),
    "the name of the actor": resealed(
        "UPDATE products_auditentry SET actor_name = 'x', body = convert_to((convert_from(body, "
        f"'UTF8')::jsonb || '{{\"actor_name\": \"x\"}}')::text, 'UTF8') WHERE id = {FIFTH}",
        f"UPDATE products_auditentry SET sha256 = sha256(body) WHERE id = {FIFTH}",
    ),
    "a record with all its entries": resealed(
        "DELETE FROM products_donor WHERE code = 'D-0001'",
        "DELETE FROM products_auditentry WHERE after->>'code' = 'D-0001'",
    ),
    "a record changed with its entry": resealed(
        "UPDATE products_donor SET code = 'D-0009' WHERE code = 'D-0001'",
        "UPDATE products_auditentry SET body = convert_to(replace(convert_from(body, 'UTF8'), "
        "'D-0001', 'D-0009'), 'UTF8'), after = after || '{\"code\": \"D-0009\"}' "
        "WHERE after->>'code' = 'D-0001'",
        "UPDATE products_auditentry SET sha256 = sha256(body)",
    ),
}


def test_a_ledger_that_nobody_touched_has_no_fault(outside: Path) -> None:
    assert verified(outside) == ""
    assert verified() == ""


def test_a_ledger_whose_key_was_handed_over_has_no_fault(outside: Path) -> None:
    rotate(signer(1), signer(2))

    assert verified(outside) == ""


# What only a checkpoint from outside shows: all else contradicts something that is in the database.
ONLY_OUTSIDE = {
    "two entries swapped",
    "back-dated",
    "everything made anew in another order",
    "the reason of an entry",
    "the name of the actor",
    "a record with all its entries",
    "a record changed with its entry",
}
PAGE = Path(__file__).resolve().parents[2] / "docs/reference/tampering.md"
ROW = re.compile(r"\| (.+?) \| (owner|owner with the key) \| (yes|no) \| (yes) \|")


def test_the_page_on_tampering_says_what_these_tests_show() -> None:
    shown = {(kind, "owner", "yes", "yes") for kind, _ in WITHOUT_KEY} | {
        (kind, "owner with the key", "no" if kind in ONLY_OUTSIDE else "yes", "yes")
        for kind in WITH_KEY
    }

    assert set(ROW.findall(PAGE.read_text(encoding="utf-8"))) == shown


def test_an_entry_that_is_read_in_parts_is_verified_too(
    databases: Databases, committed_db: str
) -> None:
    with databases.connect(committed_db) as connection, connection.transaction():
        connection.execute(
            "SELECT set_config('exolot.action', 'system.test', true), "
            "set_config('exolot.reason', repeat('x', 11000), true)"
        )
        connection.execute("UPDATE products_user SET locked_at = now() WHERE username = 'analyst'")
    checkpoint()
    assert verified() == ""

    with owner(databases) as connection:
        connection.execute(
            "UPDATE products_auditentry SET body = body || '\\x20' WHERE length(body) > 5000"
        )
    assert "leaf_differs: " in verified()


@pytest.mark.parametrize(("kind", "fault"), WITHOUT_KEY)
def test_tampering_is_found(databases: Databases, outside: Path, kind: str, fault: str) -> None:
    with owner(databases) as connection:
        WITHOUT_KEY[kind, fault](connection)

    found = verified(outside)
    assert any(line.startswith(f"{fault}: ") for line in found.splitlines()), found
    assert verified() != ""


def test_a_newest_checkpoint_that_was_dropped_is_missed_by_its_copy(
    databases: Databases, outside: Path, tmp_path: Path
) -> None:
    newest = tmp_path / "newest.txt"
    newest.write_text(Checkpoint.objects.get(number=2).note, encoding="utf-8")
    with owner(databases) as connection:
        connection.execute("DELETE FROM products_checkpoint WHERE number = 2")

    assert verified(outside, newest).startswith("checkpoint_gone: The checkpoint in")


def test_a_database_rolled_back_to_its_backup_does_not_continue_what_came_after(
    databases: Databases, committed_db: str, outside: Path
) -> None:
    backup = f"{committed_db}_back"
    connections["default"].close()
    databases.create(backup, committed_db)
    donor("D-0004")
    outside.write_text(checkpoint().note, encoding="utf-8")
    try:
        use(backup)
        for code in ("D-0005", "D-0006"):
            donor(code)
        checkpoint()

        assert verified() == ""
        assert verified(outside).startswith("root_differs: The checkpoint in")
    finally:
        use(committed_db)
        databases.drop(backup)


@pytest.mark.parametrize("kind", WITH_KEY)
def test_tampering_of_who_holds_the_key_is_found_by_the_checkpoint_outside(
    databases: Databases, outside: Path, kind: str
) -> None:
    with owner(databases) as connection:
        WITH_KEY[kind](connection)
    checkpoint()

    found = verified(outside)
    assert "root_differs: The checkpoint in" in found or "tree_cut: The checkpoint in" in found
    assert (verified() == "") is (kind in ONLY_OUTSIDE)


def test_an_empty_trail_does_not_continue_a_checkpoint(databases: Databases, outside: Path) -> None:
    with owner(databases) as connection:
        connection.execute(
            "TRUNCATE products_auditentry, products_leaf, products_node, products_checkpoint, "
            "products_pending"
        )

    assert "tree_cut" in verified(outside)


def test_a_checkpoint_of_a_fork_is_no_checkpoint_of_this_ledger(outside: Path) -> None:
    fork = Head(NAME, Leaf.objects.count(), b"\x01" * 32)
    outside.write_text(sign_note(checkpoint_text(fork), signer()), encoding="utf-8")

    assert verified(outside).startswith("root_differs")


def test_a_checkpoint_that_a_stranger_signed_is_refused(outside: Path) -> None:
    note = Checkpoint.objects.get(number=1).note.split("\n\n")[0] + "\n"
    outside.write_text(sign_note(note, signer(7)), encoding="utf-8")

    assert verified(outside).startswith("checkpoint_refused")


def test_a_key_that_was_not_announced_is_refused(databases: Databases, outside: Path) -> None:
    with owner(databases) as connection:
        connection.execute(
            "UPDATE products_ledgerkey SET vkey = %s WHERE number = 1", [signer(7).vkey]
        )

    assert "checkpoint_refused" in verified(outside)


def test_a_checkpoint_that_cannot_be_read_is_said(outside: Path, tmp_path: Path) -> None:
    assert "cannot be read" in verified(tmp_path / "missing")


SESSION = {
    "timezone": ("UTC", "Asia/Kathmandu", "America/St_Johns", "Pacific/Chatham", "-03:30"),
    "datestyle": ("ISO, DMY", "ISO, MDY"),
    "intervalstyle": ("postgres", "postgres_verbose", "sql_standard", "iso_8601"),
    "bytea_output": ("hex", "escape"),
    "extra_float_digits": ("-15", "0", "3"),
    "client_encoding": ("UTF8", "WIN1252"),
    "lc_numeric": ("C", "POSIX"),
    "lc_time": ("C", "POSIX"),
    "lc_monetary": ("C", "POSIX"),
    "xmlbinary": ("base64", "hex"),
}
DATE_STYLES = ("ISO, DMY", "German", "SQL, MDY", "Postgres, YMD")
PROCESS = {
    "TZ": ("UTC", "Asia/Kathmandu", "America/St_Johns"),
    "LC_ALL": ("C", "C.UTF-8"),
}


@pytest.fixture
def _own_locale(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Zone and locale of the process are as before afterwards."""
    before = locale.setlocale(locale.LC_ALL)
    for name in PROCESS:
        monkeypatch.setenv(name, os.environ.get(name, ""))
    yield
    monkeypatch.undo()
    time.tzset()
    locale.setlocale(locale.LC_ALL, before)


@pytest.mark.usefixtures("_own_locale")
def test_no_session_raises_a_false_alarm(outside: Path) -> None:
    rng = random.Random(100)  # noqa: S311  # combinations, no secrets
    for turn in range(100):
        session = {name: rng.choice(values) for name, values in SESSION.items()}
        process = {name: rng.choice(values) for name, values in PROCESS.items()}
        os.environ.update(process)
        time.tzset()
        locale.setlocale(locale.LC_ALL, process["LC_ALL"])
        with connections["default"].cursor() as cursor:
            for name, value in session.items():
                cursor.execute("SELECT set_config(%s, %s, false)", [name, value])
        if turn % 20 == 0:
            donor(f"D-1{turn:03d}")
            checkpoint()
        with connections["default"].cursor() as cursor:
            # The driver that wrote above reads times in no other style than ISO.
            cursor.execute("SELECT set_config('datestyle', %s, false)", [rng.choice(DATE_STYLES)])

        assert verified(outside) == "", (session, process)


def undated(connection: psycopg.Connection, number: int) -> None:
    """The checkpoint as it was signed before notes said when."""
    found = Checkpoint.objects.get(number=number)
    note = sign_note(checkpoint_text(Head(NAME, found.size, bytes(found.root))), signer())
    connections["default"].close()
    connection.execute("UPDATE products_checkpoint SET note = %s WHERE number = %s", [note, number])


def move(connection: psycopg.Connection, number: int, by: str) -> None:
    connection.execute(
        "UPDATE products_checkpoint SET sealed_at = sealed_at + %s::interval WHERE number = %s",
        [by, number],
    )


def test_checkpoints_of_before_notes_said_when_have_no_fault(
    databases: Databases, outside: Path
) -> None:
    with owner(databases) as connection:
        undated(connection, 1)

    assert verified(outside) == ""


@pytest.mark.parametrize("number", [1, 2])
def test_a_checkpoint_that_says_when_is_not_moved_in_time(
    databases: Databases, outside: Path, number: int
) -> None:
    with owner(databases) as connection:
        move(connection, number, "1 microsecond")

    assert verified(outside).startswith("time_differs: ")


@pytest.mark.parametrize("by", ["-2 minutes", "1 day"])
def test_a_checkpoint_that_does_not_say_when_stays_between_its_entries_and_the_next(
    databases: Databases, outside: Path, by: str
) -> None:
    with owner(databases) as connection:
        undated(connection, 1)
        move(connection, 1, by)

    assert verified(outside).startswith("time_differs: ")


def test_a_checkpoint_of_a_key_that_was_handed_over_is_refused(
    databases: Databases, outside: Path
) -> None:
    rotate(signer(1), signer(2))
    newest = Checkpoint.objects.get(size=Leaf.objects.count())
    text = newest.note.split("\n\n")[0] + "\n"
    with owner(databases) as connection:
        connection.execute(
            "UPDATE products_checkpoint SET note = %s, key_id = "
            "(SELECT id FROM products_ledgerkey WHERE number = 1) WHERE number = %s",
            [sign_note(text, signer(1)), newest.number],
        )

    found = verified(outside)
    assert found.startswith("checkpoint_refused: ")
    assert "had been handed over" in found


def test_a_checkpoint_from_outside_of_a_key_that_was_handed_over_is_refused(outside: Path) -> None:
    rotate(signer(1), signer(2))
    text = Checkpoint.objects.get(size=Leaf.objects.count()).note.split("\n\n")[0] + "\n"
    outside.write_text(sign_note(text, signer(1)), encoding="utf-8")

    assert verified(outside).startswith("checkpoint_refused: The checkpoint in")


def test_a_checkpoint_under_the_number_of_another_key_is_told(
    databases: Databases, outside: Path
) -> None:
    rotate(signer(1), signer(2))
    with owner(databases) as connection:
        connection.execute(
            "UPDATE products_checkpoint SET key_id = "
            "(SELECT id FROM products_ledgerkey WHERE number = 2) WHERE number = 1"
        )

    assert verified(outside).startswith("checkpoint_differs: Checkpoint 1 ")
