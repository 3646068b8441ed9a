"""The signed reports of outside laboratories, as transcribed."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from products.domain.laboratories import ControlsStatement
from products.models.evidence import Evidence
from products.models.fields import Record, one_of, word_field
from products.models.runs import Run


class OutsideReport(Record):
    """What the report states beside the values; the highest ``sequence`` of a run counts."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="reports")
    sequence = models.PositiveIntegerField()
    report_number = models.CharField(max_length=64)
    reported_on = models.DateField()
    signed_by = models.CharField(max_length=100, help_text="As printed on the report.")
    system = models.CharField(max_length=200, help_text="Instrument or test system, as printed.")
    controls = word_field(ControlsStatement)
    controls_text = models.CharField(max_length=300, blank=True)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="reports")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["run", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="report_sequence_once"),
            one_of("report_controls_known", "controls", ControlsStatement),
            models.CheckConstraint(
                name="report_ends_after_it_begins",
                condition=Q(started_on__isnull=True)
                | Q(ended_on__isnull=True)
                | Q(ended_on__gte=F("started_on")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run}: report {self.report_number}"
