"""What verifying could not compare is said: what a role may not read, what came later."""

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connections
from psycopg import sql

from products.actions.grants import AUDITOR
from qcsite import embedded
from tests.conftest import Databases
from tests.records import donor
from tests.sealing import checkpoint
from tests.tampering import owner, verify

LEFT_OUT = "Not compared: what entries leave out, secrets and what follows from records: "


@pytest.fixture(autouse=True)
def _sealed(committed_db: str) -> None:
    donor("D-0001")
    checkpoint()


@pytest.fixture
def as_auditor() -> Iterator[None]:
    """With the rights of the role that auditors have for SQL, whose login others open and close."""
    connection = connections["default"]
    connection.close()
    before = dict(connection.settings_dict)
    superuser = embedded.ensure("test").conninfo("postgres", before["NAME"])
    connection.settings_dict |= {
        "USER": superuser["user"],
        "PASSWORD": superuser["password"],
        "OPTIONS": {**before["OPTIONS"], "options": f"-c role={AUDITOR}"},
    }
    yield
    connection.close()
    connection.settings_dict |= before


def remarks() -> list[str]:
    """What is not compared, beside what no entry holds."""
    found = verify()
    assert found.faults == ""
    return [
        line
        for line in found.said.splitlines()
        if line.startswith("Not compared") and not line.startswith(LEFT_OUT)
    ]


def take_back(connection: psycopg.Connection, *columns: str) -> None:
    """The auditor's right to read columns of donors."""
    statement = sql.SQL("REVOKE SELECT ({}) ON products_donor FROM {}")
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    connection.execute(statement.format(names, sql.Identifier(AUDITOR)))


def test_what_no_entry_holds_is_named() -> None:
    (line,) = [each for each in verify().said.splitlines() if each.startswith(LEFT_OUT)]

    assert "products_user (password)" in line
    assert "products_apitoken (digest, token_key)" in line


@pytest.mark.usefixtures("as_auditor")
def test_an_auditor_verifies_all_that_entries_hold() -> None:
    assert remarks() == []


@pytest.mark.usefixtures("as_auditor")
def test_an_auditor_finds_a_changed_record(databases: Databases) -> None:
    with owner(databases) as connection:
        connection.execute("UPDATE products_donor SET code = 'D-0009'")

    assert verify().faults.startswith("record_differs: ")


@pytest.mark.usefixtures("as_auditor")
def test_a_column_that_the_role_may_not_read_is_named(databases: Databases) -> None:
    with owner(databases) as connection:
        take_back(connection, "code")

    assert remarks() == ["Not compared: products_donor: this role may not read code."]


@pytest.mark.usefixtures("as_auditor")
def test_beside_a_column_that_is_not_read_the_others_are_compared(databases: Databases) -> None:
    with owner(databases) as connection:
        take_back(connection, "code")
        connection.execute("UPDATE products_donor SET recorded_at = now()")

    assert verify().faults.startswith("record_differs: ")


@pytest.mark.usefixtures("as_auditor")
def test_a_table_that_the_role_may_not_read_is_named(databases: Databases) -> None:
    with owner(databases) as connection:
        take_back(connection, "id", "recorded_at", "code", "recorded_by_id")

    (remark,) = remarks()
    assert remark.endswith("may not read id, recorded_at, code, recorded_by_id.")


def test_a_column_of_a_later_version_is_compared_with_what_it_was_added_with(
    databases: Databases,
) -> None:
    with owner(databases) as connection:
        connection.execute("ALTER TABLE products_donor ADD shade text NOT NULL DEFAULT 'plain'")
        connection.execute("ALTER TABLE products_donor ALTER shade DROP DEFAULT")
        connection.execute("ALTER TABLE products_donor ADD remark text")
    assert remarks() == []

    with owner(databases) as connection:
        connection.execute("UPDATE products_donor SET shade = 'other'")
    assert verify().faults.startswith("record_differs: ")


def test_a_column_of_a_later_version_that_has_no_beginning_on_record_is_named(
    databases: Databases,
) -> None:
    with owner(databases) as connection:
        connection.execute("ALTER TABLE products_donor ADD shade text")
        connection.execute("UPDATE products_donor SET shade = 'other'")

    (remark,) = remarks()
    assert "products_donor: shade came after the last entry of 1 record(s)" in remark
