"""Tissue sources: one donation, or a bank made from it."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.sources import TISSUE_LABELS, SourceForm, TissueKind
from products.models.donors import Donor
from products.models.fields import Record, one_of, word_field


class TissueSource(Record):
    number = models.CharField(max_length=32, unique=True)
    donor = models.ForeignKey(Donor, on_delete=models.PROTECT, related_name="sources")
    kind = word_field(TissueKind, labels=TISSUE_LABELS)
    form = word_field(SourceForm)
    made_from = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="banks"
    )
    recovered_at = models.DateTimeField()
    recovery_zone = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(Upper("number"), name="source_number_never_reused"),
            one_of("source_kind_known", "kind", TissueKind),
            one_of("source_form_known", "form", SourceForm),
            models.CheckConstraint(
                name="source_bank_names_its_tissue",
                condition=Q(form=SourceForm.TISSUE.value, made_from__isnull=True)
                | (~Q(form=SourceForm.TISSUE.value) & Q(made_from__isnull=False)),
            ),
        ]

    def __str__(self) -> str:
        return self.number
