"""Which identity at an identity provider opens which account; unlinking is a row."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.fields import Record
from products.models.people import User

LONGEST_ISSUER = LONGEST_SUBJECT = 255
"""Characters of a subject: OpenID Connect Core 1.0, section 2."""


class IdentityLink(Record):
    """``number`` counts the links of one identity: a later one only after the former is undone.

    The e-mail address that a provider tells is no part of it: addresses are given again.
    """

    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="identity_links")
    issuer = models.CharField(max_length=LONGEST_ISSUER)
    subject = models.CharField(
        max_length=LONGEST_SUBJECT, help_text="Never given again by its issuer."
    )
    number = models.PositiveIntegerField()
    shown_as = models.CharField(
        max_length=200, blank=True, help_text="What the provider called the person; only shown."
    )
    reason = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            models.UniqueConstraint(
                fields=["issuer", "subject", "number"], name="identitylink_number_once"
            ),
            models.CheckConstraint(
                name="identitylink_names_somebody",
                condition=~Q(issuer="") & ~Q(subject="") & Q(number__gt=0),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.user}: {self.subject} at {self.issuer}"


class IdentityUnlink(Record):
    link = models.OneToOneField(IdentityLink, on_delete=models.PROTECT, related_name="undone")
    reason = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    def __str__(self) -> str:
        return f"{self.link} undone"
