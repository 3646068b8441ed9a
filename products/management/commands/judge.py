"""`judge`: give every lot whose time has come its new status, once or until told to stop."""

from __future__ import annotations

import threading
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any
from uuid import uuid4

from django.core.management.base import BaseCommand, CommandError
from django.db import InterfaceError, OperationalError, connection
from django.utils import timezone

from products.actions.base import Context
from products.actions.judge import judge_due
from products.domain.accounts import SYSTEM_ACCOUNT
from products.management.stopping import stopped_by_signals
from products.models import User
from products.queries.lots import lots_due

EVERY_S = 5
LATE = timedelta(seconds=60)
AT_ONCE = 500


class Command(BaseCommand):
    help = (
        "Judge again every lot whose status time alone has changed (expiry, end of incubation). "
        "What people see is right without it; it brings the stored reasons up to date."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--follow",
            action="store_true",
            help=f"go on every {EVERY_S} seconds until SIGTERM or Ctrl-C",
        )
        group.add_argument(
            "--check",
            action="store_true",
            help="judge nothing; fail when a lot has been due for more than "
            f"{LATE.total_seconds():.0f} seconds",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
        elif options["follow"]:
            with stopped_by_signals() as stopped:
                self._follow(stopped)
        else:
            self._judge()

    def _check(self) -> None:
        late = lots_due(timezone.now() - LATE).first()
        if late is not None:
            since = f"{late.judged_until:%Y-%m-%d %H:%M:%S} UTC"
            raise CommandError(
                f"Lot {late.number} has been due for judging since {since}. Start `judge --follow`."
            )
        self.stdout.write("No lot is overdue for judging.")

    def _follow(self, stopped: threading.Event) -> None:
        while not stopped.is_set():
            try:
                self._judge(stopped)
            except (OperationalError, InterfaceError) as error:
                # The database restarts now and then; a worker that died of it would go unnoticed.
                self.stderr.write(f"The database does not answer: {str(error).strip()}")
                connection.close()
            stopped.wait(EVERY_S)

    def _judge(self, stopped: threading.Event | None = None) -> None:
        """Judge all that is due, each round in a transaction of its own."""
        judged = AT_ONCE
        while judged == AT_ONCE and not (stopped and stopped.is_set()):
            judged = judge_due(_context(), limit=AT_ONCE)
            if judged:
                self.stdout.write(f"Judged {judged} lot(s).")
                self.stdout.flush()


def _context() -> Context:
    return Context(
        actor=User.objects.get(username=SYSTEM_ACCOUNT),
        reason="Time has passed since the last judgement",
        at=timezone.now(),
        request_id=f"judge-{uuid4()}",
    )
