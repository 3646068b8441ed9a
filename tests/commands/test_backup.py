"""`backup` and `restore`: a database that was lost comes back with every row and every guard.

One backup is made and restored for the tests of this module: with another process, while somebody
goes on recording.
"""

from __future__ import annotations

import errno
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from io import StringIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connections, transaction
from django.test import override_settings
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from products.actions.backups import NOT_CARRIED
from products.models import AuditEntry, Backup, Donor, Lot, User
from qcsite import embedded
from qcsite.backup_file import MANIFEST, Manifest, copy, open_dump, read_backup, write_backup
from qcsite.dumping import find_program, write_dump
from qcsite.version import VERSION
from tests.conftest import CHEAP_HASHERS, ROOT, Databases, use
from tests.own_databases import role_password
from tests.records import donor, lot, submitted_run

NUMBER = "EV-26-001"
ACCOUNT = "kept-nowhere"
PATIENCE_S = 60


@dataclass(frozen=True)
class Kept:
    """What was backed up, and what it looked like in its own database."""

    source: str
    path: Path
    manifest: Manifest
    said: str
    schema: str


@contextmanager
def using(name: str) -> Iterator[None]:
    before = connections["default"].settings_dict["NAME"]
    use(name)
    try:
        yield
    finally:
        use(before)


@pytest.fixture
def bare(databases: Databases, empty_db: str) -> Iterator[None]:
    """Another database without a table, in use."""
    name = f"exolot_bare_{uuid.uuid4().hex[:12]}"
    with databases.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    with using(name):
        yield
    databases.drop(name)


# Databases of one template call their tables by the same number.
WAITING_FOR = """
SELECT FROM pg_locks JOIN pg_database ON pg_database.oid = pg_locks.database
WHERE NOT granted AND relation = %s::regclass AND datname = current_database()
"""


