"""A whole list as one file: CSV, a workbook or JSON Lines, sent while it is read (ADR 0029).

Whatever shows a list shows its rows here, too; this knows of no noun.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import chain, islice
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.encoders import JSONEncoder

from products.api.as_of import linked
from products.api.asking import actor_of
from products.api.errors import TooManyRowsError, UnknownChoiceError
from products.api.sending import ZIP_TYPE, FileAnswer, Sent, send_file
from products.api.surface import FORMAT, Body
from products.documents.cells import Column, Row
from products.documents.csv_file import csv_file, csv_of_lines
from products.documents.json_lines import json_lines
from products.documents.xlsx_file import MOST_ROWS, xlsx_file
from products.documents.zip_file import Member, Sum, zip_file
from products.queries.as_of import Moment
from products.queries.past import is_past, records_at

PACK, ZIP = "pack", "zip"
# Numbers as entered; other text of digits, such as a lot number, stays text.
MEASURED = frozenset({"raw_value", "reported", "value"})


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"
    JSONL = "jsonl"


MEDIA_TYPES: Mapping[Format, str] = {
    Format.CSV: "text/csv; charset=utf-8",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Format.JSONL: "application/jsonl",
}


@dataclass(slots=True)
class Export:
    """A list to be written: its ``name``, ``columns``, and the instant ``at`` which it is read.

    ``then`` is the past moment whose records they are; ``rows`` counts those that were read.
    """

    name: str
    columns: list[Column]
    at: datetime
    then: Moment | None
    form: Format
    rows: int = 0

    @property
    def file_name(self) -> str:
        return f"{self.name}-{self.at:%Y%m%dT%H%M%SZ}.{self.form}"


def asked_form(request: Request) -> tuple[Format, bool]:
    """The format, and whether it comes packed with its sum.

    Raises:
        UnknownChoiceError: there is no such format or packing.
    """
    form, pack = request.query_params[FORMAT], request.query_params.get(PACK, ZIP)
    if form not in list(Format):
        raise UnknownChoiceError.of(FORMAT, [form], Format)
    if pack != ZIP:
        raise UnknownChoiceError.of(PACK, [pack], [ZIP])
    return Format(form), PACK in request.query_params


def refuse_more_rows_than_a_sheet(rows: int, *, is_more: bool) -> None:
    if is_more:
        raise TooManyRowsError(
            f"A sheet of a workbook holds {MOST_ROWS:,} rows below its head, and this list has "
            f"more than {rows:,}. Ask for csv or jsonl, or for fewer rows by filters.",
            field=FORMAT,
        )


def file_answer(
    request: Request,
    export: Export,
    pages: Iterator[list[Body]],
    opened: ExitStack,
    *,
    packed: bool,
    lines: Iterator[bytes] | None = None,
) -> FileAnswer:
    """The file, of which the first page is read before anything is said: what is refused, is
    refused here. ``opened`` is closed with the answer.

    ``lines`` are the rows as the database writes CSV, where it does.
    """
    parts: Iterator[bytes]
    if lines is not None:
        parts = csv_of_lines(export.columns, _counted(export, _begun(lines)))
    else:
        parts = _file(export, _begun(_rows(export, _then(export.then, pages))))
    if packed:
        parts = zip_file(_packed(request, export, parts), export.at)
    answer = send_file(
        request,
        Sent(
            name=f"{export.file_name}.{ZIP}" if packed else export.file_name,
            kind=ZIP_TYPE if packed else MEDIA_TYPES[export.form],
            at=export.at,
            parts=parts,
            rows=lambda: export.rows,
        ),
        opened,
    )
    if export.then:
        answer["Export-As-Of"] = export.then.at.isoformat()
        answer["Export-Checkpoint"] = str(export.then.checkpoint.number)
    return answer


def columns_of(
    shape: Mapping[str, serializers.BaseSerializer[Any] | serializers.Field[Any, Any, Any, Any]],
    chosen: Iterable[str],
) -> list[Column]:
    """In the order of ``shape``, of what is ``chosen`` in it."""
    kept = frozenset(chosen)
    return [
        Column(path, is_measured=path[-1] in MEASURED)
        for name, field in shape.items()
        if name in kept
        for path in _paths((name,), field)
    ]


def _paths(
    way: tuple[str, ...],
    field: serializers.BaseSerializer[Any] | serializers.Field[Any, Any, Any, Any],
) -> Iterator[tuple[str, ...]]:
    """One for each value that is no object; a list within a list is one."""
    inner = field.child if isinstance(field, serializers.ListSerializer) else field
    if not isinstance(inner, serializers.Serializer):
        yield way
        return
    for name, part in inner.fields.items():
        yield from _paths((*way, name), part)


def _then(then: Moment | None, pages: Iterator[list[Body]]) -> Iterator[list[Body]]:
    """Each page read among the records of then, whoever asks for it."""
    while True:
        with records_at(then) if then and not is_past() else nullcontext():
            page = next(pages, None)
        if page is None:
            return
        yield [linked(body, then.at) for body in page] if then else page


def _begun(rows: Iterator[Any]) -> Iterator[Any]:
    return chain(list(islice(rows, 1)), rows)


def _counted(export: Export, lines: Iterable[bytes]) -> Iterator[bytes]:
    for line in lines:
        export.rows += 1
        yield line


def _rows(export: Export, pages: Iterable[list[Body]]) -> Iterator[Row]:
    """As the API shows them, in JSON."""
    for page in pages:
        plain: list[Row] = json.loads(json.dumps(page, cls=JSONEncoder))
        for row in plain:
            export.rows += 1
            yield row


def _file(export: Export, rows: Iterable[Row]) -> Iterator[bytes]:
    if export.form is Format.CSV:
        return csv_file(export.columns, rows)
    if export.form is Format.XLSX:
        return xlsx_file(export.name, export.columns, rows, export.at)
    return json_lines(rows)


def _packed(request: Request, export: Export, parts: Iterable[bytes]) -> Iterator[Member]:
    """The file, its sum as `sha256sum --check` reads it, and what was asked by whom."""
    inner = Sum()
    yield export.file_name, inner.of(parts)
    yield f"{export.file_name}.sha256", [f"{inner.sha256.hex()}  {export.file_name}\n".encode()]
    then = export.then
    told = {
        "file": export.file_name,
        "sha256": inner.sha256.hex(),
        "bytes": inner.size,
        "rows": export.rows,
        "columns": [column.name for column in export.columns],
        "address": request.build_absolute_uri(),
        "account": actor_of(request).username,
        "instant": export.at.isoformat(),
        "as_of": then.at.isoformat() if then else None,
        "checkpoint": then.checkpoint.number if then else None,
    }
    yield "export.json", [json.dumps(told, indent=2, ensure_ascii=False).encode()]
