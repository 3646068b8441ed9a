"""`check_records`: judge every lot afresh and compare; nothing is changed."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from products.queries.checking import lots_on_record, stored_differences


class Command(BaseCommand):
    help = (
        "Judge every lot afresh from its records and compare with what is stored and shown. "
        "Changes nothing; fails and names every lot where the two differ."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        differing = set()
        for difference in stored_differences(timezone.now()):
            differing.add(difference.lot)
            self.stderr.write(f"Lot {difference.lot}: {difference.what}.")
        count = lots_on_record()
        if differing:
            raise CommandError(
                f"{len(differing)} of {count} lot(s) differ from what judging their records says."
            )
        self.stdout.write(f"{count} lot(s) are stored as judging their records says.")
