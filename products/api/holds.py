"""Holds: placed and lifted under signature."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.holds import lift_hold, place_hold
from products.api.schema import acts, word_of
from products.api.shown_lots import LotShape, lot_response
from products.api.surface import SignedBody, Text, View, accept
from products.domain.holds import HoldKind

TAG = "Decisions"


class HoldBody(SignedBody):
    kind = word_of(HoldKind, default=HoldKind.SITE.value)
    reference = Text(
        allow_blank=True,
        default="",
        max_length=100,
        help_text="The authority's own number of an official hold.",
    )


class LiftBody(SignedBody):
    reference = Text(
        allow_blank=True,
        default="",
        max_length=100,
        help_text="The document by which an authority released the lot.",
    )


class Holds(View):
    @acts(
        "hold.place",
        "place_hold",
        "Put a lot on hold",
        tag=TAG,
        request=HoldBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, HoldBody, deciding_on=lot)
        place_hold(context, lot=lot, **given)
        return lot_response(lot, context.at)


class Lift(View):
    @acts(
        "hold.lift",
        "lift_hold",
        "Lift one hold of a lot",
        tag=TAG,
        request=LiftBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str, hold: int) -> Response:
        context, given = accept(request, LiftBody, deciding_on=lot)
        lift_hold(context, lot=lot, hold=hold, **given)
        return lot_response(lot, context.at)
