"""Backing the whole database up into one file, and making an empty database from such a file.

Both run as the database's owner. What is carried is every record, the audit trail, accounts and
tokens, with structure, triggers and rights; sessions and counters of wrong passwords are not.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from django.db import connections, transaction
from django.db.migrations.loader import MigrationLoader
from psycopg import sql

from products.actions.grants import APP, AUDITOR
from products.actions.provisioning import ALIAS, named, provision
from products.domain.errors import ConfigurationError
from products.models import AuditEntry, Backup, Installation
from products.models.installation import InstallationKind
from qcsite.backup_file import BackupFileError, Manifest, open_dump, read_backup, write_backup
from qcsite.dumping import DumpError, load_dump, write_dump
from qcsite.version import VERSION

NOT_CARRIED = (
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "django_session",
)
"""Who is signed in and who typed a wrong password belongs to a server, not to the records."""

SHOWN_DIFFERENCES = 5


def make_backup(path: Path) -> Manifest:
    """Write all that the owner's database holds at one instant to a new file ``path``.

    The facts of the manifest and the dump are read in one snapshot; nobody has to stop work. When
    the file is whole, the database keeps a record of it.

    Raises:
        ConfigurationError: the database holds no records, the file cannot be written, or
            PostgreSQL's program fails. No file is left then.
    """
    manifest = _write(path)
    with named("system.backup"):
        Backup(
            made_at=manifest.made_at,
            file_name=path.name,
            size=manifest.dump_bytes,
            sha256=manifest.dump_sha256,
            product_version=manifest.product_version,
        ).save(using=ALIAS)
    return manifest


def _write(path: Path) -> Manifest:
    with transaction.atomic(using=ALIAS, durable=True), connections[ALIAS].cursor() as cursor:
        cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        # The dump may take longer than a transaction may otherwise wait for its client.
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SELECT pg_export_snapshot()")
        [snapshot] = cursor.fetchone()
        if not _kind():
            raise ConfigurationError(
                "The database was never provisioned: there is nothing to back up."
            )
        try:
            return write_backup(
                path,
                _description(),
                lambda target: write_dump(
                    connections[ALIAS].get_connection_params(),
                    _server_version(),
                    snapshot,
                    NOT_CARRIED,
                    target,
                ),
            )
        except (BackupFileError, DumpError) as error:
            raise ConfigurationError(f"There is no backup: {error}") from error


def check_backup(path: Path) -> Manifest:
    """Read all of the backup in ``path`` and say what it holds.

    Raises:
        ConfigurationError: it is damaged, or this program or server cannot restore it.
    """
    try:
        manifest = read_backup(path)
    except BackupFileError as error:
        raise ConfigurationError(f"{path} cannot be restored: {error}.") from error
    if manifest.postgresql > (version := _server_version()):
        raise ConfigurationError(
            f"{path} was made by PostgreSQL {manifest.postgresql}, and this server is PostgreSQL "
            f"{version}. Restore it on a server of that version or a newer one."
        )
    known = {".".join(name) for name in MigrationLoader(None).disk_migrations}
    if unknown := sorted(set(manifest.migrations) - known):
        raise ConfigurationError(
            f"{path} was made by Exolot {manifest.product_version}, and this is Exolot {VERSION}, "
            f"which does not know its migration {unknown[0]}. Restore it with Exolot "
            f"{manifest.product_version} or newer."
        )
    return manifest


def restore_backup(path: Path, manifest: Manifest, passwords: dict[str, str]) -> None:
    """Make the owner's empty database what `check_backup` found in ``path``, and compare.

    ``passwords`` are those of the roles, as for `provision`. Nobody but the owner can connect until
    every table has its rows and the audit trail its hashes.

    Raises:
        ConfigurationError: the database is not empty, loading fails, or what was loaded is not what
            was backed up.
    """
    _check_empty()
    _close_to_others()
    connections[ALIAS].close()
    try:
        with open_dump(path) as dump:
            load_dump(connections[ALIAS].get_connection_params(), _server_version(), dump)
    except (BackupFileError, DumpError) as error:
        raise ConfigurationError(f"{path} was not restored: {error}") from error
    _compare(manifest)
    provision(passwords=passwords, kind=InstallationKind(manifest.kind), site_name="", zone="")
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("ANALYZE")


def _description() -> Manifest:
    """What the manifest says of the database in the snapshot of the open transaction."""
    tables = [table for table in _tables() if table not in NOT_CARRIED]
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT app || '.' || name FROM django_migrations ORDER BY 1")
        migrations = tuple(name for (name,) in cursor.fetchall())
        cursor.execute("SELECT to_char(now() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS\"Z\"')")
        [made_at] = cursor.fetchone()
        counts = {}
        for table in tables:
            cursor.execute(sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(table)))
            [counts[table]] = cursor.fetchone()
    return Manifest(
        product_version=VERSION,
        postgresql=_server_version(),
        made_at=made_at,
        kind=_kind(),
        migrations=migrations,
        tables=counts,
        not_carried=NOT_CARRIED,
        audit_sha256=_audit_digest(),
    )


def _kind() -> str:
    """What the database is for; empty before it was provisioned."""
    if Installation._meta.db_table not in _tables():  # noqa: SLF001  # Django's own interface
        return ""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(kind), '') FROM products_installation")
        [kind] = cursor.fetchone()
    return str(kind)


def _audit_digest() -> str:
    """Over the hashes of the entries; each entry's own bytes are held against its hash."""
    digest = hashlib.sha256()
    entries = AuditEntry.objects.using(ALIAS).order_by("id").values_list("id", "body", "sha256")
    for key, body, stated in entries.iterator(chunk_size=2000):
        if hashlib.sha256(body).digest() != bytes(stated):
            raise ConfigurationError(
                f"The audit entry {key} is not the one that was written: its hash differs. Keep "
                "the database as it is, and find out who changed it."
            )
        digest.update(stated)
    return digest.hexdigest()


