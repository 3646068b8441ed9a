"""Keys, clocks and choices that every table shares."""

from __future__ import annotations

import secrets
import time
import uuid
from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models.functions import Now


def uuid7() -> uuid.UUID:
    """A time-ordered key: 48 bits of Unix milliseconds, then random bits (RFC 9562, 5.7)."""
    value = (time.time_ns() // 1_000_000) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)


class UUIDv7(models.Func):
    """The same key made by the database, for rows that COPY and raw SQL bring."""

    function = "uuidv7"
    template = "%(function)s()"
    arity = 0
    output_field = models.UUIDField()


class Record(models.Model):
    """A row of the quality record: never deleted, written only by `products.actions`.

    ``recorded_at`` is the database's clock at the insert, whatever a client sends.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, db_default=UUIDv7(), editable=False)
    recorded_at = models.DateTimeField(db_default=Now(), editable=False)

    class Meta:
        abstract = True


def choices_of(
    words: type[StrEnum], labels: Mapping[Any, str] | None = None
) -> list[tuple[str, str]]:
    """Pairs for a form, worded by ``labels`` where given."""
    return [
        (word.value, (labels or {}).get(word, word.value.replace("_", " ").capitalize()))
        for word in words
    ]


def word_field(
    words: type[StrEnum], *, labels: Mapping[Any, str] | None = None, blank: bool = False
) -> models.CharField[str, str]:
    """A column for one word of a closed list (the table's constraint repeats the list)."""
    choices = choices_of(words, labels)
    if blank:
        return models.CharField(max_length=32, choices=choices, blank=True, default="")
    return models.CharField(max_length=32, choices=choices)


def one_of(
    name: str, field: str, words: type[StrEnum], *, blank: bool = False
) -> models.CheckConstraint:
    """The database's own copy of a closed list."""
    known = [word.value for word in words] + ([""] if blank else [])
    return models.CheckConstraint(name=name, condition=models.Q(**{f"{field}__in": known}))
