"""A row of any table, made from nothing but the kinds of its columns."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models

LONG_AGO = datetime(2001, 2, 3, 4, 5, 6, 789, tzinfo=UTC)
SELF = 1_000
FIRST_NUMBER = 1_000_000
"""Above what the tables' own counters reach in a test."""


Model = type[models.Model]


def fields_of(model: Model) -> list[models.Field[Any, Any]]:
    """One a column."""
    return list(model._meta.concrete_fields)  # noqa: SLF001  # Django's documented interface


def table_of(model: Model) -> str:
    return model._meta.db_table  # noqa: SLF001  # Django's documented interface


def any_row(model: Model, seed: int) -> models.Model:
    """Unsaved; a value in every column, another for each ``seed`` (in flags: each parity)."""
    return model(**{field.attname: value_of(field, seed) for field in fields_of(model)})


def value_of(field: models.Field[Any, Any], seed: int) -> Any:
    """What the column may hold, whatever its constraints say.

    Raises:
        LookupError: a kind of column that nobody has taught this function yet.
    """
    if isinstance(field, models.ForeignKey):
        # A row that refers to itself could not be deleted through the ORM.
        other = seed + SELF if field.related_model is field.model else seed
        return value_of(field.target_field, other)
    if isinstance(field, ArrayField):
        return [value_of(field.base_field, seed)]
    if isinstance(field, models.CharField):
        return f"{seed}é\\'"[: field.max_length]
    kind = field.get_internal_type()
    try:
        return VALUES[kind](seed)
    except KeyError:
        raise LookupError(f"{field}: a value of the kind {kind}") from None


VALUES: dict[str, Callable[[int], Any]] = {
    "AutoField": lambda seed: FIRST_NUMBER + seed,
    "BigAutoField": lambda seed: FIRST_NUMBER + seed,
    "BigIntegerField": lambda seed: 2**40 + seed,
    "BinaryField": lambda seed: b"\x00\xff\\%d" % seed,
    "BooleanField": lambda seed: bool(seed % 2),
    "DateField": lambda seed: date(2001, 2, 3) + timedelta(days=seed),
    "DateTimeField": lambda seed: LONG_AGO + timedelta(days=seed),
    "DecimalField": lambda seed: Decimal(seed) / 8,
    "DurationField": lambda seed: timedelta(days=seed, seconds=7),
    "FloatField": lambda seed: seed + 0.1,
    "GenericIPAddressField": lambda seed: f"192.0.2.{seed}",
    "IntegerField": lambda seed: seed,
    "JSONField": lambda seed: {"b": [seed, None], "a": "é"},
    "PositiveBigIntegerField": lambda seed: 2**40 + seed,
    "PositiveIntegerField": lambda seed: seed,
    "PositiveSmallIntegerField": lambda seed: seed,
    "SmallIntegerField": lambda seed: seed,
    "TextField": lambda seed: f"{seed} line\nand 'quoted' \\ é",
    "UUIDField": lambda seed: UUID(int=seed),
}
