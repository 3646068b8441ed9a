"""Small parts of answers that several addresses show."""

from __future__ import annotations

from uuid import UUID

from django.urls import reverse
from rest_framework import serializers

from products.api.surface import Body
from products.models import Amendment, Evidence, Signature, User
from products.queries.versions import state_of


class SignatureShape(serializers.Serializer[None]):
    printed_name = serializers.CharField()
    signed_at = serializers.DateTimeField()
    zone = serializers.CharField(help_text="Zone in which the signed time is printed.")
    meaning = serializers.CharField()
    reason = serializers.CharField()
    content_sha256 = serializers.CharField(help_text="Of all that the signer was shown.")


class FileShape(serializers.Serializer[None]):
    """A file of evidence, named where a record rests on it."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    media_type = serializers.CharField()
    size = serializers.IntegerField(help_text="Bytes.")
    sha256 = serializers.CharField()
    content = serializers.CharField(help_text="Address of the bytes.")


class AmendmentLineShape(serializers.Serializer[None]):
    """An amendment, named where it bears on a record."""

    number = serializers.CharField()
    kind = serializers.CharField()
    run = serializers.CharField(allow_null=True)
    state = serializers.CharField(
        help_text="waits (for its second signature), in_effect or refused"
    )


def signature_body(signature: Signature) -> Body:
    return {
        "printed_name": signature.printed_name,
        "signed_at": signature.signed_at,
        "zone": signature.zone,
        "meaning": signature.meaning,
        "reason": signature.reason,
        "content_sha256": signature.content_sha256,
    }


def file_body(file: Evidence) -> Body:
    return {
        "id": file.pk,
        "name": file.name,
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "content": content_address(file.pk),
    }


def content_address(file: UUID | str) -> str:
    return reverse("api:evidence-content", args=[file])


def amendment_line(amendment: Amendment, run: str | None) -> Body:
    return {
        "number": amendment.number,
        "kind": amendment.kind,
        "run": run,
        "state": state_of(amendment),
    }


def name_of(account: User) -> str:
    return account.printed_name
