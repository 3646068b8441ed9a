"""The audit trail: what the database wrote about each changed row. Nothing here writes it."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models


class AuditEntry(models.Model):
    """Written by the row trigger only.

    ``body`` is the entry's canonical bytes and ``sha256`` their digest; every other column
    derives from them, to search by.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    recorded_at = models.DateTimeField()
    actor = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    reason = models.TextField()
    request_id = models.CharField(max_length=64)
    address = models.CharField(max_length=64)
    operation = models.CharField(max_length=8)
    record_table = models.CharField(max_length=64)
    record_id = models.CharField(max_length=64)
    lots = ArrayField(models.UUIDField())
    body = models.BinaryField()
    sha256 = models.BinaryField()
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        ordering = ["id"]
        default_permissions = ()

    def __str__(self) -> str:
        return f"{self.action}: {self.operation} {self.record_table} {self.record_id}"
