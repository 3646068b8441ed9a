"""What auditors were answered over the API."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.fields import Record
from products.models.tokens import ApiToken

LONGEST_PATH, LONGEST_QUERY, LONGEST_NAME = 1000, 4000, 400


class Access(Record):
    """One answer to an auditor: what was asked for, with which token, and what came of it.

    ``path`` and ``query`` are as sent, cut where they are longer than any address here; ``kind`` is
    the first word of the path, and ``record`` what the path names, with slashes between.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="accesses"
    )
    token = models.ForeignKey(ApiToken, on_delete=models.PROTECT, related_name="accesses")
    method = models.CharField(max_length=16)
    path = models.CharField(max_length=LONGEST_PATH)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    kind = models.CharField(max_length=64, blank=True)
    record = models.CharField(max_length=LONGEST_NAME, blank=True)
    status = models.PositiveSmallIntegerField(help_text="Of the answer (RFC 9110, 15).")
    request_id = models.CharField(max_length=64)
    address = models.CharField(max_length=64, blank=True)

    class Meta:
        verbose_name_plural = "accesses"
        constraints = [
            models.CheckConstraint(
                name="access_says_what_was_asked",
                condition=~Q(method="") & ~Q(path="") & Q(status__gte=100) & Q(status__lt=600),
            )
        ]
        indexes = [
            models.Index(fields=["recorded_at"], name="access_by_time"),
            models.Index(fields=["user", "recorded_at"], name="access_by_user"),
            models.Index(fields=["record", "recorded_at"], name="access_by_record"),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.method} {self.path}"
