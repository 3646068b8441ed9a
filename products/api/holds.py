"""Holds: placed and lifted under signature."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.holds import lift_hold, place_hold
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import SignedBody, Text
from products.api.filters import (
    PERSON,
    FiltersOnLots,
    Flag,
    Names,
    Words,
    people,
    without,
    word,
)
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, word_of
from products.api.shown_lots import HoldShape, LotShape, hold_body, lot_response
from products.api.surface import Body, View
from products.domain.holds import HoldKind
from products.models import Hold
from products.queries import decisions

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


class HoldRowShape(HoldShape):
    lot = serializers.CharField()


class HoldFilters(FiltersOnLots):
    kind = Words(word("kind"), HoldKind, help_text="Kind of the hold.")
    open = Flag(without("lift"), help_text="true: not lifted yet.")
    person = Names(people(accounts=["placed_by"]), help_text=f"Who placed it. {PERSON}")


HOLDS = Listing(HoldRowShape, name="holds", orders=newest(), filters=HoldFilters)


class HoldsOfAll(View):
    @lists("list_holds", "Holds of all lots, newest first", HOLDS, tag=TAG, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, HOLDS, decisions.holds(), _bodies, now=now)


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


def _bodies(rows: list[Hold]) -> list[Body]:
    return [{"lot": row.lot.number, **hold_body(row)} for row in rows]
