"""Signatures as the database takes them, written past every action."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID, uuid4

from products.domain.signatures import signed_document
from products.models import Signature, User
from tests.records import person_of

NOTHING: Mapping[str, object] = {}


def unsaved_signature(
    by: User,
    kind: str = "test",
    key: UUID | None = None,
    *,
    meaning: str = "Tested",
    shown: Mapping[str, object] = NOTHING,
) -> Signature:
    """Of the person ``by``, for the record ``key`` of that kind; ``shown`` is what was signed."""
    record = key or uuid4()
    signer = {"account": by.username, "printed_name": by.printed_name}
    return Signature(
        user=by,
        person=person_of(by),
        printed_name=by.printed_name,
        meaning=meaning,
        reason="Tested",
        zone="UTC",
        record_kind=kind,
        record_id=record,
        content=signed_document(
            meaning=meaning,
            reason="Tested",
            record_kind=kind,
            record_id=record,
            shown={"signer": signer, **shown},
        ),
    )
