"""Who holds which role since when, and whether quality has signed for it."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from products.models import RoleGrant, User


def grants_in_force() -> QuerySet[RoleGrant]:
    """The grants that were not revoked, of every account."""
    return RoleGrant.objects.filter(revocation__isnull=True)


def roles_that_sign(account: User) -> set[str]:
    """The account's roles that quality has signed for, or that came with the database."""
    signed_for = Q(by_provision=True) | Q(approval__isnull=False)
    return set(grants_in_force().filter(signed_for, user=account).values_list("role", flat=True))
