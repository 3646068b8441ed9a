"""The backups that were made: evidence of when, and by what hash each file is known again."""

from __future__ import annotations

from django.db import models

from products.models.fields import Record


class Backup(Record):
    """Written by the database's owner when the file is whole; where it is kept is not known here.

    ``made_at`` is the instant of which the backup holds everything.
    """

    made_at = models.DateTimeField()
    file_name = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField(help_text="Bytes of the dump in the file.")
    sha256 = models.CharField(max_length=64, help_text="Of the dump in the file, hexadecimal.")
    product_version = models.CharField(max_length=32)

    class Meta:
        ordering = ["made_at"]
        indexes = [models.Index(fields=["made_at"], name="backup_by_time")]

    def __str__(self) -> str:
        return f"Backup of {self.made_at:%Y-%m-%d %H:%M:%S} UTC"
