"""Lots: their list, one with its ETag, registration, and the study in place of an expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.lots import declare_stability_study, register_lot
from products.api.as_of import is_known, then_too
from products.api.filters import CharFilter, ChoiceFilter, DateFilter, Filters
from products.api.listing import listed
from products.api.pagination import Keyset
from products.api.past_shapes import as_of
from products.api.preconditions import etag_of
from products.api.schema import acts, lists, reads
from products.api.shown_lots import LotRowShape, LotShape, lot_body, lot_response, one_lot_response
from products.api.surface import (
    ActionBody,
    Body,
    SignedBody,
    Text,
    View,
    accept,
    only_parameters,
)
from products.domain.lots import STATUS_LABELS, ReleaseStatus
from products.domain.release import BLOCK_CODES
from products.domain.sources import TISSUE_LABELS, TissueKind
from products.models import Lot
from products.models.fields import choices_of
from products.queries.listing import (
    lot_row,
    lot_rows,
    lot_values,
    lots_listed,
    with_block,
    with_donor,
    with_number_prefix,
    with_tissue,
)

TAG = "Lots"
NEWEST_MADE = Keyset("lots", ("made_on", "id"), descending=True)


def _through(
    find: Callable[[QuerySet[Lot], str], QuerySet[Lot]],
) -> Callable[[QuerySet[Lot], str, str], QuerySet[Lot]]:
    return lambda rows, name, value: find(rows, value)


class LotFilters(Filters):
    status = ChoiceFilter(
        choices=choices_of(ReleaseStatus, STATUS_LABELS), help_text="In effect now."
    )
    product = CharFilter("product__code", lookup_expr="iexact", help_text="Code of the product.")
    tissue = ChoiceFilter(
        choices=choices_of(TissueKind, TISSUE_LABELS),
        method=_through(with_tissue),
        help_text="Kind of birth tissue anywhere in the genealogy.",
    )
    donor = CharFilter(
        method=_through(with_donor), help_text="Code of a donor anywhere in the genealogy."
    )
    block = ChoiceFilter(
        choices=[(code, kind.title) for code, kind in BLOCK_CODES.items()],
        method=_through(with_block),
        help_text="Code of a reason against release.",
    )
    number = CharFilter(method=_through(with_number_prefix), help_text="How the number begins.")
    made_from = DateFilter("made_on", lookup_expr="gte", help_text="Made on this day or later.")
    made_to = DateFilter("made_on", lookup_expr="lte", help_text="Made on this day or before.")
    expires_before = DateFilter(
        "expires_on", lookup_expr="lt", help_text="Last day of use before this day."
    )


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


class Lots(View):
    @lists("list_lots", "Lots, newest first", LotRowShape, tag=TAG, filters=LotFilters, past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        rows = lot_values(lots_listed(now))
        return listed(request, rows, NEWEST_MADE, _row_bodies, LotFilters)

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
    )
    @then_too
    def get(self, request: Request, now: datetime, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, now)
        tag = etag_of(row.stamp)
        if is_known(request, tag):
            return Response(status=304, headers={"ETag": tag})
        return one_lot_response(row, now)


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


def _row_bodies(values: list[dict[str, Any]]) -> list[Body]:
    return [lot_body(row) for row in lot_rows(values)]
