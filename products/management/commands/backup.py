"""`backup`: everything that the database holds, into one file."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections

from products.actions.backups import make_backup
from products.actions.provisioning import ALIAS
from products.domain.errors import ConfigurationError
from qcsite.embedded import EmbeddedDatabaseError


class Command(BaseCommand):
    help = (
        "As the database's owner, write every record, the audit trail, accounts and tokens as of "
        "one instant to a new file that only you can read. Nobody has to stop work."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the new file; one that exists is refused")

    def handle(self, *args: Any, **options: Any) -> None:
        if ALIAS not in connections.settings:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: only the database's owner may read all of it."
            )
        path: Path = options["file"].absolute()
        try:
            manifest = make_backup(path)
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        except (EmbeddedDatabaseError, OperationalError) as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error
        self.stdout.write(
            f"{path}: {sum(manifest.tables.values())} rows of {len(manifest.tables)} tables as of "
            f"{manifest.made_at}, {manifest.dump_bytes} bytes."
        )
        self.stdout.write(f"SHA-256 of the dump: {manifest.dump_sha256}")
