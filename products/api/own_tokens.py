"""One's own tokens: issued, listed and revoked."""

from __future__ import annotations

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.tokens import MOST_PRODUCTS, issue_token, revoke_token
from products.api.accepting import accept
from products.api.asking import actor_of
from products.api.bodies import ActionBody, Text, second_factor
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, word_of
from products.api.surface import Body, View
from products.domain.accounts import TokenKind, TokenScope
from products.models import ApiToken
from products.queries import catalogue

TAG = "People, sites and tokens"


class TokenShape(serializers.Serializer[None]):
    key = serializers.CharField(help_text="Names the token; it is not the secret.")
    username = serializers.CharField()
    kind = serializers.CharField()
    scope = serializers.CharField()
    purpose = serializers.CharField()
    created = serializers.DateTimeField()
    expiry = serializers.DateTimeField()
    revoked_at = serializers.DateTimeField(allow_null=True)
    issued_by = serializers.CharField()
    products = serializers.ListField(
        child=serializers.CharField(),
        help_text="Codes of the products that it is bound to; empty: it reads everything.",
    )
    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer


class IssuedTokenShape(TokenShape):
    token = serializers.CharField(help_text="The secret. It is shown this once.")


class TokenBody(ActionBody):
    kind = word_of(TokenKind)
    scope = word_of(TokenScope)
    purpose = Text(max_length=100)
    days = serializers.IntegerField(min_value=1, max_value=365)
    username = Text(max_length=64, allow_null=True, default=None, help_text="None: your own.")
    products = serializers.ListField(
        child=Text(max_length=32),
        max_length=MOST_PRODUCTS,
        default=list,
        help_text="Codes of products, to which a token of scope read may be bound; empty: all.",
    )
    second_factor = second_factor("A code of your authenticator app, if you have a second factor.")


class RevocationBody(ActionBody):
    pass


TOKENS = Listing(TokenShape, name="tokens", orders=newest())


class Tokens(View):
    @lists("list_tokens", "Your own tokens, newest first", TOKENS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, TOKENS, catalogue.tokens_of(actor_of(request)), token_bodies)

    @acts(
        "token.issue",
        "issue_token",
        "Issue a token; its secret is shown this once",
        tag=TAG,
        request=TokenBody,
        shape=IssuedTokenShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, TokenBody)
        token, secret = issue_token(context, **given)
        body = {**token_bodies([token])[0], "token": secret}
        return Response(body, status=201, headers={"Cache-Control": "no-store"})


class Revocation(View):
    @acts(
        "token.revoke",
        "revoke_token",
        "Revoke a token at once",
        tag=TAG,
        request=RevocationBody,
        shape=TokenShape,
        status=200,
    )
    def post(self, request: Request, token_key: str) -> Response:
        context, given = accept(request, RevocationBody)
        token = revoke_token(context, token_key=token_key, **given)
        return Response(token_bodies([token])[0])


def token_bodies(rows: list[ApiToken]) -> list[Body]:
    now = timezone.now()
    return [
        {
            "key": row.token_key,
            "username": row.user.username,
            "kind": row.kind,
            "scope": row.scope,
            "purpose": row.purpose,
            "created": row.created,
            "expiry": row.expiry,
            "revoked_at": row.revoked_at,
            "issued_by": row.issued_by.username,
            "products": row.products or [],
            "is_valid": row.revoked_at is None and row.expiry > now,
        }
        for row in rows
    ]
