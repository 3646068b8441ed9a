"""Second factors: one's own, and those that administrators remove. Browsers make passkeys."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.factors import (
    confirm_totp,
    enrol_totp,
    issue_recovery_codes,
    remove_factor,
    remove_factor_of,
)
from products.actions.lookups import find_account
from products.api.accepting import accept
from products.api.asking import actor_of
from products.api.bodies import ActionBody, ConfirmedBody, Text, second_factor
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists
from products.api.shown import name_of
from products.api.surface import Body, View
from products.domain.factors import FactorKind, enrolment_uri, secret_text
from products.models import Factor
from products.queries.factors import codes_left, factors

TAG = "People, sites and tokens"
SHOWN_ONCE = {"Cache-Control": "no-store"}


class FactorShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    kind = serializers.CharField()
    name = serializers.CharField()
    enrolled_at = serializers.DateTimeField()
    confirmed_at = serializers.DateTimeField(
        allow_null=True, help_text="From then on it counts; null: it waits for its first code."
    )
    removed_at = serializers.DateTimeField(allow_null=True)
    removed_by = serializers.CharField(allow_null=True)
    removed_because = serializers.CharField()
    codes_left = serializers.IntegerField(allow_null=True, help_text="Of recovery codes.")


class NewAppShape(FactorShape):
    secret = serializers.CharField(help_text="For the app, in base32. It is shown this once.")
    uri = serializers.CharField(help_text="The same as apps read it from a QR code.")


class NewCodesShape(FactorShape):
    codes = serializers.ListField(
        child=serializers.CharField(), help_text="Each opens the door once. Shown this once."
    )


class AppBody(ConfirmedBody):
    name = Text(max_length=100, help_text="What you call it.")


class FirstCodeBody(ActionBody):
    second_factor = second_factor("The code that the new app shows now.", required=True)


class RemovalBody(ActionBody):
    reason = Text(max_length=1000, help_text="Why it goes; the person is told.")


FACTORS = Listing(FactorShape, name="factors", orders=by("recorded", "id"))


class OwnFactors(View):
    @lists("list_own_factors", "Your own second factors, oldest first", FACTORS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, FACTORS, factors().filter(user=actor_of(request)), _bodies)

    @acts(
        "factor.enrol_totp",
        "enrol_totp",
        "Enrol an authenticator app; its secret is shown this once",
        tag=TAG,
        request=AppBody,
        shape=NewAppShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, AppBody)
        factor, secret = enrol_totp(context, **given)
        body = _body(factors().get(pk=factor.pk)) | {
            "secret": secret_text(secret),
            "uri": enrolment_uri(secret, context.actor.username),
        }
        return Response(body, status=201, headers=SHOWN_ONCE)


class Confirmation(View):
    @acts(
        "factor.confirm_totp",
        "confirm_totp",
        "Confirm a new authenticator app by its first code",
        tag=TAG,
        request=FirstCodeBody,
        shape=FactorShape,
    )
    def post(self, request: Request, factor: UUID) -> Response:
        context, given = accept(request, FirstCodeBody)
        return Response(_body(confirm_totp(context, factor=factor, **given)), status=201)


class RecoveryCodes(View):
    @acts(
        "factor.issue_recovery_codes",
        "issue_recovery_codes",
        "New recovery codes in place of those of before; they are shown this once",
        tag=TAG,
        request=ConfirmedBody,
        shape=NewCodesShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, ConfirmedBody)
        factor, codes = issue_recovery_codes(context, **given)
        return Response(_body(factor) | {"codes": codes}, status=201, headers=SHOWN_ONCE)


class OwnRemoval(View):
    @acts(
        "factor.remove",
        "remove_own_factor",
        "Remove a second factor of your own",
        tag=TAG,
        request=ConfirmedBody,
        shape=FactorShape,
    )
    def post(self, request: Request, factor: UUID) -> Response:
        context, given = accept(request, ConfirmedBody)
        return Response(_body(remove_factor(context, factor=factor, **given)), status=201)


class FactorsOfAccount(View):
    @lists("list_factors", "The second factors of an account", FACTORS, tag=TAG, named=True)
    def get(self, request: Request, username: str) -> Response:
        account = find_account(username)
        return listed(request, FACTORS, factors().filter(user=account), _bodies)


class Removal(View):
    @acts(
        "account.remove_factor",
        "remove_factor",
        "Remove a second factor that another person lost",
        tag=TAG,
        request=RemovalBody,
        shape=FactorShape,
    )
    def post(self, request: Request, username: str, factor: UUID) -> Response:
        context, given = accept(request, RemovalBody)
        removed = remove_factor_of(context, username=username, factor=factor, **given)
        return Response(_body(removed), status=201)


def _bodies(rows: list[Factor]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(row: Factor) -> Body:
    confirmation, removal = getattr(row, "confirmation", None), getattr(row, "removal", None)
    return {
        "id": row.pk,
        "kind": row.kind,
        "name": row.name,
        "enrolled_at": row.recorded_at,
        "confirmed_at": confirmation and confirmation.recorded_at,
        "removed_at": removal and removal.recorded_at,
        "removed_by": removal and name_of(removal.recorded_by),
        "removed_because": removal.reason if removal else "",
        "codes_left": codes_left(row) if row.kind == FactorKind.RECOVERY_CODES else None,
    }
