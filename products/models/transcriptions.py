"""Records transcribed from paper, and the second person's signed check of each."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from products.domain.amendments import SecondOutcome
from products.domain.transcriptions import TranscriptionKind
from products.models.donors import Determination
from products.models.evidence import Evidence, exactly_one
from products.models.fields import Record, one_of, word_field
from products.models.methods import MethodVersion
from products.models.runs import Run
from products.models.signatures import Signature
from products.models.sites import Site
from products.models.sources import TissueSource
from products.models.specifications import SpecificationVersion

SUBJECTS = ("run", "specification", "method_version", "determination", "source")


class GoLive(Record):
    """From this day on a site records here; what is older may be transcribed from paper."""

    site = models.OneToOneField(Site, on_delete=models.PROTECT, related_name="go_live")
    on = models.DateField()
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    def __str__(self) -> str:
        return f"{self.site} from {self.on}"


class Transcription(Record):
    """Original date and signatory of a record that was on paper before, with the scan."""

    number = models.CharField(max_length=32, unique=True)
    kind = word_field(TranscriptionKind)
    run = models.OneToOneField(
        Run, null=True, blank=True, on_delete=models.PROTECT, related_name="transcription"
    )
    specification = models.OneToOneField(
        SpecificationVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transcription",
    )
    method_version = models.OneToOneField(
        MethodVersion,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transcription",
    )
    determination = models.OneToOneField(
        Determination,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transcription",
    )
    source = models.OneToOneField(
        TissueSource, null=True, blank=True, on_delete=models.PROTECT, related_name="transcription"
    )
    signatory = models.CharField(max_length=100, help_text="As signed on the paper.")
    dated_on = models.DateField(help_text="Date on the paper.")
    evidence = models.ForeignKey(Evidence, on_delete=models.PROTECT, related_name="transcriptions")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["recorded_at", "id"]
        constraints = [
            one_of("transcription_kind_known", "kind", TranscriptionKind),
            models.CheckConstraint(
                name="transcription_of_one_record", condition=exactly_one(SUBJECTS)
            ),
        ]

    def __str__(self) -> str:
        return self.number


class Verification(Record):
    """A second person compared the transcription with the scan. A trigger refuses the first."""

    transcription = models.OneToOneField(
        Transcription, on_delete=models.PROTECT, related_name="verification"
    )
    outcome = word_field(SecondOutcome)
    comment = models.CharField(max_length=1000, blank=True)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        constraints = [one_of("verification_outcome_known", "outcome", SecondOutcome)]

    def __str__(self) -> str:
        return f"{self.transcription}: {self.outcome}"
