"""Who decided last on a lot."""

from __future__ import annotations

from products.domain.dispositions import DecisionMade, DispositionKind
from products.domain.products import basis_text
from products.models import Disposition


def last_decision(lot: str) -> DecisionMade | None:
    """The last signed decision on the lot of this number; None while nobody decided."""
    row = (
        Disposition.objects.filter(lot__number=lot)
        .select_related("signature", "lot__product")
        .order_by("-number")
        .first()
    )
    if row is None:
        return None
    product = row.lot.product
    return DecisionMade(
        lot=row.lot.number,
        number=row.number,
        kind=DispositionKind(row.kind),
        basis=basis_text(product.basis, product.basis_reference),
        printed_name=row.signature.printed_name,
        signed_at=row.signature.signed_at,
        zone=row.signature.zone,
    )
