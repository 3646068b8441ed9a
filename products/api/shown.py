"""Small parts of answers that several addresses show."""

from __future__ import annotations

from rest_framework import serializers

from products.api.surface import Body
from products.models import Signature, User


class SignatureShape(serializers.Serializer[None]):
    printed_name = serializers.CharField()
    signed_at = serializers.DateTimeField()
    zone = serializers.CharField(help_text="Zone in which the signed time is printed.")
    meaning = serializers.CharField()
    reason = serializers.CharField()
    content_sha256 = serializers.CharField(help_text="Of all that the signer was shown.")


def signature_body(signature: Signature) -> Body:
    return {
        "printed_name": signature.printed_name,
        "signed_at": signature.signed_at,
        "zone": signature.zone,
        "meaning": signature.meaning,
        "reason": signature.reason,
        "content_sha256": signature.content_sha256,
    }


def name_of(account: User) -> str:
    return account.printed_name
