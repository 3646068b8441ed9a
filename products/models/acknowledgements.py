"""What changed on a released lot, acknowledged by quality under signature."""

from __future__ import annotations

from django.db import models

from products.models.fields import Record
from products.models.lots import Lot
from products.models.signatures import Signature


class Acknowledgement(Record):
    """``results`` maps the number of each run to the id of its result, or that it is retracted."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="acknowledgements")
    number = models.PositiveIntegerField()
    results = models.JSONField()
    facts = models.BinaryField(help_text="Canonical facts of the lot that were acknowledged.")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["lot", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="acknowledgement_once"),
        ]

    def __str__(self) -> str:
        return f"{self.lot} acknowledgement {self.number}"
