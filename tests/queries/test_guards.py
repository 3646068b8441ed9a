"""The guards of a migrated database are what its migrations say, and no sabotage passes unseen."""

from __future__ import annotations

import psycopg
import pytest
from django.db import connection, connections
from psycopg.conninfo import make_conninfo

from products.queries.guards import guard_faults, guards_of_migrations
from qcsite import embedded

OWNER = "owner"
AUDIT_OF_NOTES = """
    DROP TRIGGER zz_audit ON products_note;
    CREATE TRIGGER zz_audit {} ON products_note FOR EACH ROW {} EXECUTE FUNCTION products_audit({});
    ALTER TABLE products_note ENABLE ALWAYS TRIGGER zz_audit;
"""
ALL = "AFTER INSERT OR UPDATE OR DELETE"
NOTHING = "AS $$ BEGIN RETURN NULL; END $$"


@pytest.mark.django_db
def test_a_migrated_database_has_every_guard_and_no_other() -> None:
    assert guard_faults(connection) == []


def test_every_migration_is_read() -> None:
    said = guards_of_migrations()

    assert len(said.triggers) > 250
    assert len(said.functions) > 25
    assert said.functions["products_audit"].with_owners_rights
    assert "bytea_output=hex" in said.functions["products_audit"].settings
    assert said.triggers["products_user", "zz_audit"].arguments == ("password",)


@pytest.mark.django_db(databases=["default", OWNER])
@pytest.mark.parametrize(
    ("sabotage", "fault"),
    [
        ("ALTER TABLE products_note DISABLE TRIGGER zz_audit", "zz_audit can be switched off"),
        ("ALTER TABLE products_note ENABLE TRIGGER append_only", "append_only can be switched"),
        ("ALTER TABLE products_note ENABLE REPLICA TRIGGER zz_audit", "zz_audit can be switched"),
        ("DROP TRIGGER zz_audit ON products_note", "products_note lacks the trigger zz_audit"),
        (AUDIT_OF_NOTES.format(ALL, "WHEN (false)", ""), "zz_audit was altered (conditional)"),
        (AUDIT_OF_NOTES.format(ALL, "", "'text'"), "zz_audit was altered (arguments)"),
        (AUDIT_OF_NOTES.format("AFTER INSERT", "", ""), "zz_audit was altered (events)"),
        (
            (
                "CREATE OR REPLACE FUNCTION products_append_only() RETURNS trigger "
                f"LANGUAGE plpgsql {NOTHING}"
            ),
            "products_append_only was altered (body sha256)",
        ),
        (
            "ALTER FUNCTION products_audit() SECURITY INVOKER",
            "products_audit was altered (with owners rights)",
        ),
        (
            "ALTER FUNCTION products_audit() SET search_path = pg_temp, public",
            "products_audit was altered (settings)",
        ),
        ("ALTER FUNCTION products_audit() RESET timezone", "products_audit was altered (settings)"),
        ("DROP FUNCTION products_end()", "the function products_end is missing"),
        (
            (
                f"CREATE FUNCTION swallow() RETURNS trigger LANGUAGE plpgsql {NOTHING};"
                "CREATE TRIGGER swallow BEFORE INSERT ON products_signin FOR EACH ROW "
                "EXECUTE FUNCTION swallow()"
            ),
            "products_signin: the trigger swallow is none of ours",
        ),
        (
            (
                "CREATE FUNCTION gone() RETURNS void LANGUAGE sql SECURITY DEFINER AS "
                "$$ DELETE FROM public.products_auditentry $$"
            ),
            "the function gone is none of ours",
        ),
        (
            "CREATE FUNCTION products_end(text) RETURNS void LANGUAGE sql AS $$ SELECT $$",
            "the function products_end exists 2 times",
        ),
        (
            "CREATE RULE away AS ON INSERT TO products_note DO INSTEAD NOTHING",
            "products_note: the rule away stands in",
        ),
        ("ALTER TABLE products_auditentry ENABLE ROW LEVEL SECURITY", "a policy hides rows"),
        (
            "ALTER TABLE products_note ALTER CONSTRAINT note_of_its_runs_lot NOT ENFORCED",
            "the constraint note_of_its_runs_lot is not enforced",
        ),
        (
            (
                "GRANT exolot_app TO exolot_owner WITH SET TRUE;"
                "GRANT CREATE ON SCHEMA public TO exolot_app;"
                "ALTER FUNCTION products_seal(integer) OWNER TO exolot_app"
            ),
            "the function products_seal belongs to exolot_app",
        ),
    ],
)
def test_every_sabotage_of_a_guard_is_found(sabotage: str, fault: str) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(sabotage)

    assert [found for found in guard_faults(connections[OWNER]) if fault in found]


def test_foreign_keys_that_a_superuser_switched_off_are_found(committed_db: str) -> None:
    server = embedded.ensure("test")
    with psycopg.connect(make_conninfo("", **server.conninfo("postgres", committed_db))) as root:
        root.execute("ALTER TABLE products_note DISABLE TRIGGER ALL")

    faults = guard_faults(connection)

    assert "products_note: foreign keys are not checked" in faults
    assert "products_note: the trigger zz_audit can be switched off or is off" in faults
