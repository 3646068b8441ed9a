"""A table as CSV (RFC 4180): UTF-8 without a mark, a head, no cell that is a formula."""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterable, Iterator, Sequence

from products.documents.cells import Column, Row, cell_of, may_be_formula, text_of
from products.documents.json_lines import AT_ONCE

SIGNS = [
    sign.encode()
    for sign in ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
]
# A cell of a row is as long as the reasons of its lot are.
csv.field_size_limit(sys.maxsize)
BEGINS = (b",", b',"', b"\n", b'\n"')


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


def csv_of_lines(columns: Sequence[Column], lines: Iterable[bytes]) -> Iterator[bytes]:
    """`csv_file` of rows that are CSV already: each of ``lines`` one row of two columns or more,
    without its end, quoted where RFC 4180 asks for it and nowhere else.
    """
    yield from csv_file(columns, ())
    gathered: list[bytes] = []
    size = 0
    for line in lines:
        gathered.append(line)
        size += len(line)
        if size >= AT_ONCE:
            yield _joined(gathered)
            gathered, size = [], 0
    if gathered:
        yield _joined(gathered)


def _joined(lines: Sequence[bytes]) -> bytes:
    """Looked through all at once: of a million cells hardly one begins like a formula. What only
    looks so, within a cell in quotes, is written again as it was.
    """
    whole = b"\n".join((b"", *lines))
    if any(begin + sign in whole for sign in SIGNS if sign in whole for begin in BEGINS):
        return b"".join(map(_made_safe, lines))
    return b"\r\n".join((*lines, b""))


def _made_safe(line: bytes) -> bytes:
    text = io.StringIO()
    cells = csv.reader(io.StringIO(line.decode(), newline=""))
    csv.writer(text, lineterminator="\r\n").writerow([_safe(cell) for cell in next(cells)])
    return text.getvalue().encode()


def _safe(text: str) -> str:
    return f"'{text}" if may_be_formula(text) else text
