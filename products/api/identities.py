"""Identities at a provider, and the accounts that they open."""

from __future__ import annotations

from uuid import UUID

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.identities import link_identity, unlink_identity
from products.api.accepting import accept
from products.api.bodies import ActionBody, Text
from products.api.filters import Flag, Names, Recorded, record, without
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import name_of
from products.api.surface import Body, View
from products.models import IdentityLink, User
from products.models.identities import LONGEST_ISSUER, LONGEST_SUBJECT
from products.queries.identities import identity_links

TAG = "People, sites and tokens"


class IdentityFilters(Recorded):
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    open = Flag(without("undone"), help_text="true: the link holds; false: it was undone.")


class IdentityShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    username = serializers.CharField(help_text="The account that the identity opens.")
    printed_name = serializers.CharField()
    issuer = serializers.CharField()
    subject = serializers.CharField()
    number = serializers.IntegerField(help_text="Counts the links of this identity.")
    shown_as = serializers.CharField(
        help_text="What the provider called the person when the link was made."
    )
    reason = serializers.CharField()
    linked_at = serializers.DateTimeField()
    linked_by = serializers.CharField()
    undone_at = serializers.DateTimeField(allow_null=True)
    undone_by = serializers.CharField(allow_null=True)


class LinkBody(ActionBody):
    issuer = Text(max_length=LONGEST_ISSUER, help_text="As the provider's tokens name it.")
    subject = Text(max_length=LONGEST_SUBJECT, help_text="The claim `sub` of the person's tokens.")


class UnlinkBody(ActionBody):
    pass


IDENTITIES = Listing(IdentityShape, name="identities", orders=newest(), filters=IdentityFilters)


class Identities(View):
    @lists(
        "list_identities",
        "Identities at a provider that open accounts, newest first",
        IDENTITIES,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, IDENTITIES, identity_links(), _bodies)


class AccountIdentities(View):
    @acts(
        "identity.link",
        "link_identity",
        "Have an identity at the provider open another person's account",
        tag=TAG,
        request=LinkBody,
        shape=IdentityShape,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, LinkBody)
        row = link_identity(context, username=username, **given)
        return Response(_bodies([identity_links().get(pk=row.pk)])[0], status=201)


class Unlinking(View):
    @acts(
        "identity.unlink",
        "unlink_identity",
        "Undo the link of an identity, at once",
        tag=TAG,
        request=UnlinkBody,
        shape=IdentityShape,
    )
    def post(self, request: Request, link: UUID) -> Response:
        context, _ = accept(request, UnlinkBody)
        unlink_identity(context, link=link)
        return Response(_bodies([identity_links().get(pk=link)])[0], status=201)


def _bodies(rows: list[IdentityLink]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(row: IdentityLink) -> Body:
    undone = getattr(row, "undone", None)
    return {
        "id": row.pk,
        "username": row.user.username,
        "printed_name": name_of(row.user),
        "issuer": row.issuer,
        "subject": row.subject,
        "number": row.number,
        "shown_as": row.shown_as,
        "reason": row.reason,
        "linked_at": row.recorded_at,
        "linked_by": name_of(row.recorded_by),
        "undone_at": undone and undone.recorded_at,
        "undone_by": undone and name_of(undone.recorded_by),
    }
