"""Lots: their list, one with its ETag, registration, and the study in place of an expiry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.lots import declare_stability_study, register_lot
from products.api.filters import CharFilter, ChoiceFilter, DateFilter, Filters
from products.api.listing import listed
from products.api.pagination import Keyset
from products.api.schema import BlockShape, acts, lists, reads
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import (
    ActionBody,
    Body,
    SignedBody,
    Text,
    View,
    accept,
    etag_of,
    only_parameters,
)
from products.domain.lots import STATUS_LABELS, ReleaseStatus
from products.domain.release import BLOCK_CODES
from products.domain.sources import TISSUE_LABELS, TissueKind
from products.models import Hold, Lot
from products.models.fields import choices_of
from products.queries.evidence import lot_with_origins
from products.queries.listing import (
    LotRow,
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


class ExpiryShape(serializers.Serializer[None]):
    text = serializers.CharField(help_text="As shown to people, with its zone.")
    on = serializers.DateField(allow_null=True)
    precision = serializers.CharField(allow_null=True, help_text="day or month")
    ends_at = serializers.DateTimeField(
        allow_null=True, help_text="First instant after the last day of use."
    )


class TissueShape(serializers.Serializer[None]):
    kind = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]  # a field of the answer


class LotLinksShape(serializers.Serializer[None]):
    self = serializers.CharField()
    evaluation = serializers.CharField()
    results = serializers.CharField()
    samples = serializers.CharField()
    specification = serializers.CharField()


class LotRowShape(serializers.Serializer[None]):
    number = serializers.CharField()
    product = serializers.CharField()
    status = serializers.CharField(help_text="In effect now; read it with the basis only.")
    status_label = serializers.CharField()
    basis = serializers.CharField()
    blocks = BlockShape(many=True, help_text="Every reason against release, as last judged.")
    to_be_judged_again = serializers.BooleanField(
        help_text="Time alone may have changed the blocks since; the evaluation is always fresh."
    )
    made_on = serializers.DateField()
    expires = ExpiryShape()
    tissues = TissueShape(many=True)
    site = serializers.CharField()
    specification_version = serializers.IntegerField()
    version = serializers.IntegerField(help_text="Counts every change.")
    links = LotLinksShape()


class LotSourceShape(serializers.Serializer[None]):
    number = serializers.CharField()
    kind = serializers.CharField()
    donor = serializers.CharField()


class HoldShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    reason = serializers.CharField()
    rule = serializers.CharField(help_text="The rule that forced it; empty for a person's.")
    placed_at = serializers.DateTimeField()
    placed_by = serializers.CharField()
    signature = SignatureShape(allow_null=True, help_text="None of a forced hold.")
    lifted = SignatureShape(allow_null=True)


class DecisionShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    evaluation_sha256 = serializers.CharField()
    signature = SignatureShape()


class LotShape(LotRowShape):
    product_name = serializers.CharField()
    vials = serializers.IntegerField()
    made_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    sources = LotSourceShape(many=True)
    parents = serializers.ListField(child=serializers.CharField())
    stability_study = SignatureShape(allow_null=True)
    holds = HoldShape(many=True)
    decisions = DecisionShape(many=True)


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
    @lists("list_lots", "Lots, newest first", LotRowShape, tag=TAG, filters=LotFilters)
    def get(self, request: Request) -> Response:
        rows = lot_values(lots_listed(timezone.now()))
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
    @reads("read_lot", "One lot", LotShape, tag=TAG, parameters=[NO_CHANGE])
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, timezone.now())
        tag = etag_of(row.stamp)
        asked = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
        if tag in [part.removeprefix("W/") for part in asked] or asked == ["*"]:
            return Response(status=304, headers={"ETag": tag})
        return _response(row)


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


def lot_response(number: str, now: datetime, *, status: int = 200) -> Response:
    """The lot as it stands after an action, with its new ETag."""
    response = _response(lot_row(number, now))
    if status == 201:  # noqa: PLR2004  # Created
        response.status_code = status
        response["Location"] = reverse("api:lot", args=[number])
    return response


def lot_body(row: LotRow) -> Body:
    return {
        "number": row.number,
        "product": row.product,
        "status": row.status,
        "status_label": STATUS_LABELS[row.status],
        "basis": row.basis,
        "blocks": row.blocks,
        "to_be_judged_again": row.to_be_judged_again,
        "made_on": row.made_on,
        "expires": {
            "text": row.expiry.text,
            "on": row.expiry.last_day,
            "precision": row.expiry.precision,
            "ends_at": row.expiry.ends_at,
        },
        "tissues": [{"kind": kind, "label": TISSUE_LABELS[kind]} for kind in row.tissues],
        "site": row.site,
        "specification_version": row.specification,
        "version": row.version,
        "links": {
            "self": reverse("api:lot", args=[row.number]),
            "evaluation": reverse("api:evaluation", args=[row.number]),
            "results": reverse("api:results", args=[row.number]),
            "samples": reverse("api:samples-of-lot", args=[row.number]),
            "specification": reverse("api:specification", args=[row.product, row.specification]),
        },
    }


def _row_bodies(values: list[dict[str, Any]]) -> list[Body]:
    return [lot_body(row) for row in lot_rows(values)]


def _response(row: LotRow) -> Response:
    lot = lot_with_origins(row.id)
    body = {
        **lot_body(row),
        "product_name": lot.product.name,
        "vials": lot.vials,
        "made_by": lot.made_by.printed_name,
        "recorded_at": lot.recorded_at,
        "recorded_by": name_of(lot.recorded_by),
        "sources": [
            {
                "number": link.source.number,
                "kind": link.source.kind,
                "donor": link.source.donor.code,
            }
            for link in lot.source_links.all()
        ],
        "parents": [link.parent.number for link in lot.parent_links.all()],
        "stability_study": lot.stability_signature and signature_body(lot.stability_signature),
        "holds": [_hold_body(hold) for hold in lot.holds.all()],
        "decisions": [
            {
                "number": decision.number,
                "kind": decision.kind,
                "reason": decision.reason,
                "evaluation_sha256": decision.evaluation_sha256,
                "signature": signature_body(decision.signature),
            }
            for decision in lot.dispositions.all()
        ],
    }
    return Response(body, headers={"ETag": etag_of(row.stamp)})


def _hold_body(hold: Hold) -> Body:
    lift = getattr(hold, "lift", None)
    return {
        "number": hold.number,
        "reason": hold.reason,
        "rule": hold.rule,
        "placed_at": hold.recorded_at,
        "placed_by": name_of(hold.placed_by),
        "signature": hold.disposition and signature_body(hold.disposition.signature),
        "lifted": lift and signature_body(lift.disposition.signature),
    }
