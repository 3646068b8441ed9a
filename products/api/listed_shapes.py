"""Shapes of lists: whole rows, rows of some fields, and both as of an instant."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Any

from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers

from products.api.exports import PACK, ZIP, Format
from products.api.filters import Asked
from products.api.listing import (
    COUNT,
    EXPAND,
    FIELDS,
    LARGEST_COUNT,
    LARGEST_EXPANDED,
    ORDER,
    Listing,
    Shown,
)
from products.api.pagination import CURSOR, LARGEST_PAGE, PAGE_SIZE, SIZE
from products.api.past_shapes import NowOrThen, PastShape, any_of, changed, past
from products.api.surface import FORMAT

Shape = type[serializers.Serializer[Any]]


class CountShape(serializers.Serializer[None]):
    rows = serializers.IntegerField(help_text="In the whole list, at most as many as asked for.")
    more = serializers.BooleanField(help_text="There are more than that.")


def page_of(listing: Listing, *, has_past: bool) -> NowOrThen:
    """A page, of now or, where it ``has_past``, as of an instant."""
    rows = _rows(listing)
    shapes = [_page(row, past=False) for row in rows]
    if has_past:
        shapes += [_page(past(row, listing.never_past), past=True) for row in rows]
    return any_of(f"{_name(listing.shape)}Pages", shapes)


def record_of(shown: Shown, *, has_past: bool) -> NowOrThen:
    """One record, whole or of some fields."""
    shapes = list(_rows(shown))
    if has_past:
        shapes += [_as_of(past(row, shown.never_past)) for row in _rows(shown)]
    return any_of(f"{_name(shown.shape)}NowOrThen", shapes)


def parameters_of(listing: Listing) -> list[OpenApiParameter]:
    """What a list can be asked."""
    orders = list(listing.orders)
    return [
        *(
            OpenApiParameter(
                name,
                _values(found),
                description=f"{found.extra.get('help_text', '')}"
                + (" Several values: one of them." if found.takes_several else ""),
            )
            for name, found in listing.filters.base_filters.items()
        ),
        OpenApiParameter(ORDER, str, description=f"{orders[0]} unless told.", enum=orders),
        *parameters_of_one(listing),
        OpenApiParameter(
            COUNT,
            int,
            description="Adds `count`: how many rows the whole list has, counted up to this "
            f"number, which is at most {LARGEST_COUNT}.",
        ),
        OpenApiParameter(
            FORMAT,
            str,
            description="The whole list as a file, without cursor, page_size and count.",
            enum=list(Format),
        ),
        OpenApiParameter(
            PACK,
            str,
            description="With a format: a ZIP of the file, its SHA-256, and what was asked.",
            enum=[ZIP],
        ),
        OpenApiParameter(
            CURSOR,
            {"type": "string", "minLength": 1},
            description="From the link to the next page, as it is.",
        ),
        OpenApiParameter(
            SIZE,
            int,
            description=f"Rows of a page; {PAGE_SIZE} unless told, at most {LARGEST_PAGE}"
            + (f", with `expand` {LARGEST_EXPANDED}." if listing.expansions else "."),
        ),
    ]


def _values(asked: Asked) -> dict[str, Any]:
    """What a filter takes: words of a list, or any text that is not empty."""
    words = sorted(value for value, _ in asked.choices)
    one = {"type": "string"} | ({"enum": words} if words else {"minLength": 1})
    return {"type": "array", "items": one} if asked.takes_several else one


def parameters_of_one(shown: Shown) -> list[OpenApiParameter]:
    """What of a record is shown."""
    fields = OpenApiParameter(
        FIELDS,
        _some_of(shown.fields),
        description=f"Only these, with commas between them: {', '.join(shown.fields)}.",
    )
    if not shown.expansions:
        return [fields]
    expand = OpenApiParameter(
        EXPAND,
        _some_of(shown.expansions),
        description=f"These too, with commas between them: {', '.join(shown.expansions)}.",
    )
    return [fields, expand]


def _some_of(words: Iterable[str]) -> dict[str, Any]:
    """One or more of the words, with commas between them."""
    one = f"({'|'.join(words)})"
    return {"type": "string", "pattern": f"^{one}(,{one})*$"}


def _rows(shown: Shown) -> tuple[Shape, Shape]:
    """The shape of a whole row, and of one that has some fields of it."""
    return _whole(shown), _cut(shown)


_known: dict[tuple[str, Shape], Shape] = {}


def _whole(shown: Shown) -> Shape:
    """With what may be expanded in it."""
    if not shown.expansions:
        return shown.shape
    return _made(f"{_name(shown.shape)}ExpandedShape", shown.shape, shown, is_cut=False)


def _cut(shown: Shown) -> Shape:
    return _made(f"{_name(shown.shape)}OfFieldsShape", shown.shape, shown, is_cut=True)


def _made(name: str, shape: Shape, shown: Shown, *, is_cut: bool) -> Shape:
    if (name, shape) not in _known:
        declared = shape._declared_fields  # noqa: SLF001  # not yet bound
        fields = {
            field: changed(of, required=False) if is_cut else of for field, of in declared.items()
        }
        fields |= {field: changed(of, required=False) for field, of in shown.expansions.items()}
        _known[name, shape] = type(name, (serializers.Serializer,), fields)
    return _known[name, shape]


@cache
def _page(row: Shape, *, past: bool) -> Shape:
    fields = {
        "results": row(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="Address of the next page; also in the Link header."
        ),
        "count": CountShape(required=False, help_text="With the parameter `count`."),
    }
    base = PastShape if past else serializers.Serializer
    return type(f"{_name(row)}PageShape", (base,), fields)


@cache
def _as_of(row: Shape) -> Shape:
    return type(f"{_name(row)}AnswerShape", (PastShape,), dict(row._declared_fields))  # noqa: SLF001  # not yet bound


def _name(shape: Shape) -> str:
    return shape.__name__.removesuffix("Shape")
