"""One byte string per value: what is hashed and signed is always written in the same way.

JSON in UTF-8, keys in the order of their code points, no spaces. A lone surrogate, which UTF-8
cannot carry, is written as its JSON escape.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID


def canonical_bytes(value: object) -> bytes:
    """``value`` as canonical JSON; decimals keep their digits, instants are UTC with six digits.

    Raises:
        TypeError: a type that has no single spelling, such as a float, a set, or a datetime
            without zone.
    """
    text = json.dumps(_spelled(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _spelled(value: object) -> object:
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, Mapping):
        return {_key(key): _spelled(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_spelled(item) for item in value]
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A key of type {type(key).__name__} has no canonical form.")
    return key


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("An instant without time zone has no canonical form.")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
