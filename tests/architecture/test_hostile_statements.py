"""What the serving and the reading role cannot do, judged by the state of the database after it.

Errors prove nothing, so they are passed over: rows of every table of history, and every catalog
that says who may do what, must be as they were.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.db import connections
from django.test import override_settings
from psycopg import sql
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker

from products.actions.dispositions import release_lot
from products.actions.grants import APP, AUDITOR, SECRET_COLUMNS
from products.actions.reviews import review_results
from products.migrations._0003_triggers import LEDGER_TABLES
from products.migrations._0011_triggers import APPEND_ONLY
from qcsite import embedded
from tests.architecture.hostile import BESIDE_THE_RECORDS, BEYOND_READING, HOSTILE
from tests.architecture.state import State, state_of
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.own_databases import role_password
from tests.records import context, lot, people, submitted_run
from tests.sealing import checkpoint

HISTORY = sorted({*APPEND_ONLY, *LEDGER_TABLES})
LEFT_TO_SEAL = 20
NAMED = """
    SELECT set_config('exolot.action', 'hostile.write', false),
           set_config('exolot.actor_name', 'somebody else', false)
"""
Session = psycopg.Connection[Any]


@pytest.fixture(scope="module")
def attacked(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database of its own with a released lot, most of its trail sealed under a checkpoint."""
    name = f"exolot_attacked_{uuid.uuid4().hex[:12]}"
    databases.create(name, databases.stocked)
    before = connections["default"].settings_dict["NAME"]
    with databases.roles(kept=True), django_db_blocker.unblock():
        use(name)
        with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
            _release()
        _seal(databases, name)
        yield name
        use(before)
    databases.drop(name)


def _release() -> None:
    lot()
    run = submitted_run().run
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run.number])
    release_lot(context(people().quality), lot="EV-26-001")


def _seal(databases: Databases, name: str) -> None:
    checkpoint()
    with _session(databases, name, APP) as app:
        app.execute(NAMED)
        app.execute(
            "INSERT INTO products_person (printed_name) "
            "SELECT 'P. ' || n FROM generate_series(1, %s) AS n",
            [LEFT_TO_SEAL],
        )


def _session(databases: Databases, name: str, role: str) -> Session:
    parameters = {**databases.parameters, "user": role, "password": role_password()}
    return psycopg.connect(**parameters, dbname=name, autocommit=True)


@pytest.fixture(scope="module")
def superuser(attacked: str) -> Iterator[Session]:
    """Sees all there is; its session is one that nobody else may end."""
    server = embedded.ensure("test")
    with psycopg.connect(
        make_conninfo("", **server.conninfo("postgres", attacked)), autocommit=True
    ) as connection:
        yield connection


@dataclass
class Attacker:
    """Runs statements in sessions of a role, passing over what is refused."""

    databases: Databases
    database: str
    file: Path

    def session(self, role: str) -> Session:
        return _session(self.databases, self.database, role)

    def attempt(self, role: str, statements: Sequence[str]) -> list[str]:
        """The SQLSTATE of every refusal."""
        refusals = []
        with self.session(role) as session:
            session.execute("SET statement_timeout = '10s'; SET lock_timeout = '2s'")
            session.execute(NAMED)
            for statement in statements:
                said = statement.replace("{me}", role).replace("{file}", str(self.file))
                try:
                    session.execute(said.replace("{database}", self.database))
                except psycopg.Error as error:
                    refusals.append(error.sqlstate or "")
            session.execute("COMMIT")
        return refusals


@pytest.fixture
def attacker(databases: Databases, attacked: str, tmp_path: Path) -> Attacker:
    return Attacker(databases, attacked, tmp_path / "written")


@pytest.fixture(scope="module")
def known() -> dict[str, State]:
    """The state after the test before."""
    return {}


@pytest.fixture
def _unchanged(superuser: Session, known: dict[str, State], tmp_path: Path) -> Iterator[None]:
    """Whatever the test did, the database is as it was, and no file was written."""
    before = known.get("last") or state_of(superuser)
    yield
    known["last"] = state_of(superuser)
    assert known["last"] == before
    assert list(tmp_path.iterdir()) == []


