"""The records that lots and runs are made of, for lists and single pages. Never writes."""

from __future__ import annotations

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from products.domain.errors import NotFoundError
from products.domain.methods import DocumentState
from products.models import (
    ApiToken,
    Criterion,
    Determination,
    Donor,
    Method,
    MethodVersion,
    Person,
    Product,
    ProfileAssignment,
    SpecificationVersion,
    TissueSource,
    User,
)
from products.queries.factors import has_factor

PAPER = (
    "transcription__evidence",
    "transcription__recorded_by__person",
    "transcription__verification__signature",
)


def products() -> QuerySet[Product]:
    """Each with the number of its latest approved specification as ``latest_specification``, and
    with the rule profiles that were signed for it, the latest first.
    """
    approved = SpecificationVersion.objects.filter(
        product=OuterRef("pk"), state=DocumentState.APPROVED
    ).order_by("-version")
    assigned = ProfileAssignment.objects.select_related("signature").order_by("-version")
    return Product.objects.annotate(
        latest_specification=Subquery(approved.values("version")[:1])
    ).prefetch_related(Prefetch("profiles", queryset=assigned))


def specifications() -> QuerySet[SpecificationVersion]:
    """Each with the paper that it was transcribed from, if it was."""
    return SpecificationVersion.objects.select_related("product", "approval", *PAPER).defer(
        "transcription__evidence__content"
    )


def specification_with_criteria(product: str, version: int) -> SpecificationVersion:
    """Raises NotFoundError when there is no such version."""
    criteria = Criterion.objects.select_related("method").order_by("position")
    found = (
        specifications()
        .prefetch_related(Prefetch("criteria", queryset=criteria))
        .filter(product__code__iexact=product, version=version)
        .first()
    )
    if found is None:
        raise NotFoundError(f"Product {product!r} has no specification version {version}.")
    return found


def methods() -> QuerySet[Method]:
    versions = MethodVersion.objects.select_related("approval", "retirement", *PAPER).defer(
        "transcription__evidence__content"
    )
    return Method.objects.prefetch_related(
        Prefetch("versions", queryset=versions.order_by("version"))
    )


def donors() -> QuerySet[Donor]:
    """Each with the ``outcome`` and ``determined_on`` in effect, None while undetermined."""
    latest = Determination.objects.filter(donor=OuterRef("pk")).order_by("-version")
    return Donor.objects.annotate(
        outcome=Subquery(latest.values("outcome")[:1]),
        determined_on=Subquery(latest.values("determined_on")[:1]),
    )


def sources() -> QuerySet[TissueSource]:
    return TissueSource.objects.select_related("donor", "made_from")


def persons() -> QuerySet[Person]:
    return Person.objects.all()


def accounts() -> QuerySet[User]:
    """Each with ``has_factor``: whether it has a second factor that signs."""
    return (
        User.objects.select_related("person")
        .prefetch_related("groups")
        .annotate(has_factor=has_factor())
    )


def tokens() -> QuerySet[ApiToken]:
    return ApiToken.objects.select_related("user", "issued_by")


def tokens_of(user: User) -> QuerySet[ApiToken]:
    return tokens().filter(user=user)
