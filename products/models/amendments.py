"""Amendments of what was recorded, and the second signatures that some of them need."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper

from products.domain.amendments import AmendmentKind, SecondOutcome
from products.models.evidence import Evidence
from products.models.fields import Record, one_of, word_field
from products.models.lots import Lot
from products.models.results import Result
from products.models.runs import Run
from products.models.signatures import Signature

_CORRECTIONS = [AmendmentKind.CORRECTION.value, AmendmentKind.TRANSCRIPTION_ERROR.value]


class Amendment(Record):
    """In effect at once, or, when it ``needs_second``, from a confirming `SecondSignature` on.

    A correction names the result version that it ``corrects`` and the ``result`` version that it
    makes.
    """

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="amendments")
    number = models.CharField(max_length=48, unique=True)
    kind = word_field(AmendmentKind)
    run = models.ForeignKey(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="amendments"
    )
    corrects = models.ForeignKey(
        Result, null=True, blank=True, on_delete=models.PROTECT, related_name="corrections"
    )
    result = models.OneToOneField(
        Result, null=True, blank=True, on_delete=models.PROTECT, related_name="amendment"
    )
    reason = models.CharField(max_length=1000)
    source_document = models.CharField(
        max_length=200, blank=True, help_text="Where the right value stands: notebook page, print."
    )
    belongs_to = models.CharField(
        max_length=64, blank=True, help_text="The lot or sample that a retracted run is of."
    )
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.PROTECT, related_name="amendments"
    )
    needs_second = models.BooleanField()
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            one_of("amendment_kind_known", "kind", AmendmentKind),
            models.CheckConstraint(name="amendment_has_a_reason", condition=~Q(reason="")),
            models.CheckConstraint(
                name="amendment_names_what_it_amends",
                condition=Q(
                    kind__in=_CORRECTIONS,
                    run__isnull=False,
                    corrects__isnull=False,
                    result__isnull=False,
                )
                | Q(
                    kind=AmendmentKind.RETRACTION.value,
                    run__isnull=False,
                    corrects__isnull=True,
                    result__isnull=True,
                    needs_second=True,
                )
                | Q(
                    kind=AmendmentKind.VOID_LOT.value,
                    run__isnull=True,
                    corrects__isnull=True,
                    result__isnull=True,
                    needs_second=True,
                ),
            ),
        ]
        indexes = [models.Index(Upper("number"), name="amendment_by_number")]

    def __str__(self) -> str:
        return self.number


class SecondSignature(Record):
    """A second person's signed answer to an amendment. A trigger refuses its own recorders."""

    amendment = models.OneToOneField(Amendment, on_delete=models.PROTECT, related_name="second")
    outcome = word_field(SecondOutcome)
    comment = models.CharField(max_length=1000, blank=True)
    evidence = models.ForeignKey(
        Evidence, null=True, blank=True, on_delete=models.PROTECT, related_name="second_signatures"
    )
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        constraints = [one_of("secondsignature_outcome_known", "outcome", SecondOutcome)]

    def __str__(self) -> str:
        return f"{self.amendment}: {self.outcome}"
