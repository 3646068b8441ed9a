"""What an electronic signature binds: the exact content shown to the signer (21 CFR 11.70)."""

from __future__ import annotations

from uuid import UUID

from products.domain.canonical import canonical_bytes


def signed_document(
    *, meaning: str, reason: str, record_kind: str, record_id: UUID | str, shown: object
) -> bytes:
    """Canonical bytes of what the signer was shown and meant.

    Raises:
        TypeError: ``shown`` holds a value without a canonical form.
    """
    return canonical_bytes(
        {
            "meaning": meaning,
            "reason": reason,
            "record": {"id": str(record_id), "kind": record_kind},
            "shown": shown,
        }
    )
