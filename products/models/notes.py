"""Notes on lots and runs: attributed, never edited, never judged."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.models.fields import Record
from products.models.lots import Lot
from products.models.runs import Run


class Note(Record):
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="notes")
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="notes"
    )
    text = models.CharField(max_length=4000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [models.CheckConstraint(name="note_says_something", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"{self.lot}: note of {self.recorded_by}"
