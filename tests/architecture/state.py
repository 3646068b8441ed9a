"""All that a hostile statement might change of a database, in few enough words to compare."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

# What the framework keeps for itself: no history, and open to the serving role.
OPEN = (
    "axes_accessattempt",
    "axes_accessattemptexpiration",
    "axes_accessfailurelog",
    "axes_accesslog",
    "django_session",
)
# Catalog -> what of it counts; sizes and statistics, which vacuuming changes, do not.
CATALOGS = {
    "triggers": "SELECT * FROM pg_trigger",
    "functions": "SELECT * FROM pg_proc WHERE oid >= 16384",
    "rights on built-in functions": "SELECT oid, proacl, proowner FROM pg_proc WHERE oid < 16384",
    "relations": "SELECT oid, relname, relnamespace, relowner, relkind, relpersistence, relacl, "
    "relrowsecurity, relforcerowsecurity, relhasrules, relispartition, relreplident, reloptions, "
    "relfilenode FROM pg_class WHERE oid >= 16384",
    "columns": "SELECT attrelid, attname, atttypid, attnotnull, attacl, attisdropped, attidentity, "
    "attgenerated, attstattarget FROM pg_attribute WHERE attrelid >= 16384",
    "defaults": "SELECT * FROM pg_attrdef",
    "constraints": "SELECT * FROM pg_constraint WHERE oid >= 16384",
    "rules": "SELECT * FROM pg_rewrite WHERE oid >= 16384",
    "policies": "SELECT * FROM pg_policy",
    "schemas": "SELECT * FROM pg_namespace WHERE nspname !~ '^pg_(toast_)?temp_'",
    "types": "SELECT * FROM pg_type WHERE oid >= 16384",
    "operators": "SELECT * FROM pg_operator WHERE oid >= 16384",
    "casts": "SELECT * FROM pg_cast WHERE oid >= 16384",
    "collations": "SELECT * FROM pg_collation WHERE oid >= 16384",
    "conversions": "SELECT * FROM pg_conversion WHERE oid >= 16384",
    "text search": "SELECT * FROM pg_ts_dict WHERE oid >= 16384",
    "languages": "SELECT * FROM pg_language",
    "extensions": "SELECT * FROM pg_extension",
    "event triggers": "SELECT * FROM pg_event_trigger",
    "foreign data": "SELECT * FROM pg_foreign_data_wrapper",
    "foreign servers": "SELECT * FROM pg_foreign_server",
    "publications": "SELECT * FROM pg_publication",
    "subscriptions": "SELECT * FROM pg_subscription",
    "replication slots": "SELECT slot_name FROM pg_replication_slots",
    "extended statistics": "SELECT * FROM pg_statistic_ext",
    "default rights": "SELECT * FROM pg_default_acl",
    "comments": "SELECT * FROM pg_description WHERE objoid >= 16384",
    "labels": "SELECT * FROM pg_seclabel",
    "inheritance": "SELECT * FROM pg_inherits",
    "large objects": "SELECT * FROM pg_largeobject_metadata",
    "prepared transactions": "SELECT * FROM pg_prepared_xacts WHERE database = current_database()",
    "this database": "SELECT oid, datname, datdba, datallowconn, datconnlimit, datacl "
    "FROM pg_database WHERE datname = current_database()",
    "databases made by others": "SELECT datname FROM pg_database WHERE datname ~ '^hostile'",
    "tablespaces": "SELECT * FROM pg_tablespace",
    "roles": "SELECT * FROM pg_authid WHERE rolname ~ '^(exolot|hostile|postgres)'",
    "memberships": "SELECT * FROM pg_auth_members",
    "settings of roles and databases": "SELECT * FROM pg_db_role_setting WHERE setdatabase IN "
    "(0, (SELECT oid FROM pg_database WHERE datname = current_database()))",
    "settings in files": "SELECT sourcefile, name, setting FROM pg_file_settings",
}
DIGEST = "SELECT md5(string_agg(x::text, '|' ORDER BY x::text)) FROM ({}) x"


@dataclass(frozen=True, slots=True)
class State:
    """``rows``: table -> digest of its rows; ``catalogs``: catalog -> digest."""

    rows: dict[str, str | None]
    catalogs: dict[str, str | None]


def state_of(superuser: psycopg.Connection[Any]) -> State:
    """One round trip for the tables, one for the catalogs."""
    tables = [
        name
        for (name,) in superuser.execute(
            "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
            "AND relkind IN ('r', 'p', 'm') ORDER BY 1"
        )
        if name not in OPEN
    ]
    return State(
        _digests(
            superuser,
            {
                name: sql.SQL("SELECT * FROM public.{}").format(sql.Identifier(name)).as_string()
                for name in tables
            },
        ),
        _digests(superuser, CATALOGS),
    )


def _digests(superuser: psycopg.Connection[Any], asked: dict[str, str]) -> dict[str, str | None]:
    parts = ", ".join(f"({DIGEST.format(statement)})" for statement in asked.values())
    row = superuser.execute(f"SELECT {parts}").fetchone()
    assert row is not None
    return dict(zip(asked, row, strict=True))
