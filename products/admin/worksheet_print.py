"""The blank worksheet: what each line of the print names, with the sample's number as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from products.admin.qr import qr_code
from products.admin.worksheet_grid import blank_lines
from products.domain.criteria import Criterion
from products.domain.worksheets import Look
from products.models import Lot, MethodVersion, Run, Sample
from products.queries.worksheet_choices import Candidate
from products.queries.worksheets import SheetRun


@dataclass(frozen=True, slots=True)
class BenchRow:
    """``run`` is None before it is opened; ``lines`` are its replicates or culture vessels."""

    lot: Lot
    sample: Sample
    criterion: Criterion | None
    run: Run | None
    lines: tuple[str, ...]

    @property
    def picture(self) -> SafeString:
        """The number of the run, or of the sample, as a QR code."""
        number = self.run.number if self.run else self.sample.number
        return qr_code(number, scale=2, border=2)


def rows_of_runs(items: Iterable[SheetRun]) -> list[BenchRow]:
    """Those of an incubating run are the vessels that it has."""
    return [
        BenchRow(
            item.run.lot,
            item.run.sample,
            item.criterion,
            item.run,
            tuple(one.name for one in item.vessels())
            if item.look
            else blank_lines(item.run.method_version, None),
        )
        for item in items
    ]


def rows_of_samples(
    items: Iterable[Candidate], version: MethodVersion, look: Look | None
) -> list[BenchRow]:
    lines = blank_lines(version, look)
    return [BenchRow(item.sample.lot, item.sample, item.criterion, None, lines) for item in items]