def _compare(manifest: Manifest) -> None:
    with transaction.atomic(using=ALIAS):
        found = _description()
    facts, now = _compared(manifest), _compared(found)
    differing = sorted(
        name for name in facts.keys() | now.keys() if facts.get(name) != now.get(name)
    )
    if differing:
        names = ", ".join(differing[:SHOWN_DIFFERENCES])
        raise ConfigurationError(
            f"What was restored is not what was backed up: {names}. Only the owner can connect to "
            "this database; drop it, and use another backup."
        )


def _compared(manifest: Manifest) -> dict[str, object]:
    return {
        "the kind of installation": manifest.kind,
        "the migrations": manifest.migrations,
        "the audit trail": manifest.audit_sha256,
        **{f"the rows of {table}": count for table, count in manifest.tables.items()},
    }


def _check_empty() -> None:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT current_database(), rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        name, is_superuser = cursor.fetchone()
    if is_superuser:
        raise ConfigurationError(
            "DATABASE_OWNER_URL connects as a superuser. The records must belong to a role of "
            "their own: create exolot_owner with LOGIN NOSUPERUSER CREATEROLE and give it the "
            "database."
        )
    if found := _tables():
        raise ConfigurationError(
            f"The database {name} holds {len(found)} table(s) already. A backup is restored into "
            "an empty database only: make a new one, and keep this one."
        )


def _close_to_others() -> None:
    """The roles that the dump gives rights to, and no way in for them yet."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        for role in (APP, AUDITOR):
            cursor.execute(
                sql.SQL(
                    "DO $$ BEGIN CREATE ROLE {} NOLOGIN; "
                    "EXCEPTION WHEN duplicate_object THEN NULL; END $$"
                ).format(sql.Identifier(role))
            )
        database = sql.Identifier(connections[ALIAS].settings_dict["NAME"])
        both = sql.SQL(", ").join(map(sql.Identifier, (APP, AUDITOR)))
        cursor.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC, {}").format(database, both))


def _tables() -> list[str]:
    """Every table of ours; those of an extension belong to the server."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p') AND NOT EXISTS (SELECT FROM pg_depend d WHERE "
            "d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') ORDER BY 1"
        )
        return [name for (name,) in cursor.fetchall()]


def _server_version() -> int:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT current_setting('server_version_num')::int / 10000")
        [version] = cursor.fetchone()
    return int(version)
