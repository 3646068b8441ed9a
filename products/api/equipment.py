"""Instruments with their calibrations, media lots with their recalls."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.equipment import (
    recall_media,
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.filters import Names, Recorded, text
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import name_of
from products.api.surface import Body, View, only_parameters
from products.domain.results import SupportOutcome
from products.models import Calibration, Instrument, MediaLot
from products.queries import registers

TAG = "Methods and equipment"


class MediaLotFilters(Recorded):
    material = Names(text("material"), help_text="As methods name it.")


class CalibrationShape(serializers.Serializer[None]):
    calibrated_on = serializers.DateField()
    valid_until = serializers.DateField(help_text="The last day.")
    outcome = serializers.CharField(help_text="passed or failed")
    unreliable_since = serializers.DateField(
        allow_null=True, help_text="Of a failed one: since when readings are in doubt, if known."
    )
    document = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class InstrumentShape(serializers.Serializer[None]):
    code = serializers.CharField()
    model = serializers.CharField()
    serial_number = serializers.CharField()
    calibrations = CalibrationShape(many=True, help_text="By day.")


class MediaRecallShape(serializers.Serializer[None]):
    document = serializers.CharField()
    reason = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class MediaLotShape(serializers.Serializer[None]):
    material = serializers.CharField()
    number = serializers.CharField()
    manufacturer = serializers.CharField()
    expires_on = serializers.DateField()
    recalls = MediaRecallShape(many=True)


class InstrumentBody(ActionBody):
    code = Text(max_length=32)
    model = Text(max_length=100)
    serial_number = Text(max_length=64)


class MediaLotBody(ActionBody):
    material = Text(max_length=40, help_text="As methods name it, such as FTM.")
    number = Text(max_length=40)
    manufacturer = Text(max_length=100)
    expires_on = serializers.DateField()


class CalibrationBody(ActionBody):
    calibrated_on = serializers.DateField()
    valid_until = serializers.DateField(help_text="The last day.")
    outcome = word_of(SupportOutcome)
    document = Text(max_length=200, help_text="Number of the certificate.")
    unreliable_since = serializers.DateField(
        allow_null=True, default=None, help_text="Only of a failed one."
    )


class MediaRecallBody(ActionBody):
    reason = Text(max_length=1000, help_text="Why it was recalled.")
    document = Text(max_length=200, help_text="Number of the recall notice.")


INSTRUMENTS = Listing(InstrumentShape, name="instruments", orders=by("code", "code"))


class Instruments(View):
    @lists("list_instruments", "Instruments, by code", INSTRUMENTS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, INSTRUMENTS, registers.instruments(), _instrument_bodies)

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
        return _instrument(register_instrument(context, **given).code, status=201)


class OneInstrument(View):
    @reads("read_instrument", "One instrument", InstrumentShape, tag=TAG)
    def get(self, request: Request, instrument: str) -> Response:
        only_parameters(request, [])
        return _instrument(instrument)


class Calibrations(View):
    @acts(
        "calibration.record",
        "record_calibration",
        "Record a calibration; lots with runs on the instrument are judged again",
        tag=TAG,
        request=CalibrationBody,
        shape=InstrumentShape,
    )
    def post(self, request: Request, instrument: str) -> Response:
        context, given = accept(request, CalibrationBody)
        record_calibration(context, instrument=instrument, **given)
        return _instrument(instrument, status=201)


MEDIA_LOTS = Listing(
    MediaLotShape,
    name="media-lots",
    orders=by("material", "material", "number"),
    filters=MediaLotFilters,
)


class MediaLots(View):
    @lists(
        "list_media_lots",
        "Media lots, by material",
        MEDIA_LOTS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        rows = registers.media_lots()
        return listed(request, MEDIA_LOTS, rows, _media_bodies)

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
        made = register_media_lot(context, **given)
        return _media_lot(made.material, made.number, status=201)


class OneMediaLot(View):
    @reads("read_media_lot", "One media lot", MediaLotShape, tag=TAG)
    def get(self, request: Request, material: str, number: str) -> Response:
        only_parameters(request, [])
        return _media_lot(material, number)


class MediaRecall(View):
    @acts(
        "media.recall",
        "recall_media",
        "Record that a lot of medium, kit or reagent was recalled",
        tag=TAG,
        request=MediaRecallBody,
        shape=MediaLotShape,
    )
    def post(self, request: Request, material: str, number: str) -> Response:
        context, given = accept(request, MediaRecallBody)
        recall_media(context, material=material, number=number, **given)
        return _media_lot(material, number, status=201)


def _instrument(code: str, *, status: int = 200) -> Response:
    return Response(_instrument_bodies([registers.instrument(code)])[0], status=status)


def _media_lot(material: str, number: str, *, status: int = 200) -> Response:
    return Response(_media_bodies([registers.media_lot(material, number)])[0], status=status)


def _calibration_body(row: Calibration) -> Body:
    return {
        "calibrated_on": row.calibrated_on,
        "valid_until": row.valid_until,
        "outcome": row.outcome,
        "unreliable_since": row.unreliable_since,
        "document": row.document,
        "recorded_at": row.recorded_at,
        "recorded_by": name_of(row.recorded_by),
    }


def _instrument_bodies(rows: list[Instrument]) -> list[Body]:
    return [
        {
            "code": row.code,
            "model": row.model,
            "serial_number": row.serial_number,
            "calibrations": [_calibration_body(found) for found in row.calibrations.all()],
        }
        for row in rows
    ]


def _media_bodies(rows: list[MediaLot]) -> list[Body]:
    return [
        {
            "material": row.material,
            "number": row.number,
            "manufacturer": row.manufacturer,
            "expires_on": row.expires_on,
            "recalls": [
                {
                    "document": found.document,
                    "reason": found.reason,
                    "recorded_at": found.recorded_at,
                    "recorded_by": name_of(found.recorded_by),
                }
                for found in row.recalls.all()
            ],
        }
        for row in rows
    ]
