"""The signature policy in force, and whether somebody accepted it."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Count, Exists, OuterRef, QuerySet

from products.models import PolicyAcceptance, SignaturePolicy


def policies() -> QuerySet[SignaturePolicy]:
    """Each with its signature and ``accepted_by``, the number of persons who accepted it."""
    return SignaturePolicy.objects.select_related("signature").annotate(
        accepted_by=Count("acceptances")
    )


def acceptances() -> QuerySet[PolicyAcceptance]:
    return PolicyAcceptance.objects.select_related("policy", "person")


def policy_in_force() -> SignaturePolicy | None:
    return SignaturePolicy.objects.order_by("-version").first()


def policy_and_acceptance(person: UUID | None) -> tuple[int, bool]:
    """The version in force (0: there is none), and whether the person accepted it."""
    accepted = PolicyAcceptance.objects.filter(policy=OuterRef("pk"), person=person)
    found = (
        SignaturePolicy.objects.order_by("-version")
        .annotate(accepted=Exists(accepted))
        .values_list("version", "accepted")
        .first()
    )
    return found or (0, False)
