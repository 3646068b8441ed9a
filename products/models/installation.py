"""What this database is: a quality record, or a demonstration. One row, written by the owner."""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from products.models.fields import Record, one_of, word_field


class InstallationKind(StrEnum):
    RECORD = "record"
    DEMO = "demo"


class Installation(Record):
    only = models.BooleanField(default=True, unique=True, editable=False)
    kind = word_field(InstallationKind)

    class Meta:
        constraints = [
            one_of("installation_kind_known", "kind", InstallationKind),
            models.CheckConstraint(name="installation_is_one", condition=models.Q(only=True)),
        ]

    def __str__(self) -> str:
        return self.kind
