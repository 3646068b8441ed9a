"""`seal`: put what the trail wrote into the ledger and sign its head, once or on and on."""

from __future__ import annotations

import os
import threading
import time
from argparse import ArgumentParser
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError, InterfaceError, OperationalError, connection
from django.utils import timezone

from products.actions.base import Context
from products.actions.ledger import Sealed, rotate_key, seal
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import DomainError
from products.domain.notes import Signer
from products.management.stopping import stopped_by_signals
from products.models import Checkpoint, User
from products.queries.ledger import latest_checkpoint, waiting_since
from qcsite.ledger_key import make_key, read_key

AT_LEAST_EVERY_S = 30
LOOK_EVERY_S = 1
LATE = timedelta(minutes=2)
COPIES = "checkpoint-" + "[0-9]" * 8 + ".txt"


class Command(BaseCommand):
    help = (
        "Put what the audit trail wrote since the last time into the ledger, and sign its head. A "
        "checkpoint kept outside this machine is what later tampering is measured by."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--follow",
            action="store_true",
            help="go on until SIGTERM or Ctrl-C: at once after a signature, otherwise every "
            f"{AT_LEAST_EVERY_S} seconds",
        )
        group.add_argument(
            "--check",
            action="store_true",
            help="seal nothing; fail when an entry has waited for more than two minutes",
        )
        group.add_argument(
            "--make-key", action="store_true", help="write a new key to LEDGER_KEY_PATH, and stop"
        )
        group.add_argument(
            "--rotate",
            metavar="FILE",
            type=Path,
            help="hand the ledger over to the key in FILE, announced by the present one",
        )
        parser.add_argument(
            "--copy-to",
            metavar="DIRECTORY",
            type=Path,
            help="write each new checkpoint there too: a directory of another machine",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["check"]:
                self._check()
                return
            if options["make_key"]:
                make_key(settings.LEDGER_KEY_PATH)
                self.stdout.write(f"Wrote a new key to {settings.LEDGER_KEY_PATH}.")
                return
            signer = self._key()
            if options["rotate"] is not None:
                new = read_key(options["rotate"], settings.LEDGER_NAME)
                self._tell(rotate_key(_context(), signer, new), options["copy_to"])
                self.stdout.write(f"The ledger's key is now {new.vkey}.")
            elif options["follow"]:
                with stopped_by_signals() as stopped:
                    self._follow(signer, stopped, options["copy_to"])
            else:
                self._tell(seal(_context(), signer), options["copy_to"])
        except DomainError as error:
            raise CommandError(error.message) from error
        except IntegrityError as error:
            raise CommandError(
                "The ledger cannot grow: an entry that waits to be sealed, or a node of the tree, "
                "is gone. Run `verify_ledger`, and keep the database as it is."
            ) from error
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error

    def _check(self) -> None:
        since = waiting_since()
        if since is not None and timezone.now() - since > LATE:
            raise CommandError(
                f"An entry of the trail has waited for its seal since {since:%Y-%m-%d %H:%M:%S} "
                "UTC. Start `seal --follow`."
            )
        self.stdout.write("No entry waits longer than it should.")

    def _key(self) -> Signer:
        """Embedded databases get a key of their own by themselves; a server's is made by hand."""
        path = settings.LEDGER_KEY_PATH
        if not settings.DATABASE_URL and not path.exists():
            make_key(path)
        return read_key(path, settings.LEDGER_NAME)

    def _follow(self, signer: Signer, stopped: threading.Event, copy_to: Path | None) -> None:
        while not stopped.is_set():
            try:
                connection.ensure_connection()
                connection.connection.execute("LISTEN exolot_seal")
                self._rounds(signer, stopped, copy_to)
            except (OperationalError, InterfaceError) as error:
                # The database restarts now and then; a sealer that died of it would go unnoticed.
                self.stderr.write(f"The database does not answer: {str(error).strip()}")
                connection.close()
                stopped.wait(LOOK_EVERY_S)

    def _rounds(self, signer: Signer, stopped: threading.Event, copy_to: Path | None) -> None:
        due = time.monotonic()
        while not stopped.is_set():
            asked = list(connection.connection.notifies(timeout=LOOK_EVERY_S, stop_after=1))
            if asked or time.monotonic() >= due:
                sealed = seal(_context(), signer)
                try:
                    self._tell(sealed, copy_to)
                except CommandError as error:
                    # Sealing goes on; what was not copied is copied next time.
                    self.stderr.write(str(error))
                due = time.monotonic() + AT_LEAST_EVERY_S

    def _tell(self, sealed: Sealed, copy_to: Path | None) -> None:
        if copy_to is not None:
            _copy(copy_to)
        if sealed.note:
            self.stdout.write(f"Sealed {sealed.entries} entries; the ledger has {sealed.size}.")
            self.stdout.flush()


def _copy(directory: Path) -> None:
    """Every checkpoint since the newest that is there, a file each, whole or not at all.

    One that is there stays as it is, for it is the evidence. An empty directory begins with the
    latest checkpoint.
    """
    try:
        there = [int(path.stem.rpartition("-")[2]) for path in directory.glob(COPIES)]
        latest = latest_checkpoint()
        newest = max(there, default=latest.number - 1 if latest else 0)
        for checkpoint in Checkpoint.objects.filter(number__gt=newest).order_by("number"):
            _write(directory / f"checkpoint-{checkpoint.number:08d}.txt", checkpoint.note)
    except OSError as error:
        raise CommandError(
            f"Checkpoints are signed, but not copied to {directory}: {error.strerror}."
        ) from error


def _write(path: Path, note: str) -> None:
    partial = path.with_suffix(".partial")
    with partial.open("w", encoding="utf-8", newline="\n") as file:
        file.write(note)
        file.flush()
        os.fsync(file.fileno())
    partial.rename(path)


def _context() -> Context:
    return Context(
        actor=User.objects.get(username=SYSTEM_ACCOUNT),
        reason="Sealing the audit trail",
        at=timezone.now(),
        request_id=f"seal-{uuid4()}",
    )
