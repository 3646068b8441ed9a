"""Runs of a method on a sample, their raw readings, and the records they rest on."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from products.domain.calculations import VesselRole
from products.domain.results import Purpose, RunState, SupportKind, SupportOutcome
from products.models.equipment import Instrument, MediaLot
from products.models.fields import Record, one_of, word_field
from products.models.laboratories import Laboratory
from products.models.lots import Lot
from products.models.methods import MethodVersion
from products.models.people import Person
from products.models.samples import Sample
from products.models.specifications import Criterion

_SATISFYING = [Purpose.RELEASE.value, Purpose.REPEAT.value, Purpose.RETEST.value]
_ONCE_SUBMITTED = [RunState.SUBMITTED.value, RunState.RETURNED.value]


class Run(Record):
    """``performed_at`` is stated by the analyst and starts any incubation."""

    number = models.CharField(max_length=48, unique=True)
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="runs")
    sample = models.ForeignKey(Sample, on_delete=models.PROTECT, related_name="runs")
    criterion = models.ForeignKey(
        Criterion, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    method_version = models.ForeignKey(MethodVersion, on_delete=models.PROTECT, related_name="runs")
    purpose = word_field(Purpose)
    state = word_field(RunState)
    repeats = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="repeated_by"
    )
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    laboratory = models.ForeignKey(
        Laboratory, null=True, blank=True, on_delete=models.PROTECT, related_name="runs"
    )
    from_paper = models.BooleanField(default=False)
    performed_at = models.DateTimeField()
    performed_zone = models.CharField(max_length=64)
    late_reason = models.CharField(max_length=1000, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    performed_by = models.ForeignKey(
        Person, null=True, blank=True, on_delete=models.PROTECT, related_name="runs_performed"
    )
    discard_reason = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["id", "lot"], name="run_of_lot"),
            one_of("run_purpose_known", "purpose", Purpose),
            one_of("run_state_known", "state", RunState),
            models.CheckConstraint(
                name="run_not_performed_in_the_future",
                # As far as the stated time of an action may lie off the database's clock.
                condition=Q(performed_at__lte=F("recorded_at") + timedelta(minutes=1)),
            ),
            models.CheckConstraint(
                name="run_for_release_names_its_criterion",
                condition=~Q(
                    purpose__in=[Purpose.RELEASE.value, Purpose.REPEAT.value, Purpose.RETEST.value]
                )
                | Q(criterion__isnull=False),
            ),
            models.CheckConstraint(
                name="run_repeat_names_what_it_repeats",
                condition=Q(purpose=Purpose.REPEAT.value, repeats__isnull=False)
                | (~Q(purpose=Purpose.REPEAT.value) & Q(repeats__isnull=True)),
            ),
            models.CheckConstraint(
                name="run_submitted_names_who_performed_it",
                condition=~Q(state__in=_ONCE_SUBMITTED) | Q(performed_by__isnull=False),
            ),
            models.CheckConstraint(
                name="run_names_its_instrument",
                condition=Q(instrument__isnull=False)
                | Q(laboratory__isnull=False)
                | Q(from_paper=True),
            ),
            models.CheckConstraint(
                name="run_discarded_with_a_reason",
                condition=Q(state=RunState.DISCARDED.value) & ~Q(discard_reason="")
                | ~Q(state=RunState.DISCARDED.value) & Q(discard_reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["lot", "criterion"], name="run_by_lot_criterion"),
            models.Index(Upper("number"), name="run_by_number"),
            models.Index(fields=["performed_at", "id"], name="run_by_performed"),
            models.Index(fields=["recorded_at"], name="run_by_time"),
            models.Index(
                fields=["method_version"],
                name="run_for_other_purpose",
                condition=~Q(purpose__in=_SATISFYING),
            ),
            models.Index(
                fields=["state", "recorded_at", "id"],
                name="run_open",
                condition=Q(state__in=[RunState.SAVED.value, RunState.RETURNED.value]),
            ),
        ]

    def __str__(self) -> str:
        return self.number


class RunMedia(Record):
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="media_links")
    media_lot = models.ForeignKey(MediaLot, on_delete=models.PROTECT, related_name="run_links")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "media_lot"], name="runmedia_once")]

    def __str__(self) -> str:
        return f"{self.run} used {self.media_lot}"


class Reading(Record):
    """A raw value as typed or printed; the highest ``sequence`` of the same place is current."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="readings")
    sequence = models.PositiveIntegerField()
    name = models.CharField(max_length=40)
    replicate = models.PositiveSmallIntegerField(default=1)
    vessel = models.CharField(max_length=40, blank=True)
    medium = models.CharField(max_length=40, blank=True)
    role = word_field(VesselRole, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    text = models.CharField(max_length=100)
    unit = models.CharField(max_length=32, blank=True)
    reason = models.CharField(
        max_length=1000, blank=True, help_text="Why an earlier reading was replaced after submit."
    )
    amendment = models.ForeignKey(
        "products.Amendment",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="readings",
        help_text="The correction that it belongs to; it counts only once that is in effect.",
    )
    removed = models.BooleanField(
        default=False, help_text="Takes the reading at this place out, under a correction."
    )
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["run", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="reading_sequence_once"),
            models.CheckConstraint(
                name="reading_removed_by_a_correction",
                condition=Q(removed=False) | Q(amendment__isnull=False),
            ),
            one_of("reading_role_known", "role", VesselRole, blank=True),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.name} {self.text}"


class RunSupport(Record):
    """A record kept elsewhere that a run rests on: growth promotion, method suitability."""

    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="supports")
    sequence = models.PositiveIntegerField()
    kind = word_field(SupportKind)
    document_number = models.CharField(max_length=100, blank=True)
    dated_on = models.DateField(null=True, blank=True)
    outcome = word_field(SupportOutcome, blank=True)
    signed_by = models.CharField(max_length=100, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["run", "sequence"]
        constraints = [
            models.UniqueConstraint(fields=["run", "sequence"], name="runsupport_sequence_once"),
            one_of("runsupport_kind_known", "kind", SupportKind),
            one_of("runsupport_outcome_known", "outcome", SupportOutcome, blank=True),
        ]

    def __str__(self) -> str:
        return f"{self.run}: {self.kind} {self.document_number}"