@contextmanager
def blocked_backup(
    databases: Databases, source: str, path: Path, table: str
) -> Iterator[subprocess.Popen[str]]:
    """`manage.py backup` in a process of its own, held up where it first reads ``table``."""
    environment = {
        **os.environ,
        "EXOLOT_CLUSTER": "none",
        "DATABASE_OWNER_URL": _address("owner"),
        "DATABASE_URL": _address("default"),
    }
    with databases.connect(source) as holder, holder.transaction():
        holder.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")
        process = subprocess.Popen(  # noqa: S603  # the program that is tested
            [sys.executable, "manage.py", "backup", str(path)],
            cwd=ROOT,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        deadline = time.monotonic() + PATIENCE_S
        while not holder.execute(WAITING_FOR, [table]).fetchall():
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield process


def _address(alias: str) -> str:
    """As DATABASE_URL has it; the password and the directory of the socket need no escapes."""
    given = connections[alias].get_connection_params()
    return "postgresql://{user}:{password}@/{dbname}?host={host}&port={port}".format(**given)


def _schema() -> str:
    """The structure, owners, rights and triggers of the database in use, as `pg_dump` writes it."""
    given = connections["owner"].get_connection_params()
    keys = ("host", "port", "user", "password", "dbname")
    done = subprocess.run(  # noqa: S603  # PostgreSQL's own
        [str(find_program("pg_dump", 18)), "--schema-only"],
        env={f"PG{key.upper()}": str(given[key]) for key in keys[:4]}
        | {"PGDATABASE": given["dbname"]},
        capture_output=True,
        text=True,
        check=True,
    )
    lines = done.stdout.splitlines()
    text = "\n".join(line for line in lines if not line.startswith((r"\restrict", r"\unrestrict")))
    # Once it has read its own text, PostgreSQL writes the casts of a CHECK in another place.
    return re.sub(r"::character varying|::text(\[\])?|[()]", "", text)


@pytest.fixture(scope="module")
def kept(
    databases: Databases,
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Kept]:
    """A backup of one lot with a result; one more donor is recorded when it has begun."""
    source = f"exolot_backup_{uuid.uuid4().hex[:12]}"
    path = tmp_path_factory.mktemp("backup") / "records.exolot"
    databases.create(source)
    with (
        django_db_blocker.unblock(),
        override_settings(PASSWORD_HASHERS=CHEAP_HASHERS),
        using(source),
    ):
        lot(NUMBER)
        submitted_run()
        with connections["default"].cursor() as cursor:
            cursor.execute(
                "INSERT INTO django_session VALUES (%s, 'data', now() + interval '1 day')",
                [ACCOUNT],
            )
        # Held up while it counts: what is recorded then comes before the dump begins.
        with blocked_backup(databases, source, path, "products_tissuesource") as process:
            donor("D-7777")
        said, failed = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0, failed
        schema = _schema()
    yield Kept(source, path, read_backup(path), said, schema)
    databases.drop(source)


@pytest.fixture(scope="module")
def auditor_file(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Path:
    path = tmp_path_factory.mktemp("auditor") / "password"
    path.write_text(f"{role_password()}\n")
    return path


def _restore(path: Path, auditor_file: Path) -> str:
    said = StringIO()
    call_command("restore", str(path), auditor_password_file=auditor_file, stdout=said)
    return said.getvalue()


@pytest.fixture(scope="module")
def restored(kept: Kept, empty_db: str, auditor_file: Path) -> str:
    """What `restore` says of the database that is in use from here on."""
    return _restore(kept.path, auditor_file)


@pytest.fixture
def source(kept: Kept, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The database that was backed up, in use."""
    with django_db_blocker.unblock(), using(kept.source):
        yield


def _spoiled(kept: Kept, path: Path, **changed: object) -> Path:
    """The same backup with other facts in its manifest."""
    manifest = replace(kept.manifest, **changed)  # type: ignore[arg-type]  # one fact of any type
    with open_dump(kept.path) as dump:
        write_backup(path, manifest, lambda target: copy(dump, target))
    return path


def test_a_backup_is_of_its_owner_alone(kept: Kept) -> None:
    assert kept.path.stat().st_mode & 0o777 == 0o600
    assert [entry.name for entry in kept.path.parent.iterdir()] == [kept.path.name]


def test_a_backup_says_what_it_holds(kept: Kept) -> None:
    facts = kept.manifest

    assert (facts.product_version, facts.postgresql, facts.kind) == (VERSION, 18, "record")
    assert facts.tables["products_lot"] == 1
    assert "products.0001_records" in facts.migrations
    assert not set(facts.tables) & set(NOT_CARRIED)
    assert f"{sum(facts.tables.values())} rows of {len(facts.tables)} tables" in kept.said
    assert facts.dump_sha256 in kept.said


def test_the_database_keeps_a_record_of_the_backup(kept: Kept, source: None) -> None:
    backup = Backup.objects.get()
    entry = AuditEntry.objects.get(record_table="products_backup")

    assert (backup.file_name, backup.sha256) == (kept.path.name, kept.manifest.dump_sha256)
    assert f"{backup.made_at:%Y-%m-%dT%H:%M:%SZ}" == kept.manifest.made_at
    assert (entry.action, entry.record_id) == ("system.backup", str(backup.pk))


def test_a_backup_that_fails_leaves_no_record(kept: Kept, source: None) -> None:
    with pytest.raises(CommandError, match="never replaces one"):
        call_command("backup", str(kept.path))

    assert Backup.objects.count() == 1


def test_what_is_recorded_during_a_backup_is_not_half_in_it(kept: Kept, source: None) -> None:
    assert Donor.objects.filter(code="D-7777").exists()
    assert kept.manifest.tables["products_donor"] == Donor.objects.count() - 1


def test_a_restore_says_that_everything_is_as_it_was(kept: Kept, restored: str) -> None:
    assert f"are as they were at {kept.manifest.made_at}" in restored
    assert "1 lot(s) are stored as judging their records says." in restored


def test_records_and_trail_come_back(kept: Kept, restored: str) -> None:
    assert Lot.objects.get().number == NUMBER
    assert AuditEntry.objects.count() == kept.manifest.tables["products_auditentry"]
    assert User.objects.count() == kept.manifest.tables["products_user"]


def test_structure_rights_and_guards_come_back(kept: Kept, restored: str) -> None:
    schema = _schema()

    assert schema == kept.schema
    assert "ENABLE ALWAYS TRIGGER append_only" in schema
    assert "OWNER TO exolot_owner" in schema
    assert "TO exolot_auditor" in schema


def test_rights_on_the_database_itself_come_back(restored: str, databases: Databases) -> None:
    name = connections["default"].settings_dict["NAME"]

    with databases.connect() as connection:
        [rights] = connection.execute(
            "SELECT datacl::text FROM pg_database WHERE datname = %s", [name]
        ).fetchone() or [None]

    assert rights == (
        "{exolot_owner=CTc/exolot_owner,exolot_app=c/exolot_owner,exolot_auditor=c/exolot_owner}"
    )


def test_a_restored_database_refuses_a_change_of_history_to_the_server(restored: str) -> None:
    with (
        connections["default"].cursor() as cursor,
        pytest.raises(DatabaseError, match="permission denied for table products_auditentry"),
    ):
        cursor.execute("UPDATE products_auditentry SET reason = 'none'")


def test_a_restored_database_refuses_a_change_of_history_to_its_owner(restored: str) -> None:
    with (
        connections["owner"].cursor() as cursor,
        pytest.raises(DatabaseError, match="history is never changed"),
    ):
        cursor.execute("UPDATE products_auditentry SET reason = 'none'")


def test_nobody_is_signed_in_after_a_restore(restored: str) -> None:
    with connections["default"].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM django_session")

        assert cursor.fetchone() == (0,)


def test_recording_goes_on_after_a_restore(restored: str) -> None:
    before = AuditEntry.objects.count()

    donor("D-8888")

    assert AuditEntry.objects.count() > before


def test_a_database_that_holds_anything_is_refused(
    kept: Kept, restored: str, auditor_file: Path
) -> None:
    with pytest.raises(CommandError, match="into an empty database only"):
        _restore(kept.path, auditor_file)

    assert Lot.objects.get().number == NUMBER


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"postgresql": 19}, "made by PostgreSQL 19, and this server is PostgreSQL 18"),
        (
            {"migrations": ("products.9999_later",), "product_version": "9.0"},
            "made by Exolot 9.0, and this is Exolot .* its migration products.9999_later",
        ),
    ],
)
def test_a_backup_of_something_newer_is_refused(
    changed: dict[str, object], said: str, kept: Kept, source: None, tmp_path: Path
) -> None:
    path = _spoiled(kept, tmp_path / "newer", **changed)

    with pytest.raises(CommandError, match=said):
        call_command("restore", str(path))


def test_a_truncated_file_is_refused(kept: Kept, source: None, tmp_path: Path) -> None:
    path = tmp_path / "short"
    path.write_bytes(kept.path.read_bytes()[:-1000])

    with pytest.raises(CommandError, match="damaged or cut off"):
        call_command("restore", str(path))


def test_a_damaged_dump_is_refused(kept: Kept, source: None, tmp_path: Path) -> None:
    path = tmp_path / "damaged"
    content = bytearray(kept.path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)

    with pytest.raises(CommandError, match="Bad CRC-32"):
        call_command("restore", str(path))


def test_another_format_is_refused(kept: Kept, source: None, tmp_path: Path) -> None:
    path = tmp_path / "other"
    with ZipFile(kept.path) as old, ZipFile(path, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            new.writestr(name, content.replace(b"backup/1", b"backup/2", name == MANIFEST))

    with pytest.raises(CommandError, match="its format is 'exolot-backup/2'"):
        call_command("restore", str(path))


def test_a_file_that_is_not_there_is_refused(source: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="it cannot be read: No such file"):
        call_command("restore", str(tmp_path / "nowhere"))


def test_what_differs_from_the_backup_is_named_and_stays_closed(
    kept: Kept, bare: None, auditor_file: Path, tmp_path: Path
) -> None:
    tables = {**kept.manifest.tables, "products_lot": 2}
    path = _spoiled(kept, tmp_path / "fewer", tables=tables)

    with pytest.raises(CommandError, match=r"not what was backed up: the rows of products_lot\."):
        _restore(path, auditor_file)

    with pytest.raises(DatabaseError, match="does not have CONNECT privilege"):
        connections["default"].ensure_connection()


def test_a_dump_that_postgresql_does_not_read_leaves_the_database_empty(
    kept: Kept, bare: None, auditor_file: Path, tmp_path: Path
) -> None:
    path = tmp_path / "nonsense"
    write_backup(path, kept.manifest, lambda target: target.write(b"PGDMP nonsense" * 100_000))

    with pytest.raises(CommandError, match="was not restored: pg_restore: error"):
        _restore(path, auditor_file)

    assert connections["owner"].introspection.table_names() == []


def test_a_database_that_was_never_provisioned_has_no_backup(bare: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="never provisioned"):
        call_command("backup", str(tmp_path / "empty"))

    assert list(tmp_path.iterdir()) == []


def test_a_backup_never_replaces_a_file(source: None, tmp_path: Path) -> None:
    path = tmp_path / "taken"
    path.write_text("the backup of yesterday")

    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(path))

    assert path.read_text() == "the backup of yesterday"


def test_a_backup_into_no_directory_says_so(source: None, tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="cannot be written: No such file or directory"):
        call_command("backup", str(tmp_path / "nowhere" / "file"))


def test_a_backup_that_is_killed_leaves_no_file(
    kept: Kept, source: None, databases: Databases, tmp_path: Path
) -> None:
    # Only `pg_dump` looks at this table.
    with blocked_backup(databases, kept.source, tmp_path / "killed", "django_session") as process:
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)

    assert process.returncode == -signal.SIGKILL
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_without_the_owners_address_nothing_is_done(
    command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(connections.settings, "owner")

    with pytest.raises(CommandError, match="DATABASE_OWNER_URL is not set"):
        call_command(command, str(tmp_path / "file"))


@pytest.mark.usefixtures("source")
@pytest.mark.parametrize(
    ("cluster", "kind", "said"),
    [
        ("data", "demo", "holds demonstration data, which .* 'data' is not for"),
        ("demo", "record", "holds records, which .* 'demo' is not for"),
        ("data", "record", "into an empty database only"),
        ("test", "demo", "into an empty database only"),
    ],
)
def test_demonstration_data_and_records_stay_apart(
    cluster: str, kind: str, said: str, *, kept: Kept, settings: Settings, tmp_path: Path
) -> None:
    path = _spoiled(kept, tmp_path / "other", kind=kind)
    settings.EXOLOT_CLUSTER = cluster

    with pytest.raises(CommandError, match=said):
        call_command("restore", str(path))


@pytest.mark.parametrize("command", ["backup", "restore"])
def test_a_database_that_does_not_answer_is_said(
    command: str, kept: Kept, source: None, tmp_path: Path
) -> None:
    path = tmp_path / "new" if command == "backup" else kept.path

    with using("exolot_nowhere"), pytest.raises(CommandError, match="does not answer"):
        call_command(command, str(path))


def test_two_addresses_of_two_databases_are_noticed(
    kept: Kept, bare: None, auditor_file: Path
) -> None:
    connections["default"].settings_dict["NAME"] = kept.source
    with pytest.raises(CommandError, match="name two different databases"):
        _restore(kept.path, auditor_file)


@pytest.mark.usefixtures("bare")
def test_a_superuser_may_not_own_the_records(kept: Kept, auditor_file: Path) -> None:
    settings = connections["owner"].settings_dict
    before = settings["USER"]
    connections["owner"].close()
    settings["USER"] = embedded.SUPERUSER
    try:
        with pytest.raises(CommandError, match="connects as a superuser"):
            _restore(kept.path, auditor_file)
    finally:
        connections["owner"].close()
        settings["USER"] = before


def test_a_trail_that_somebody_changed_is_not_backed_up(
    restored: str, databases: Databases, tmp_path: Path
) -> None:
    with databases.connect(connections["default"].settings_dict["NAME"]) as connection:
        connection.execute("ALTER TABLE products_auditentry DISABLE TRIGGER append_only")
        connection.execute(
            "ALTER TABLE products_auditentry DROP CONSTRAINT products_auditentry_check"
        )
        connection.execute("UPDATE products_auditentry SET body = body || ' '::bytea")

    with pytest.raises(CommandError, match="is not the one that was written: its hash differs"):
        call_command("backup", str(tmp_path / "changed"))

    assert list(tmp_path.iterdir()) == []


def test_a_full_disk_ends_the_dump(source: None) -> None:
    class Full:
        def write(self, content: bytes, /) -> None:
            raise OSError(errno.ENOSPC, "No space left on device")

    with transaction.atomic(using="owner"), connections["owner"].cursor() as cursor:
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        with pytest.raises(OSError, match="No space left"):
            write_dump(connections["owner"].get_connection_params(), 18, snapshot, (), Full())


@pytest.mark.parametrize(("content", "said"), [("", "is empty"), (None, "cannot be read")])
def test_a_bad_password_file_stops_a_restore(
    content: str | None, said: str, kept: Kept, source: None, tmp_path: Path
) -> None:
    path = tmp_path / "password"
    if content is not None:
        path.write_text(content)

    with pytest.raises(CommandError, match=said):
        call_command("restore", str(kept.path), auditor_password_file=path)
