"""Trainings: who may perform which method version since when, signed by quality."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.training import record_training
from products.api.accepting import accept
from products.api.bodies import SignedBody, Text
from products.api.filters import PERSON, Names, Recorded, people, record
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import SignatureShape, signature_body
from products.api.surface import Body, View
from products.models import Method, Training
from products.queries import registers

TAG = "People, sites and tokens"


class TrainingFilters(Recorded):
    person = Names(people(persons=["person"]), help_text=PERSON)
    method = Names(
        record("method_version__method", Method, "code"), help_text="Code of the method."
    )


class TrainingShape(serializers.Serializer[None]):
    person = serializers.UUIDField()
    printed_name = serializers.CharField()
    method = serializers.CharField()
    version = serializers.IntegerField()
    trained_on = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, help_text="None: without end.")
    document = serializers.CharField()
    signature = SignatureShape()


class TrainingBody(SignedBody):
    person = serializers.UUIDField()
    method = Text(max_length=32)
    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    trained_on = serializers.DateField()
    valid_until = serializers.DateField(allow_null=True, default=None)
    document = Text(max_length=200, help_text="Number of the training record.")


TRAININGS = Listing(TrainingShape, name="trainings", orders=newest(), filters=TrainingFilters)


class Trainings(View):
    @lists(
        "list_trainings",
        "Trainings, newest first",
        TRAININGS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, TRAININGS, registers.trainings(), _bodies)

    @acts(
        "training.record",
        "record_training",
        "Sign that a person was trained for a method version",
        tag=TAG,
        request=TrainingBody,
        shape=TrainingShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, TrainingBody)
        return Response(_bodies([record_training(context, **given)])[0], status=201)


def _bodies(rows: list[Training]) -> list[Body]:
    return [
        {
            "person": row.person_id,
            "printed_name": row.person.printed_name,
            "method": row.method_version.method.code,
            "version": row.method_version.version,
            "trained_on": row.trained_on,
            "valid_until": row.valid_until,
            "document": row.document,
            "signature": signature_body(row.signature),
        }
        for row in rows
    ]
