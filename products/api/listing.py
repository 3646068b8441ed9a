"""What every list does: known parameters only, filters, one page, and the Link to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.filters import Filters
from products.api.pagination import CURSOR, SIZE, Keyset, read_page
from products.api.surface import Body, only_parameters

Row = TypeVar("Row")


def filtered(
    request: Request, filters: type[Filters], rows: QuerySet[Any, Row]
) -> QuerySet[Any, Row]:
    """``rows`` that meet the request's filters.

    Raises:
        ValidationError: a filter's value cannot be read.
        InvalidValueError: a parameter that no filter knows.
    """
    only_parameters(request, [*filters.base_filters, CURSOR, SIZE])
    chosen = filters(request.query_params, queryset=rows)
    if not chosen.is_valid():
        raise serializers.ValidationError(
            {
                name: [serializers.ErrorDetail(str(text), code="invalid_value") for text in texts]
                for name, texts in chosen.errors.items()
            }
        )
    found: QuerySet[Any, Row] = chosen.qs
    return found


def listed(
    request: Request,
    rows: QuerySet[Any, Row],
    keyset: Keyset,
    show: Callable[[list[Row]], list[Body]],
    filters: type[Filters] | None = None,
) -> Response:
    """One page of ``rows``, each as ``show`` makes it."""
    if filters is None:
        only_parameters(request, [CURSOR, SIZE])
    else:
        rows = filtered(request, filters, rows)
    page = read_page(request, rows, keyset)
    response = Response({"results": show(page.rows), "next": page.next})
    if page.next:
        response["Link"] = f'<{page.next}>; rel="next"'
    return response