unchanged = pytest.mark.usefixtures("_unchanged")
both_roles = pytest.mark.parametrize("role", [APP, AUDITOR])


@unchanged
@both_roles
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_session_changes_nothing(name: str, role: str, attacker: Attacker) -> None:
    attacker.attempt(role, HOSTILE[name])


@unchanged
@pytest.mark.parametrize("name", BEYOND_READING)
def test_the_reading_role_changes_nothing(name: str, attacker: Attacker) -> None:
    attacker.attempt(AUDITOR, BEYOND_READING[name])


@unchanged
@both_roles
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0} CASCADE",
        "MERGE INTO {0} t USING {0} s ON t.{1} = s.{1} WHEN MATCHED THEN DELETE",
        (
            "INSERT INTO {0} SELECT * FROM {0} LIMIT 1 "
            "ON CONFLICT ON CONSTRAINT {0}_pkey DO UPDATE SET {1} = {0}.{1}"
        ),
        "ALTER TABLE {0} DISABLE TRIGGER USER",
    ],
    ids=lambda statement: statement.split()[0],
)
def test_the_history_of_every_table_is_closed(
    statement: str, role: str, superuser: Session, attacker: Attacker
) -> None:
    first_columns = superuser.execute(
        "SELECT relname, attname FROM pg_class JOIN pg_attribute ON attrelid = pg_class.oid "
        "WHERE relnamespace = 'public'::regnamespace AND relname = ANY(%s) AND attnum = 1",
        [HISTORY],
    ).fetchall()

    refusals = attacker.attempt(role, [statement.format(*names) for names in first_columns])

    assert len(first_columns) == len(HISTORY)
    assert refusals == ["42501"] * len(HISTORY)  # insufficient privilege


@pytest.mark.parametrize(
    ("change", "shown"),
    [
        ("UPDATE products_lot SET version = version + 1", "products_lot"),
        ("DELETE FROM products_user_groups", "products_user_groups"),
        ("GRANT UPDATE (reason) ON products_auditentry TO exolot_app", "columns"),
        ("GRANT DELETE ON products_auditentry TO exolot_app", "relations"),
        ("ALTER TABLE products_note DISABLE TRIGGER zz_audit", "triggers"),
        ("ALTER FUNCTION products_audit() SECURITY INVOKER", "functions"),
        ("CREATE RULE x AS ON INSERT TO products_note DO INSTEAD NOTHING", "rules"),
        ("CREATE SCHEMA exolot_app", "schemas"),
        ("GRANT exolot_auditor TO exolot_app", "memberships"),
        ("ALTER ROLE exolot_app BYPASSRLS", "roles"),
        ("COMMENT ON TABLE products_note IS 'x'", "comments"),
    ],
)
def test_a_change_would_be_seen(change: str, shown: str, superuser: Session) -> None:
    before = state_of(superuser)

    with superuser.transaction(force_rollback=True):
        superuser.execute("SELECT set_config('exolot.action', 'test.write', true)")
        superuser.execute(change)
        after = state_of(superuser)

    assert shown in _differing(before, after)
    assert _differing(before, state_of(superuser)) == set()


def _differing(before: State, after: State) -> set[str]:
    pairs = ((before.rows, after.rows), (before.catalogs, after.catalogs))
    return {name for old, new in pairs for name in old if old[name] != new[name]}


@both_roles
@pytest.mark.parametrize("shown", BESIDE_THE_RECORDS)
def test_what_postgresql_lets_everybody_do_touches_no_record(
    shown: str, role: str, superuser: Session, attacker: Attacker
) -> None:
    statements, taken_back = BESIDE_THE_RECORDS[shown]
    before = state_of(superuser)

    attacker.attempt(role, statements)
    after = state_of(superuser)
    attacker.attempt(role, taken_back)

    assert _differing(before, after) == {shown}
    assert state_of(superuser) == before


