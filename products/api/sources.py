"""Tissue sources: donations, and the cell banks made from them."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.sources import register_source
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import ActionBody, Instant, Text
from products.api.filters import Names, Recorded, Words, record, word
from products.api.listing import Listing, by, listed
from products.api.past_shapes import as_of
from products.api.schema import acts, lists, reads, word_of
from products.api.surface import Body, View, only_parameters
from products.domain.errors import NotFoundError
from products.domain.sources import TISSUE_LABELS, SourceForm, TissueKind
from products.models import Donor, TissueSource
from products.queries import catalogue

TAG = "Donors and sources"


class SourceFilters(Recorded):
    kind = Words(word("kind"), TissueKind, TISSUE_LABELS, help_text="Kind of tissue.")
    form = Words(word("form"), SourceForm, help_text="Form.")
    donor = Names(record("donor", Donor, "code"), help_text="Code of the donor.")


class SourceShape(serializers.Serializer[None]):
    number = serializers.CharField()
    donor = serializers.CharField()
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    form = serializers.CharField()
    made_from = serializers.CharField(allow_null=True)
    recovered_at = serializers.DateTimeField()
    recovery_zone = serializers.CharField()


class SourceBody(ActionBody):
    number = Text(max_length=32)
    donor = Text(max_length=24)
    kind = word_of(TissueKind)
    form = word_of(SourceForm, default=SourceForm.TISSUE.value)
    made_from = Text(
        allow_blank=True,
        default="",
        max_length=32,
        help_text="The source that a bank is made from.",
    )
    recovered_at = Instant()
    recovery_zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")


SOURCES = Listing(SourceShape, name="sources", orders=by("number", "number"), filters=SourceFilters)


class Sources(View):
    @lists(
        "list_sources",
        "Tissue sources, by number",
        SOURCES,
        tag=TAG,
        past=True,
    )
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, SOURCES, catalogue.sources(), _bodies)

    @acts(
        "source.register",
        "register_source",
        "Register a donation or a cell bank",
        tag=TAG,
        request=SourceBody,
        shape=SourceShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, SourceBody)
        source = register_source(context, **given)
        return _response(source.number, status=201)


class OneSource(View):
    @reads("read_source", "One tissue source", SourceShape, tag=TAG, past=as_of(SourceShape))
    @then_too
    def get(self, request: Request, now: datetime, source: str) -> Response:
        only_parameters(request, [])
        return _response(source)


def _response(number: str, *, status: int = 200) -> Response:
    found = catalogue.sources().filter(number__iexact=number).first()
    if found is None:
        raise NotFoundError(f"There is no tissue source {number!r}.", field="source")
    return Response(_bodies([found])[0], status=status)


def _bodies(rows: list[TissueSource]) -> list[Body]:
    return [
        {
            "number": row.number,
            "donor": row.donor.code,
            "kind": row.kind,
            "label": TISSUE_LABELS[row.kind],
            "form": row.form,
            "made_from": row.made_from.number if row.made_from else None,
            "recovered_at": row.recovered_at,
            "recovery_zone": row.recovery_zone,
        }
        for row in rows
    ]
