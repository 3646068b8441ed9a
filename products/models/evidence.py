"""Evidence: files as they came, kept whole, attached to one record each."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.donors import Donor
from products.models.fields import Record
from products.models.laboratories import Laboratory
from products.models.lots import Lot
from products.models.methods import MethodVersion
from products.models.runs import Run
from products.models.sites import Site
from products.models.sources import TissueSource
from products.models.specifications import SpecificationVersion

SUBJECTS = (
    "lot",
    "run",
    "donor",
    "source",
    "specification",
    "method_version",
    "laboratory",
    "site",
)


def exactly_one(fields: tuple[str, ...]) -> Q:
    """Of these columns one names a record and the others are empty."""
    alternatives = (
        Q(*((f"{field}__isnull", field != named) for field in fields)) for named in fields
    )
    return Q(*alternatives, _connector=Q.OR)


class Evidence(Record):
    """``sha256`` is the database's own hash of ``content``, of which the trail keeps no copy."""

    lot = models.ForeignKey(
        Lot, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    donor = models.ForeignKey(
        Donor, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    source = models.ForeignKey(
        TissueSource, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    specification = models.ForeignKey(
        SpecificationVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="evidence",
    )
    method_version = models.ForeignKey(
        MethodVersion, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    laboratory = models.ForeignKey(
        Laboratory, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    site = models.ForeignKey(
        Site, null=True, blank=True, on_delete=models.PROTECT, related_name="evidence"
    )
    name = models.CharField(max_length=200, help_text="File name as given.")
    media_type = models.CharField(max_length=100, help_text="Found in the content.")
    size = models.PositiveIntegerField(help_text="Bytes.")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    description = models.CharField(max_length=300, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        verbose_name_plural = "evidence"
        constraints = [
            models.CheckConstraint(name="evidence_of_one_record", condition=exactly_one(SUBJECTS)),
            models.CheckConstraint(
                name="evidence_at_most_25_mb", condition=Q(size__gte=1, size__lte=26_214_400)
            ),
        ]

    def __str__(self) -> str:
        return self.name
