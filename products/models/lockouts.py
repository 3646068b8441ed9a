"""Accounts locked after wrong passwords: each a notice to administrators until it is dealt with."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from products.domain.accounts import SignInKind
from products.models.fields import Record, one_of, word_field


class Lockout(Record):
    """Written with the failure that was one too many; ``until`` ends the lock by itself."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="lockouts"
    )
    failures = models.PositiveSmallIntegerField(help_text="Wrong passwords in a row.")
    kind = word_field(SignInKind)
    address = models.CharField(max_length=64, blank=True, help_text="Of the last failure.")
    until = models.DateTimeField()

    class Meta:
        ordering = ["-recorded_at", "-id"]
        constraints = [
            one_of("lockout_kind_known", "kind", SignInKind),
            models.CheckConstraint(
                name="lockout_ends_later", condition=Q(until__gt=F("recorded_at"))
            ),
        ]
        indexes = [models.Index(fields=["user", "-until"], name="lockout_by_user")]

    def __str__(self) -> str:
        return f"{self.user}: locked {self.recorded_at:%Y-%m-%d %H:%M} UTC"


class LockoutSettlement(Record):
    """Somebody looked into the lock: ``finding`` says what it was (21 CFR 11.300(d))."""

    lockout = models.OneToOneField(Lockout, on_delete=models.PROTECT, related_name="settlement")
    finding = models.CharField(max_length=1000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="lockoutsettlement_says_something", condition=~Q(finding="")
            )
        ]

    def __str__(self) -> str:
        return f"{self.lockout}: dealt with"
