"""`verify_ledger`: whether all is as it was sealed, and every record as its last entry says."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from products.domain.ledger_faults import Head, Remark
from products.queries.ledger_checking import ledger_faults


class Command(BaseCommand):
    help = (
        "Verify the ledger over the audit trail: every entry, the tree, checkpoints and keys, and "
        "that every record is as its last entry says. Changes nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--checkpoint",
            metavar="FILE",
            type=Path,
            action="append",
            default=[],
            help="a checkpoint that was kept outside; may be given several times",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        faults = 0
        for found in ledger_faults(_heads(options["checkpoint"])):
            if isinstance(found, Remark):
                self.stdout.write(f"Not compared: {found.message}")
                continue
            faults += 1
            self.stderr.write(f"{found.kind}: {found.message}")
        if faults:
            raise CommandError(f"The ledger has {faults} kind(s) of fault; they are named above.")
        kept = len(options["checkpoint"])
        outside = (
            f"It continues {kept} checkpoint(s) kept outside."
            if kept
            else "Give a checkpoint that was kept outside to know that nothing was made anew."
        )
        self.stdout.write(f"Nothing is found wrong with the ledger and the records. {outside}")


def _heads(paths: list[Path]) -> list[Head]:
    heads = []
    for path in paths:
        try:
            heads.append(Head(f"The checkpoint in {path}", path.read_text("utf-8"), str(path)))
        except (OSError, UnicodeDecodeError) as error:
            raise CommandError(f"The checkpoint {path} cannot be read: {error}.") from error
    return heads
