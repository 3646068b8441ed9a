"""Reviews that come round: of all credentials, and of the audit trail."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.periodic import review_credentials, review_trail
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import Body, View
from products.models import CredentialReview, TrailReview
from products.queries.periodic import credential_reviews, trail_reviews

TAG = "People, sites and tokens"
LARGEST_INDEX = 2**63 - 2


class CredentialReviewShape(serializers.Serializer[None]):
    reviewed_at = serializers.DateTimeField()
    reviewed_by = serializers.CharField()
    accounts = serializers.IntegerField(help_text="Open ones at that time.")
    findings = serializers.CharField()


class TrailReviewShape(serializers.Serializer[None]):
    first_index = serializers.IntegerField(help_text="Index in the ledger, included.")
    last_index = serializers.IntegerField(help_text="Index in the ledger, included.")
    began_at = serializers.DateTimeField()
    ended_at = serializers.DateTimeField()
    root = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="Of the tree up to the last entry, hexadecimal."
    )
    scope = serializers.CharField()
    findings = serializers.CharField()
    signature = SignatureShape()


class CredentialReviewBody(ActionBody):
    findings = Text(max_length=2000)


class TrailReviewBody(SignedBody):
    last_index = serializers.IntegerField(min_value=0, max_value=LARGEST_INDEX)
    scope = Text(max_length=1000, help_text="What was looked at, and how.")
    findings = Text(max_length=2000)


CREDENTIALS = Listing(CredentialReviewShape, name="credential-reviews", orders=newest())


class CredentialReviews(View):
    @lists(
        "list_credential_reviews",
        "Reviews of accounts, roles and tokens, newest first",
        CREDENTIALS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, CREDENTIALS, credential_reviews(), _credential_bodies)

    @acts(
        "credentials.review",
        "review_credentials",
        "Record that all accounts, roles and tokens were gone through",
        tag=TAG,
        request=CredentialReviewBody,
        shape=CredentialReviewShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, CredentialReviewBody)
        row = review_credentials(context, **given)
        return Response(_credential_bodies([row])[0], status=201)


TRAIL = Listing(TrailReviewShape, name="trail-reviews", orders=newest("first_index"))


class TrailReviews(View):
    @lists("list_trail_reviews", "Reviews of the audit trail, newest first", TRAIL, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, TRAIL, trail_reviews(), _trail_bodies)

    @acts(
        "trail.review",
        "review_trail",
        "Sign that the entries since the last review were reviewed",
        tag=TAG,
        request=TrailReviewBody,
        shape=TrailReviewShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, TrailReviewBody)
        return Response(_trail_bodies([review_trail(context, **given)])[0], status=201)


def _credential_bodies(rows: list[CredentialReview]) -> list[Body]:
    return [
        {
            "reviewed_at": row.recorded_at,
            "reviewed_by": name_of(row.recorded_by),
            "accounts": row.accounts,
            "findings": row.findings,
        }
        for row in rows
    ]


def _trail_bodies(rows: list[TrailReview]) -> list[Body]:
    return [
        {
            "first_index": row.first_index,
            "last_index": row.last_index,
            "began_at": row.began_at,
            "ended_at": row.ended_at,
            "root": bytes(row.root).hex(),
            "scope": row.scope,
            "findings": row.findings,
            "signature": signature_body(row.signature),
        }
        for row in rows
    ]
