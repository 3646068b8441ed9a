"""The signature policy in its versions, and who accepted which."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.fields import Record
from products.models.people import Person
from products.models.signatures import Signature


class SignaturePolicy(Record):
    """The highest version is in force. Version 1 may come with the database, unsigned."""

    version = models.PositiveSmallIntegerField(unique=True)
    text = models.CharField(max_length=10000)
    by_provision = models.BooleanField(default=False)
    signature = models.OneToOneField(Signature, null=True, on_delete=models.PROTECT)

    class Meta:
        ordering = ["-version"]
        constraints = [
            models.CheckConstraint(
                name="signaturepolicy_is_signed",
                condition=~Q(text="")
                & (Q(signature__isnull=False) | Q(by_provision=True, version=1)),
            )
        ]

    def __str__(self) -> str:
        return f"Signature policy v{self.version}"


class PolicyAcceptance(Record):
    """A person read the version and is bound by it (21 CFR 11.10(j), 11.100(c))."""

    policy = models.ForeignKey(
        SignaturePolicy, on_delete=models.PROTECT, related_name="acceptances"
    )
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="acceptances")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["policy", "person"], name="policyacceptance_once")
        ]

    def __str__(self) -> str:
        return f"{self.person}: {self.policy}"
