"""What the API shows of lots: one row of a list, and one lot with all that was decided on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

from django.urls import get_script_prefix, reverse
from rest_framework import serializers
from rest_framework.response import Response

from products.api.addresses import around, in_path
from products.api.preconditions import etag_of
from products.api.problem_shapes import BlockShape
from products.api.shown import (
    AmendmentLineShape,
    SignatureShape,
    amendment_line,
    name_of,
    signature_body,
)
from products.api.shown_profiles import ProfileShape, profile_body
from products.api.surface import Body
from products.domain.holds import HoldKind
from products.domain.lots import STATUS_LABELS, Expiry, ReleaseStatus
from products.domain.sources import TISSUE_LABELS
from products.models import Disposition, Hold, SpecificationChange
from products.queries.evidence import lot_with_origins, parents_of
from products.queries.listing import LotRow, lot_row

PAGES = {
    "self": "api:lot",
    "evaluation": "api:evaluation",
    "results": "api:results",
    "samples": "api:samples-of-lot",
}
_PAGES = tuple(PAGES.values())


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
    kind = serializers.CharField(help_text=f"One of {', '.join(HoldKind)}.")
    reference = serializers.CharField(help_text="The authority's own number.")
    reason = serializers.CharField()
    rule = serializers.CharField(help_text="The rule that forced it; empty for a person's.")
    caused_by = serializers.CharField(help_text="The action that forced it.")
    placed_at = serializers.DateTimeField()
    placed_by = serializers.CharField()
    signature = SignatureShape(allow_null=True, help_text="None of a forced hold.")
    lifted = SignatureShape(allow_null=True)
    lift_reference = serializers.CharField(help_text="The document of the authority's release.")


class DecisionShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    kind = serializers.CharField()
    reason = serializers.CharField()
    evaluation_sha256 = serializers.CharField()
    signature = SignatureShape()


class ParentShape(serializers.Serializer[None]):
    number = serializers.CharField()
    status = serializers.CharField(help_text="In effect now.")
    status_label = serializers.CharField()


class ChangeOfSpecificationShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    from_version = serializers.IntegerField()
    to_version = serializers.IntegerField()
    justification = serializers.CharField()
    signature = SignatureShape()


class AcknowledgementShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    signature = SignatureShape()


class LotShape(LotRowShape):
    product_name = serializers.CharField()
    vials = serializers.IntegerField()
    made_by = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    recorded_by = serializers.CharField()
    sources = LotSourceShape(many=True)
    parents = ParentShape(many=True, help_text="The lots that it is made from, as they stand.")
    profile = ProfileShape()
    stability_study = SignatureShape(allow_null=True)
    holds = HoldShape(many=True)
    decisions = DecisionShape(many=True)
    amendments = AmendmentLineShape(many=True, help_text="Of the lot and its runs, in order.")
    specification_changes = ChangeOfSpecificationShape(many=True)
    acknowledgements = AcknowledgementShape(many=True)


def lot_response(number: str, now: datetime, *, status: int = 200) -> Response:
    """The lot as it stands after an action, with its new ETag."""
    response = one_lot_response(lot_row(number, now), now)
    if status == 201:  # noqa: PLR2004  # Created
        response.status_code = status
        response["Location"] = reverse("api:lot", args=[number])
    return response


def lot_bodies(rows: Iterable[LotRow]) -> list[Body]:
    """`lot_body` of each; where pages are is asked once."""
    places = _Places.now()
    return [lot_body(row, places) for row in rows]


def lot_body(row: LotRow, places: _Places | None = None) -> Body:
    return {
        "number": row.number,
        "product": row.product,
        "status": row.status,
        "status_label": STATUS_LABELS[row.status],
        "basis": row.basis,
        "blocks": row.blocks,
        "to_be_judged_again": row.to_be_judged_again,
        "made_on": row.made_on.isoformat(),
        "expires": dict(_expiry_body(row.expiry)),
        "tissues": [{"kind": kind, "label": TISSUE_LABELS[kind]} for kind in row.tissues],
        "site": row.site,
        "specification_version": row.specification,
        "version": row.version,
        "links": _links(row, places or _Places.now()),
    }


@lru_cache(maxsize=512)
def _expiry_body(expiry: Expiry) -> Body:
    return {
        "text": expiry.text,
        "on": expiry.last_day and expiry.last_day.isoformat(),
        "precision": expiry.precision,
        "ends_at": expiry.ends_at and f"{expiry.ends_at:%Y-%m-%dT%H:%M:%SZ}",
    }


@dataclass(frozen=True, slots=True)
class _Places:
    """Below which path the addresses are, and what stands around a lot's number in them."""

    prefix: str
    pages: list[tuple[str, tuple[str, str]]]

    @classmethod
    def now(cls) -> _Places:
        return cls(get_script_prefix(), list(zip(PAGES, around(_PAGES), strict=True)))


