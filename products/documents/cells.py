r"""What stands in the cells of a table that is made of nested records.

A member of a nested object has a column of its own, named by the way to it (``expires.on``). Of a
list each value stands on its own line of the cell, those of one object on the same line in every
column (``blocks.code``, ``blocks.message``); a line break inside such a value is written ``\n``
and a backslash ``\\``. What is nested deeper than that is JSON text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from products.domain.measurements import NUMBER

Plain: TypeAlias = "str | int | float | bool | list[Plain] | dict[str, Plain] | None"
Row = Mapping[str, Plain]
Cell = str | int | float | bool | None

# OWASP, "CSV injection": with these a spreadsheet begins a formula, or skips to where one begins.
# The wide forms are read as the narrow ones in some languages.
BEGINS_FORMULA = re.compile("[=+\\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")


@dataclass(frozen=True, slots=True)
class Column:
    """``path``: the members that lead to the value. ``is_measured``: its text is a number as
    entered, where it is one.
    """

    path: tuple[str, ...]
    is_measured: bool = False

    @property
    def name(self) -> str:
        return ".".join(self.path)


def cell_of(row: Row, column: Column) -> Cell:
    """None where there is no value, also in a list without one."""
    found = _found(dict(row), column.path)
    if isinstance(found, list):
        return "\n".join(_line(item) for item in found) if found else None
    return json_text(found) if isinstance(found, dict) else found


def may_be_formula(text: str) -> bool:
    """Whether a spreadsheet might take ``text`` for a formula. A negative number is none."""
    return bool(BEGINS_FORMULA.match(text)) and not NUMBER.fullmatch(text)


def text_of(cell: Cell) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    return "" if cell is None else str(cell)


def json_text(value: Plain | Row) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _found(value: Plain, path: tuple[str, ...]) -> Plain:
    if not path or value is None:
        return value
    if isinstance(value, list):
        return [_found(item, path) for item in value]
    return _found(value.get(path[0]), path[1:]) if isinstance(value, dict) else None


def _line(value: Plain) -> str:
    if isinstance(value, list | dict):
        return json_text(value)
    return text_of(value).replace("\\", "\\\\").replace("\r", "\\r").replace("\n", "\\n")
