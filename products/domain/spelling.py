"""Numbers, hashes and bytes as notes, checkpoints and proofs spell them: in one way each."""

from __future__ import annotations

import base64
import binascii
import re

from products.domain.errors import NoteError
from products.domain.merkle import HASH_BYTES

SIZE_LIMIT = 2**63
_NUMBER = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def parse_number(text: str) -> int:
    """A size or an index: decimal digits, no sign and no leading zero, below 2**63.

    Raises:
        NoteError: anything else.
    """
    if not _NUMBER.fullmatch(text) or int(text) >= SIZE_LIMIT:
        raise NoteError("A size or index has to be a decimal number without leading zeros.")
    return int(text)


def parse_hash(text: str) -> bytes:
    """A hash from its base64.

    Raises:
        NoteError: not the base64 of 32 bytes.
    """
    content = from_base64(text)
    if len(content) != HASH_BYTES:
        raise NoteError(f"A hash has to have {HASH_BYTES} bytes.")
    return content


def to_base64(content: bytes) -> str:
    return base64.b64encode(content).decode()


def from_base64(text: str) -> bytes:
    """Standard base64 with padding, as one line, its unused bits zero.

    Raises:
        NoteError: anything else.
    """
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise NoteError("Not base64.") from error
    if to_base64(content) != text:
        raise NoteError("Base64 that is not written in its one way.")
    return content
