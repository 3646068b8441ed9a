"""The blank worksheet: what each line of the print names, with the sample's number as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.safestring import SafeString

from products.admin.qr import qr_code
from products.domain.criteria import Criterion
from products.models import Lot, Run, Sample
from products.queries.worksheets import Candidate, SheetRun


@dataclass(frozen=True, slots=True)
class BenchRow:
    """``run`` is None before it is opened."""

    lot: Lot
    sample: Sample
    criterion: Criterion | None
    run: Run | None

    @property
    def picture(self) -> SafeString:
        """The number of the run, or of the sample, as a QR code."""
        number = self.run.number if self.run else self.sample.number
        return qr_code(number, scale=2, border=2)


def bench_rows(items: Iterable[SheetRun] | Iterable[Candidate]) -> list[BenchRow]:
    return [
        BenchRow(item.run.lot, item.run.sample, item.criterion, item.run)
        if isinstance(item, SheetRun)
        else BenchRow(item.sample.lot, item.sample, item.criterion, None)
        for item in items
    ]
