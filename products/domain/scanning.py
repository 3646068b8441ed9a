"""What was typed or scanned into a box, as the number that it stands for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from products.domain.errors import InvalidValueError
from products.domain.identifiers import check_donor_code

GROUP_SEPARATOR = "\x1d"
# ISO/IEC 15424: a bracket, the symbology, a modifier.
_SYMBOLOGY = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_OF_GS1 = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
_PRINTED_LOT = re.compile(r"\(10\)([^(]+)")
_PRINTED = re.compile(r"\([0-9]{2,4}\)")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LOT = "10"
# GS1 General Specifications, element strings of predefined length: characters with the identifier.
_LENGTHS: Mapping[str, int] = {
    "00": 20,
    "01": 16,
    "02": 16,
    "03": 16,
    "04": 18,
    "20": 4,
    "41": 16,
    **{str(day): 8 for day in range(11, 20)},
    **{str(measure): 10 for measure in range(31, 37)},
}


def number_in(scanned: str) -> str:
    """The number in what was typed or scanned; empty when there is none.

    Space around it, control characters and the symbology identifier of a scanner go. Of a GS1
    element string, scanned or as printed with its identifiers in parentheses, the lot number
    (identifier 10) remains; one without a lot number stays as it is.
    """
    text = scanned.strip()
    symbology = _SYMBOLOGY.match(text)
    if symbology:
        text = text[symbology.end() :]
    if _PRINTED.match(text):
        printed = _PRINTED_LOT.search(text)
        text = printed[1] if printed else text
    elif symbology and symbology[0] in _OF_GS1:
        text = _lot_of_elements(text) or text
    return _CONTROL.sub("", text).strip()


def in_capitals(number: str) -> str:
    """In upper case letter by letter, as the database compares numbers: an ``ß`` stays one."""
    return "".join(capital if len(capital := letter.upper()) == 1 else letter for letter in number)


def donor_code_in(number: str) -> str:
    """The donor code that ``number`` is, however it was scanned; else ``number`` in capitals."""
    try:
        return check_donor_code(number)
    except InvalidValueError:
        return in_capitals(number)


def _lot_of_elements(text: str) -> str:
    """Empty when no element is a lot number."""
    while text:
        if text.startswith(GROUP_SEPARATOR):
            text = text[1:]
            continue
        identifier = text[:2]
        if identifier == _LOT:
            return text[2:].partition(GROUP_SEPARATOR)[0]
        length = _LENGTHS.get(identifier)
        text = text[length:] if length else text.partition(GROUP_SEPARATOR)[2]
    return ""
