"""Every way in which rows of a table come, change and go; all as the owner of the tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.db import connections, models
from django.db.models import QuerySet
from psycopg import sql

from products.migrations._0011_triggers import AUDITED
from tests.architecture.any_row import Model, fields_of, table_of

OWNER = "owner"
Rows = Sequence[models.Model]


def execute(statement: str | sql.Composable, *parameters: Any) -> list[Any]:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall() if cursor.description else []


def columns(model: Model) -> list[str]:
    return [str(field.column) for field in fields_of(model)]


def stored(row: models.Model) -> list[Any]:
    """The values of a row as the driver takes them."""
    return [
        field.get_db_prep_save(getattr(row, field.attname), connections[OWNER])
        for field in fields_of(type(row))
    ]


def table(model: Model) -> sql.Identifier:
    return sql.Identifier(table_of(model))


def names(model: Model) -> sql.Composed:
    return sql.SQL(", ").join(map(sql.Identifier, columns(model)))


def key_of(model: Model) -> models.Field[Any, Any]:
    return next(field for field in fields_of(model) if field.primary_key)


def key(model: Model) -> str:
    return str(key_of(model).column)


def changeable(model: Model) -> list[str]:
    """The attributes, other than the key, that the trail compares."""
    omitted = AUDITED[table_of(model)]
    return [
        field.attname
        for field in fields_of(model)
        if not field.primary_key and field.column not in omitted
    ]


def manager(model: Model) -> QuerySet[Any]:
    return QuerySet(model, using=OWNER).order_by()


def by_copy(model: Model, rows: Rows, target: str) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.SQL(target), names(model))
    with connections[OWNER].cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(stored(row))


def staged(model: Model, rows: Rows) -> None:
    """A temporary table `staging` with the rows, brought by COPY."""
    execute("DROP TABLE IF EXISTS pg_temp.staging")
    execute(sql.SQL("CREATE TEMP TABLE staging (LIKE public.{})").format(table(model)))
    by_copy(model, rows, "pg_temp.staging")


def taken_over(model: Model) -> sql.Composed:
    """Every column set to that of the row in `staging`."""
    parts = [sql.SQL("{0} = s.{0}").format(sql.Identifier(name)) for name in columns(model)]
    return sql.SQL(", ").join(parts)


# The ways in which rows come, change and go.


def insert_by_save(model: Model, rows: Rows) -> None:
    for row in rows:
        row.save(using=OWNER, force_insert=True)


def insert_by_bulk_create(model: Model, rows: Rows) -> None:
    manager(model).bulk_create(rows)


def insert_by_copy(model: Model, rows: Rows) -> None:
    by_copy(model, rows, f"public.{table_of(model)}")


def insert_by_sql(model: Model, rows: Rows) -> None:
    places = sql.SQL(", ").join([sql.SQL("%s")] * len(columns(model)))
    statement = sql.SQL("INSERT INTO public.{} ({}) VALUES ({})")
    for row in rows:
        execute(statement.format(table(model), names(model), places), *stored(row))


def update_by_save(model: Model, rows: Rows) -> None:
    for row in rows:
        row.save(using=OWNER, force_update=True)


def update_by_queryset(model: Model, rows: Rows) -> None:
    for row in rows:
        changes = {name: getattr(row, name) for name in changeable(model)}
        manager(model).filter(pk=row.pk).update(**changes)


def update_by_bulk_update(model: Model, rows: Rows) -> None:
    manager(model).bulk_update(rows, changeable(model))


def update_by_bulk_create(model: Model, rows: Rows) -> None:
    fields = [field.name for field in fields_of(model) if field.attname in changeable(model)]
    manager(model).bulk_create(
        rows, update_conflicts=True, unique_fields=[key_of(model).name], update_fields=fields
    )


def update_by_copy(model: Model, rows: Rows) -> None:
    staged(model, rows)
    execute(
        sql.SQL("UPDATE public.{} t SET {} FROM staging s WHERE t.{key} = s.{key}").format(
            table(model), taken_over(model), key=sql.Identifier(key(model))
        )
    )


def update_by_sql(model: Model, rows: Rows) -> None:
    for row in rows:
        parts = [sql.SQL("{} = %s").format(sql.Identifier(name)) for name in columns(model)]
        statement = sql.SQL("UPDATE public.{} SET {} WHERE {} = %s").format(
            table(model),
            sql.SQL(", ").join(parts),
            sql.Identifier(key(model)),
        )
        execute(statement, *stored(row), row.pk)


def update_by_merge(model: Model, rows: Rows) -> None:
    staged(model, rows)
    execute(
        sql.SQL(
            "MERGE INTO public.{} t USING staging s ON t.{key} = s.{key} "
            "WHEN MATCHED THEN UPDATE SET {parts}"
        ).format(
            table(model),
            key=sql.Identifier(key(model)),
            parts=taken_over(model),
        )
    )


def delete_by_instance(model: Model, rows: Rows) -> None:
    for row in rows:
        row.delete(using=OWNER)


def delete_by_queryset(model: Model, rows: Rows) -> None:
    manager(model).filter(pk__in=[row.pk for row in rows]).delete()


def delete_by_copy(model: Model, rows: Rows) -> None:
    staged(model, rows)
    execute(
        sql.SQL("DELETE FROM public.{} t USING staging s WHERE t.{key} = s.{key}").format(
            table(model), key=sql.Identifier(key(model))
        )
    )


def delete_by_sql(model: Model, rows: Rows) -> None:
    execute(
        sql.SQL("DELETE FROM public.{} WHERE {} = ANY(%s)").format(
            table(model), sql.Identifier(key(model))
        ),
        [row.pk for row in rows],
    )


Way = Callable[[Model, Rows], None]
INSERTS: tuple[Way, ...] = (
    insert_by_save,
    insert_by_bulk_create,
    insert_by_copy,
    insert_by_sql,
)
UPDATES: tuple[Way, ...] = (
    update_by_save,
    update_by_queryset,
    update_by_bulk_update,
    update_by_bulk_create,
    update_by_copy,
    update_by_sql,
    update_by_merge,
)
DELETES: tuple[Way, ...] = (
    delete_by_instance,
    delete_by_queryset,
    delete_by_copy,
    delete_by_sql,
)
