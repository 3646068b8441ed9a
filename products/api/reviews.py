"""Reviews: several runs of a lot under one signature, any of them left out."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.reviews import review_results
from products.api.schema import acts
from products.api.shown import SignatureShape, signature_body
from products.api.surface import SignedBody, Text, View, accept


class ReviewBody(SignedBody):
    runs = serializers.ListField(
        child=Text(max_length=48), max_length=500, help_text="Numbers of the runs to sign for."
    )
    comment = Text(allow_blank=True, default="", max_length=1000)
    compared = serializers.DictField(
        child=serializers.UUIDField(),
        default=dict,
        help_text="Of each run that was made elsewhere or on paper: the report or scan that you "
        "compared it with, by the number of the run.",
    )


class ReviewShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    runs = serializers.ListField(child=serializers.CharField())
    comment = serializers.CharField()
    signature = SignatureShape()


class Reviews(View):
    @acts(
        "review.sign",
        "review_results",
        "Sign for having checked results that another person recorded",
        tag="Decisions",
        request=ReviewBody,
        shape=ReviewShape,
        decides=True,
    )
    def post(self, request: Request, lot: str) -> Response:
        context, given = accept(request, ReviewBody, deciding_on=lot)
        review = review_results(context, lot=lot, **given)
        body = {
            "lot": review.lot.number,
            "runs": list(
                review.items.order_by("result__run__number").values_list(
                    "result__run__number", flat=True
                )
            ),
            "comment": review.comment,
            "signature": signature_body(review.signature),
        }
        return Response(body, status=201)
