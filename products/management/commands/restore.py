"""`restore`: an empty database becomes what a backup holds, and is checked."""

from __future__ import annotations

import secrets
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections, transaction

from products.actions.backups import check_backup, restore_backup
from products.actions.grants import APP, AUDITOR
from products.actions.provisioning import ALIAS
from products.domain.errors import ConfigurationError
from products.models.installation import InstallationKind
from qcsite.backup_file import Manifest
from qcsite.embedded import EmbeddedDatabaseError

DEMO = "demo"


class Command(BaseCommand):
    help = (
        "As the database's owner, restore a backup into an empty database: verify the file, load "
        "it, set every privilege, compare rows and audit trail with the backup, and judge every "
        "lot afresh. A database that holds anything is refused."
    )
    # The database has not a single table yet.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="what `backup` wrote")
        parser.add_argument(
            "--auditor-password-file",
            type=Path,
            metavar="PATH",
            help=f"file with the password of the database role {AUDITOR}; without it that role "
            "cannot log in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if ALIAS not in connections.settings:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: only the database's owner may restore it."
            )
        path: Path = options["file"].absolute()
        try:
            manifest = check_backup(path)
            self._check_place(manifest)
            restore_backup(path, manifest, _passwords(options["auditor_password_file"]))
            self._check_served()
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        except (EmbeddedDatabaseError, OperationalError) as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        self.stdout.write(
            f"{sum(manifest.tables.values())} rows of {len(manifest.tables)} tables are as they "
            f"were at {manifest.made_at}, and so are the hashes of the audit trail."
        )
        call_command("check_records", stdout=self.stdout, stderr=self.stderr)

    def _check_place(self, manifest: Manifest) -> None:
        """That demo data and records stay apart, where the name of the database tells."""
        if settings.DATABASE_URL or settings.EXOLOT_CLUSTER == "test":
            return
        is_demo = manifest.kind == InstallationKind.DEMO
        if is_demo != (settings.EXOLOT_CLUSTER == DEMO):
            holds = "demonstration data" if is_demo else "records"
            raise CommandError(
                f"The backup holds {holds}, which the embedded database "
                f"{settings.EXOLOT_CLUSTER!r} is not for."
            )

    def _check_served(self) -> None:
        """That the server's address leads here: a copy of the records looks the same, but a lock
        is of one database.
        """
        key = secrets.randbits(62)
        with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as owner:
            owner.execute("SELECT pg_advisory_xact_lock(%s)", [key])
            with transaction.atomic(), connections["default"].cursor() as served:
                served.execute("SELECT pg_try_advisory_xact_lock(%s)", [key])
                [is_another] = served.fetchone()
        if is_another:
            raise CommandError("DATABASE_URL and DATABASE_OWNER_URL name two different databases.")


def _passwords(auditor: Path | None) -> dict[str, str]:
    found = {APP: connections["default"].get_connection_params().get("password", "")}
    if auditor is None:
        return found
    try:
        password = auditor.read_text("utf-8").strip()
    except (OSError, UnicodeError) as error:
        raise CommandError(f"The password file {auditor} cannot be read: {error}") from None
    if not password:
        raise CommandError(f"The password file {auditor} is empty.")
    return {**found, AUDITOR: password}
