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
    return any_of(f"{shape.__name__.removesuffix('Shape')}NowOrThen", [shape, past])


def any_of(name: str, shapes: list[Shape]) -> NowOrThen:
    return NowOrThen(component_name=name, serializers=shapes, resource_type_field_name=None)


@cache
def as_of(shape: Shape) -> Shape:
    """The shape of the whole answer as of an instant, which names its seal."""
    name = f"{shape.__name__.removesuffix('Shape')}AsOfShape"
    return type(name, (PastShape,), _nullable(shape))


@cache
def past(shape: Shape, without: frozenset[str] = frozenset()) -> Shape:
    """The shape of a row, in which whatever is unknown of then is null."""
    fields = _nullable(shape, without)
    return type(f"Past{shape.__name__}", (serializers.Serializer,), fields)


def _nullable(shape: Shape, without: frozenset[str] = frozenset()) -> dict[str, Any]:
    return {
        name: _or_null(field)
        for name, field in shape._declared_fields.items()  # noqa: SLF001  # not yet bound
        if name not in without
    }


def _or_null(field: serializers.Field[Any, Any, Any, Any]) -> Any:
    options: dict[str, Any] = {
        "allow_null": True,
        "help_text": field.help_text,
        "required": field.required,
    }
    if isinstance(field, serializers.ListSerializer):
        row: Any = type(field.child)
        return past(row)(many=True, **options)
    if isinstance(field, serializers.Serializer):
        return past(type(field))(**options)
    return changed(field, allow_null=True)


def changed(
    field: serializers.BaseSerializer[Any] | serializers.Field[Any, Any, Any, Any], **options: Any
) -> Any:
    """A copy of ``field`` with other options."""
    copy = deepcopy(field)
    # What the framework makes its own copies from.
    copy._kwargs = {**copy._kwargs, **options}  # type: ignore[attr-defined]  # noqa: SLF001  # ditto
    return deepcopy(copy)
