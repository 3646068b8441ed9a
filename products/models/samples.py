"""Samples: drawn from a lot at a stage."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper

from products.domain.criteria import STAGE_LABELS, Stage
from products.models.fields import Record, one_of, word_field
from products.models.lots import Lot
from products.models.people import Person


class Sample(Record):
    number = models.CharField(max_length=40, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="samples")
    stage = word_field(Stage, labels=STAGE_LABELS)
    container = models.CharField(max_length=100)
    drawn_at = models.DateTimeField()
    drawn_zone = models.CharField(max_length=64)
    drawn_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="samples_drawn")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [
            # The target of the run's composite key: a run's lot is its sample's lot.
            models.UniqueConstraint(fields=["id", "lot"], name="sample_of_lot"),
            one_of("sample_stage_known", "stage", Stage),
        ]
        indexes = [
            models.Index(Upper("number"), name="sample_by_number"),
            models.Index(fields=["drawn_at", "id"], name="sample_by_drawn"),
            models.Index(fields=["recorded_at"], name="sample_by_time"),
        ]

    def __str__(self) -> str:
        return self.number
