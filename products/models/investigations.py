"""Investigations of failing and invalid results, and their signed conclusions."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.investigations import KIND_LABELS, InvestigationKind, InvestigationOutcome
from products.models.fields import Record, one_of, word_field
from products.models.lots import Lot
from products.models.results import Result
from products.models.runs import Run
from products.models.signatures import Signature


class Investigation(Record):
    number = models.CharField(max_length=48, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="investigations")
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="investigations")
    result = models.OneToOneField(Result, on_delete=models.PROTECT, related_name="investigation")
    kind = word_field(InvestigationKind, labels=KIND_LABELS)
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["number"]
        constraints = [one_of("investigation_kind_known", "kind", InvestigationKind)]
        indexes = [models.Index(Upper("number"), name="investigation_by_number")]

    def __str__(self) -> str:
        return self.number


class Conclusion(Record):
    """Never changed. Whether a run is invalidated is read from here, never from the result."""

    investigation = models.OneToOneField(
        Investigation, on_delete=models.PROTECT, related_name="conclusion"
    )
    outcome = word_field(InvestigationOutcome)
    cause = models.CharField(max_length=1000, blank=True)
    evidence = models.CharField(
        max_length=500, blank=True, help_text="Document numbers that show the cause."
    )
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        constraints = [
            one_of("conclusion_outcome_known", "outcome", InvestigationOutcome),
            models.CheckConstraint(
                name="conclusion_invalidated_names_cause_and_evidence",
                condition=~Q(outcome=InvestigationOutcome.INVALIDATED.value)
                | (~Q(cause="") & ~Q(evidence="")),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.investigation}: {self.outcome}"
