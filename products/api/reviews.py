"""Reviews: several runs of a lot under one signature, any of them left out."""

from __future__ import annotations

from datetime import datetime

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.reviews import review_results
from products.api.accepting import accept
from products.api.as_of import then_too
from products.api.bodies import SignedBody, Text
from products.api.filters import PERSON, FiltersOnLots, Names, people
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import FileShape, SignatureShape, file_body, signature_body
from products.api.surface import Body, View
from products.models import Review
from products.queries import decisions


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


class ReviewedResultShape(serializers.Serializer[None]):
    run = serializers.CharField()
    version = serializers.IntegerField(help_text="Of the result.")
    compared_with = FileShape(allow_null=True, help_text="The report or scan.")


class ReviewRowShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    reviewer = serializers.CharField()
    comment = serializers.CharField()
    recorded_at = serializers.DateTimeField()
    signature = SignatureShape()
    results = ReviewedResultShape(many=True)


class ReviewFilters(FiltersOnLots):
    person = Names(people(persons=["reviewer"]), help_text=f"The reviewer. {PERSON}")


REVIEWS = Listing(ReviewRowShape, name="reviews", orders=newest(), filters=ReviewFilters)


class ReviewsOfAll(View):
    @lists("list_reviews", "Reviews of results, newest first", REVIEWS, tag="Decisions", past=True)
    @then_too
    def get(self, request: Request, now: datetime) -> Response:
        return listed(request, REVIEWS, decisions.reviews(), _bodies, now=now)


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


def _bodies(rows: list[Review]) -> list[Body]:
    return [
        {
            "lot": row.lot.number,
            "reviewer": row.reviewer.printed_name,
            "comment": row.comment,
            "recorded_at": row.recorded_at,
            "signature": signature_body(row.signature),
            "results": [
                {
                    "run": item.result.run.number,
                    "version": item.result.version,
                    "compared_with": item.compared_with and file_body(item.compared_with),
                }
                for item in row.items.all()
            ],
        }
        for row in rows
    ]
