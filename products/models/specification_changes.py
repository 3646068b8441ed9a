"""Lots bound to another specification version: why, and every result judged again."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from products.domain.criteria import Verdict
from products.models.fields import Record, one_of, word_field
from products.models.lots import Lot
from products.models.results import Result
from products.models.signatures import Signature
from products.models.specifications import Criterion, SpecificationVersion


class SpecificationChange(Record):
    lot = models.ForeignKey(Lot, on_delete=models.PROTECT, related_name="specification_changes")
    number = models.PositiveIntegerField()
    from_version = models.ForeignKey(
        SpecificationVersion, on_delete=models.PROTECT, related_name="+"
    )
    to_version = models.ForeignKey(SpecificationVersion, on_delete=models.PROTECT, related_name="+")
    justification = models.CharField(max_length=1000)
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["lot", "number"]
        constraints = [
            models.UniqueConstraint(fields=["lot", "number"], name="specificationchange_once"),
            models.CheckConstraint(
                name="specificationchange_to_another", condition=~Q(from_version=F("to_version"))
            ),
            models.CheckConstraint(
                name="specificationchange_is_justified", condition=~Q(justification="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.lot} change {self.number}"


class Rejudgement(Record):
    """A result under the criterion of the new version; the result itself keeps its verdict."""

    change = models.ForeignKey(
        SpecificationChange, on_delete=models.PROTECT, related_name="rejudgements"
    )
    result = models.ForeignKey(Result, on_delete=models.PROTECT, related_name="rejudgements")
    criterion = models.ForeignKey(Criterion, on_delete=models.PROTECT, related_name="+")
    verdict = word_field(Verdict)
    reported = models.CharField(max_length=100, blank=True)
    unit = models.CharField(max_length=32, blank=True)
    explanation = models.CharField(max_length=1000)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["change", "result"], name="rejudgement_once"),
            one_of("rejudgement_verdict_known", "verdict", Verdict),
        ]

    def __str__(self) -> str:
        return f"{self.result}: {self.verdict}"
