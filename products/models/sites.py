"""Sites: where lots are made, and in which zone their days begin and end."""

from __future__ import annotations

from django.db import models

from products.models.fields import Record


class Site(Record):
    name = models.CharField(max_length=100, unique=True)
    zone = models.CharField(max_length=64, help_text="IANA name, such as America/New_York.")
    late_after_hours = models.PositiveSmallIntegerField(
        default=24, help_text="Hours between performing and recording that need no reason."
    )

    def __str__(self) -> str:
        return self.name
