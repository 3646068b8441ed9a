"""Statements that are planned once for each connection."""

from __future__ import annotations

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from products.queries.lot_rows import rows_of
from qcsite.database.base import DatabaseWrapper
from tests.records import lot

pytestmark = pytest.mark.django_db
ASKED = (
    "SELECT json_build_object('lot', number)::text FROM products_lot WHERE number = ANY(%(lots)s)"
)


def plans() -> list[tuple[int, int]]:
    """How often each prepared statement that the test sent was carried out: by a plan for any
    values, and by one for these.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT generic_plans, custom_plans FROM pg_prepared_statements "
            "WHERE statement LIKE 'SELECT json_build_object(%%'"
        )
        return [(generic, custom) for generic, custom in cursor.fetchall()]


def test_a_statement_is_planned_once_whatever_its_values_are() -> None:
    lot("EV-1")

    found = [list(rows_of(ASKED, {"lots": [name]})) for name in ("EV-1", "EV-2", "EV-1")]

    assert found == [[{"lot": "EV-1"}], [], [{"lot": "EV-1"}]]
    assert plans() == [(3, 0)]


def test_a_prepared_statement_is_counted_and_told_with_its_values() -> None:
    with CaptureQueriesContext(connection) as asked:
        list(rows_of(ASKED, {"lots": ["EV-1"]}))

    assert [query["sql"] for query in asked] == [ASKED % {"lots": "'{EV-1}'"}]


def test_a_prepared_cursor_reads_its_rows_as_every_other_does() -> None:
    database = connections["default"]
    assert isinstance(database, DatabaseWrapper)

    with database.prepared_cursor() as cursor:
        cursor.execute("SELECT %s::text, '{\"a\": 1}'::jsonb", ["x"])
        assert cursor.fetchall() == [("x", '{"a": 1}')]
