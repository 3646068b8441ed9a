"""Dispositions: signed decisions on a lot."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from products.domain.dispositions import DispositionKind
from products.models.fields import Record, one_of, word_field
from products.models.lots import Lot
from products.models.signatures import Signature


class Disposition(Record):
    """Never changed. ``evaluation`` is the canonical evaluation that the signer was shown."""

    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="dispositions")
    number = models.PositiveIntegerField()
    kind = word_field(DispositionKind)
    reason = models.CharField(max_length=1000)
    evaluation = models.BinaryField()
    evaluation_sha256 = models.CharField(max_length=64)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["lot", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="disposition_number_once"),
            one_of("disposition_kind_known", "kind", DispositionKind),
            models.CheckConstraint(name="disposition_has_a_reason", condition=~Q(reason="")),
        ]

    def __str__(self) -> str:
        return f"{self.lot} #{self.number}: {self.kind}"
