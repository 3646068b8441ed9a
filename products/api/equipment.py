"""Instruments and media lots that runs name."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.equipment import register_instrument, register_media_lot
from products.api.filters import CharFilter, Filters
from products.api.listing import listed
from products.api.pagination import Keyset
from products.api.schema import acts, lists
from products.api.surface import ActionBody, Body, Text, View, accept
from products.models import Instrument, MediaLot
from products.queries import catalogue

TAG = "Methods and equipment"
BY_CODE = Keyset("instruments", ("code",))
BY_MATERIAL = Keyset("media-lots", ("material", "number"))


class MediaLotFilters(Filters):
    material = CharFilter("material", lookup_expr="iexact", help_text="As methods name it.")


class InstrumentShape(serializers.Serializer[None]):
    code = serializers.CharField()
    model = serializers.CharField()
    serial_number = serializers.CharField()


class MediaLotShape(serializers.Serializer[None]):
    material = serializers.CharField()
    number = serializers.CharField()
    manufacturer = serializers.CharField()
    expires_on = serializers.DateField()


class InstrumentBody(ActionBody):
    code = Text(max_length=32)
    model = Text(max_length=100)
    serial_number = Text(max_length=64)


class MediaLotBody(ActionBody):
    material = Text(max_length=40, help_text="As methods name it, such as FTM.")
    number = Text(max_length=40)
    manufacturer = Text(max_length=100)
    expires_on = serializers.DateField()


class Instruments(View):
    @lists("list_instruments", "Instruments, by code", InstrumentShape, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, catalogue.instruments(), BY_CODE, _instrument_bodies)

    @acts(
        "instrument.register",
        "register_instrument",
        "Register an instrument",
        tag=TAG,
        request=InstrumentBody,
        shape=InstrumentShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, InstrumentBody)
        instrument = register_instrument(context, **given)
        return Response(_instrument_bodies([instrument])[0], status=201)


class MediaLots(View):
    @lists(
        "list_media_lots",
        "Media lots, by material",
        MediaLotShape,
        tag=TAG,
        filters=MediaLotFilters,
    )
    def get(self, request: Request) -> Response:
        rows = catalogue.media_lots()
        return listed(request, rows, BY_MATERIAL, _media_bodies, MediaLotFilters)

    @acts(
        "media.register",
        "register_media_lot",
        "Register a lot of medium, kit or reagent",
        tag=TAG,
        request=MediaLotBody,
        shape=MediaLotShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, MediaLotBody)
        media_lot = register_media_lot(context, **given)
        return Response(_media_bodies([media_lot])[0], status=201)


def _instrument_bodies(rows: list[Instrument]) -> list[Body]:
    return [
        {"code": row.code, "model": row.model, "serial_number": row.serial_number} for row in rows
    ]


def _media_bodies(rows: list[MediaLot]) -> list[Body]:
    return [
        {
            "material": row.material,
            "number": row.number,
            "manufacturer": row.manufacturer,
            "expires_on": row.expires_on,
        }
        for row in rows
    ]
