"""Outside laboratories, their qualification, and their signed reports on our runs."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from products.models.fields import Record
from products.models.signatures import Signature


class Laboratory(Record):
    code = models.CharField(max_length=32, unique=True)
    name = models.CharField(max_length=200)
    address = models.CharField(max_length=300)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]
        verbose_name_plural = "laboratories"
        constraints = [models.UniqueConstraint(Upper("code"), name="laboratory_code_never_reused")]

    def __str__(self) -> str:
        return self.code


class LaboratoryQualification(Record):
    """Signed by quality; the highest version is in effect. Both days count as qualified."""

    laboratory = models.ForeignKey(
        Laboratory, on_delete=models.PROTECT, related_name="qualifications"
    )
    version = models.PositiveIntegerField()
    qualified_from = models.DateField()
    qualified_until = models.DateField()
    document = models.CharField(max_length=200, help_text="Audit report or quality agreement.")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["laboratory", "-version"]
        constraints = [
            models.UniqueConstraint(
                fields=["laboratory", "version"], name="qualification_version_once"
            ),
            models.CheckConstraint(
                name="qualification_ends_after_it_begins",
                condition=Q(qualified_until__gte=F("qualified_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.laboratory} v{self.version}"
