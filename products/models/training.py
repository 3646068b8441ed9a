"""Training: who may perform which method version, since when."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from products.models.fields import Record
from products.models.methods import MethodVersion
from products.models.people import Person
from products.models.signatures import Signature


class Training(Record):
    """Signed by quality (21 CFR 211.25(a)); ``valid_until`` empty has no end."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="trainings")
    method_version = models.ForeignKey(
        MethodVersion, on_delete=models.PROTECT, related_name="trainings"
    )
    trained_on = models.DateField()
    valid_until = models.DateField(null=True, blank=True)
    document = models.CharField(max_length=200, help_text="Number of the training record.")
    signature = models.OneToOneField(Signature, on_delete=models.PROTECT)

    class Meta:
        ordering = ["person", "method_version", "trained_on"]
        constraints = [
            models.CheckConstraint(
                name="training_ends_after_it_begins",
                condition=Q(valid_until__isnull=True) | Q(valid_until__gte=F("trained_on")),
            ),
        ]
        indexes = [models.Index(fields=["person", "method_version"], name="training_by_person")]

    def __str__(self) -> str:
        return f"{self.person}: {self.method_version}"
