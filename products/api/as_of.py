"""`?as_of=`: what the API shows of records as they stood at a past instant."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.request import Request

from products.api.schema import BlockShape
from products.api.shown_lots import ExpiryShape
from products.api.surface import Body, Instant
from products.domain.lots import STATUS_LABELS
from products.queries.as_of import Moment, PastLot, evaluation_then, moment

PARAMETER = "as_of"
AS_OF = OpenApiParameter(
    PARAMETER,
    OpenApiTypes.DATETIME,
    description="An instant with its offset from UTC (RFC 3339): the record as it stood under the "
    "last checkpoint at or before it. 409 `not_sealed_yet` when it is later than the last seal, "
    "404 `before_first_checkpoint` when it is earlier than the first.",
)


class SealShape(serializers.Serializer[None]):
    number = serializers.IntegerField()
    size = serializers.IntegerField(help_text="Entries of the trail that the answer rests on.")
    sealed_at = serializers.DateTimeField()


class PastShape(serializers.Serializer[None]):
    as_of = serializers.DateTimeField(help_text="The instant that was asked for.")
    checkpoint = SealShape(help_text="The last seal at or before it, which answers.")


class PastLotShape(PastShape):
    number = serializers.CharField()
    product = serializers.CharField()
    basis = serializers.CharField()
    status = serializers.CharField(help_text="At the instant; read it with the basis only.")
    status_label = serializers.CharField()
    blocks = BlockShape(many=True, allow_null=True, help_text="As stored on the lot then.")
    decision = serializers.CharField(allow_null=True)
    decision_number = serializers.IntegerField(allow_null=True)
    made_on = serializers.DateField(allow_null=True)
    vials = serializers.IntegerField(allow_null=True)
    expires = ExpiryShape()
    specification_version = serializers.IntegerField(allow_null=True)


class StoredEvaluationShape(serializers.Serializer[None]):
    decision = serializers.IntegerField(help_text="Number of the decision that it was signed with.")
    kind = serializers.CharField(help_text="Of that decision.")
    sha256 = serializers.CharField(help_text="Of the stored document.")
    document = serializers.JSONField(help_text="As it was stored; never judged again.")


class PastEvaluationShape(PastShape):
    lot = serializers.CharField()
    status = serializers.CharField(help_text="At the instant; read it with the basis only.")
    status_label = serializers.CharField()
    basis = serializers.CharField()
    blocks_on_lot = BlockShape(
        many=True, allow_null=True, help_text="As last judged then, signed or not."
    )
    signed_evaluation = StoredEvaluationShape(
        allow_null=True, help_text="Of the last decision by then; null when there was none."
    )


class PastDonorShape(PastShape):
    code = serializers.CharField()
    eligibility = serializers.CharField()
    determined_on = serializers.DateField(allow_null=True)


def asked_moment(request: Request) -> Moment | None:
    """The moment that `?as_of=` names; None without it.

    Raises:
        ValidationError: it is no instant with an offset.
        NotSealedYetError, NotFoundError: as of `moment`.
    """
    text = request.query_params.get(PARAMETER)
    if text is None:
        return None
    try:
        return moment(Instant().run_validation(text))
    except serializers.ValidationError as error:
        raise serializers.ValidationError({PARAMETER: error.detail}) from error


def past(then: Moment) -> Body:
    seal = then.checkpoint
    return {
        "as_of": then.at,
        "checkpoint": {"number": seal.number, "size": seal.size, "sealed_at": seal.sealed_at},
    }


def past_lot_body(lot: PastLot, then: Moment) -> Body:
    image = lot.image
    return {
        **past(then),
        "number": lot.number,
        "product": lot.product["code"],
        "basis": lot.basis,
        "status": lot.status,
        "status_label": STATUS_LABELS[lot.status],
        "blocks": image.get("blocks"),
        "decision": image.get("decision"),
        "decision_number": image.get("decision_number"),
        "made_on": image.get("made_on"),
        "vials": image.get("vials"),
        "expires": {
            "text": lot.expiry.text,
            "on": lot.expiry.last_day,
            "precision": lot.expiry.precision,
            "ends_at": lot.expiry.ends_at,
        },
        "specification_version": lot.specification.get("version"),
    }


def past_evaluation_body(lot: PastLot, then: Moment) -> Body:
    found = evaluation_then(lot, then)
    return {
        **past(then),
        "lot": lot.number,
        "status": lot.status,
        "status_label": STATUS_LABELS[lot.status],
        "basis": lot.basis,
        "blocks_on_lot": lot.image.get("blocks"),
        "signed_evaluation": found
        and {
            "decision": found.decision,
            "kind": found.kind,
            "sha256": found.sha256,
            "document": found.document,
        },
    }
