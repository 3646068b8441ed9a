"""Requests that were carried out, so that the same one sent again has no second effect."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.fields import Record


class RequestDone(Record):
    """Written in the transaction of the action that the request asked for.

    ``key`` is the client's Idempotency-Key or the form's token, empty for a signed request that
    came without one. ``sha256`` is that of the request without passwords.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="requests_done"
    )
    key = models.CharField(max_length=255, blank=True)
    sha256 = models.CharField(max_length=64)
    action = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                name="request_done_once_per_key", fields=["user", "key"], condition=~Q(key="")
            ),
            models.UniqueConstraint(
                name="request_done_once_without_key", fields=["user", "sha256"], condition=Q(key="")
            ),
        ]
        indexes = [models.Index(name="request_done_by_content", fields=["user", "sha256"])]

    def __str__(self) -> str:
        return f"{self.action}, request {self.key or self.sha256[:12]}"


class RequestAnswer(Record):
    """The first answer to a request with a key, given again to the same request."""

    request = models.OneToOneField(RequestDone, on_delete=models.PROTECT, related_name="answer")
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField()
    body = models.TextField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"Answer {self.status} to {self.request}"
