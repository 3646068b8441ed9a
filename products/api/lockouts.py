"""Accounts that wrong passwords locked, and what was found."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.lockouts import settle_lockout
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.filters import Flag, Names, Recorded, record, without
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import name_of
from products.api.surface import Body, View
from products.models import Lockout, User
from products.queries.lockouts import lockouts

TAG = "People, sites and tokens"


class LockoutFilters(Recorded):
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    open = Flag(without("settlement"), help_text="true: nobody has dealt with it yet.")


class LockoutShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    username = serializers.CharField()
    printed_name = serializers.CharField()
    locked_at = serializers.DateTimeField()
    until = serializers.DateTimeField(help_text="The lock ends then by itself.")
    failures = serializers.IntegerField(help_text="Wrong passwords in a row.")
    kind = serializers.CharField(help_text="Of the last failure: sign_in or signature.")
    address = serializers.CharField(help_text="Of the last failure.")
    settled_at = serializers.DateTimeField(allow_null=True)
    settled_by = serializers.CharField(allow_null=True)
    finding = serializers.CharField()


class SettlementBody(ActionBody):
    finding = Text(max_length=1000, help_text="What it was, and what was done.")


LOCKOUTS = Listing(LockoutShape, name="lockouts", orders=newest(), filters=LockoutFilters)


class Lockouts(View):
    @lists(
        "list_lockouts",
        "Accounts locked after wrong passwords, newest first",
        LOCKOUTS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, LOCKOUTS, lockouts(), _bodies)


class Settlement(View):
    @acts(
        "lockout.settle",
        "settle_lockout",
        "Record that a lock was looked into, and what it was",
        tag=TAG,
        request=SettlementBody,
        shape=LockoutShape,
    )
    def post(self, request: Request, lockout: UUID) -> Response:
        context, given = accept(request, SettlementBody)
        settle_lockout(context, lockout=lockout, **given)
        return Response(_bodies([lockouts().get(pk=lockout)])[0], status=201)


def _bodies(rows: list[Lockout]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(row: Lockout) -> Body:
    settlement = getattr(row, "settlement", None)
    return {
        "id": row.pk,
        "username": row.user.username,
        "printed_name": name_of(row.user),
        "locked_at": row.recorded_at,
        "until": row.until,
        "failures": row.failures,
        "kind": row.kind,
        "address": row.address,
        "settled_at": settlement and settlement.recorded_at,
        "settled_by": settlement and name_of(settlement.recorded_by),
        "finding": settlement.finding if settlement else "",
    }
