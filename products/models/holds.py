"""Holds: placed by a person under signature, or forced by a rule; lifted only under signature."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.domain.holds import HoldKind
from products.models.dispositions import Disposition
from products.models.fields import Record, choices_of, one_of
from products.models.lots import Lot


class Hold(Record):
    """A forced hold names the ``rule`` and the ``caused_by`` action, and has no disposition."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="holds")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=32, choices=choices_of(HoldKind), default=HoldKind.SITE)
    reference = models.CharField(
        max_length=100, blank=True, help_text="The authority's own number of an official hold."
    )
    reason = models.CharField(max_length=1000)
    rule = models.CharField(max_length=8, blank=True)
    caused_by = models.CharField(max_length=64, blank=True)
    placed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    disposition = models.OneToOneField(
        Disposition, null=True, blank=True, on_delete=models.PROTECT, related_name="hold"
    )

    class Meta:
        ordering = ["lot", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="hold_number_once"),
            one_of("hold_kind_known", "kind", HoldKind),
            models.CheckConstraint(
                name="hold_is_signed_or_names_its_rule",
                condition=Q(disposition__isnull=False, rule="", caused_by="")
                | (Q(disposition__isnull=True) & ~Q(rule="") & ~Q(caused_by="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} hold {self.number}"


class HoldLift(Record):
    hold = models.OneToOneField(Hold, on_delete=models.PROTECT, related_name="lift")
    disposition = models.OneToOneField(Disposition, on_delete=models.PROTECT, related_name="lift")
    reference = models.CharField(
        max_length=100, blank=True, help_text="The document by which an authority released the lot."
    )

    def __str__(self) -> str:
        return f"{self.hold} lifted"
