"""The blank worksheet: what each line of the print names, with the sample's number as a picture."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import segno
from django.utils.safestring import SafeString, mark_safe

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
        made = segno.make(number, error="m", micro=False)
        return mark_safe(made.svg_inline(scale=2, light="white", border=2))  # noqa: S308  # a drawing


def bench_rows(items: Iterable[SheetRun] | Iterable[Candidate]) -> list[BenchRow]:
    return [
        BenchRow(item.run.lot, item.run.sample, item.criterion, item.run)
        if isinstance(item, SheetRun)
        else BenchRow(item.sample.lot, item.sample, item.criterion, None)
        for item in items
    ]
