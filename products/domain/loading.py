"""The facts of a lot, read back from what `canonical_bytes` wrote of them.

Whoever has the facts as a file can judge the lot as this product does, or look whether it did.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from products.domain.errors import InvalidValueError
from products.domain.facts import LotFacts

_READERS: Mapping[type, Callable[[str], object]] = {
    datetime: datetime.fromisoformat,
    date: date.fromisoformat,
}


def lot_facts_from(content: bytes) -> LotFacts:
    """Raises InvalidValueError when ``content`` is not the facts of a lot, whole and no more."""
    try:
        found = _read(LotFacts, json.loads(content))
    except (ValueError, TypeError) as error:
        raise InvalidValueError(f"These are not the facts of a lot: {error}") from error
    assert isinstance(found, LotFacts)
    return found


def _read(kind: Any, value: Any) -> object:
    """``value`` as a ``kind``. Raises TypeError or ValueError where it is none."""
    if isinstance(kind, type) and is_dataclass(kind):
        return _read_fields(kind, value)
    if isinstance(kind, UnionType):
        (inner,) = (each for each in get_args(kind) if each is not NoneType)
        return None if value is None else _read(inner, value)
    if get_origin(kind) in {tuple, frozenset}:
        return _read_several(kind, value)
    if kind in _READERS:
        return _READERS[kind](value)
    if issubclass(kind, Enum):
        return kind(value)
    if type(value) is not kind:
        raise TypeError(f"{str(value)[:40]!r} is no {kind.__name__}")
    return value


def _read_fields(kind: type, value: Any) -> object:
    hints = _hints(kind)
    if not isinstance(value, dict) or set(value) != set(hints):
        raise TypeError(f"{kind.__name__} has the members {', '.join(hints)}")
    return kind(**{name: _read(hint, value[name]) for name, hint in hints.items()})


def _read_several(kind: Any, value: Any) -> object:
    if not isinstance(value, list):
        raise TypeError(f"{str(value)[:40]!r} is no list")
    inner = get_args(kind)
    if get_origin(kind) is frozenset:
        return frozenset(_read(inner[0], each) for each in value)
    if inner[-1] is ...:
        return tuple(_read(inner[0], each) for each in value)
    return tuple(_read(each, of) for each, of in zip(inner, value, strict=True))


def _hints(kind: Any) -> dict[str, Any]:
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
