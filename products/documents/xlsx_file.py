"""A table as a workbook (ECMA-376, Office Open XML) of one sheet, written as it is sent.

Every cell is a number or a text that stands in it ("inline"); there is no formula, and text that
might be taken for one when it is edited is marked as text. A number whose digits a float cannot
hold stays text; the others show as many decimals as were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from decimal import Decimal

from products.documents.cells import Cell, Column, Row, cell_of, may_be_formula, text_of
from products.documents.zip_file import Member, zip_file
from products.domain.measurements import NUMBER

MOST_ROWS = 1_048_575
"""Below the head: a sheet has 1,048,576 rows."""
LONGEST_TEXT = 32_767
"""Characters that a cell takes."""
DIGITS = 15
"""Significant ones that a float holds whatever they are."""

_PLAIN, _QUOTED, _HEAD, _FIRST_NUMBER = range(4)
_FORMATS = [
    *("0" + ("." + "0" * places if places else "") for places in range(DIGITS)),
    *("0" + ("." + "0" * places if places else "") + "E+0" for places in range(DIGITS)),
]
_XML = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_OFFICE = "http://schemas.openxmlformats.org"
_MAIN = f'xmlns="{_OFFICE}/spreadsheetml/2006/main"'
_PART = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATIONS = f'xmlns="{_OFFICE}/package/2006/relationships"'
_KIND = f"{_OFFICE}/officeDocument/2006/relationships"
# What XML cannot say, and what would be read as the escape of such a character (ST_Xstring).
_ESCAPED = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")

_TYPES = f"""{_XML}<Types xmlns="{_OFFICE}/package/2006/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_PART}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_PART}.styles+xml"/>\
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_PART}.worksheet+xml"/></Types>"""
_ROOT = f"""{_XML}<Relationships {_RELATIONS}>\
<Relationship Id="rId1" Type="{_KIND}/officeDocument" Target="xl/workbook.xml"/></Relationships>"""
_PARTS = f"""{_XML}<Relationships {_RELATIONS}>\
<Relationship Id="rId1" Type="{_KIND}/worksheet" Target="worksheets/sheet1.xml"/>\
<Relationship Id="rId2" Type="{_KIND}/styles" Target="styles.xml"/></Relationships>"""


def xlsx_file(
    title: str, columns: Sequence[Column], rows: Iterable[Row], at: datetime
) -> Iterator[bytes]:
    """``rows`` under a head; at most `MOST_ROWS`. ``title`` names the sheet, ``at`` dates it."""
    return zip_file(_members(title, columns, rows), at, is_large=False)


def _members(title: str, columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[Member]:
    yield "[Content_Types].xml", [_TYPES.encode()]
    yield "_rels/.rels", [_ROOT.encode()]
    yield "xl/workbook.xml", [_workbook(title).encode()]
    yield "xl/_rels/workbook.xml.rels", [_PARTS.encode()]
    yield "xl/styles.xml", [_styles().encode()]
    yield "xl/worksheets/sheet1.xml", _sheet(columns, rows)


def _workbook(title: str) -> str:
    return (
        f'{_XML}<workbook {_MAIN} xmlns:r="{_KIND}"><sheets>'
        f'<sheet name="{_escaped(title[:31])}" sheetId="1" r:id="rId1"/></sheets></workbook>'
    )


def _styles() -> str:
    formats = "".join(
        f'<numFmt numFmtId="{164 + number}" formatCode="{code}"/>'
        for number, code in enumerate(_FORMATS)
    )
    numbers = "".join(
        f'<xf numFmtId="{164 + number}" fontId="0" fillId="0" borderId="0" xfId="0" '
        'applyNumberFormat="1"/>'
        for number in range(len(_FORMATS))
    )
    usual = 'fillId="0" borderId="0" xfId="0"'
    return (
        f'{_XML}<styleSheet {_MAIN}><numFmts count="{len(_FORMATS)}">{formats}</numFmts>'
        '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
        '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
        '<fills count="2"><fill><patternFill patternType="none"/></fill>'
        '<fill><patternFill patternType="gray125"/></fill></fills>'
        '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>'
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{_FIRST_NUMBER + len(_FORMATS)}">'
        f'<xf numFmtId="0" fontId="0" {usual}/>'
        f'<xf numFmtId="49" fontId="0" {usual} applyNumberFormat="1" quotePrefix="1"/>'
        f'<xf numFmtId="0" fontId="1" {usual} applyFont="1"/>{numbers}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    )


def _sheet(columns: Sequence[Column], rows: Iterable[Row]) -> Iterator[bytes]:
    head = "".join(_text(column.name, _HEAD) for column in columns)
    yield (
        f'{_XML}<worksheet {_MAIN}><sheetViews><sheetView workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        f"</sheetView></sheetViews><sheetData><row>{head}</row>"
    ).encode()
    for row in rows:
        cells = "".join(_cell(cell_of(row, column), column) for column in columns)
        yield f"<row>{cells}</row>".encode()
    yield b"</sheetData></worksheet>"


def _cell(cell: Cell, column: Column) -> str:
    if cell is None or cell == "":
        return "<c/>"
    if isinstance(cell, str) and not column.is_measured:
        return _text(cell, _QUOTED if may_be_formula(cell) else _PLAIN)
    text = text_of(cell)
    style = None if isinstance(cell, bool) else _number_style(text)
    if style is None:
        return _text(text, _QUOTED if may_be_formula(text) else _PLAIN)
    return f'<c s="{style}"><v>{text}</v></c>'


def _number_style(text: str) -> int | None:
    """The style that shows ``text`` as written; None where a float would not hold it."""
    read = NUMBER.fullmatch(text)
    if read is None or read[1]:
        return None
    digits = Decimal(read[2]).as_tuple().digits
    mantissa, exponent, _ = read[2].upper().partition("E")
    places = len(mantissa.partition(".")[2])
    # Of 98.20 all four digits were measured, of 0.0020 two count towards what a float holds.
    if len(digits) > DIGITS or places >= DIGITS:
        return None
    return _FIRST_NUMBER + places + (DIGITS if exponent else 0)


def _text(text: str, style: int) -> str:
    if len(text) > LONGEST_TEXT:
        note = f" [cut: {len(text)} characters; the whole is in CSV and JSON Lines]"
        text = text[: LONGEST_TEXT - len(note)] + note
    return f'<c t="inlineStr" s="{style}"><is><t xml:space="preserve">{_escaped(text)}</t></is></c>'


def _escaped(text: str) -> str:
    text = _ESCAPED.sub(lambda found: f"_x{ord(found[0]):04X}_", text)
    for sign, name in (("&", "amp"), ("<", "lt"), (">", "gt"), ('"', "quot")):
        text = text.replace(sign, f"&{name};")
    return text
