"""Checks of what a person typed that more than one action makes."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Model

from products.domain.errors import ConfigurationError, InvalidValueError
from products.domain.lots import local_text, zone_named

FIRST_DAY = datetime(1, 1, 2, tzinfo=UTC)
"""From here on every clock of the world shows a time of the calendar."""
Word = TypeVar("Word", bound=StrEnum)


def check_zone(zone: str, field: str) -> str:
    """An unknown zone is an input error here, not a fault of the installation."""
    try:
        zone_named(zone)
    except ConfigurationError as error:
        raise InvalidValueError(
            f"There is no time zone {zone!r}. Use an IANA name such as America/New_York.",
            field=field,
        ) from error
    return zone


def check_not_future(at: datetime, now: datetime, what: str, zone: str, field: str) -> datetime:
    """``at``, when it has a zone, does not lie after ``now``, and is of the calendar in every zone.

    Raises:
        InvalidValueError: it has no zone (``zone_missing``), lies in the future (``in_future``), or
            some clock never showed it.
    """
    if at.tzinfo is None:
        raise InvalidValueError(
            f"{what} needs a time zone, as in 2026-11-30T14:00:00-05:00.",
            field=field,
            code="zone_missing",
        )
    if at < FIRST_DAY:
        raise InvalidValueError(
            f"{what} ({at.isoformat()}) is before the first day of the calendar in some zone. "
            "State when it really happened.",
            field=field,
        )
    if at > now:
        raise InvalidValueError(
            f"{what} ({_far_text(at, zone)}) lies in the future; it is now "
            f"{local_text(now, zone)}. State when it really happened.",
            field=field,
            code="in_future",
        )
    return at


def _far_text(at: datetime, zone: str) -> str:
    try:
        return local_text(at, zone)
    except OverflowError:  # In the last hours of the calendar.
        return at.isoformat()


def check_word(words: type[Word], text: str, field: str) -> Word:
    try:
        return words(text)
    except ValueError:
        known = ", ".join(words)
        raise InvalidValueError(f"{text!r} is not one of: {known}.", field=field) from None


def check_fields(record: Model) -> None:
    """The model's own field rules, once for all surfaces.

    Raises:
        InvalidValueError: naming the first field at fault.
    """
    fields = record._meta.fields  # noqa: SLF001  # Django's documented interface
    try:
        record.clean_fields(
            exclude=[
                field.name
                for field in fields
                if field.is_relation or field.has_db_default() or _is_untouched(record, field)
            ]
        )
    except ValidationError as error:
        field, messages = next(iter(error.message_dict.items()))
        raise InvalidValueError(
            f"{field.replace('_', ' ').capitalize()}: {' '.join(messages)}", field=field
        ) from None


def _is_untouched(record: Model, field: Field[object, object]) -> bool:
    """Whether the column holds what it begins with: empty where it may be, or its default."""
    value = getattr(record, field.attname)
    return (field.null and value is None) or (
        field.has_default() and bool(value == field.get_default())
    )
