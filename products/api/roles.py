"""Who holds which role since when, who gave it, and who of quality signed for it."""

from __future__ import annotations

from django.db.models import Q, QuerySet
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.role_grants import approve_role
from products.api.accepting import accept
from products.api.bodies import SignedBody
from products.api.filters import Flag, Names, Recorded, Words, record, without, word
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists, word_of
from products.api.shown import SignatureShape, name_of, signature_body
from products.api.surface import Body, View
from products.domain.roles import Role
from products.models import RoleGrant, User
from products.queries import registers

TAG = "People, sites and tokens"
SIGNS = Q(revocation__isnull=True) & (Q(by_provision=True) | Q(approval__isnull=False))


def _signing(rows: QuerySet[RoleGrant], value: bool) -> QuerySet[RoleGrant]:
    return rows.filter(SIGNS) if value else rows.exclude(SIGNS)


class RoleGrantFilters(Recorded):
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    role = Words(word("role"), Role, help_text="Role.")
    held = Flag(without("revocation"), help_text="true: not taken again since.")
    signs = Flag(_signing, help_text="true: held, and signed for by quality.")


class RoleGrantShape(serializers.Serializer[None]):
    username = serializers.CharField()
    printed_name = serializers.CharField()
    role = serializers.CharField()
    granted_at = serializers.DateTimeField()
    granted_by = serializers.CharField()
    by_provision = serializers.BooleanField(help_text="It came with the database.")
    approval = SignatureShape(
        allow_null=True, help_text="Of quality; before it the role signs nothing."
    )
    signs = serializers.BooleanField(help_text="The role may sign now.")
    revoked_at = serializers.DateTimeField(allow_null=True)
    revoked_by = serializers.CharField(allow_null=True)
    revocation_reason = serializers.CharField()


class RoleApprovalBody(SignedBody):
    role = word_of(Role)


ROLE_GRANTS = Listing(RoleGrantShape, name="role-grants", orders=newest(), filters=RoleGrantFilters)


class RoleGrants(View):
    @lists(
        "list_role_grants",
        "Who holds or held which role, newest first",
        ROLE_GRANTS,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, ROLE_GRANTS, registers.role_grants(), _bodies)


class RoleApproval(View):
    @acts(
        "account.approve_role",
        "approve_role",
        "Sign for a role that an account was given; from then on the role signs",
        tag=TAG,
        request=RoleApprovalBody,
        shape=RoleGrantShape,
        status=200,
    )
    def post(self, request: Request, username: str) -> Response:
        context, given = accept(request, RoleApprovalBody)
        approved = approve_role(context, username=username, **given)
        return Response(_bodies([registers.role_grants().get(pk=approved.grant_id)])[0])


def _bodies(rows: list[RoleGrant]) -> list[Body]:
    return [_body(row) for row in rows]


def _body(row: RoleGrant) -> Body:
    approval = getattr(row, "approval", None)
    revocation = getattr(row, "revocation", None)
    return {
        "username": row.user.username,
        "printed_name": name_of(row.user),
        "role": row.role,
        "granted_at": row.recorded_at,
        "granted_by": name_of(row.recorded_by),
        "by_provision": row.by_provision,
        "approval": approval and signature_body(approval.signature),
        "signs": revocation is None and (row.by_provision or approval is not None),
        "revoked_at": revocation and revocation.recorded_at,
        "revoked_by": revocation and name_of(revocation.recorded_by),
        "revocation_reason": revocation.reason if revocation else "",
    }
