"""Samples: drawn from a lot at a stage."""

from __future__ import annotations

from datetime import datetime

from django.urls import reverse
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.samples import draw_sample
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import ActionBody, Instant, Text
from products.api.filters import PERSON, FiltersOnLots, Names, Time, Words, people, word
from products.api.listing import Listing, by, listed, newest
from products.api.past_shapes import as_of
from products.api.schema import acts, lists, reads, word_of
from products.api.shown import name_of
from products.api.surface import Body, View, only_parameters
from products.domain.criteria import STAGE_LABELS, Stage
from products.domain.errors import NotFoundError
from products.models import Sample
from products.queries import evidence
from products.queries.listing import lot_row

TAG = "Samples and runs"


class SampleFilters(FiltersOnLots):
    stage = Words(word("stage"), Stage, STAGE_LABELS, help_text="Stage.")
    person = Names(
        people(persons=["drawn_by"], accounts=["recorded_by"]),
        help_text=f"Who drew or recorded the sample. {PERSON}",
    )
    drawn_from = Time("drawn_at", lookup_expr="gte", help_text="Drawn at this instant or later.")
    drawn_until = Time("drawn_at", lookup_expr="lt", help_text="Drawn before it.")


class SampleShape(serializers.Serializer[None]):
    number = serializers.CharField()
    lot = serializers.CharField()
    stage = serializers.CharField()
    container = serializers.CharField()
    drawn_at = serializers.DateTimeField()
    drawn_zone = serializers.CharField()
    drawn_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()


class SampleBody(ActionBody):
    stage = word_of(Stage)
    container = Text(max_length=100)
    drawn_at = Instant()
    drawn_zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")
    drawn_by = serializers.UUIDField(
        allow_null=True, default=None, help_text="A person; none: your own."
    )


ORDERS = {
    **newest(),
    **by("drawn", "drawn_at", "id", newest_first=True),
    **by("number", "number"),
}
SAMPLES = Listing(SampleShape, name="samples", orders=ORDERS, filters=SampleFilters)
SAMPLES_OF_LOT = Listing(SampleShape, name="samples-of-lot", orders=ORDERS)


class Samples(View):
    @lists("list_samples", "Samples, newest first", SAMPLES, tag=TAG, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, SAMPLES, evidence.samples(), _bodies, now=now)


class SamplesOfLot(View):
    @lists(
        "list_samples_of_lot", "Samples of a lot", SAMPLES_OF_LOT, tag=TAG, named=True, past=True
    )
    @then_too
    def get(self, request: Request, now: datetime, lot: str) -> Response:
        rows = evidence.samples().filter(lot=lot_row(lot, now).id)
        return listed(request, SAMPLES_OF_LOT, rows, _bodies)

    @acts(
        "sample.draw",
        "draw_sample",
        "Record a sample drawn from a lot",
        tag=TAG,
        request=SampleBody,
        shape=SampleShape,
        on_lot=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, SampleBody, number__iexact=lot)
        sample = draw_sample(context, lot=lot, **given)
        address = reverse("api:sample", args=[sample.number])
        return Response(sample_body(sample), status=201, headers={"Location": address})


class OneSample(View):
    @reads("read_sample", "One sample", SampleShape, tag=TAG, past=as_of(SampleShape))
    @then_too
    def get(self, request: Request, now: datetime, sample: str) -> Response:
        only_parameters(request, [])
        found = evidence.samples().filter(number__iexact=sample).first()
        if found is None:
            raise NotFoundError(f"There is no sample {sample!r}.", field="sample")
        return Response(sample_body(found))


def sample_body(sample: Sample) -> Body:
    return {
        "number": sample.number,
        "lot": sample.lot.number,
        "stage": sample.stage,
        "container": sample.container,
        "drawn_at": sample.drawn_at,
        "drawn_zone": sample.drawn_zone,
        "drawn_by": sample.drawn_by.printed_name,
        "recorded_at": sample.recorded_at,
        "recorded_by": name_of(sample.recorded_by),
    }


def _bodies(rows: list[Sample]) -> list[Body]:
    return [sample_body(row) for row in rows]
