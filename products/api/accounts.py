"""Persons and accounts."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.accounts import (
    change_password,
    create_account,
    create_person,
    reset_password,
    set_active,
    set_expiry,
    set_roles,
)
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.listing import Listing, by, listed
from products.api.schema import acts, lists, word_of
from products.api.surface import Body, View
from products.domain.roles import Role
from products.models import Person, User
from products.queries import catalogue

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
