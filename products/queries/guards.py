"""The guards that the database has, and those that its migrations say."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations import RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation

from products.domain.guards import Guards, differences, function_of, guards_said_by, trigger_of

TRIGGERS = """
    SELECT relname, tgname, proname, tgtype::integer, encode(tgargs, 'escape'),
           tgqual IS NOT NULL, tgenabled = 'A'
      FROM pg_catalog.pg_trigger
      JOIN pg_catalog.pg_class c ON c.oid = tgrelid
      JOIN pg_catalog.pg_proc p ON p.oid = tgfoid
     WHERE NOT tgisinternal AND relnamespace = 'public'::regnamespace
"""
FUNCTIONS = """
    SELECT proname, prosrc, prosecdef, coalesce(proconfig, '{}')
      FROM pg_catalog.pg_proc p
     WHERE pronamespace = 'public'::regnamespace
       AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                        WHERE d.objid = p.oid AND d.deptype = 'e')
"""
# What would weaken a guard that stands as it should.
WEAKENINGS = """
    SELECT format('%s: foreign keys are not checked', tgrelid::regclass)
      FROM pg_catalog.pg_trigger WHERE tgisinternal AND tgenabled = 'D'
    UNION
    SELECT format('%s: the constraint %s is not enforced', conrelid::regclass, conname)
      FROM pg_catalog.pg_constraint
     WHERE connamespace = 'public'::regnamespace AND NOT (conenforced AND convalidated)
    UNION
    SELECT format('%s: the rule %s stands in for what is written', ev_class::regclass, rulename)
      FROM pg_catalog.pg_rewrite JOIN pg_catalog.pg_class c ON c.oid = ev_class
     WHERE relnamespace = 'public'::regnamespace AND rulename <> '_RETURN'
    UNION
    SELECT format('%s: a policy hides rows', c.oid::regclass)
      FROM pg_catalog.pg_class c
     WHERE relnamespace = 'public'::regnamespace AND relrowsecurity
    UNION
    SELECT format('the function %s exists %s times', proname, count(*))
      FROM pg_catalog.pg_proc WHERE pronamespace = 'public'::regnamespace
     GROUP BY proname HAVING count(*) > 1
    UNION
    SELECT format('the function %s belongs to %s', proname, pg_get_userbyid(proowner))
      FROM pg_catalog.pg_proc, pg_catalog.pg_class c
     WHERE pronamespace = 'public'::regnamespace AND c.oid = to_regclass('products_auditentry')
       AND prosecdef AND proowner <> relowner
    ORDER BY 1
"""


def guard_faults(connection: BaseDatabaseWrapper) -> list[str]:
    """Every way in which the guards are not what the migrations say; empty: they are."""
    with connection.cursor() as cursor:
        cursor.execute(WEAKENINGS)
        weakenings = [fault for (fault,) in cursor.fetchall()]
    return [*differences(guards_of_migrations(), guards_standing(connection)), *weakenings]


@cache
def guards_of_migrations() -> Guards:
    loader = MigrationLoader(None)
    plan = [key for key in loader.graph.leaf_nodes() if key[0] == "products"]
    names = loader.graph.forwards_plan(plan[0])
    operations = [loader.graph.nodes[name].operations for name in names if name[0] == "products"]
    return guards_said_by(text for each in operations for text in _statements(each))


def guards_standing(connection: BaseDatabaseWrapper) -> Guards:
    guards = Guards()
    with connection.cursor() as cursor:
        cursor.execute(TRIGGERS)
        for table, name, function, kind, arguments, conditional, always in cursor.fetchall():
            guards.triggers[table, name] = trigger_of(
                function,
                kind,
                arguments.split("\\000")[:-1],
                conditional=conditional,
                always=always,
            )
        cursor.execute(FUNCTIONS)
        for name, body, with_owners_rights, settings in cursor.fetchall():
            guards.functions[name] = function_of(
                body, settings, with_owners_rights=with_owners_rights
            )
    return guards


def _statements(operations: Iterable[Operation]) -> Iterator[str]:
    for operation in operations:
        if isinstance(operation, SeparateDatabaseAndState):
            yield from _statements(operation.database_operations)
        elif isinstance(operation, RunSQL):
            yield str(operation.sql)
