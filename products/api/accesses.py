"""Who read what over the API, for those who may read the trail."""

from __future__ import annotations

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.audit import AuditView
from products.api.filters import Names, Recorded, record, text
from products.api.listing import Listing, listed, newest
from products.api.schema import lists
from products.api.surface import Body
from products.models import Access, ApiToken, User
from products.queries.accesses import accesses

TAG = "Audit trail and ledger"


class AccessShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField(help_text="By the clock of the database.")
    username = serializers.CharField()
    printed_name = serializers.CharField()
    token_key = serializers.CharField(help_text="Key of the token, as in the list of tokens.")
    method = serializers.CharField()
    path = serializers.CharField()
    query = serializers.CharField(help_text="As sent, without what sounds like a secret.")
    kind = serializers.CharField(help_text="First word of the path, such as lots.")
    record = serializers.CharField(help_text="What the path names; empty for a list.")
    status = serializers.IntegerField(help_text="Of the answer: 200, 404 and so on.")
    request_id = serializers.CharField()
    address = serializers.CharField(help_text="Network address of the client.")


class AccessFilters(Recorded):
    username = Names(record("user", User, "username"), help_text="Name of the account.")
    token = Names(record("token", ApiToken, "token_key"), help_text="Key of the token.")
    kind = Names(text("kind"), help_text="First word of the path, such as lots.")
    record = Names(
        text("record"), help_text="What the path names, such as the number of a lot, in any case."
    )


ACCESSES = Listing(AccessShape, name="accesses", orders=newest(), filters=AccessFilters)


class Accesses(AuditView):
    @lists("list_accesses", "What auditors read over the API, newest first", ACCESSES, tag=TAG)
    def get(self, request: Request) -> Response:
        return listed(request, ACCESSES, accesses(), _bodies)


def _bodies(rows: list[Access]) -> list[Body]:
    return [
        {
            "id": row.pk,
            "recorded_at": row.recorded_at,
            "username": row.user.username,
            "printed_name": row.user.printed_name,
            "token_key": row.token.token_key,
            "method": row.method,
            "path": row.path,
            "query": row.query,
            "kind": row.kind,
            "record": row.record,
            "status": row.status,
            "request_id": row.request_id,
            "address": row.address,
        }
        for row in rows
    ]