@both_roles
def test_nobody_keeps_the_sealer_waiting_by_a_lock(role: str, attacker: Attacker) -> None:
    with attacker.session(role) as holder, attacker.session(APP) as sealer:
        holder.execute("SELECT pg_advisory_lock(5301, 1), pg_advisory_lock(5301)")
        holder.execute("BEGIN; SELECT count(index) FROM products_leaf")
        sealer.execute("SET statement_timeout = '3s'")

        with sealer.transaction(force_rollback=True):
            assert sealer.execute("SELECT products_seal(2)").fetchone() is not None


@both_roles
def test_nobody_keeps_the_head_from_being_signed(
    role: str, attacker: Attacker, superuser: Session, known: dict[str, State]
) -> None:
    known.clear()
    with attacker.session(role) as holder:
        holder.execute("SELECT pg_advisory_lock(5301, 1), pg_advisory_lock(5301)")
        with attacker.session(APP) as app:
            app.execute(NAMED)
            app.execute("INSERT INTO products_person (printed_name) VALUES ('One more')")
        with connections["default"].cursor() as cursor:
            cursor.execute("SET lock_timeout = '3s'")

        assert checkpoint().note


def test_two_sealers_wait_for_each_other(attacker: Attacker) -> None:
    with attacker.session(APP) as first, attacker.session(APP) as second:
        second.execute("SET lock_timeout = '100ms'")

        with first.transaction(force_rollback=True):
            first.execute("SELECT products_seal(1)")
            with pytest.raises(psycopg.errors.LockNotAvailable):
                second.execute("SELECT products_seal(1)")


def test_a_sealer_with_an_old_view_seals_nothing_twice(
    attacker: Attacker, superuser: Session, known: dict[str, State]
) -> None:
    known.clear()
    with attacker.session(APP) as app:
        app.execute(NAMED)
        app.execute("INSERT INTO products_person (printed_name) VALUES ('One'), ('Two')")
    before = state_of(superuser)
    with attacker.session(APP) as stale:
        stale.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        stale.execute("SELECT count(*) FROM products_leaf")
        with attacker.session(APP) as sealer:
            sealer.execute("SELECT products_seal(1)")

        with pytest.raises(psycopg.Error):
            stale.execute("SELECT products_seal(1)")
        stale.execute("ROLLBACK")

    assert _differing(before, state_of(superuser)) <= {
        "products_leaf",
        "products_node",
        "products_pending",
    }
    [(found, highest)] = superuser.execute(
        "SELECT count(*), max(index) FROM products_leaf"
    ).fetchall()
    assert found == highest + 1


def test_a_false_name_does_not_hide_the_role_that_wrote(attacker: Attacker) -> None:
    name = 'x", "database_role": "exolot_owner'
    with attacker.session(APP) as session, session.transaction(force_rollback=True):
        session.execute("SELECT set_config('exolot.action', 'lot.release', true)")
        session.execute("SELECT set_config('exolot.actor_name', %s, true)", [name])
        session.execute("INSERT INTO products_person (printed_name) VALUES ('Hostile')")
        [(body,)] = session.execute(
            "SELECT body FROM products_auditentry ORDER BY id DESC LIMIT 1"
        ).fetchall()

    said = json.loads(body)
    assert (said["actor_name"], said["database_role"]) == (name, APP)


def test_the_reading_role_reads_every_table_of_history(
    superuser: Session, attacker: Attacker
) -> None:
    with attacker.session(AUDITOR) as auditor:
        for table in HISTORY:
            [(columns,)] = auditor.execute(
                "SELECT array_agg(attname::text) FROM pg_attribute WHERE attrelid = %s::regclass "
                "AND attnum > 0 AND attname <> ALL(%s)",
                [f"public.{table}", list(SECRET_COLUMNS.get(table, ()))],
            ).fetchall()
            read = auditor.execute(
                sql.SQL("SELECT {} FROM public.{}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)), sql.Identifier(table)
                )
            ).fetchall()
            [(count,)] = superuser.execute(
                sql.SQL("SELECT count(*) FROM public.{}").format(sql.Identifier(table))
            ).fetchall()
            assert len(read) == count
