"""No table without guards, trail and bounded rights: a new one fails here until it has them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import DatabaseError, connection, connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper

from products.actions.grants import APP_GRANTS, OUT_OF_REACH, SECRET_COLUMNS
from products.migrations._0003_triggers import LEDGER_TABLES
from products.migrations._0011_triggers import APPEND_ONLY, AUDITED, REMOVABLE

AUDIT_ENTRIES = "products_auditentry"
# The trail and what is made of it: guarded, and written by the database's own functions alone.
NOT_AUDITED = {AUDIT_ENTRIES, *LEDGER_TABLES}
# Neither guarded nor audited: what the framework keeps for itself, no record of ours.
HOUSEKEEPING = {
    "django_session",
    "django_migrations",
    "django_content_type",
    "django_admin_log",
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
}
INSERT, DELETE, UPDATE, TRUNCATE = 4, 8, 16, 32  # bits of pg_trigger.tgtype
ANY = INSERT | DELETE | UPDATE | TRUNCATE


def _tables(database: BaseDatabaseWrapper) -> set[str]:
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p', 'v', 'm', 'f')"
        )
        return {name for (name,) in cursor.fetchall()}


def _always_on(database: BaseDatabaseWrapper) -> dict[tuple[str, str], int]:
    """(table, trigger) -> the events it fires on, for triggers that no session can switch off."""
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT tgrelid::regclass::text, tgname, tgtype FROM pg_trigger "
            "WHERE NOT tgisinternal AND tgenabled = 'A'"
        )
        return {(table, name): kind & ANY for table, name, kind in cursor.fetchall()}


def _may(database: BaseDatabaseWrapper, role: str, table: str, privilege: str) -> bool:
    """On the table or any of its columns."""
    columns = privilege in {"SELECT", "INSERT", "UPDATE"}
    question = "has_any_column_privilege" if columns else "has_table_privilege"
    with database.cursor() as cursor:
        cursor.execute(f"SELECT {question}(%s, %s, %s)", [role, f"public.{table}", privilege])
        return bool(cursor.fetchone()[0])


def _faults(database: BaseDatabaseWrapper) -> Iterator[str]:
    """What a table lacks of guard, trail or bounds."""
    triggers = _always_on(database)
    for table in sorted(_tables(database) - HOUSEKEEPING):
        if table not in AUDITED and table not in NOT_AUDITED:
            yield f"{table} is neither audited nor named as housekeeping"
            continue
        wanted = {"append_only": TRUNCATE if table in REMOVABLE else DELETE | TRUNCATE}
        grows = table in APPEND_ONLY or table in LEDGER_TABLES
        if grows:
            wanted["append_only"] |= UPDATE
        if table not in NOT_AUDITED:
            wanted |= {"require_action": ANY, "zz_audit": INSERT | UPDATE | DELETE}
        for name, events in wanted.items():
            if triggers.get((table, name)) != events:
                yield f"{table} lacks the trigger {name}"
        refused = {"TRUNCATE"} | ({"UPDATE", "DELETE"} if grows else set())
        refused |= {"INSERT"} if table in NOT_AUDITED else set()
        yield from (
            f"exolot_app may {privilege} {table}"
            for privilege in sorted(refused)
            if _may(database, "exolot_app", table, privilege)
        )


@pytest.mark.django_db
def test_every_table_is_guarded_audited_and_bounded() -> None:
    assert list(_faults(connection)) == []


@pytest.mark.parametrize(
    ("sabotage", "found"),
    [
        ("CREATE TABLE products_extra (id int)", "products_extra is neither audited"),
        ("ALTER TABLE products_result DISABLE TRIGGER zz_audit", "products_result lacks"),
        ("ALTER TABLE products_result ENABLE TRIGGER append_only", "products_result lacks"),
        ("DROP TRIGGER require_action ON auth_group", "auth_group lacks"),
        ("GRANT UPDATE (text) ON products_reading TO exolot_app", "may UPDATE products_reading"),
        ("GRANT INSERT ON products_auditentry TO exolot_app", "may INSERT products_auditentry"),
    ],
)
@pytest.mark.django_db(databases=["default", "owner"])
def test_a_table_without_guard_trail_or_bounds_is_found(sabotage: str, found: str) -> None:
    owner = connections["owner"]
    with owner.cursor() as cursor:
        cursor.execute(sabotage)

        assert [fault for fault in _faults(owner) if found in fault]


@pytest.mark.django_db
def test_every_table_is_granted_column_by_column_or_out_of_reach() -> None:
    assert set(APP_GRANTS) | OUT_OF_REACH == _tables(connection)
    assert not set(APP_GRANTS) & OUT_OF_REACH


@pytest.mark.django_db
@pytest.mark.parametrize("table", sorted(OUT_OF_REACH))
def test_a_table_out_of_reach_opens_to_nobody(table: str) -> None:
    rights = ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE")

    assert not [
        (role, right)
        for role in ("exolot_app", "exolot_auditor")
        for right in rights
        if _may(connection, role, table, right)
    ]


@pytest.mark.django_db
def test_the_reading_role_writes_nothing() -> None:
    rights = ("INSERT", "UPDATE", "DELETE", "TRUNCATE")

    assert not [
        (table, right)
        for table in _tables(connection)
        for right in rights
        if _may(connection, "exolot_auditor", table, right)
    ]


@pytest.mark.django_db
def test_the_reading_role_reads_every_granted_column_but_secrets() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, attname FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid "
            "WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' AND attnum > 0 "
            "AND NOT has_column_privilege('exolot_auditor', c.oid, attnum, 'SELECT')"
        )
        hidden = {(table, column) for table, column in cursor.fetchall()}

    secret = {(table, column) for table, columns in SECRET_COLUMNS.items() for column in columns}
    assert {item for item in hidden if item[0] not in OUT_OF_REACH} == secret


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["public", "exolot_app", "exolot_auditor"])
def test_nobody_but_the_owner_makes_tables(role: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT has_database_privilege(%s, current_database(), 'TEMP'), "
            "has_database_privilege(%s, current_database(), 'CREATE'), "
            "has_schema_privilege(%s, 'public', 'CREATE')",
            [role] * 3,
        )

        assert cursor.fetchone() == (False, False, False)


@pytest.mark.django_db
def test_the_serving_role_cannot_make_a_temporary_table() -> None:
    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
        connection.cursor().execute("CREATE TEMP TABLE products_auditentry (id uuid)")


@pytest.mark.django_db
def test_every_recording_time_is_stamped_by_the_database() -> None:
    triggers = _always_on(connection)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name = 'recorded_at'"
        )
        tables = {name for (name,) in cursor.fetchall()} - {AUDIT_ENTRIES}

    assert [t for t in sorted(tables) if triggers.get((t, "stamp_recorded")) != INSERT] == []


@pytest.mark.django_db
def test_secret_columns_are_left_out_of_the_trail() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT table_name, column_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name ~ '(^password$|digest|token|secret)' "
            "AND column_name !~ '_id$'"
        )
        secrets = cursor.fetchall()

    assert ("products_user", "password") in secrets
    assert [(t, c) for t, c in secrets if t in AUDITED and c not in AUDITED[t]] == []
