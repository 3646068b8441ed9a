"""What those who may read the trail see of the installation: sign-ins, tokens and backups."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.audit import AuditView
from products.api.filters import Flag, Names, Recorded, Time, Words, record, word
from products.api.listing import Listing, by, listed, newest
from products.api.own_tokens import TokenShape, token_bodies
from products.api.schema import lists
from products.api.surface import Body
from products.domain.accounts import SignInKind, TokenScope
from products.models import Backup, SignIn, User
from products.queries.catalogue import tokens
from products.queries.upkeep import backups, sign_ins

TAG = "People, sites and tokens"


class SignInShape(serializers.Serializer[None]):
    account = serializers.CharField(
        allow_null=True, help_text="Null: no account has the name that was typed."
    )
    kind = serializers.CharField(help_text=f"One of {', '.join(SignInKind)}.")
    method = serializers.CharField(help_text="password or provider")
    succeeded = serializers.BooleanField()
    counted_for = serializers.CharField(help_text="What a failure counts for.")
    address = serializers.CharField()
    user_agent = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class BackupShape(serializers.Serializer[None]):
    made_at = serializers.DateTimeField(help_text="The backup holds everything up to it.")
    file_name = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField(help_text="Of the dump.")
    product_version = serializers.CharField()
    recorded_at = serializers.DateTimeField()


class SignInFilters(Recorded):
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    kind = Words(word("kind"), SignInKind, help_text="What was to be proved.")
    succeeded = Flag(
        lambda rows, wanted: rows.filter(succeeded=wanted), help_text="false: it was refused."
    )


class TokenFilters(Recorded):
    recorded_from = Time("created", lookup_expr="gte", help_text="Issued at this instant or later.")
    recorded_until = Time("created", lookup_expr="lt", help_text="Issued before it.")
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    scope = Words(word("scope"), TokenScope, help_text="Scope.")


SIGN_INS = Listing(SignInShape, name="sign-ins", orders=newest(), filters=SignInFilters)
TOKENS = Listing(TokenShape, name="issued-tokens", orders=newest(), filters=TokenFilters)
BACKUPS = Listing(
    BackupShape, name="backups", orders=by("made", "made_at", "id", newest_first=True)
)


class SignIns(AuditView):
    @lists(
        "list_sign_ins", "Who proved who they are, or failed to, newest first", SIGN_INS, tag=TAG
    )
    def get(self, request: Request) -> Response:
        return listed(request, SIGN_INS, sign_ins(), _sign_ins)


class IssuedTokens(AuditView):
    @lists("list_issued_tokens", "Tokens of all accounts, newest first", TOKENS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, TOKENS, tokens(), token_bodies)


class Backups(AuditView):
    @lists("list_backups", "The backups that were made, newest first", BACKUPS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, BACKUPS, backups(), _backups)


def _sign_ins(rows: list[SignIn]) -> list[Body]:
    """Not the name as it was typed: some type a password there."""
    return [
        {
            "account": row.user and row.user.username,
            "kind": row.kind,
            "method": row.method,
            "succeeded": row.succeeded,
            "counted_for": row.counted_for,
            "address": row.address,
            "user_agent": row.user_agent,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]


def _backups(rows: list[Backup]) -> list[Body]:
    return [
        {
            "made_at": row.made_at,
            "file_name": row.file_name,
            "size": row.size,
            "sha256": row.sha256,
            "product_version": row.product_version,
            "recorded_at": row.recorded_at,
        }
        for row in rows
    ]
