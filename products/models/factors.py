"""Second factors of accounts: enrolled, used and removed by rows, none of which ever changes."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.domain.factors import KIND_LABELS, FactorKind
from products.models.fields import Record, one_of, word_field


class Factor(Record):
    """Counts from its confirmation to its removal.

    ``secret`` is that of an authenticator app, encrypted; ``credential_id`` and ``credential`` are
    those of a passkey, as base64url.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="factors"
    )
    kind = word_field(FactorKind, labels=KIND_LABELS)
    name = models.CharField(max_length=100, help_text="Given by its owner.")
    secret = models.CharField(max_length=200, blank=True)
    credential_id = models.CharField(max_length=1400, blank=True)
    credential = models.CharField(max_length=4000, blank=True)

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            one_of("factor_kind_known", "kind", FactorKind),
            models.CheckConstraint(
                name="factor_holds_what_its_kind_needs",
                condition=~Q(name="")
                & (~Q(kind=FactorKind.TOTP) | (~Q(secret="") & Q(credential_id="", credential="")))
                & (
                    ~Q(kind=FactorKind.PASSKEY)
                    | (Q(secret="") & ~Q(credential_id="") & ~Q(credential=""))
                )
                & (
                    ~Q(kind=FactorKind.RECOVERY_CODES)
                    | Q(secret="", credential_id="", credential="")
                ),
            ),
            models.UniqueConstraint(
                fields=["credential_id"],
                condition=~Q(credential_id=""),
                name="factor_passkey_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.get_kind_display()})"


class FactorConfirmation(Record):
    """Its owner proved it once: from here on it counts."""

    factor = models.OneToOneField(Factor, on_delete=models.PROTECT, related_name="confirmation")

    def __str__(self) -> str:
        return f"{self.factor}: confirmed"


class FactorRemoval(Record):
    """From here on it proves nothing."""

    factor = models.OneToOneField(Factor, on_delete=models.PROTECT, related_name="removal")
    reason = models.CharField(max_length=1000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="factorremoval_says_why", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"{self.factor}: removed"


class FactorStep(Record):
    """A step of 30 seconds whose code was used (RFC 6238, 5.2): once for each app."""

    factor = models.ForeignKey(Factor, on_delete=models.PROTECT, related_name="steps")
    step = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["factor", "step"], name="factorstep_once"),
        ]

    def __str__(self) -> str:
        return f"{self.factor}: step {self.step}"


class PasskeyUse(Record):
    """A passkey's answer: each challenge is answered once.

    ``went_back``: the counter did not rise, so that a copy of the passkey exists; it proved
    nothing.
    """

    factor = models.ForeignKey(Factor, on_delete=models.PROTECT, related_name="passkey_uses")
    counter = models.BigIntegerField()
    challenge_sha256 = models.CharField(max_length=64, unique=True)
    went_back = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["factor", "-counter"], name="passkeyuse_by_counter")]

    def __str__(self) -> str:
        return f"{self.factor}: answer {self.counter}"


class RecoveryCode(Record):
    """One of a set; only the digest is kept."""

    factor = models.ForeignKey(Factor, on_delete=models.PROTECT, related_name="codes")
    digest = models.CharField(max_length=64, unique=True)

    def __str__(self) -> str:
        return f"{self.factor}: a code"


class RecoveryCodeUse(Record):
    """The code opened the door, once."""

    code = models.OneToOneField(RecoveryCode, on_delete=models.PROTECT, related_name="use")

    def __str__(self) -> str:
        return f"{self.code}: used"
