"""The signature policy in its versions, and accepting the one in force."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.policies import accept_policy, issue_policy
from products.api.accepting import accept
from products.api.bodies import ActionBody, SignedBody, Text
from products.api.filters import PERSON, Names, Recorded, people
from products.api.listing import Listing, listed, newest
from products.api.schema import acts, lists
from products.api.shown import SignatureShape, signature_body
from products.api.surface import Body, View
from products.models import PolicyAcceptance
from products.queries.policies import acceptances, policies

TAG = "People, sites and tokens"


class PolicyShape(serializers.Serializer[None]):
    version = serializers.IntegerField(help_text="The highest is in force.")
    text = serializers.CharField()
    issued_at = serializers.DateTimeField()
    by_provision = serializers.BooleanField(help_text="It came with the database.")
    signature = SignatureShape(allow_null=True)
    accepted_by = serializers.IntegerField(help_text="How many persons accepted it.")


class AcceptanceShape(serializers.Serializer[None]):
    version = serializers.IntegerField()
    printed_name = serializers.CharField()
    accepted_at = serializers.DateTimeField()


class PolicyBody(SignedBody):
    text = Text(max_length=10000, trim_whitespace=False)


class AcceptanceBody(ActionBody):
    version = serializers.IntegerField(min_value=1, max_value=32767, help_text="As you read it.")


class AcceptanceFilters(Recorded):
    person = Names(people(persons=["person"]), help_text=PERSON)


ACCEPTANCES = Listing(
    AcceptanceShape, name="policy-acceptances", orders=newest(), filters=AcceptanceFilters
)
POLICIES = Listing(PolicyShape, name="signature-policies", orders=newest("version"))


class Acceptances(View):
    @lists("list_policy_acceptances", "Who accepted which version", ACCEPTANCES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, ACCEPTANCES, acceptances(), _acceptances)


class Policies(View):
    @lists("list_signature_policies", "The signature policy, newest first", POLICIES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, POLICIES, policies(), _bodies)

    @acts(
        "policy.issue",
        "issue_policy",
        "Sign a new version, which everybody accepts before signing again",
        tag=TAG,
        request=PolicyBody,
        shape=PolicyShape,
        named=False,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, PolicyBody)
        policy = issue_policy(context, **given)
        return Response(_bodies([policies().get(pk=policy.pk)])[0], status=201)


class Acceptance(View):
    @acts(
        "policy.accept",
        "accept_policy",
        "Accept the signature policy in force, for your person",
        tag=TAG,
        request=AcceptanceBody,
        shape=AcceptanceShape,
        named=False,
        may_be_stale=True,
    )
    def post(self, request: Request) -> Response:
        context, given = accept(request, AcceptanceBody)
        row = accept_policy(context, **given)
        body = {
            "version": row.policy.version,
            "printed_name": row.person.printed_name,
            "accepted_at": row.recorded_at,
        }
        return Response(body, status=201)


def _bodies(rows: list[Any]) -> list[Body]:
    return [
        {
            "version": row.version,
            "text": row.text,
            "issued_at": row.recorded_at,
            "by_provision": row.by_provision,
            "signature": row.signature and signature_body(row.signature),
            "accepted_by": row.accepted_by,
        }
        for row in rows
    ]


def _acceptances(rows: list[PolicyAcceptance]) -> list[Body]:
    return [
        {
            "version": row.policy.version,
            "printed_name": row.person.printed_name,
            "accepted_at": row.recorded_at,
        }
        for row in rows
    ]
