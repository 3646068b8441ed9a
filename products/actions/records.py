"""Writing a new record: its fields are checked once for all surfaces, its name is never reused."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any, TypeVar

from django.db import IntegrityError, connection, transaction
from django.db.models import CharField, Field, Model, QuerySet

from products.actions.checks import check_fields
from products.domain.errors import DuplicateError, InvalidValueError

LINE_CHARACTERS = dict.fromkeys(map(ord, "\r\n\t"))
LINES_FROM = 500
"""The length from which a column is prose, typed in lines."""

Same = TypeVar("Same", bound=Model)


def insert(record: Model) -> None:
    """Check the record's own fields and write it.

    Raises:
        InvalidValueError: naming the first field at fault.
    """
    check_record(record)
    record.save(force_insert=True)


def insert_rows(records: Sequence[Same]) -> None:
    """Write new records of one table, whose fields have been checked, in one statement.

    Less work than the framework's own way, and nothing else than the insert: for what is recorded
    many times a day.
    """
    if not records:
        return
    statement, fields, stamped = _inserting(type(records[0]))
    row = f"({', '.join(['%s'] * len(fields))})"
    values = [
        field.get_db_prep_save(getattr(record, field.attname), connection)
        for record in records
        for field in fields
    ]
    with connection.cursor() as cursor:
        cursor.execute(statement.format(rows=", ".join([row] * len(records))), values)
        written = cursor.fetchall()
    for record, stamps in zip(records, written, strict=True):
        record._state.adding, record._state.db = False, connection.alias  # noqa: SLF001  # documented
        for field, stamp in zip(stamped, stamps, strict=True):
            setattr(record, field.attname, stamp)


def insert_once(
    record: Model, same: QuerySet[Same], message: Callable[[Same], str], field: str
) -> None:
    """`insert`, unless one of ``same`` exists, even when two write it at the same moment.

    Raises:
        InvalidValueError: naming the first field at fault.
        DuplicateError: ``message`` of the record that has the name already.
    """
    check_record(record)
    _refuse_taken(same, message, field)
    try:
        with transaction.atomic():
            record.save(force_insert=True)
    except IntegrityError:
        _refuse_taken(same, message, field)
        raise


def check_printable(text: str, name: str, field: str, *, lines: bool = False) -> None:
    """``lines`` allows what a person types into several lines: line ends and tabs."""
    if not (text.translate(LINE_CHARACTERS) if lines else text).isprintable():
        raise InvalidValueError(f"{name} has characters that cannot be printed.", field=field)


def check_record(record: Model) -> None:
    """Raises InvalidValueError naming the first field at fault, or that cannot be printed."""
    for column in record._meta.fields:  # noqa: SLF001  # Django's documented interface
        if isinstance(column, CharField):
            name = column.name.replace("_", " ").capitalize()
            lines = (column.max_length or 0) >= LINES_FROM
            check_printable(getattr(record, column.attname), name, column.name, lines=lines)
    check_fields(record)


@cache
def _inserting(model: type[Model]) -> tuple[str, list[Field[Any, Any]], list[Field[Any, Any]]]:
    """The statement, the columns that a record fills, and those that the database stamps."""
    columns = model._meta.concrete_fields  # noqa: SLF001  # Django's documented interface
    fields = [field for field in columns if field.has_default() or not field.has_db_default()]
    stamped = [field for field in columns if field not in fields]
    names = ", ".join(str(field.column) for field in fields)
    stamps = ", ".join(str(field.column) for field in stamped)
    table = model._meta.db_table  # noqa: SLF001
    statement = f"INSERT INTO {table} ({names}) VALUES {{rows}} RETURNING {stamps}"  # noqa: S608  # our own names
    return statement, fields, stamped


def _refuse_taken(same: QuerySet[Same], message: Callable[[Same], str], field: str) -> None:
    taken = same.all().first()
    if taken is not None:
        raise DuplicateError(message(taken), field=field)
