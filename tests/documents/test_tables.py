"""Tables: what stands in a cell, in CSV and in a workbook, whatever text was recorded."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, datetime
from hashlib import sha256
from random import Random
from typing import Any
from xml.etree import ElementTree as ET
from zipfile import ZipFile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.documents.cells import Cell, Column, Plain, cell_of, may_be_formula
from products.documents.csv_file import csv_file, csv_of_lines
from products.documents.json_lines import json_lines
from products.documents.xlsx_file import LONGEST_TEXT, xlsx_file
from products.documents.zip_file import Sum, zip_file

AT = datetime(2026, 11, 30, 12, 0, 0, tzinfo=UTC)
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
VALUE = Column(("value",), is_measured=True)
NOTE = Column(("note",))
BLOCKS: Plain = [
    {"code": "hold_open", "message": "On hold.\nSee C:\\log", "n": [1]},
    {"code": "expired", "message": None, "n": []},
]
# PostgreSQL keeps every character but NUL.
TEXT = st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))


def csv_cell(value: Plain, column: Column = NOTE) -> str:
    written = b"".join(csv_file([column], [{column.name: value}])).decode()
    _, *rows = csv.reader(io.StringIO(written, newline=""), strict=True)
    return rows[0][0] if rows[0] else ""


def sheet(*values: Plain, column: Column = NOTE) -> list[Any]:
    """The cells below the head, as XML."""
    book = b"".join(xlsx_file("a & b", [column], [{column.name: each} for each in values], AT))
    with ZipFile(io.BytesIO(book)) as archive:
        assert archive.testzip() is None
        for name in archive.namelist():
            ET.fromstring(archive.read(name))  # noqa: S314  # our own
        root = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314  # our own
        styles = ET.fromstring(archive.read("xl/styles.xml"))  # noqa: S314  # our own
    formats = {
        each.get("numFmtId"): each.get("formatCode") for each in styles.iter(f"{MAIN}numFmt")
    }
    (kinds,) = styles.iter(f"{MAIN}cellXfs")
    cells = [row.find(f"{MAIN}c") for row in root.iter(f"{MAIN}row")][1:]
    for cell in cells:
        assert cell is not None
        kind = kinds[int(cell.get("s", "0"))]
        cell.set("format", formats.get(kind.get("numFmtId")) or kind.get("quotePrefix") or "")
    return cells


@pytest.mark.parametrize(
    ("path", "cell"),
    [
        ("blocks.code", "hold_open\nexpired"),
        ("blocks.message", "On hold.\\nSee C:\\\\log\n"),
        ("blocks.n", "[1]\n[]"),
        ("pair", '{"on":1}\n["x"]'),
        ("expires.on", "2027-11-29"),
        ("expires", '{"on":"2027-11-29"}'),
        ("expires.on.day", None),
        ("none.on", None),
        ("absent", None),
        ("empty", None),
        ("flags", "true\nfalse"),
        ("count", 3),
    ],
)
def test_what_is_nested_stands_in_columns_and_lines(path: str, cell: Cell) -> None:
    row: dict[str, Plain] = {
        "blocks": BLOCKS,
        "expires": {"on": "2027-11-29"},
        "none": None,
        "empty": [],
        "flags": [True, False],
        "count": 3,
        "pair": [{"on": 1}, ["x"]],
    }

    found = cell_of(row, Column(tuple(path.split("."))))
    assert found == cell


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "-", "\uff1d1"])
def test_what_might_be_run_is_text(text: str) -> None:
    (cell,) = sheet(text)

    assert csv_cell(text) == f"'{text}"
    assert (cell.get("t"), cell.get("format")) == ("inlineStr", "1")


@pytest.mark.parametrize("text", ["-1.5", "-0", "-3.2E10", "98.20", "<0.05", "a=1", "", "'=1"])
def test_what_cannot_be_run_is_as_it_was_written(text: str) -> None:
    assert csv_cell(text) == text


@given(TEXT)
def test_no_text_makes_a_formula_or_is_lost(text: str) -> None:
    stored = csv_cell(text)

    assert not may_be_formula(stored)
    assert stored.removeprefix("'" if may_be_formula(text) else "") == text
    assert [json.loads(line) for line in b"".join(json_lines([{"a": text}])).split(b"\n")[:-1]] == [
        {"a": text}
    ]


@given(TEXT)
def test_a_workbook_holds_any_text_as_text(text: str) -> None:
    (cell,) = sheet(text)

    if text:
        shown = "".join(cell.itertext())
        assert cell.get("t") == "inlineStr"
        assert cell.find(f"{MAIN}f") is None
        unescaped = shown
        for found in sorted(set(text)):
            unescaped = unescaped.replace(f"_x{ord(found):04X}_", found)
        assert unescaped == text or "_x" in text


@pytest.mark.parametrize(
    ("value", "style"),
    [
        ("98.20", "0.00"),
        ("-1.5", "0.0"),
        ("7", "0"),
        ("5.0E10", "0.0E+0"),
        (12, "0"),
    ],
)
def test_a_number_is_a_number_with_the_decimals_that_were_written(value: Plain, style: str) -> None:
    (cell,) = sheet(value, column=VALUE)

    assert (cell.get("t"), cell.get("format")) == (None, style)
    assert "".join(cell.itertext()) == str(value)


@pytest.mark.parametrize(
    "value",
    ["<0.05", "1234567890.1234567", "0.000000000000001", "no growth", "007", True, 10**20],
)
def test_what_a_float_does_not_hold_stays_text(value: Plain) -> None:
    (cell,) = sheet(value, column=VALUE)

    assert cell.get("t") == "inlineStr"


def test_digits_that_are_a_name_stay_text() -> None:
    assert [cell.get("t") for cell in sheet("26014", 26014)] == ["inlineStr", None]


def test_text_that_a_cell_does_not_take_says_that_it_was_cut() -> None:
    (cell,) = sheet("x" * (LONGEST_TEXT + 1))

    shown = "".join(cell.itertext())
    assert len(shown) == LONGEST_TEXT
    assert shown.endswith("x [cut: 32768 characters; the whole is in CSV and JSON Lines]")


def test_no_value_is_an_empty_cell() -> None:
    assert [list(cell) for cell in sheet(None, "")] == [[], []]


def test_files_come_in_parts() -> None:
    rows: list[dict[str, Plain]] = [{"note": "x" * 1000}] * 200

    for parts in (csv_file([NOTE], rows), json_lines(rows)):
        sizes = [len(part) for part in parts]
        assert len(sizes) == 4
        assert max(sizes) < 70_000


@pytest.mark.parametrize("name", ["../a", "/a", "a\\b", "", ".hidden", "a/../b", "C:a", "a/", "å"])
def test_no_name_in_an_archive_leads_elsewhere(name: str) -> None:
    with pytest.raises(ValueError, match="cannot be a file"):
        list(zip_file([(name, [b""])], AT))


def test_an_archive_has_a_name_once() -> None:
    with pytest.raises(ValueError, match="cannot be a file"):
        list(zip_file([("a", []), ("a", [])], AT))


def test_an_archive_is_sent_while_it_is_made_and_dated() -> None:
    noise = [Random(number).randbytes(9973) for number in range(40)]  # noqa: S311  # nothing is kept secret by it
    summed = Sum()

    parts = list(zip_file([("a/b.bin", summed.of(noise)), ("c", [b"x"])], AT))

    with ZipFile(io.BytesIO(b"".join(parts))) as archive:
        assert archive.namelist() == ["a/b.bin", "c"]
        assert archive.read("a/b.bin") == b"".join(noise)
        assert archive.infolist()[0].date_time == (2026, 11, 30, 12, 0, 0)
    assert summed.size == 40 * 9973
    assert summed.sha256 == sha256(b"".join(noise)).digest()
    assert max(map(len, parts)) < 80_000


@given(rows=st.lists(st.tuples(TEXT, TEXT), max_size=4))
def test_rows_that_are_csv_already_come_out_as_they_are_written_here(
    rows: list[tuple[str, str]],
) -> None:
    lines = []
    for row in rows:
        text = io.StringIO()
        csv.writer(text, lineterminator="\r\n").writerow(row)
        lines.append(text.getvalue().removesuffix("\r\n").encode())
    columns = [Column(("one",)), Column(("two",))]
    written = [{"one": one, "two": two} for one, two in rows]

    assert b"".join(csv_of_lines(columns, lines)) == b"".join(csv_file(columns, written))


def test_rows_that_are_csv_already_come_in_parts() -> None:
    parts = list(csv_of_lines([NOTE], [b"x" * 1000] * 100))

    assert len(parts) == 3


def test_a_cell_is_as_long_as_it_is_beside_one_that_looks_like_a_formula() -> None:
    long = b"x" * 200_000

    assert list(csv_of_lines([VALUE, NOTE], [b"=1," + long]))[1] == b"'=1," + long + b"\r\n"
