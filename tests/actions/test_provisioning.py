"""Naming the system's action on the owner's session, and what a fault leaves behind."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from django.db import DataError, ProgrammingError, connections, transaction

from products.actions.grants import APP, AUDITOR
from products.actions.provisioning import ALIAS, _make_roles, named
from products.domain.errors import ConfigurationError
from tests.conftest import Databases
from tests.own_databases import role_password

pytestmark = pytest.mark.django_db(databases=["default", ALIAS])


def stated_action() -> str:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('exolot.action', true), '')")
        action: str = cursor.fetchone()[0]
    return action


@transaction.atomic(using=ALIAS)
def break_the_transaction() -> None:
    with named("system.provision"), connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_the_action_is_named_inside_and_nowhere_after() -> None:
    with named("system.provision"):
        assert stated_action() == "system.provision"

    assert stated_action() == ""


def write_roles() -> None:
    try:
        _make_roles(dict.fromkeys((APP, AUDITOR), role_password()))
    finally:
        connections[ALIAS].close()


def wait_until_somebody_waits(connection: psycopg.Connection, database: str) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        found = connection.execute(
            "SELECT 1 FROM pg_stat_activity WHERE datname = %s AND wait_event_type = 'Lock'",
            [database],
        )
        if found.fetchone():
            return
        time.sleep(0.02)
    raise AssertionError


def test_roles_that_another_database_changes_meanwhile_are_written_again(
    databases: Databases, committed_db: str
) -> None:
    with (
        databases.roles(),
        databases.connect() as watch,
        databases.connect() as other,
        ThreadPoolExecutor(1) as pool,
    ):
        with other.transaction():
            other.execute("ALTER ROLE exolot_app CONNECTION LIMIT -1")
            written = pool.submit(write_roles)
            wait_until_somebody_waits(watch, committed_db)

        assert written.result(20) is None


def test_what_no_other_attempt_mends_is_reported_at_once(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    with databases.roles():
        monkeypatch.setitem(connections[ALIAS].settings_dict, "NAME", "nowhere")
        with pytest.raises(ProgrammingError, match="nowhere"), transaction.atomic(using=ALIAS):
            _make_roles(dict.fromkeys((APP, AUDITOR), role_password()))


def test_a_refusal_clears_the_name() -> None:
    with pytest.raises(ConfigurationError), named("system.provision"):
        raise ConfigurationError("Two persons.")

    assert stated_action() == ""


def test_a_fault_of_the_database_is_reported_as_itself_and_leaves_no_name() -> None:
    with pytest.raises(DataError, match="division by zero"):
        break_the_transaction()

    assert stated_action() == ""
