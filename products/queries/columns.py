"""Records made of the columns of a statement of our own, where building one each time is dear."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any, Generic, TypeVar

from django.db import DEFAULT_DB_ALIAS
from django.db.models import JSONField, Model

Found = TypeVar("Found", bound=Model)


class Columns(Generic[Found]):
    """The columns of one table in a statement, under its ``alias`` there.

    Without ``names`` all of them. A column that is left out is read when it is asked for.
    """

    def __init__(self, model: type[Found], alias: str, *names: str) -> None:
        fields = [
            field
            for field in model._meta.concrete_fields  # noqa: SLF001  # Django's documented interface
            if field.name in names or not names
        ]
        if any(isinstance(field, JSONField) for field in fields):
            raise TypeError(f"{model.__name__}: JSON comes as text; leave its columns out.")
        self.model = model
        self.names = [field.attname for field in fields]
        self.sql = ", ".join(f"{alias}.{field.column}" for field in fields)

    def read(self, values: Iterator[Any]) -> Found:
        """The record of the next columns of a row."""
        found = self.read_any(values)
        assert found is not None  # an inner join
        return found

    def read_any(self, values: Iterator[Any]) -> Found | None:
        """None where an outer join found nothing: its key, the first column, is empty."""
        taken = list(islice(values, len(self.names)))
        if taken[0] is None:
            return None
        return self.model.from_db(DEFAULT_DB_ALIAS, self.names, taken)
