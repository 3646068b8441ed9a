"""Instruments with their calibrations, media lots with their recalls."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from products.domain.results import SupportOutcome
from products.models.fields import Record, one_of, word_field


class Instrument(Record):
    code = models.CharField(max_length=32, unique=True)
    model = models.CharField(max_length=100)
    serial_number = models.CharField(max_length=64)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["code"]
        constraints = [models.UniqueConstraint(Upper("code"), name="instrument_code_never_reused")]

    def __str__(self) -> str:
        return self.code


class MediaLot(Record):
    """A lot of culture medium, kit or reagent."""

    material = models.CharField(max_length=40, help_text="Medium as methods name it, such as FTM.")
    number = models.CharField(max_length=40)
    manufacturer = models.CharField(max_length=100)
    expires_on = models.DateField()
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["material", "number"]
        constraints = [
            models.UniqueConstraint(Upper("material"), Upper("number"), name="medialot_once")
        ]

    def __str__(self) -> str:
        return f"{self.material} {self.number}"


class Calibration(Record):
    """Of a failed one ``unreliable_since`` says since when readings are in doubt, if known."""

    instrument = models.ForeignKey(
        Instrument, on_delete=models.PROTECT, related_name="calibrations"
    )
    calibrated_on = models.DateField()
    valid_until = models.DateField()
    outcome = word_field(SupportOutcome)
    unreliable_since = models.DateField(null=True, blank=True)
    document = models.CharField(max_length=200, help_text="Number of the certificate.")
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        ordering = ["instrument", "calibrated_on", "recorded_at"]
        constraints = [
            one_of("calibration_outcome_known", "outcome", SupportOutcome),
            models.CheckConstraint(
                name="calibration_ends_after_it_begins",
                condition=Q(valid_until__gte=F("calibrated_on")),
            ),
            models.CheckConstraint(
                name="calibration_unreliable_only_when_failed",
                condition=Q(unreliable_since__isnull=True)
                | Q(
                    outcome=SupportOutcome.FAILED.value,
                    unreliable_since__lte=F("calibrated_on"),
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument} {self.calibrated_on}: {self.outcome}"


class MediaRecall(Record):
    media_lot = models.ForeignKey(MediaLot, on_delete=models.PROTECT, related_name="recalls")
    document = models.CharField(max_length=200, help_text="Number of the recall notice.")
    reason = models.CharField(max_length=1000)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints = [
            models.CheckConstraint(name="mediarecall_has_a_reason", condition=~Q(reason=""))
        ]

    def __str__(self) -> str:
        return f"{self.media_lot} recalled"
