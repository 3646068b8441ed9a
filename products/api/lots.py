"""Lots: their list, one with its ETag, registration, and the study in place of an expiry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from functools import partial
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.lots import declare_stability_study, register_lot
from products.api.accepting import accept
from products.api.as_of import is_known, then_too
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.errors import NoPastError
from products.api.expansions import EVALUATION, EXPANSIONS, NEVER_PAST, expansions
from products.api.filters import PERSON, Day, FiltersOfLots, Names, Time, people, starts_with
from products.api.listing import (
    ORDER,
    Listing,
    Shown,
    asked_expansions,
    asked_fields,
    by,
    listed,
    newest,
    only_shown,
)
from products.api.pagination import Keyset, after
from products.api.past_shapes import as_of
from products.api.preconditions import etag_of
from products.api.schema import acts, lists, reads
from products.api.shown_lots import (
    LotRowShape,
    LotShape,
    around_pages,
    lot_bodies,
    lot_response,
    one_lot_response,
)
from products.api.surface import Body, View
from products.models import Lot
from products.queries.listing import lot_places, lot_row, lot_rows
from products.queries.lot_cells import lots_as_csv
from products.queries.of_lots import changed

TAG = "Lots"
# Lots of a file that are read together.
AT_ONCE = 5_000
EXPIRES = "expires"


class LotFilters(FiltersOfLots):
    way_to_lot = ""

    number = Names(starts_with("number"), help_text="How the number begins.")
    person = Names(
        people(persons=["made_by"], accounts=["recorded_by"]),
        help_text=f"Who made or registered the lot. {PERSON}",
    )
    made_from = Day("made_on", lookup_expr="gte", help_text="Made on this day or later.")
    made_to = Day("made_on", lookup_expr="lte", help_text="Made on this day or before.")
    expires_from = Day(
        "expires_on", lookup_expr="gte", help_text="Last day of use on this day or later."
    )
    expires_to = Day(
        "expires_on", lookup_expr="lte", help_text="Last day of use on this day or before."
    )
    expires_before = Day(
        "expires_on", lookup_expr="lt", help_text="Last day of use before this day."
    )
    changed_from = Time(
        "changed_from",
        method="by_change",
        help_text="Something on record of the lot changed at this instant or later.",
    )
    changed_until = Time(
        "changed_until", method="by_change", help_text="Something changed before it."
    )

    def by_change(self, rows: QuerySet[Lot], name: str, at: datetime) -> QuerySet[Lot]:
        """One change between both."""
        if self.is_past:
            raise NoPastError(
                "When a lot was changed is asked of the records as they stand: leave out as_of, "
                f"or {name}.",
                field=name,
            )
        since, until = (self.form.cleaned_data.get(of) for of in ("changed_from", "changed_until"))
        return rows if name == "changed_until" and since else rows.filter(changed(since, until))


class LotBody(ActionBody):
    number = Text(max_length=32)
    product = Text(max_length=32)
    made_on = serializers.DateField()
    vials = serializers.IntegerField(max_value=2**31 - 1)
    sources = serializers.ListField(child=Text(max_length=32), max_length=100)
    specification = serializers.IntegerField(
        allow_null=True, default=None, max_value=2**31 - 1, help_text="None: the latest in force."
    )
    site = Text(allow_blank=True, default="", max_length=100, help_text="Empty: the only one.")
    made_by = serializers.UUIDField(
        allow_null=True, default=None, help_text="A person; none: your own."
    )
    expires = Text(
        allow_blank=True, default="", max_length=10, help_text="2026-11-30, 2026-11, or unknown."
    )
    parents = serializers.ListField(child=Text(max_length=32), max_length=100, default=list)


class StudyBody(SignedBody):
    study = Text(max_length=100, help_text="Reference of the stability study.")


NO_CHANGE = OpenApiParameter(
    "If-None-Match", str, location=OpenApiParameter.HEADER, description="304 while it still holds."
)
REGISTRATION = OpenApiExample(
    "A lot",
    request_only=True,
    value={
        "number": "UC-26-014",
        "product": "UCEV",
        "made_on": "2026-11-02",
        "vials": 40,
        "sources": ["UC-S-014"],
        "expires": "2027-11-30",
    },
)


def _lines(
    lots: QuerySet[Lot, Any], keyset: Keyset, columns: Sequence[str], now: datetime
) -> Iterator[bytes]:
    given = {"now": now, **around_pages()}
    order, rest = keyset.order, lots
    while True:
        page = rest.order_by(*order)[:AT_ONCE]
        lines, last = lots_as_csv(page, order, columns, given)
        yield from lines
        if last is None or len(lines) < AT_ONCE:
            return
        key = lots.filter(pk=last).values_list(*keyset.fields).get()
        rest = after(lots, keyset, key)


LOTS = Listing(
    LotRowShape,
    EXPANSIONS,
    NEVER_PAST,
    name="lots",
    orders={
        **by("made", "made_on", "id", newest_first=True),
        **by("number", "number"),
        **by(EXPIRES, "last_day", "id"),
        **newest(),
    },
    filters=LotFilters,
    lines=_lines,
)
LOT = Shown(LotShape, EXPANSIONS, NEVER_PAST)


class Lots(View):
    @lists("list_lots", "Lots, newest first", LOTS, tag=TAG, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        by_last_day = EXPIRES in request.query_params.get(ORDER, "")
        rows = lot_places(by_last_day=by_last_day)
        return listed(request, LOTS, rows, partial(_row_bodies, request, now), now=now)

    @acts(
        "lot.register",
        "register_lot",
        "Register a lot",
        tag=TAG,
        request=LotBody,
        shape=LotShape,
        named=False,
        examples=[REGISTRATION],
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, LotBody)
        lot = register_lot(context, **given)
        return lot_response(lot.number, context.at, status=201)


class OneLot(View):
    @reads(
        "read_lot",
        "One lot",
        LotShape,
        tag=TAG,
        parameters=[NO_CHANGE],
        past=as_of(LotShape),
        chosen=LOT,
    )
    @then_too
    def get(self, request: Request, now: datetime, lot: str) -> Response:
        only_shown(request, LOT)
        expanded = asked_expansions(request, LOT)
        row = lot_row(lot, now)
        tag = etag_of(row.stamp)
        # What is judged at this moment says so, and is another answer each time.
        if is_known(request, tag) and EVALUATION not in expanded:
            return Response(status=304, headers={"ETag": tag})
        response = one_lot_response(row, now)
        (more,) = expansions(request, [row], now, expanded)
        kept = asked_fields(request, LOT)
        response.data = {name: of for name, of in response.data.items() if name in kept} | more
        return response


class StabilityStudy(View):
    @acts(
        "lot.declare_stability_study",
        "declare_stability_study",
        "Sign that a lot without expiry is under a stability study",
        tag=TAG,
        request=StudyBody,
        shape=LotShape,
        status=200,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, StudyBody, deciding_on=lot)
        declare_stability_study(context, lot=lot, **given)
        return lot_response(lot, context.at)


def _row_bodies(request: Request, now: datetime, values: list[dict[str, Any]]) -> list[Body]:
    rows = lot_rows([value["id"] for value in values], now)
    expanded = asked_expansions(request, LOTS)
    if not expanded:
        return lot_bodies(rows)
    more = expansions(request, rows, now, expanded)
    return [body | found for body, found in zip(lot_bodies(rows), more, strict=True)]
