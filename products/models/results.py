"""Results: the reportable value of a run at each submission, and its verdict."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from products.domain.criteria import Verdict
from products.models.fields import Record, one_of, word_field
from products.models.people import Person
from products.models.runs import Run

_OPEN = [Verdict.INTERIM.value, Verdict.PENDING.value]


class Result(Record):
    """Never changed: each submission of the run makes the next version, the highest is current."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="results")
    version = models.PositiveIntegerField()
    reading_sequence = models.PositiveIntegerField(help_text="Last reading taken into account.")
    verdict = word_field(Verdict)
    raw_text = models.CharField(max_length=100, blank=True, help_text="Unrounded, as calculated.")
    reported = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=32, blank=True)
    final = models.BooleanField()
    final_at = models.DateTimeField(null=True, help_text="Earliest end of the incubation.")
    explanation = models.CharField(
        max_length=1000, help_text="What was compared, and how it came out."
    )
    details = models.JSONField(default=list)
    reason = models.CharField(max_length=1000, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    performed_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["run", "-version"]
        constraints = [
            models.UniqueConstraint(fields=["run", "version"], name="result_version_once"),
            models.UniqueConstraint(fields=["id", "run"], name="result_of_run"),
            one_of("result_verdict_known", "verdict", Verdict),
        ]
        indexes = [
            models.Index(fields=["verdict", "id"], name="result_by_verdict"),
            models.Index(fields=["recorded_at"], name="result_by_time"),
            models.Index(
                fields=["run"],
                name="result_not_final",
                condition=Q(final=False) & ~Q(verdict__in=_OPEN),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.run} v{self.version}: {self.verdict}"
