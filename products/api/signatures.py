"""Signatures: their documents, readable again, and whether they still match."""

from __future__ import annotations

import json
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.filters import Filters, Names, Time, record, text, word
from products.api.listing import Listing, listed, newest
from products.api.schema import lists, reads
from products.api.shown import SignatureShape, signature_body
from products.api.surface import Body, View, only_parameters
from products.domain.matching import Matching
from products.models import Signature, User
from products.queries.listing import lot_row
from products.queries.lot_signatures import signatures_of
from products.queries.matching import matching_of, matchings, signatures

TAG = "Signatures"


class SignatureFilters(Filters):
    kind = Names(word("record_kind"), help_text="Kind of the record that was signed.")
    signer = Names(record("user", User, "username"), help_text="Account of the signer.")
    meaning = Names(text("meaning"), help_text="What the signature means.")
    signed_from = Time("signed_at", lookup_expr="gte", help_text="Signed at this instant or later.")
    signed_until = Time("signed_at", lookup_expr="lt", help_text="Signed before it.")


class SignedFactShape(serializers.Serializer[None]):
    path = serializers.CharField(help_text="Place of the fact in the document.")
    message = serializers.CharField()
    before = serializers.CharField(help_text="As signed.")
    after = serializers.CharField(help_text="As the records say today.")


class MatchedSignatureShape(SignatureShape):
    id = serializers.UUIDField()
    account = serializers.CharField(help_text="Of the signer.")
    kind = serializers.CharField(help_text="Kind of the record that was signed.")
    record = serializers.UUIDField(help_text="Its id.")
    standing = serializers.ChoiceField(
        ["matches", "changed", "altered"],
        help_text="changed: the records say otherwise today; altered: this is not the document "
        "that was signed.",
    )
    changes = serializers.ListField(
        child=serializers.CharField(), help_text="What changed since, in sentences."
    )


class SignedDocumentShape(MatchedSignatureShape):
    differences = SignedFactShape(many=True, help_text="Every fact that differs.")
    document = serializers.JSONField(help_text="Everything that was shown and signed.")
    canonical = serializers.CharField(
        help_text="The bytes that were hashed, as text (UTF-8): their SHA-256 is content_sha256."
    )


class LotSignaturesShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    signatures = MatchedSignatureShape(many=True, help_text="In the order of signing.")


SIGNATURES = Listing(
    MatchedSignatureShape, name="signatures", orders=newest(), filters=SignatureFilters
)


class Signatures(View):
    @lists(
        "list_signatures",
        "Signatures, newest first, each with whether it still matches",
        SIGNATURES,
        tag=TAG,
    )
    def get(self, request: Request) -> Response:
        return listed(request, SIGNATURES, signatures(), signature_bodies)


class OneSignature(View):
    @reads(
        "read_signature",
        "A signature with the document that was signed",
        SignedDocumentShape,
        tag=TAG,
    )
    def get(self, request: Request, signature: Any) -> Response:
        only_parameters(request, [])
        row = signatures().filter(pk=signature).first()
        if row is None:
            raise Http404
        matching = matching_of(row)
        text = bytes(row.content).decode("utf-8", "replace")
        return Response(
            {
                **_body(row, matching),
                "differences": [
                    {
                        "path": one.path,
                        "message": one.message,
                        "before": one.before,
                        "after": one.after,
                    }
                    for one in matching.differences
                ],
                "document": _json(text),
                "canonical": text,
            }
        )


class LotSignatures(View):
    @reads(
        "read_lot_signatures",
        "Every signature on a lot, each with whether it still matches",
        LotSignaturesShape,
        tag="Lots",
    )
    def get(self, request: Request, lot: str) -> Response:
        only_parameters(request, [])
        row = lot_row(lot, timezone.now())
        return Response(
            {"lot": row.number, "signatures": signature_bodies(list(signatures_of(row.id)))}
        )


def signature_bodies(rows: list[Signature]) -> list[Body]:
    found = matchings(rows)
    return [_body(row, found[row.pk]) for row in rows]


def _body(row: Signature, matching: Matching) -> Body:
    return {
        "id": row.pk,
        "account": row.user.username,
        "kind": row.record_kind,
        "record": row.record_id,
        **signature_body(row),
        "standing": matching.standing,
        "changes": list(matching.messages),
    }


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return None