def _links(row: LotRow, places: _Places) -> Body:
    number = in_path(row.number)
    links: Body = {name: f"{before}{number}{after}" for name, (before, after) in places.pages}
    links["specification"] = _specification_address(row.product, row.specification, places.prefix)
    return links


def around_pages() -> dict[str, str]:
    """Of each page that a row links what comes before the names in its address, and after them."""
    found: dict[str, str] = {}
    for name, (before, after) in zip(PAGES, around(_PAGES), strict=True):
        found |= {f"{name}_before": before, f"{name}_after": after}
    product, version = "0123456789abcdef", 123456789
    specification = _specification_address(product, version, get_script_prefix())
    before, _, rest = specification.partition(product)
    between, _, after = rest.partition(str(version))
    of_specification = {"before": before, "between": between, "after": after}
    return found | {f"specification_{place}": part for place, part in of_specification.items()}


@lru_cache(maxsize=256)
def _specification_address(product: str, version: int, prefix: str) -> str:
    """``prefix`` is a part of what `reverse` gives."""
    return reverse("api:specification", args=[product, version])


def one_lot_response(row: LotRow, now: datetime) -> Response:
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
        "parents": [
            {
                "number": parent.number,
                "status": parent.status,
                "status_label": STATUS_LABELS[ReleaseStatus(parent.status)],
            }
            for parent in parents_of(lot, now)
        ],
        "profile": profile_body(lot.product),
        "stability_study": lot.stability_signature and signature_body(lot.stability_signature),
        "holds": [hold_body(hold) for hold in lot.holds.all()],
        "decisions": [decision_body(decision) for decision in lot.dispositions.all()],
        "amendments": [
            amendment_line(found, found.run.number if found.run else None)
            for found in lot.amendments.all()
        ],
        "specification_changes": [
            _change_body(change) for change in lot.specification_changes.all()
        ],
        "acknowledgements": [
            {"number": found.number, "signature": signature_body(found.signature)}
            for found in lot.acknowledgements.all()
        ],
    }
    return Response(body, headers={"ETag": etag_of(row.stamp)})


def decision_body(decision: Disposition) -> Body:
    return {
        "number": decision.number,
        "kind": decision.kind,
        "reason": decision.reason,
        "evaluation_sha256": decision.evaluation_sha256,
        "signature": signature_body(decision.signature),
    }


def hold_body(hold: Hold) -> Body:
    lift = getattr(hold, "lift", None)
    return {
        "number": hold.number,
        "kind": hold.kind,
        "reference": hold.reference,
        "reason": hold.reason,
        "rule": hold.rule,
        "caused_by": hold.caused_by,
        "placed_at": hold.recorded_at,
        "placed_by": name_of(hold.placed_by),
        "signature": hold.disposition and signature_body(hold.disposition.signature),
        "lifted": lift and signature_body(lift.disposition.signature),
        "lift_reference": lift.reference if lift else "",
    }


def _change_body(change: SpecificationChange) -> Body:
    return {
        "number": change.number,
        "from_version": change.from_version.version,
        "to_version": change.to_version.version,
        "justification": change.justification,
        "signature": signature_body(change.signature),
    }
