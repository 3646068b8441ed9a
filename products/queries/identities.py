"""Which identities at a provider open which accounts."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from products.models import IdentityLink, User


def identity_links() -> QuerySet[IdentityLink]:
    """Each with its account, who linked it, and who undid it."""
    return IdentityLink.objects.select_related(
        "user__person", "recorded_by__person", "undone__recorded_by__person"
    )


def links_in_force() -> QuerySet[IdentityLink]:
    return identity_links().filter(undone__isnull=True)


def link_of_identity(issuer: str, subject: str) -> IdentityLink | None:
    """The link that holds; issuer and subject are compared letter by letter."""
    return links_in_force().filter(issuer=issuer, subject=subject).first()


def link_of_account(account: User, issuer: str) -> IdentityLink | None:
    return links_in_force().filter(user=account, issuer=issuer).first()


def is_in_force(link: UUID | str) -> bool:
    """Whether a link holds, of an identity at the provider that is set."""
    found = IdentityLink.objects.filter(pk=link, issuer=settings.SSO_ISSUER, undone__isnull=True)
    return bool(settings.SSO_ISSUER) and found.exists()
