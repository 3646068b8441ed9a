"""Comparing rows as the database does, for pages that begin after a known row."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Expression, F, Func
from django.db.models.sql.compiler import SQLCompiler


class RowComparison(Func):
    """``(a, b) < (x, y)`` as PostgreSQL compares rows: one index scan, however deep the page."""

    output_field = BooleanField()

    def __init__(self, left: list[F], operator: str, right: list[Expression]) -> None:
        super().__init__(*left, *right)
        self.operator = operator

    def as_sql(  # type: ignore[override]  # no template, so none of its options
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, list[Any]]:
        parts = [compiler.compile(source) for source in self.get_source_expressions()]
        half = len(parts) // 2
        left = ", ".join(sql for sql, _ in parts[:half])
        right = ", ".join(sql for sql, _ in parts[half:])
        params = [value for _, values in parts for value in values]
        return f"({left}) {self.operator} ({right})", params
