"""Pages by keyset: an opaque signed cursor in, a page and a Link to the next one out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import F, QuerySet, Value
from rest_framework.request import Request

from products.api.errors import InvalidCursorError
from products.domain.errors import InvalidValueError
from products.queries.keyset import RowComparison

PAGE_SIZE = 100
LARGEST_PAGE = 500
CURSOR, SIZE = "cursor", "page_size"

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Keyset:
    """The order of a list: unique together, all in one direction. ``name`` salts its cursors."""

    name: str
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


def read_page(request: Request, rows: QuerySet[Any, Row], keyset: Keyset) -> Page[Row]:
    """The page of ``rows`` that the request asks for.

    Raises:
        InvalidCursorError: the cursor was not made by this server for this list.
        InvalidValueError: the page size is not a number from 1 to `LARGEST_PAGE`.
    """
    return read_merged_page(request, (rows,), keyset)


def read_merged_page(
    request: Request, parts: Sequence[QuerySet[Any, Row]], keyset: Keyset
) -> Page[Row]:
    """`read_page` of searches that have no row in common, each with an index of its own."""
    size = page_size(request)
    cursor = request.query_params.get(CURSOR, "")
    if cursor:
        parts = [part.filter(_after(part, keyset, cursor)) for part in parts]
    found = [row for part in parts for row in part.order_by(*keyset.order)[: size + 1]]
    if len(parts) > 1:
        found.sort(key=attrgetter(*keyset.fields), reverse=keyset.descending)
    if len(found) <= size:
        return Page(found, None)
    return Page(found[:size], _next_address(request, keyset, found[size - 1]))


def page_size(request: Request) -> int:
    """Raises InvalidValueError when it is not a number from 1 to `LARGEST_PAGE`."""
    text = request.query_params.get(SIZE, str(PAGE_SIZE))
    if not (text.isascii() and text.isdigit() and len(text) <= 3):  # noqa: PLR2004  # 500 has three
        raise InvalidValueError(f"The page size is a number up to {LARGEST_PAGE}.", field=SIZE)
    size = int(text)
    if not 1 <= size <= LARGEST_PAGE:
        raise InvalidValueError(f"A page has 1 to {LARGEST_PAGE} rows, not {size}.", field=SIZE)
    return size


def _after(rows: QuerySet[Any, Row], keyset: Keyset, cursor: str) -> RowComparison:
    fields = [rows.model._meta.get_field(name) for name in keyset.fields]  # noqa: SLF001  # documented
    try:
        texts = signing.loads(cursor, salt=f"cursor.{keyset.name}")
        values = [field.to_python(text) for field, text in zip(fields, texts, strict=True)]
    except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
        raise InvalidCursorError(
            "This cursor was not made by this list. Begin at the first page, and follow the links "
            "as they are."
        ) from error
    return RowComparison(
        [F(name) for name in keyset.fields],
        "<" if keyset.descending else ">",
        [Value(value, output_field=field) for value, field in zip(values, fields, strict=True)],
    )


def _next_address(request: Request, keyset: Keyset, last: object) -> str:
    key = [
        str(last[name] if isinstance(last, dict) else getattr(last, name)) for name in keyset.fields
    ]
    query = request.query_params.copy()
    query[CURSOR] = signing.dumps(key, salt=f"cursor.{keyset.name}")
    address: str = request.build_absolute_uri(request.path)
    return f"{address}?{query.urlencode()}"
