"""Instruments and media lots that runs name."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models.functions import Upper

from products.models.fields import Record


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
