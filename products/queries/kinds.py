"""Whether a lot has tissue of some kinds, as an expression of the database."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, F, Func, Value
from django.db.models.sql.compiler import SQLCompiler

# Upwards from each candidate, so that a page of a common tissue stops after a few lots.
OF_KINDS = """
EXISTS (
    WITH RECURSIVE line (lot) AS (
        SELECT {lot}
        UNION
        SELECT link.parent_id FROM line JOIN products_lotparent link ON link.lot_id = line.lot
    )
    SELECT 1 FROM line
    JOIN products_lotsource entry ON entry.lot_id = line.lot
    JOIN products_tissuesource source ON source.id = entry.source_id
    WHERE source.kind = ANY(string_to_array({kinds}, ','))
)
"""


class HasKinds(Func):
    """Whether a lot (its key) has a source of one of the kinds anywhere in its genealogy."""

    output_field = BooleanField()

    def __init__(self, lot: F | Any, kinds: Value | Any) -> None:
        super().__init__(lot, kinds)

    def as_sql(  # type: ignore[override]  # no template, so none of its options
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        (lot, of_lot), (kinds, of_kinds) = (
            compiler.compile(source) for source in self.get_source_expressions()
        )
        return OF_KINDS.format(lot=lot, kinds=kinds), [*of_lot, *of_kinds]
