"""What every list does: filters, an order, fields, a bounded count, pages and their links.

`select` is what a list holds, `page_body` one page of it in the shape that is shown. Whoever gives
the same rows out in another form needs both, and nothing else of the noun.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.errors import UnknownChoiceError
from products.api.exports import (
    PACK,
    Export,
    Format,
    asked_form,
    columns_of,
    file_answer,
    refuse_more_rows_than_a_sheet,
)
from products.api.filters import Filters, NoFilters
from products.api.pagination import (
    CURSOR,
    LARGEST_PAGE,
    SIZE,
    Keyset,
    every_page,
    number_up_to,
    page_size,
    read_page,
)
from products.api.reach import bound_to, narrowed
from products.api.sending import begin_file
from products.api.surface import AS_OF, FORMAT, Body, only_parameters
from products.documents.xlsx_file import MOST_ROWS
from products.domain.errors import InvalidValueError
from products.queries.past import moment_read
from products.queries.selecting import counted_up_to

ORDER, FIELDS, EXPAND, COUNT = "order", "fields", "expand", "count"
LARGEST_COUNT = 10_000
# A page with what is expanded in it.
LARGEST_EXPANDED = 100

Row = TypeVar("Row")
Rows = QuerySet[Any, Row]
Lines = Callable[[QuerySet[Any, Any], Keyset, Sequence[str], datetime], Iterator[bytes]]
"""Rows in an order as the database writes CSV, of columns of these names, as of an instant."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is shown of a record. ``expansions``: what comes with it when it is asked for;
    ``never_past``: those of them that no past record has.
    """

    shape: type[serializers.Serializer[Any]]
    expansions: Mapping[str, serializers.BaseSerializer[Any]] = field(default_factory=dict)
    never_past: frozenset[str] = frozenset()

    @property
    def fields(self) -> tuple[str, ...]:
        return tuple(self.shape._declared_fields)  # noqa: SLF001  # not yet bound


@dataclass(frozen=True, slots=True)
class Listing(Shown):
    """A list: how its rows look, in which orders they come (the first unless told), and by what
    they are chosen. ``name`` tells it from the other lists. Where there are ``lines``, a file of
    all rows is written by the database.
    """

    name: str = field(kw_only=True)
    orders: Mapping[str, Keyset] = field(kw_only=True)
    filters: type[Filters] = NoFilters
    lines: Lines | None = None


@dataclass(frozen=True, slots=True)
class Selection(Generic[Row]):
    """The rows that a request asks for, in no order yet: searches that have none in common.
    ``now`` is the instant as of which they were chosen.
    """

    parts: Sequence[QuerySet[Any, Row]]
    order: str
    keyset: Keyset
    fields: frozenset[str]
    expanded: frozenset[str]
    now: datetime

    def cut(self, body: Body) -> Body:
        """``body`` with the fields that were asked for, and what is expanded."""
        kept = self.fields | self.expanded
        if body.keys() <= kept:
            return body
        return {name: value for name, value in body.items() if name in kept}


def by(name: str, *fields: str, newest_first: bool = False) -> dict[str, Keyset]:
    """Both directions of an order, the usual one first; ``-`` before a name is downwards."""
    up, down = {name: Keyset(fields)}, {f"-{name}": Keyset(fields, descending=True)}
    return down | up if newest_first else up | down


def newest(key: str = "id") -> dict[str, Keyset]:
    """In the order of recording."""
    return {"newest": Keyset((key,), descending=True), "oldest": Keyset((key,))}


def listed(
    request: Request,
    listing: Listing,
    rows: QuerySet[Any, Row],
    show: Callable[[list[Row]], list[Body]],
    *,
    now: datetime | None = None,
    split: Callable[[QuerySet[Any, Row]], Sequence[QuerySet[Any, Row]]] = lambda rows: [rows],
) -> Response:
    """One page of ``rows``, each as ``show`` makes it. ``now`` is the instant that is asked about.

    ``split`` takes the filtered rows apart where one search would not find them by an index.

    Raises:
        ValidationError: a filter's value cannot be read.
        UnknownChoiceError: there is no such order, field or expansion.
        InvalidValueError: a parameter that the list does not know, or one that is given twice.
        InvalidCursorError: as of `read_page`.
    """
    if FORMAT in request.query_params:
        return _whole(request, listing, rows, show, now=now, split=split)
    chosen = select(request, listing, rows, now=now, split=split)
    body = page_body(request, listing, chosen, show)
    response = Response(body)
    if body["next"]:
        response["Link"] = f'<{body["next"]}>; rel="next"'
    return response


def select(
    request: Request,
    listing: Listing,
    rows: QuerySet[Any, Row],
    *,
    now: datetime | None = None,
    split: Callable[[QuerySet[Any, Row]], Sequence[QuerySet[Any, Row]]] = lambda rows: [rows],
) -> Selection[Row]:
    """What the request asks for of the list, not read yet. Raises as `listed` does."""
    of_form = [PACK] if FORMAT in request.query_params else [CURSOR, SIZE, COUNT]
    known = [ORDER, FIELDS, *([EXPAND] if listing.expansions else []), FORMAT, *of_form]
    only_parameters(request, [*listing.filters.base_filters, *known])
    given_once(request, [*known, *listing.filters.single()])
    refuse_empty(request, listing.filters)
    order = request.query_params.get(ORDER, next(iter(listing.orders)))
    if order not in listing.orders:
        raise UnknownChoiceError.of(ORDER, [order], listing.orders)
    chosen = listing.filters(request.query_params, queryset=narrowed(request, rows))
    chosen.now = now or timezone.now()
    chosen.is_past = AS_OF in request.query_params
    if not chosen.is_valid():
        raise serializers.ValidationError(
            {
                name: [serializers.ErrorDetail(str(text), code="invalid_value") for text in texts]
                for name, texts in chosen.errors.items()
            }
        )
    return Selection(
        parts=split(_found(request, chosen)),
        order=order,
        keyset=listing.orders[order],
        fields=asked_fields(request, listing),
        expanded=asked_expansions(request, listing),
        now=chosen.now,
    )


def _found(request: Request, chosen: Filters) -> QuerySet[Any, Any]:
    """The rows that the filters choose. Whose token is bound to products does not learn from them
    who there is: nobody's rows are none.

    Raises:
        InvalidValueError: a filter names nobody.
    """
    try:
        found: QuerySet[Any, Any] = chosen.qs
    except InvalidValueError:
        if bound_to(request) is None:
            raise
        return chosen.queryset.none()  # type: ignore[no-any-return]  # it has no types
    return found


def page_body(
    request: Request,
    listing: Listing,
    chosen: Selection[Row],
    show: Callable[[list[Row]], list[Body]],
) -> Body:
    """One page, with the address of the next and the count if it is asked for."""
    size = page_size(request, LARGEST_EXPANDED if chosen.expanded else LARGEST_PAGE)
    name = f"{listing.name}.{chosen.order}"
    page = read_page(request, chosen.parts, chosen.keyset, name, size)
    body: Body = {"results": [chosen.cut(row) for row in show(page.rows)], "next": page.next}
    if COUNT in request.query_params:
        limit = number_up_to(LARGEST_COUNT, request.query_params[COUNT], COUNT)
        rows, is_more = counted_up_to(limit, chosen.parts)
        body[COUNT] = {"rows": rows, "more": is_more}
    return body


def _whole(
    request: Request,
    listing: Listing,
    rows: QuerySet[Any, Row],
    show: Callable[[list[Row]], list[Body]],
    *,
    now: datetime | None,
    split: Callable[[QuerySet[Any, Row]], Sequence[QuerySet[Any, Row]]],
) -> Response:
    """All rows as a file, from one look at the records. Raises as `listed` does."""
    with ExitStack() as opened:
        at = begin_file(request, opened)
        chosen = select(request, listing, rows, now=now, split=split)
        form, packed = asked_form(request)
        if form is Format.XLSX:
            found, is_more = counted_up_to(MOST_ROWS, chosen.parts)
            refuse_more_rows_than_a_sheet(found, is_more=is_more)
        size = LARGEST_EXPANDED if chosen.expanded else LARGEST_PAGE
        pages = (
            [chosen.cut(row) for row in show(page)]
            for page in every_page(chosen.parts, chosen.keyset, size)
        )
        columns = columns_of(
            {**listing.shape().fields, **listing.expansions}, chosen.fields | chosen.expanded
        )
        export = Export(listing.name, columns, at, moment_read(), form)
        return file_answer(  # type: ignore[return-value]  # any answer will do
            request, export, pages, opened, packed=packed, lines=_lines(listing, chosen, export)
        )


def _lines(listing: Listing, chosen: Selection[Row], export: Export) -> Iterator[bytes] | None:
    """None where rows have to be put together here: what is expanded, and the past."""
    if listing.lines is None or export.form is not Format.CSV or export.then or chosen.expanded:
        return None
    # The only cell of a row is written in quotes when it is empty, by one of both.
    if len(chosen.parts) > 1 or len(export.columns) == 1:
        return None
    names = [column.name for column in export.columns]
    return listing.lines(chosen.parts[0], chosen.keyset, names, chosen.now)


def only_shown(request: Request, shown: Shown) -> None:
    """For one record, which takes ``fields`` and ``expand`` alone. Raises as `listed` does."""
    known = [FIELDS, EXPAND] if shown.expansions else [FIELDS]
    only_parameters(request, known)
    given_once(request, known)
    asked_fields(request, shown)


def asked_fields(request: Request, shown: Shown) -> frozenset[str]:
    """All of them unless told. Raises UnknownChoiceError for a field that is not shown."""
    return _words_of(request, FIELDS, shown.fields) or frozenset(shown.fields)


def asked_expansions(request: Request, shown: Shown) -> frozenset[str]:
    """Raises UnknownChoiceError for what cannot be expanded."""
    return _words_of(request, EXPAND, shown.expansions)


def given_once(request: Request, names: Collection[str]) -> None:
    """Raises InvalidValueError for a parameter of which only the last would be seen."""
    for name in names:
        if len(request.query_params.getlist(name)) > 1:
            raise InvalidValueError(
                f"{name} is given more than once. It takes one value.",
                code="repeated_parameter",
                field=name,
            )


def refuse_empty(request: Request, filters: type[Filters]) -> None:
    """Raises ValidationError for a filter without a value, which would choose everything: such as
    that of a program whose variable was not set.
    """
    empty = [
        name
        for name in filters.base_filters
        if any(not value.strip() for value in request.query_params.getlist(name))
    ]
    if empty:
        raise serializers.ValidationError(
            {
                name: [
                    serializers.ErrorDetail(
                        f"{name} has no value. {filters.base_filters[name].takes} Leave it out to "
                        "choose by something else.",
                        code="invalid_value",
                    )
                ]
                for name in empty
            }
        )


def _words_of(request: Request, parameter: str, known: Collection[str]) -> frozenset[str]:
    if parameter not in request.query_params:
        return frozenset()
    asked = [word.strip() for word in request.query_params[parameter].split(",")]
    unknown = sorted({word for word in asked if word not in known})
    if unknown:
        raise UnknownChoiceError.of(parameter, unknown, known)
    return frozenset(asked)
