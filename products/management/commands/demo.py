"""`demo`: a house with demo data, made once and served on this machine."""

from __future__ import annotations

import io
import sys
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connections
from django.utils import timezone

from products.actions.provisioning import ALIAS
from products.demo.installing import prepare
from products.demo.logins import secret_key_file
from products.demo.serving import HOST, listen, serve
from products.demo.telling import demo_text
from products.domain.errors import ConfigurationError
from qcsite.embedded import EmbeddedDatabaseError

CLUSTER = "demo"
HIGHEST_PORT = 65535


class Command(BaseCommand):
    help = (
        "Make a demonstration database if there is none, print its logins and lots, and serve it "
        "on this machine until Ctrl-C. A database that demo did not make is refused."
    )
    # The database may not have a single table yet.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--port", type=int, default=8000, help="default 8000; 0 takes any free one"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_address(options["port"])
        if isinstance(sys.stdout, io.TextIOWrapper):
            # A terminal that lacks a glyph shows a question mark; it is no reason to stop.
            sys.stdout.reconfigure(errors="replace")
        try:
            with listen(options["port"]) as listener:
                port = listener.getsockname()[1]
                logins = prepare(timezone.now(), self._say)
                self._say(demo_text(logins, f"http://{HOST}:{port}", timezone.now()))
                serve(listener, secret_key_file(settings.EXOLOT_PG_DIR))
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        except (EmbeddedDatabaseError, OperationalError) as error:
            raise CommandError(f"The database does not answer: {str(error).strip()}") from error

    def _check_address(self, port: int) -> None:
        if not 0 <= port <= HIGHEST_PORT:
            raise CommandError(f"There is no port {port}: choose one from 1 to {HIGHEST_PORT}.")
        if not settings.DATABASE_URL and settings.EXOLOT_CLUSTER != CLUSTER:
            raise CommandError(
                f"Demo data never goes into the embedded database {settings.EXOLOT_CLUSTER!r}, "
                "which is kept for records or tests. Start it by `make demo`, or set "
                "EXOLOT_CLUSTER=demo."
            )
        if ALIAS not in connections.settings:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: only the owner of a database can make it a demo."
            )

    def _say(self, text: str) -> None:
        self.stdout.write(text)
        self.stdout.flush()
