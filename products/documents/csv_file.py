"""A table as CSV (RFC 4180): UTF-8 without a mark, a head, no cell that is a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence

from products.documents.cells import Column, Row, cell_of, may_be_formula, text_of
from products.documents.json_lines import AT_ONCE


def csv_file(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    """Decimals as written. Text that a spreadsheet might run begins with an apostrophe (OWASP)."""
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\r\n")
    lines.writerow([column.name for column in columns])
    for row in rows:
        lines.writerow([_safe(text_of(cell_of(row, column))) for column in columns])
        if text.tell() >= AT_ONCE:
            yield text.getvalue().encode()
            text.seek(0)
            text.truncate()
    yield text.getvalue().encode()


def _safe(text: str) -> str:
    return f"'{text}" if may_be_formula(text) else text
