"""The audit trail over all records, and the feed of what has been sealed into the ledger."""

from __future__ import annotations

import base64
from functools import partial
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import reverse
from django.utils.http import content_disposition_header
from drf_spectacular.utils import OpenApiParameter
from rest_framework import serializers
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from products.api.asking import actor_of
from products.api.filters import Aside, Names, Recorded, record, word
from products.api.listing import Listing, listed
from products.api.pagination import LARGEST_PAGE, SIZE, Keyset, page_size
from products.api.reach import InReach, narrowed
from products.api.schema import downloads, lists, reads
from products.api.surface import FORMAT, Body, View, only_parameters
from products.domain.errors import InvalidValueError, NotPermittedError
from products.domain.roles import Permission, permissions_of
from products.models import AuditEntry, Leaf, Lot, User
from products.queries import audit
from products.queries.ledger_feed import sealed_after
from products.queries.people import roles_of
from products.queries.trail import ShownEntry, shown

TAG = "Audit trail and ledger"
AFTER = "after"
BYTES = "application/octet-stream"
MOST_DIGITS = 18


class MayAudit(BasePermission):
    """The trail tells who did what from where: more than a record tells of itself."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = actor_of(request)
        if Permission.AUDIT not in permissions_of(roles_of(actor.pk)):
            raise NotPermittedError(
                f"{actor.username} has no role that may read the whole audit trail. Quality, "
                "auditors and administrators may."
            )
        return True


class AuditView(View):
    permission_classes = [*View.permission_classes[:-1], MayAudit, InReach]


class AuditFilters(Recorded):
    actor = Names(record("actor", User, "username"), help_text="Name of the account that acted.")
    action = Names(word("action"), help_text="Name of the action, such as lot.release.")
    table = Names(word("record_table"), help_text="Table, such as products_lot.")
    record = Names(word("record_id"), help_text="Key of the record.")
    lot = Aside(help_text="Number of a lot that the entry concerns.")


class DifferenceShape(serializers.Serializer[None]):
    field = serializers.CharField(help_text="Column.")
    label = serializers.CharField(help_text="As people call it.")  # type: ignore[assignment]  # a field of the answer
    before = serializers.CharField(help_text="With names in place of keys; empty: no value.")
    after = serializers.CharField(help_text="With names in place of keys; empty: no value.")


class AuditEntryShape(serializers.Serializer[None]):
    id = serializers.UUIDField()
    recorded_at = serializers.DateTimeField(help_text="The database's clock.")
    actor = serializers.CharField(help_text="Name of the account.")
    actor_printed = serializers.CharField(help_text="Who that is.")
    action = serializers.CharField()
    reason = serializers.CharField()
    operation = serializers.CharField(help_text="insert, update or delete.")
    table = serializers.CharField()
    record = serializers.CharField(help_text="Key of the record.")
    record_name = serializers.CharField(help_text="What people call the record.")
    lots = serializers.ListField(
        child=serializers.CharField(), help_text="Numbers of the lots that it concerns."
    )
    request_id = serializers.CharField()
    address = serializers.CharField(help_text="From which the actor came.")
    differences = DifferenceShape(many=True)
    sha256 = serializers.CharField(help_text="Of the canonical bytes.")
    ledger_index = serializers.IntegerField(
        allow_null=True, help_text="Place in the ledger; null until it is sealed."
    )
    content = serializers.CharField(help_text="Address of the canonical bytes.")
    proof = serializers.CharField(help_text="Address of the proof file; 409 until it is sealed.")


class OneAuditEntryShape(AuditEntryShape):
    before = serializers.DictField(
        allow_null=True, help_text="The row before, by column; null: there was none."
    )
    after = serializers.DictField(
        allow_null=True, help_text="The row after, by column; null: there is none."
    )


class FeedEntryShape(serializers.Serializer[None]):
    index = serializers.IntegerField(help_text="Place in the ledger.")
    id = serializers.UUIDField()
    leaf_hash = serializers.CharField(help_text="RFC 6962 hash of the entry, hexadecimal.")
    entry = serializers.CharField(help_text="The entry's canonical bytes, base64.")


class FeedShape(serializers.Serializer[None]):
    results = FeedEntryShape(many=True)
    next_after = serializers.IntegerField(
        help_text="What to ask for next time: the last index that is known now, -1 for none."
    )
    next = serializers.CharField(help_text="Address to ask next; also in the Link header.")


TRAIL = Listing(
    AuditEntryShape,
    name="audit",
    orders={"newest": Keyset(audit.ORDER, descending=True), "oldest": Keyset(audit.ORDER)},
    filters=AuditFilters,
)


class Trail(AuditView):
    @lists(
        "list_audit_entries",
        "What the database wrote about every change, latest first",
        TRAIL,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, TRAIL, audit.trail(), _bodies, split=partial(_parts, request))


class OneEntry(AuditView):
    @reads(
        "read_audit_entry", "One entry with the row before and after", OneAuditEntryShape, tag=TAG
    )
    def get(self, request: Request, entry: UUID) -> Response:
        only_parameters(request, [])
        (line,) = shown([audit.entry(entry)])
        row = line.entry
        return Response({**_body(line), "before": row.before, "after": row.after})


class EntryContent(AuditView):
    """The bytes as the database wrote them: what is hashed, sealed and proved."""

    @downloads("read_audit_entry_content", "The entry's canonical bytes", [BYTES], tag=TAG)
    def get(self, request: Request, entry: UUID) -> HttpResponse:
        only_parameters(request, [])
        row = audit.entry(entry)
        return attachment(bytes(row.body), f"{row.id}.entry.json", BYTES)


class Changes(AuditView):
    @reads(
        "read_changes",
        "Sealed entries in the order of the ledger, none left out, each once",
        FeedShape,
        tag=TAG,
        named=False,
        checked=True,
        parameters=[
            OpenApiParameter(
                AFTER, int, description="The last index that the client has; none: from the first."
            ),
            OpenApiParameter(SIZE, int, description=f"Entries of a page, at most {LARGEST_PAGE}."),
        ],
    )
    def get(self, request: Request) -> Response:
        if FORMAT in request.query_params:
            raise InvalidValueError(
                "This feed follows the ledger without end, so that it is never whole in a file. "
                "Take the audit trail as a file, or these pages as they come.",
                code="unknown_parameter",
                field=FORMAT,
            )
        only_parameters(request, [AFTER, SIZE])
        after, size = _after(request), page_size(request)
        leaves = sealed_after(after, size, narrowed(request, Leaf.objects.all()))
        last = leaves[-1].index if leaves else after
        query = request.query_params.copy()
        query[AFTER] = str(last)
        following = f"{request.build_absolute_uri(request.path)}?{query.urlencode()}"
        body = {
            "results": [
                {
                    "index": leaf.index,
                    "id": leaf.entry_id,
                    "leaf_hash": bytes(leaf.hash).hex(),
                    "entry": base64.b64encode(bytes(leaf.entry.body)).decode(),
                }
                for leaf in leaves
            ],
            "next_after": last,
            "next": following,
        }
        return Response(body, headers={"Link": f'<{following}>; rel="next"'})


def attachment(content: bytes, name: str, media_type: str) -> HttpResponse:
    """Bytes to keep, which no browser renders."""
    disposition = content_disposition_header(as_attachment=True, filename=name)
    return HttpResponse(
        content,
        content_type=media_type,
        headers={
            "Content-Disposition": disposition or "attachment",
            "X-Content-Type-Options": "nosniff",
        },
    )


def _parts(request: Request, rows: QuerySet[AuditEntry]) -> audit.Parts:
    number = request.query_params.get("lot", "")
    if not number:
        return (rows,)
    lot = Lot.objects.filter(number__iexact=number).values_list("pk", flat=True).first()
    return (rows.none(),) if lot is None else audit.of_lot(rows, lot)


def _after(request: Request) -> int:
    text = request.query_params.get(AFTER, "-1")
    if text == "-1":
        return -1
    if not (text.isascii() and text.isdigit() and len(text) <= MOST_DIGITS):
        raise InvalidValueError(
            "An index is a whole number from 0, or -1 for the beginning.", field=AFTER
        )
    return int(text)


def _bodies(rows: list[AuditEntry]) -> list[Body]:
    return [_body(line) for line in shown(rows)]


def _body(line: ShownEntry) -> Body:
    row = line.entry
    return {
        "id": row.id,
        "recorded_at": row.recorded_at,
        "actor": row.actor_name,
        "actor_printed": line.actor,
        "action": row.action,
        "reason": row.reason,
        "operation": row.operation,
        "table": row.record_table,
        "record": row.record_id,
        "record_name": line.record,
        "lots": [number for _, number in line.lots],
        "request_id": row.request_id,
        "address": row.address,
        "differences": [
            {
                "field": change.field,
                "label": change.label,
                "before": change.before,
                "after": change.after,
            }
            for change in line.changes
        ],
        "sha256": bytes(row.sha256).hex(),
        "ledger_index": line.index,
        "content": reverse("api:audit-content", args=[row.id]),
        "proof": reverse("api:audit-proof", args=[row.id]),
    }
