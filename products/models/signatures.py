"""Electronic signatures: name, time, meaning, and the exact content (21 CFR 11.50, 11.70)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from products.models.fields import UUIDv7, uuid7
from products.models.people import Person


class Signature(models.Model):
    """Never changed. ``content`` is the canonical document of what the signer was shown."""

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    signed_at = models.DateTimeField(db_default=Now(), editable=False)
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="signatures"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="signatures")
    printed_name = models.CharField(max_length=100)
    meaning = models.CharField(max_length=100)
    reason = models.CharField(max_length=1000)
    zone = models.CharField(max_length=64, help_text="Zone in which the time is printed.")
    record_kind = models.CharField(max_length=40)
    record_id = models.UUIDField()
    content = models.BinaryField()
    content_sha256 = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="signature_is_complete",
                condition=~Q(printed_name="") & ~Q(meaning="") & ~Q(zone=""),
            ),
            models.UniqueConstraint(
                fields=["record_kind", "record_id", "meaning"], name="signature_once_per_meaning"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.meaning}: {self.printed_name}"
