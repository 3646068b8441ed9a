"""Donors, known only by a code, and the signed determinations of their eligibility."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.domain.donors import DeterminationOutcome
from products.models.fields import Record, one_of, word_field
from products.models.signatures import Signature


class Donor(Record):
    """A code and nothing else: names, record numbers and birth dates stay outside."""

    code = models.CharField(max_length=24, unique=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                name="donor_code_is_upper_case", condition=Q(code__regex=r"^[A-Z0-9-]{4,24}$")
            )
        ]

    def __str__(self) -> str:
        return self.code


class Determination(Record):
    """A responsible person's signed finding (21 CFR 1271.50); the highest version is in effect."""

    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="determinations")
    version = models.PositiveIntegerField()
    outcome = word_field(DeterminationOutcome)
    determined_on = models.DateField(null=True, blank=True)
    establishment = models.CharField(max_length=200, blank=True)
    summary_of_records = models.CharField(
        max_length=200, blank=True, help_text="Document number of the summary of records."
    )
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["donor", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["donor", "version"], name="determination_version_once"),
            one_of("determination_outcome_known", "outcome", DeterminationOutcome),
        ]

    def __str__(self) -> str:
        return f"{self.donor} v{self.version}: {self.outcome}"
