"""Reviews that come round: of all credentials, and of the audit trail."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from products.models.fields import Record
from products.models.signatures import Signature


class CredentialReview(Record):
    """Somebody went through all accounts, roles and tokens (21 CFR 11.300(b))."""

    accounts = models.PositiveIntegerField(help_text="Open ones at that time.")
    findings = models.CharField(max_length=2000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.CheckConstraint(
                name="credentialreview_says_something", condition=~Q(findings="")
            )
        ]

    def __str__(self) -> str:
        return f"Review of credentials, {self.recorded_at:%Y-%m-%d}"


class TrailReview(Record):
    """Signed: the entries of the ledger from one index to another, both included, were reviewed.

    Each begins where the one before ended, so that nothing is left out.
    """

    first_index = models.BigIntegerField(unique=True)
    last_index = models.BigIntegerField(unique=True)
    began_at = models.DateTimeField(help_text="Of the first entry.")
    ended_at = models.DateTimeField(help_text="Of the last entry.")
    root = models.BinaryField(help_text="Of the tree up to the last entry (RFC 6962).")
    scope = models.CharField(max_length=1000, help_text="What was looked at, and how.")
    findings = models.CharField(max_length=2000)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-first_index"]
        constraints = [
            models.CheckConstraint(
                name="trailreview_says_something",
                condition=Q(last_index__gte=F("first_index")) & ~Q(scope="") & ~Q(findings=""),
            )
        ]

    def __str__(self) -> str:
        return f"Review of the trail, entries {self.first_index} to {self.last_index}"
