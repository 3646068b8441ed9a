"""Names of records in addresses."""

from __future__ import annotations


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
