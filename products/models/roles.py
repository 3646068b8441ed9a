"""Who holds which role since when, and who of quality signed for it."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from products.domain.roles import Role
from products.models.fields import Record, one_of, word_field
from products.models.people import User
from products.models.signatures import Signature


class RoleGrant(Record):
    """A role signs only once the grant is approved, or was made when the system was provisioned."""

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="role_grants")
    number = models.PositiveIntegerField()
    role = word_field(Role)
    by_provision = models.BooleanField(default=False)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["user", "number"]
        constraints = [
            models.UniqueConstraint(fields=["user", "number"], name="rolegrant_number_once"),
            one_of("rolegrant_role_known", "role", Role),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"


class RoleApproval(Record):
    grant = models.OneToOneField(RoleGrant, on_delete=models.PROTECT, related_name="approval")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.grant} approved"


class RoleRevocation(Record):
    grant = models.OneToOneField(RoleGrant, on_delete=models.PROTECT, related_name="revocation")
    reason = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.grant} revoked"
