"""Shapes of records as they stood: those of the present, in which whatever is unknown is null."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.serializers import PolymorphicProxySerializerExtension
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, PolymorphicProxySerializer
from rest_framework import serializers

from products.api.surface import AS_OF

Shape = type[serializers.Serializer[Any]]

PARAMETER = OpenApiParameter(
    AS_OF,
    OpenApiTypes.DATETIME,
    description="An instant with its offset from UTC (RFC 3339; `+` in an address is `%2B`): the "
    "records as they stood under the last checkpoint at or before it, which the answer names. What "
    "an older record does not have is null. 400 `invalid_instant` when it is written in another "
    "way, 409 `not_sealed_yet` when it is later than the last seal, 404 `before_first_checkpoint` "
    "when it is earlier than the first.",
    examples=[
        OpenApiExample("UTC", value="2026-11-30T19:00:00Z"),
        OpenApiExample("With an offset", value="2026-11-30T14:00:00-05:00"),
    ],
)


class SealShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Entries of the trail that the answer rests on.")
    sealed_at = serializers.DateTimeField()


class PastShape(serializers.Serializer[None]):
    as_of = serializers.DateTimeField(help_text="The instant that was asked for.")
    checkpoint = SealShape(help_text="The last seal at or before it, which answers.")


class NowOrThen(PolymorphicProxySerializer):
    """An answer of now or of then. One of then may have the shape of now as well."""


class NowOrThenExtension(PolymorphicProxySerializerExtension):  # type: ignore[no-untyped-call]  # its metaclass
    target_class = "products.api.past_shapes.NowOrThen"
    priority = 1

    def map_serializer(self, auto_schema: AutoSchema, direction: Any) -> dict[str, Any]:
        described = super().map_serializer(auto_schema, direction)  # type: ignore[no-untyped-call]  # it has no types
        return {"anyOf": described["oneOf"]}


def now_or_then(shape: Shape, past: Shape) -> NowOrThen:
    name = f"{shape.__name__.removesuffix('Shape')}NowOrThen"
    return NowOrThen(component_name=name, serializers=[shape, past], resource_type_field_name=None)


@cache
def as_of(shape: Shape) -> Shape:
    """The shape of the whole answer as of an instant, which names its seal."""
    name = f"{shape.__name__.removesuffix('Shape')}AsOfShape"
    return type(name, (PastShape,), _nullable(shape))


@cache
def past_page_of(row: Shape) -> Shape:
    name = f"{row.__name__.removesuffix('Shape')}PageAsOfShape"
    fields = {
        "results": _past(row)(many=True),
        "next": serializers.CharField(
            allow_null=True, help_text="Address of the next page, as of the same instant."
        ),
    }
    return type(name, (PastShape,), fields)


@cache
def _past(shape: Shape) -> Shape:
    return type(f"Past{shape.__name__}", (serializers.Serializer,), _nullable(shape))


def _nullable(shape: Shape) -> dict[str, Any]:
    return {
        name: _or_null(field)
        for name, field in shape._declared_fields.items()  # noqa: SLF001  # not yet bound
    }


def _or_null(field: serializers.Field[Any, Any, Any, Any]) -> Any:
    help_text = field.help_text
    if isinstance(field, serializers.ListSerializer):
        row: Any = type(field.child)
        return _past(row)(many=True, allow_null=True, help_text=help_text)
    if isinstance(field, serializers.Serializer):
        return _past(type(field))(allow_null=True, help_text=help_text)
    nullable = deepcopy(field)
    # What the framework makes its copies from.
    nullable._kwargs["allow_null"] = True  # type: ignore[attr-defined]  # noqa: SLF001  # ditto
    return nullable
