"""Who somebody is to a page, and the accounts behind a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db import connection
from django.db.models import Q

from products.domain.lots import zone_named
from products.domain.roles import Permission, permissions_of
from products.models import AuditEntry, Installation, Site, User
from products.models.installation import InstallationKind

# Asked with every request.
ROLES = """
SELECT held.name FROM auth_group held
JOIN products_user_groups link ON link.group_id = held.id
WHERE link.user_id = %s ORDER BY held.name
"""


@dataclass(frozen=True, slots=True)
class Identity:
    """An account, the person it belongs to, and where it acts.

    ``person`` is None for an account of no person. ``zone`` is that of the first site, for times
    of records that belong to none.
    """

    username: str
    person: UUID | None
    printed_name: str
    roles: tuple[str, ...]
    is_demo: bool
    zone: str

    @property
    def permissions(self) -> frozenset[Permission]:
        return permissions_of(self.roles)

    @property
    def roles_text(self) -> str:
        return ", ".join(self.roles) or "no role"


def identity_of(user: UUID) -> Identity:
    """Everything that each page needs to know of its reader, in one query."""
    row = (
        User.objects.filter(pk=user)
        .annotate(
            roles=ArrayAgg("groups__name", filter=Q(groups__isnull=False), default=[]),
            kind=Installation.objects.values("kind")[:1],
            zone=Site.objects.order_by("recorded_at", "id").values("zone")[:1],
        )
        .values("username", "person", "person__printed_name", "roles", "kind", "zone")
        .get()
    )
    return Identity(
        username=row["username"],
        person=row["person"],
        printed_name=row["person__printed_name"] or row["username"],
        roles=tuple(sorted(row["roles"])),
        is_demo=row["kind"] == InstallationKind.DEMO,
        zone=row["zone"] or "UTC",
    )


def roles_of(account: UUID) -> list[str]:
    """The names of the roles that the account has now, in order."""
    with connection.cursor() as cursor:
        cursor.execute(ROLES, [account])
        return [name for (name,) in cursor.fetchall()]


def is_expired(account: User, at: datetime) -> bool:
    """Whether the account's last day of use is over, by the calendar of the first site."""
    if account.expires_on is None:
        return False
    zone = Site.objects.order_by("recorded_at", "id").values_list("zone", flat=True).first()
    return account.expires_on < at.astimezone(zone_named(zone or "UTC")).date()


def last_reset(account: User) -> AuditEntry | None:
    """The entry that says who last reset the account's password, and when."""
    return (
        AuditEntry.objects.filter(
            record_table="products_user", record_id=str(account.pk), action="account.reset_password"
        )
        .order_by("-recorded_at", "-id")
        .first()
    )


def chose_password(account: User) -> bool:
    """Whether its owner chose the account's present password."""
    return AuditEntry.objects.filter(
        record_table="products_user",
        record_id=str(account.pk),
        action="account.change_password",
        recorded_at__gte=account.password_set_at,
    ).exists()


def is_demo() -> bool:
    return Installation.objects.filter(kind=InstallationKind.DEMO).exists()
