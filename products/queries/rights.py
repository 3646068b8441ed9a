"""What the roles may do in the database, beyond and short of what they were given."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping

from django.db.backends.base.base import BaseDatabaseWrapper

PRIVILEGE = re.compile(r"(\w+)(?: \(([^)]*)\))?")
# On tables whole, and on single columns where the table's own rights do not say it already.
HELD = """
    SELECT relname, privilege_type, NULL
      FROM pg_catalog.pg_class, aclexplode(relacl) a
     WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
       AND grantee = to_regrole(%(role)s)
    UNION ALL
    SELECT relname, privilege_type, attname
      FROM pg_catalog.pg_class c
      JOIN pg_catalog.pg_attribute t ON attrelid = c.oid AND NOT attisdropped,
           aclexplode(attacl) a
     WHERE relnamespace = 'public'::regnamespace AND grantee = to_regrole(%(role)s)
"""
CALLABLE = """
    SELECT oid::regprocedure::text FROM pg_catalog.pg_proc, aclexplode(proacl)
     WHERE pronamespace = 'public'::regnamespace AND grantee = to_regrole(%(role)s)
"""
BEYOND = """
    SELECT format('%%s has the attribute %%s', rolname, attribute)
      FROM pg_catalog.pg_roles, LATERAL (VALUES
           ('SUPERUSER', rolsuper), ('CREATEROLE', rolcreaterole), ('CREATEDB', rolcreatedb),
           ('REPLICATION', rolreplication), ('BYPASSRLS', rolbypassrls)) AS a (attribute, held)
     WHERE rolname = ANY(%(roles)s) AND held
    UNION ALL
    SELECT format('%%s is a member of %%s', m.member::regrole, m.roleid::regrole)
      FROM pg_catalog.pg_auth_members m WHERE m.member::regrole::text = ANY(%(roles)s)
    UNION ALL
    SELECT format('everybody may %%s on %%s', privilege_type, relname)
      FROM pg_catalog.pg_class, aclexplode(relacl)
     WHERE relnamespace = 'public'::regnamespace AND grantee = 0
    UNION ALL
    SELECT format('%%s may %%s in the schema public', coalesce(rolname, 'everybody'),
                  privilege_type)
      FROM pg_catalog.pg_namespace, aclexplode(nspacl) a
      LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE nspname = 'public' AND privilege_type = 'CREATE'
       AND (a.grantee = 0 OR rolname = ANY(%(roles)s))
    UNION ALL
    SELECT format('%%s may %%s in the database', coalesce(rolname, 'everybody'), privilege_type)
      FROM pg_catalog.pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba))) a
      LEFT JOIN pg_catalog.pg_roles r ON r.oid = a.grantee
     WHERE datname = current_database() AND privilege_type <> 'CONNECT'
       AND (a.grantee = 0 OR rolname = ANY(%(roles)s))
    ORDER BY 1
"""
# What PostgreSQL lets every role do that may connect.
STRAYS = """
    SELECT format('%%s begins its sessions with %%s', rolname, array_to_string(setconfig, ', '))
      FROM pg_catalog.pg_db_role_setting s JOIN pg_catalog.pg_roles r ON r.oid = s.setrole
     WHERE rolname = ANY(%(roles)s)
       AND setdatabase IN (0, (SELECT oid FROM pg_catalog.pg_database
                                WHERE datname = current_database()))
    UNION ALL
    SELECT format('somebody stored %%s large object(s), which no record is', count(*))
      FROM pg_catalog.pg_largeobject_metadata HAVING count(*) > 0
    ORDER BY 1
"""

Right = tuple[str, str, str | None]
"""Table, privilege, and the column when it is for that one."""


def serving_faults(
    connection: BaseDatabaseWrapper,
    role: str,
    granted: Mapping[str, str],
    functions: Iterable[str],
) -> list[str]:
    """Every right that ``role`` has beyond ``granted`` (as GRANT words it), or lacks."""
    held = _held(connection, role)
    given = {right for table, words in granted.items() for right in _rights(table, words)}
    with connection.cursor() as cursor:
        cursor.execute(CALLABLE, {"role": role})
        callable_ = {_bare(name) for (name,) in cursor.fetchall()}
    wanted = {_bare(name) for name in functions}
    return [
        *(f"{role} may {_said(right)}" for right in sorted(held - given, key=str)),
        *(f"{role} may not {_said(right)}" for right in sorted(given - held, key=str)),
        *(f"{role} may call {name}" for name in sorted(callable_ - wanted)),
        *(f"{role} may not call {name}" for name in sorted(wanted - callable_)),
    ]


def reading_faults(
    connection: BaseDatabaseWrapper, role: str, secrets: Mapping[str, Collection[str]]
) -> list[str]:
    """Every right of ``role`` but to read columns that are not secret."""
    return [
        f"{role} may {_said(right)}"
        for right in sorted(_held(connection, role), key=str)
        if right[1] != "SELECT" or right[2] is None or right[2] in secrets.get(right[0], ())
    ]


def faults_beyond_tables(connection: BaseDatabaseWrapper, roles: Iterable[str]) -> list[str]:
    """Attributes and memberships that ``roles`` must not have, and everybody's rights."""
    return _named(connection, BEYOND, roles)


def strays(connection: BaseDatabaseWrapper, roles: Iterable[str]) -> list[str]:
    """What ``roles`` may have left beside the records, and did not get from us."""
    return _named(connection, STRAYS, roles)


def _named(connection: BaseDatabaseWrapper, question: str, roles: Iterable[str]) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(question, {"roles": list(roles)})
        return [fault for (fault,) in cursor.fetchall()]


def _held(connection: BaseDatabaseWrapper, role: str) -> set[Right]:
    with connection.cursor() as cursor:
        cursor.execute(HELD, {"role": role})
        return set(cursor.fetchall())


def _rights(table: str, words: str) -> Iterator[Right]:
    for privilege, columns in PRIVILEGE.findall(words):
        if not columns:
            yield table, privilege, None
        yield from ((table, privilege, name.strip()) for name in columns.split(",") if columns)


def _said(right: Right) -> str:
    table, privilege, column = right
    return f"{privilege} {table}" + (f" ({column})" if column else "")


def _bare(signature: str) -> str:
    return re.sub(r"[\s\"]", "", signature)
