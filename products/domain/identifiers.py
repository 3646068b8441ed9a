"""Donor codes: made for tracking, and never a person's name, birth date or record number.

21 CFR 1271.290(c) forbids names, social security numbers and medical record numbers in the code.
A refusal never repeats what was typed, as that may be exactly such a thing.
"""

from __future__ import annotations

import re
from datetime import date

from products.domain.errors import InvalidValueError

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ*"
_DIN_PRINTED = re.compile(
    r"(?P<facility>[A-NP-Z1-9][0-9]{4}) ?(?P<year>[0-9]{2}) ?(?P<serial>[0-9]{6})"
    r"(?: ?(?P<check>[0-9A-Z*]))?"
)
_DIN_SCANNED = re.compile(r"=(?P<din>[A-NP-Z1-9][0-9]{12})(?P<flags>[0-9]{2})")
_SITE_CODE = re.compile(r"[A-Z0-9]+(-[A-Z0-9]+)*")
_PERSONAL_WORD = re.compile(
    r"JAN|FEB|MAR|APR|MAY|JUN|JUL|AUG|SEPT?|OCT|NOV|DEC"
    r"|MRS?|MS|DR|NAME|DOB|MRN|SSN|SIN|NHS|PID|PAT|HN|ICN|TEL|FAX"
)
_LONG_WORDS = frozenset({"DONOR", "CORD", "PLACENTA", "AMNION", "TISSUE", "SITE", "BANK"})
_NAME_LENGTH = 4
_RECORD_NUMBER_LENGTH = 7


def check_donor_code(text: str) -> str:
    """The donor code in upper case: an ISBT 128 donation number or a code of the site.

    A donation number may be typed with the spaces and the check character printed beside it, or
    come from a scanner with its data identifier and flags; it is kept as its 13 characters. A code
    of the site has 4 to 20 letters and digits, in groups joined by hyphens, at least three digits
    and a letter: ``D-0042``, ``UC-D0017``.

    Raises:
        InvalidValueError: it is neither, or could name a person.
    """
    code = text.strip(" ")
    if not code:
        raise _refused("A donor needs a code.")
    if len(code) > 20:  # noqa: PLR2004 - stated above
        raise _refused("A donor code has at most 20 characters.")
    if not code.isascii() or not code.isprintable():
        raise _refused("A donor code has only the letters A to Z, digits and hyphens.")
    code = code.upper()
    return _donation_number(code) or _site_code(code)


def isbt128_checksum(din: str) -> int:
    """The ISO 7064 modulus 37-2 checksum (0 to 36) of a donation identification number.

    Raises:
        InvalidValueError: it is not 13 characters of A to Z, 0 to 9.
    """
    if not re.fullmatch(r"[0-9A-Z]{13}", din):
        raise _refused("A donation identification number has 13 letters and digits.")
    weighted = sum(_ALPHABET.index(char) << place for place, char in enumerate(din[::-1], 1))
    return (38 - weighted) % 37


def isbt128_check_character(din: str) -> str:
    """The character printed boxed after the number, for checking what was typed."""
    return _ALPHABET[isbt128_checksum(din)]


def isbt128_flag_type3(din: str) -> int:
    """The two flag digits of a barcode that carry the checksum (type 3): 60 to 96."""
    return 60 + isbt128_checksum(din)


def _donation_number(code: str) -> str:
    """The 13 characters when ``code`` is a donation number, else empty."""
    if scanned := _DIN_SCANNED.fullmatch(code):
        din, flags = scanned["din"], int(scanned["flags"])
        if flags not in {0, isbt128_flag_type3(din)}:
            raise _refused("The flags of the scanned donation number do not match it. Scan again.")
        return din
    if printed := _DIN_PRINTED.fullmatch(code):
        din = printed["facility"] + printed["year"] + printed["serial"]
        if printed["check"] not in {None, isbt128_check_character(din)}:
            raise _refused("The check character of the donation number does not match it.")
        return din
    return ""


def _site_code(code: str) -> str:
    if not _SITE_CODE.fullmatch(code) or len(code) < 4:  # noqa: PLR2004 - see check_donor_code
        raise _refused(
            "A donor code is an ISBT 128 donation number, or 4 to 20 letters and digits in groups "
            "joined by hyphens, such as D-0042."
        )
    words, numbers = re.findall(r"[A-Z]+", code), re.findall(r"[0-9]+", code)
    if not words or len("".join(numbers)) < 3:  # noqa: PLR2004 - see check_donor_code
        raise _refused("A donor code of the site has a letter and at least three digits.")
    if any(_PERSONAL_WORD.fullmatch(word) for word in words):
        raise _refused("The donor code looks like a date or the number of a personal record.")
    if any(len(word) >= _NAME_LENGTH and word not in _LONG_WORDS for word in words):
        raise _refused("The donor code looks like a name. Use at most three letters in a row.")
    if any(_is_personal_number(number) for number in numbers) or _has_parted_number(code):
        raise _refused(
            "The donor code looks like a date, a telephone number, or the number of a personal "
            "record such as a social security number."
        )
    return code


def _is_personal_number(digits: str) -> bool:
    """Long as a record number, or six digits that read as a date in any usual order."""
    if len(digits) >= _RECORD_NUMBER_LENGTH:
        return True
    if len(digits) != len("260131"):
        return False
    first, second, third = int(digits[:2]), int(digits[2:4]), int(digits[4:])
    orders = ((first, second, third), (third, second, first), (third, first, second))
    return any(_is_date(2000 + year, month, day) for year, month, day in orders)


def _has_parted_number(code: str) -> bool:
    """Whether three groups of digits read as a date, a social security or a telephone number."""
    groups = code.split("-")
    for parts in zip(groups, groups[1:], groups[2:], strict=False):
        if not all(part.isdigit() for part in parts):
            continue
        lengths = tuple(len(part) for part in parts)
        if lengths in {(3, 2, 4), (3, 3, 4)}:
            return True
        if not set(lengths) <= {1, 2, 4}:
            continue
        first, second, third = (int(part) for part in parts)
        orders = ((first, second, third), (third, second, first), (third, first, second))
        if any(_is_date(year, month, day) for year, month, day in orders):
            return True
    return False


def _is_date(year: int, month: int, day: int) -> bool:
    """Whether they are a day of the calendar; a year of two digits is one of this century."""
    try:
        date(2000 + year if year < 100 else year, month, day)  # noqa: PLR2004 - two digits
    except ValueError:
        return False
    return True


def _refused(message: str) -> InvalidValueError:
    return InvalidValueError(message, code="donor_code_refused", field="code")
