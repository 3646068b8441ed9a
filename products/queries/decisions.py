"""Decisions on lots, their holds and reviews; and who decided last on one."""

from __future__ import annotations

from django.db.models import Prefetch, QuerySet

from products.domain.dispositions import DecisionMade, DispositionKind
from products.domain.products import basis_text
from products.models import Disposition, Hold, Review, ReviewItem


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


def holds() -> QuerySet[Hold]:
    """Each with who placed and lifted it."""
    return Hold.objects.select_related(
        "lot", "placed_by__person", "disposition__signature", "lift__disposition__signature"
    )


def dispositions() -> QuerySet[Disposition]:
    """Each with its signature, without the evaluation that was signed."""
    return Disposition.objects.select_related("lot", "signature").defer("evaluation")


def reviews() -> QuerySet[Review]:
    """Each with the results that it is of."""
    items = ReviewItem.objects.select_related("result__run", "compared_with")
    return Review.objects.select_related("lot", "reviewer", "signature").prefetch_related(
        Prefetch("items", queryset=items.defer("compared_with__content").order_by("id"))
    )
