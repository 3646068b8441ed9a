"""Connections to PostgreSQL; embedded ones start the server when the first is opened."""

from __future__ import annotations

from typing import Any

import psycopg
from django.db.backends.postgresql import base, operations
from django.db.backends.utils import CursorWrapper

from qcsite import embedded


class DatabaseOperations(operations.DatabaseOperations):
    def last_executed_query(self, cursor: Any, sql: Any, params: Any) -> str:
        """With its values, as `DatabaseWrapper.prepared_cursor` does not send them."""
        sent: str | None = super().last_executed_query(cursor, sql, params)
        return sent or str(self.compose_sql(sql, params))


class DatabaseWrapper(base.DatabaseWrapper):
    """OPTIONS may hold ``embedded``: the name of the cluster whose server is to be used."""

    ops_class = DatabaseOperations

    def get_connection_params(self) -> dict[str, Any]:
        params: dict[str, Any] = super().get_connection_params()
        cluster = params.pop("embedded", None)
        if cluster is not None:
            server = embedded.ensure(cluster)
            params |= server.conninfo(params["user"], params["dbname"])
        return params

    def prepared_cursor(self) -> CursorWrapper:
        """What it executes is planned once for each connection, whatever its values are."""
        self.ensure_connection()
        with self.wrap_database_errors:
            # With what counts and rewrites statements, as around every other cursor.
            cursor: CursorWrapper = self._prepare_cursor(psycopg.Cursor(self.connection))  # type: ignore[attr-defined]  # Django's
        return cursor
