"""One byte string per value: what is hashed and signed is always written in the same way.

JSON in UTF-8, keys in the order of their code points, no spaces. A lone surrogate, which UTF-8
cannot carry, is written as its JSON escape.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from types import UnionType
from typing import Any
from uuid import UUID


def canonical_bytes(value: object) -> bytes:
    """``value`` as canonical JSON; decimals keep their digits, instants are UTC with six digits.

    Dataclasses are written as mappings of their fields, frozen sets as sorted lists.

    Raises:
        TypeError: a type that has no single spelling, such as a float, a set that may change, or a
            datetime without zone.
    """
    text = json.dumps(_spelled(value), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return text.encode("utf-8", "backslashreplace")


def sha256_hex(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


AS_THEY_ARE = frozenset({type(None), bool, int, str})
"""Exact types that JSON spells in one way only: most values are of one of them."""

_SPELLERS: dict[type, Callable[[Any], object]] = {}
"""How values of each type are spelled, found once. A lot holds thousands of values, and is judged
with every change.
"""


def _spelled(value: object) -> object:
    kind = type(value)
    if kind in AS_THEY_ARE:
        return value
    if kind not in _SPELLERS:
        _SPELLERS[kind] = _speller_of(kind)
    return _SPELLERS[kind](value)


def _speller_of(kind: type) -> Callable[[Any], object]:
    for base, speller in _SPELLERS_BY_BASE:
        if issubclass(kind, base):
            return speller
    if is_dataclass(kind):
        return partial(_spelled_fields, tuple(sorted(field.name for field in fields(kind))))
    raise TypeError(f"{kind.__name__} has no canonical form.")


def _as_it_is(value: object) -> object:
    return value


def _spelled_mapping(value: Mapping[object, object]) -> dict[str, object]:
    return {_key(key): _spelled(item) for key, item in value.items()}


def _spelled_list(value: Iterable[object]) -> list[object]:
    return [_spelled(item) for item in value]


def _spelled_set(value: frozenset[Any]) -> list[object]:
    return _spelled_list(sorted(value))


def _spelled_fields(names: tuple[str, ...], value: object) -> dict[str, object]:
    return {
        name: item if type(item := getattr(value, name)) in AS_THEY_ARE else _spelled(item)
        for name in names
    }


def _key(key: object) -> str:
    if not isinstance(key, str):
        raise TypeError(f"A key of type {type(key).__name__} has no canonical form.")
    return key


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise TypeError("An instant without time zone has no canonical form.")
    return value.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


_SPELLERS_BY_BASE: tuple[tuple[type | UnionType, Callable[[Any], object]], ...] = (
    (str | int, _as_it_is),
    (Mapping, _spelled_mapping),
    (list | tuple, _spelled_list),
    (frozenset, _spelled_set),
    (datetime, _instant),  # before date, of which it is one
    (date, date.isoformat),
    (Decimal | UUID, str),
)
