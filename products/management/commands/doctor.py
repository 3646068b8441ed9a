"""`doctor`: a line for each check of the installation, and what to do about it."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products.domain.checkup import Finding, Level
from products.management.checkup import Check, all_found

STYLES = {Level.GREEN: "SUCCESS", Level.YELLOW: "WARNING", Level.RED: "ERROR"}


class Command(BaseCommand):
    help = (
        "Check the installation as the web server's own role: a line for each check, green, yellow "
        "or red, with what to do. Changes nothing; fails when a line is red."
    )
    # What it looks at may be what is missing.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--quick", action="store_true", help="leave out judging every lot afresh"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        red = []
        for check, finding in all_found(slow=not options["quick"]):
            self.stdout.write(self._line(check, finding))
            if finding.level is Level.RED:
                red.append(check.name)
        if red:
            raise CommandError(f"{len(red)} check(s) are red: {', '.join(red)}.")

    def _line(self, check: Check, finding: Finding) -> str:
        style = getattr(self.style, STYLES[finding.level])
        line = f"{style(f'{finding.level.upper():<6}')} {check.name}: {finding.said}"
        return f"{line} {finding.remedy}" if finding.remedy else line
