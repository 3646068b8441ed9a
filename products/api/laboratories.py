"""Outside laboratories and their signed qualifications."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.laboratories import qualify_laboratory, register_laboratory
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists, reads
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import Body, View, only_parameters
from products.models import Laboratory
from products.queries import registers

TAG = "Outside laboratories and paper"


class QualificationShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    qualified_from = serializers.DateField()
    qualified_until = serializers.DateField(help_text="The last day.")
    document = serializers.CharField()
    signature = SignatureShape()


class LaboratoryShape(serializers.Serializer[None]):
    code = serializers.CharField()
    name = serializers.CharField()
    address = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    qualifications = QualificationShape(many=True, help_text="The first one is in effect.")


class LaboratoryBody(ActionBody):
    code = Text(max_length=32)
    name = Text(max_length=200)
    address = Text(max_length=300)


class QualificationBody(SignedBody):
    qualified_from = serializers.DateField()
    qualified_until = serializers.DateField(help_text="The last day.")
    document = Text(max_length=200, help_text="Number of the audit report or quality agreement.")


LABORATORIES = Listing(LaboratoryShape, name="laboratories", orders=by("code", "code"))


class Laboratories(View):
    @lists("list_laboratories", "Outside laboratories, by code", LABORATORIES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, LABORATORIES, registers.laboratories(), _bodies)

    @acts(
        "laboratory.register",
        "register_laboratory",
        "Register an outside laboratory",
        tag=TAG,
        request=LaboratoryBody,
        shape=LaboratoryShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, LaboratoryBody)
        return _response(register_laboratory(context, **given).code, status=201)


class OneLaboratory(View):
    @reads("read_laboratory", "One outside laboratory", LaboratoryShape, tag=TAG)
    def get(self, request: Request, laboratory: str) -> Response:
        only_parameters(request, [])
        return _response(laboratory)


class Qualification(View):
    @acts(
        "laboratory.qualify",
        "qualify_laboratory",
        "Sign from when until when a laboratory is qualified",
        tag=TAG,
        request=QualificationBody,
        shape=LaboratoryShape,
    )
    def post(self, request: Request, laboratory: str) -> Response:
        context, given = accept(request, QualificationBody)
        qualify_laboratory(context, laboratory=laboratory, **given)
        return _response(laboratory, status=201)


def _response(code: str, *, status: int = 200) -> Response:
    return Response(_bodies([registers.laboratory(code)])[0], status=status)


def _bodies(rows: list[Laboratory]) -> list[Body]:
    return [
        {
            "code": row.code,
            "name": row.name,
            "address": row.address,
            "recorded_at": row.recorded_at,
            "recorded_by": name_of(row.recorded_by),
            "qualifications": [
                {
                    "version": version.version,
                    "qualified_from": version.qualified_from,
                    "qualified_until": version.qualified_until,
                    "document": version.document,
                    "signature": signature_body(version.signature),
                }
                for version in row.qualifications.all()
            ],
        }
        for row in rows
    ]
