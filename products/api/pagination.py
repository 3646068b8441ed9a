"""Pages by keyset: an opaque signed cursor in, a page and a Link to the next one out."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar, cast

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, Field, QuerySet, Value
from rest_framework.request import Request

from products.api.errors import InvalidCursorError
from products.api.reach import bound_to
from products.domain.errors import InvalidValueError
from products.queries.keyset import RowComparison

PAGE_SIZE = 100
LARGEST_PAGE = 500
CURSOR, SIZE = "cursor", "page_size"
# What may differ between pages of one list: how much of it is shown, not which rows in which order.
OF_A_PAGE = frozenset({CURSOR, SIZE, "fields", "expand", "count"})

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Keyset:
    """An order of a list: ``fields`` are unique together, and all go in one direction.

    An index has them in this order, so that a page costs the same however deep it is.
    """

    fields: tuple[str, ...]
    descending: bool = False

    @property
    def order(self) -> list[str]:
        return [f"{'-' if self.descending else ''}{field}" for field in self.fields]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """``next`` is the address of the next page, None on the last."""

    rows: list[Row]
    next: str | None


def read_page(
    request: Request,
    parts: Sequence[QuerySet[Any, Row]],
    keyset: Keyset,
    name: str,
    size: int,
) -> Page[Row]:
    """The page of ``parts`` that the request asks for: searches that have no row in common, each
    with an index of its own.

    ``name`` tells this list in this order from others. A cursor is of it, of the address and of
    the filters that it was made under.

    Raises:
        InvalidCursorError: the cursor was made elsewhere, or under another order or other filters.
    """
    salt = f"cursor.{name}"
    if (cursor := request.query_params.get(CURSOR)) is not None:
        parts = [after(part, keyset, _key(request, part, keyset, salt, cursor)) for part in parts]
    found = _first(parts, keyset, size + 1)
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], _next_address(request, keyset, salt, found[size - 1]))


def every_page(
    parts: Sequence[QuerySet[Any, Row]], keyset: Keyset, size: int
) -> Iterator[list[Row]]:
    """All of ``parts``, ``size`` rows at a time, none of them kept."""
    found = _first(parts, keyset, size)
    while found:
        yield found
        if len(found) < size:
            return
        key = [_value(found[-1], name) for name in keyset.fields]
        found = _first([after(part, keyset, key) for part in parts], keyset, size)


def page_size(request: Request, largest: int = LARGEST_PAGE) -> int:
    """Raises InvalidValueError when it is not a number from 1 to ``largest``."""
    text = request.query_params.get(SIZE, str(min(PAGE_SIZE, largest)))
    return number_up_to(largest, text, SIZE)


def number_up_to(largest: int, text: str, parameter: str) -> int:
    """Raises InvalidValueError when ``text`` is not a number from 1 to ``largest``."""
    is_number = text.isascii() and text.isdigit() and len(text) <= len(str(largest))
    if not is_number or not 1 <= int(text) <= largest:
        raise InvalidValueError(
            f"{parameter} is a number from 1 to {largest}, not {text[:20]!r}.", field=parameter
        )
    return int(text)


def _first(parts: Sequence[QuerySet[Any, Row]], keyset: Keyset, number: int) -> list[Row]:
    """At least ``number`` rows where there are as many; of one part no more."""
    found = [row for part in parts for row in part.order_by(*keyset.order)[:number]]
    if len(parts) > 1:
        found.sort(key=attrgetter(*keyset.fields), reverse=keyset.descending)
    return found[:number]


def after(rows: QuerySet[Any, Row], keyset: Keyset, key: Sequence[Any]) -> QuerySet[Any, Row]:
    """The rows beyond the one with this ``key``, the values of the fields in their order."""
    fields = [_field(rows, name) for name in keyset.fields]
    return rows.filter(
        RowComparison(
            [F(name) for name in keyset.fields],
            "<" if keyset.descending else ">",
            [Value(value, output_field=field) for value, field in zip(key, fields, strict=True)],
        )
    )


def _key(
    request: Request, rows: QuerySet[Any, Row], keyset: Keyset, salt: str, cursor: str
) -> list[Any]:
    fields = [_field(rows, name) for name in keyset.fields]
    try:
        texts = signing.loads(cursor, salt=f"{salt}.{_selection(request)}")
        return [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
    except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
        raise InvalidCursorError(
            "This cursor was not made by this list under these filters and in this order. Begin "
            "at the first page, and follow the links as they are."
        ) from error


def _field(rows: QuerySet[Any, Row], name: str) -> Field[Any, Any]:
    annotated = rows.query.annotations.get(name)
    if annotated is not None:
        found: Field[Any, Any] = annotated.output_field
        return found
    return cast("Field[Any, Any]", rows.model._meta.get_field(name))  # noqa: SLF001  # documented


def _next_address(request: Request, keyset: Keyset, salt: str, last: object) -> str:
    key = [str(_value(last, name)) for name in keyset.fields]
    query = request.query_params.copy()
    query[CURSOR] = signing.dumps(key, salt=f"{salt}.{_selection(request)}")
    address: str = request.build_absolute_uri(request.path)
    return f"{address}?{query.urlencode()}"


def _value(row: object, name: str) -> Any:
    return row[name] if isinstance(row, dict) else getattr(row, name)


def _selection(request: Request) -> str:
    """Of the address and everything in it, and in the token, that decides which rows there are."""
    asked = sorted(
        (name, sorted(values))
        for name, values in request.query_params.lists()
        if name not in OF_A_PAGE
    )
    reach = [] if (codes := bound_to(request)) is None else [codes]
    return hashlib.sha256(repr((request.path, asked, *reach)).encode()).hexdigest()[:24]
