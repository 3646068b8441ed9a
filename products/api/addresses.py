"""Names of records in addresses."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import quote

from django.urls import get_script_prefix, reverse

# In no name of ours; `reverse` leaves it as it is.
_MARK = "0123456789abcdef"
# RFC 3986, 3.3: what stands in a path as it is.
_SAFE = "!$&'()*+,;=/~:@"
_PLAIN = re.compile("[A-Za-z0-9._-]*")


class RecordName:
    """A number or code in one step of a path. A slash in it is written as a tilde.

    Lot numbers may contain slashes, and no server hands on an encoded one unharmed; a tilde is in
    no number.
    """

    regex = r"[^/\x00-\x1f\x7f]+"

    def to_python(self, value: str) -> str:
        return value.replace("~", "/")

    def to_url(self, value: str) -> str:
        return str(value).replace("/", "~")


class SmallNumber:
    """A version or a hold's number; longer ones than the database counts to are no address."""

    regex = r"[0-9]{1,9}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


def in_path(name: str) -> str:
    """A number or code as `reverse` writes it."""
    return name if _PLAIN.fullmatch(name) else quote(RecordName().to_url(name), safe=_SAFE)


def around(pages: tuple[str, ...]) -> list[tuple[str, str]]:
    """What `reverse` writes before the name of a record and after it, for each of its ``pages``:
    for lists, which name many records.
    """
    return _around(pages, get_script_prefix())


@lru_cache(maxsize=64)
def _around(pages: tuple[str, ...], prefix: str) -> list[tuple[str, str]]:
    """``prefix`` is a part of what `reverse` gives."""
    parts = (reverse(page, args=[_MARK]).partition(_MARK) for page in pages)
    return [(before, after) for before, _, after in parts]
