"""Persons, accounts, sites and tokens."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.accounts import (
    change_password,
    create_account,
    create_person,
    issue_token,
    reset_password,
    revoke_token,
    set_active,
    set_expiry,
    set_roles,
)
from products.actions.sites import register_site
from products.actions.transcriptions import declare_go_live
from products.api.listing import Listing, by, listed, newest
from products.api.schema import acts, lists, word_of
from products.api.shown import SignatureShape, signature_body
from products.api.surface import (
    ActionBody,
    Body,
    SignedBody,
    Text,
    View,
    accept,
    actor_of,
    second_factor,
)
from products.domain.accounts import TokenKind, TokenScope
from products.domain.roles import Role
from products.models import ApiToken, Person, Site, User
from products.queries import catalogue, registers

TAG = "People, sites and tokens"


class PersonShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    printed_name = serializers.CharField()


class AccountShape(serializers.Serializer[None]):
    username = serializers.CharField()
    person = serializers.UUIDField(allow_null=True)
    printed_name = serializers.CharField()
    roles = serializers.ListField(child=serializers.CharField())
    is_active = serializers.BooleanField()
    is_staff = serializers.BooleanField(help_text="May open the admin.")
    must_change_password = serializers.BooleanField()
    has_second_factor = serializers.BooleanField(help_text="An app or a passkey, in force.")
    locked_at = serializers.DateTimeField(allow_null=True)
    expires_on = serializers.DateField(allow_null=True, help_text="Last day of use.")


class SiteShape(serializers.Serializer[None]):
    name = serializers.CharField()
    zone = serializers.CharField()
    late_after_hours = serializers.IntegerField()
    go_live_on = serializers.DateField(
        allow_null=True, help_text="From this day on it records here; older paper is transcribed."
    )
    go_live = SignatureShape(allow_null=True)


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
    is_valid = serializers.BooleanField()  # type: ignore[assignment]  # a field of the answer


class IssuedTokenShape(TokenShape):
    token = serializers.CharField(help_text="The secret. It is shown this once.")


class PersonBody(ActionBody):
    printed_name = Text(max_length=100)


def _password(help_text: str) -> Text:
    return Text(trim_whitespace=False, write_only=True, max_length=1000, help_text=help_text)


class AccountBody(ActionBody):
    username = Text(max_length=64)
    person = serializers.UUIDField()
    password = _password("The first one; it is changed at first use.")
    roles = serializers.ListField(child=word_of(Role), max_length=len(Role))
    is_staff = serializers.BooleanField(default=True)


class RolesBody(ActionBody):
    roles = serializers.ListField(child=word_of(Role), max_length=len(Role))


class ActiveBody(ActionBody):
    is_active = serializers.BooleanField()


class ExpiryBody(ActionBody):
    expires_on = serializers.DateField(allow_null=True, help_text="Last day of use; null: no end.")


class PasswordBody(ActionBody):
    old = _password("Your password as it is.")
    new = _password("Your password from now on.")


class ResetBody(ActionBody):
    new = _password("To begin with; it is changed at first use.")


class SiteBody(ActionBody):
    name = Text(max_length=100)
    zone = Text(max_length=64, help_text="IANA name, such as America/New_York.")
    late_after_hours = serializers.IntegerField(default=24, min_value=0, max_value=8760)


class GoLiveBody(SignedBody):
    on = serializers.DateField(help_text="From this day on the site records here.")


class TokenBody(ActionBody):
    kind = word_of(TokenKind)
    scope = word_of(TokenScope)
    purpose = Text(max_length=100)
    days = serializers.IntegerField(min_value=1, max_value=365)
    username = Text(max_length=64, allow_null=True, default=None, help_text="None: your own.")
    second_factor = second_factor("A code of your authenticator app, if you have a second factor.")


class RevocationBody(ActionBody):
    pass


PERSONS = Listing(PersonShape, name="persons", orders=by("recorded", "id"))


class Persons(View):
    @lists("list_persons", "Persons", PERSONS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, PERSONS, catalogue.persons(), _person_bodies)

    @acts(
        "person.create",
        "create_person",
        "Record a person",
        tag=TAG,
        request=PersonBody,
        shape=PersonShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, PersonBody)
        return Response(_person_bodies([create_person(context, **given)])[0], status=201)


ACCOUNTS = Listing(AccountShape, name="accounts", orders=by("username", "username"))


class Accounts(View):
    @lists("list_accounts", "Accounts, by name", ACCOUNTS, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, ACCOUNTS, catalogue.accounts(), _account_bodies)

    @acts(
        "account.create",
        "create_account",
        "Give a person an account",
        tag=TAG,
        request=AccountBody,
        shape=AccountShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, AccountBody)
        return _account_response(create_account(context, **given), status=201)


class AccountRoles(View):
    @acts(
        "account.set_roles",
        "set_roles",
        "Give an account exactly these roles",
        tag=TAG,
        request=RolesBody,
        shape=AccountShape,
        status=200,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, RolesBody)
        return _account_response(set_roles(context, username=username, **given))


class AccountActive(View):
    @acts(
        "account.set_active",
        "set_active",
        "Close an account, or open it again",
        tag=TAG,
        request=ActiveBody,
        shape=AccountShape,
        status=200,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, ActiveBody)
        return _account_response(set_active(context, username=username, **given))


class AccountExpiry(View):
    @acts(
        "account.set_expiry",
        "set_expiry",
        "State the last day on which an account may be used",
        tag=TAG,
        request=ExpiryBody,
        shape=AccountShape,
        status=200,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, ExpiryBody)
        return _account_response(set_expiry(context, username=username, **given))


class AccountReset(View):
    @acts(
        "account.reset_password",
        "reset_password",
        "Give another person's account a password to begin with",
        tag=TAG,
        request=ResetBody,
        shape=AccountShape,
        status=200,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, ResetBody)
        return _account_response(reset_password(context, username=username, **given))


class OwnPassword(View):
    @acts(
        "account.change_password",
        "change_password",
        "Change your own password",
        tag=TAG,
        request=PasswordBody,
        shape=AccountShape,
        status=200,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, PasswordBody)
        return _account_response(change_password(context, **given))


SITES = Listing(SiteShape, name="sites", orders=by("name", "name"))


class Sites(View):
    @lists("list_sites", "Sites, by name", SITES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, SITES, registers.sites(), _site_bodies)

    @acts(
        "site.register",
        "register_site",
        "Register a site",
        tag=TAG,
        request=SiteBody,
        shape=SiteShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, SiteBody)
        return Response(_site_bodies([register_site(context, **given)])[0], status=201)


class GoLive(View):
    @acts(
        "site.declare_go_live",
        "declare_go_live",
        "Sign from which day on a site records here",
        tag=TAG,
        request=GoLiveBody,
        shape=SiteShape,
    )
    def post(self, request: Request, site: str) -> Response:
        context, given = accept(request, GoLiveBody)
        declare_go_live(context, site=site, **given)
        return Response(_site_bodies([registers.site(site)])[0], status=201)


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


def _account_response(account: User, *, status: int = 200) -> Response:
    found = catalogue.accounts().get(pk=account.pk)
    return Response(_account_bodies([found])[0], status=status)


def _person_bodies(rows: list[Person]) -> list[Body]:
    return [{"id": row.pk, "printed_name": row.printed_name} for row in rows]


def _account_bodies(rows: list[Any]) -> list[Body]:
    return [
        {
            "username": row.username,
            "person": row.person_id,
            "printed_name": row.printed_name,
            "roles": sorted(group.name for group in row.groups.all()),
            "is_active": row.is_active,
            "is_staff": row.is_staff,
            "must_change_password": row.must_change_password,
            "has_second_factor": row.has_factor,
            "locked_at": row.locked_at,
            "expires_on": row.expires_on,
        }
        for row in rows
    ]


def _site_bodies(rows: list[Site]) -> list[Body]:
    return [_site_body(row) for row in rows]


def _site_body(row: Site) -> Body:
    go_live = getattr(row, "go_live", None)
    return {
        "name": row.name,
        "zone": row.zone,
        "late_after_hours": row.late_after_hours,
        "go_live_on": go_live and go_live.on,
        "go_live": go_live and signature_body(go_live.signature),
    }


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
            "is_valid": row.revoked_at is None and row.expiry > now,
        }
        for row in rows
    ]
