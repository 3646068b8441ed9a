"""Every table of every model, written in every way there is: the trail says each change once.

The tables are laid bare first: no constraint, and no trigger but the guard and the trail, so that
any row can be written and history, which is closed even to the owner, can be changed. What the
trail does is then seen on its own.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import pytest
from django.apps import apps
from django.db import connections, models, transaction
from psycopg import sql
from pytest_django import DjangoDbBlocker

from products.actions.grants import SECRET_COLUMNS
from products.migrations._0011_triggers import AUDITED
from tests.architecture.any_row import Model, any_row, fields_of, table_of, value_of
from tests.architecture.every_way import (
    DELETES,
    INSERTS,
    OWNER,
    UPDATES,
    Rows,
    Way,
    changeable,
    delete_by_sql,
    execute,
    insert_by_bulk_create,
    insert_by_sql,
    key,
    table,
    update_by_sql,
)
from tests.architecture.test_tables import HOUSEKEEPING, NOT_AUDITED
from tests.conftest import Databases

OTHER_SETTINGS = {
    "timezone": "Asia/Kolkata",
    "datestyle": "SQL, DMY",
    "intervalstyle": "sql_standard",
    "extra_float_digits": "-10",
    "bytea_output": "escape",
    "xmlbinary": "hex",
    "quote_all_identifiers": "on",
    "standard_conforming_strings": "off",
    "lc_monetary": "C.utf8",
    "lc_numeric": "C.utf8",
    "lc_time": "C.utf8",
    "search_path": "pg_temp, public",
}
# The trail, and what its functions look up.
SHADOWED = (*sorted(NOT_AUDITED), "products_installation", "products_run", "products_review")
LAY_BARE = """
DO $$
DECLARE found record;
BEGIN
    FOR found IN SELECT conrelid::regclass AS of, conname AS name FROM pg_constraint
        WHERE connamespace = 'public'::regnamespace AND contype IN ('f', 'c', 'u', 'x')
          AND conrelid <> 0 AND conparentid = 0 ORDER BY contype = 'u'
    LOOP EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', found.of, found.name); END LOOP;
    FOR found IN SELECT indexrelid::regclass AS name FROM pg_index
        JOIN pg_class ON oid = indrelid AND relnamespace = 'public'::regnamespace
        WHERE indisunique AND NOT indisprimary
    LOOP EXECUTE format('DROP INDEX %s', found.name); END LOOP;
    FOR found IN SELECT tgrelid::regclass AS of, tgname AS name FROM pg_trigger
        WHERE NOT tgisinternal AND tgname NOT IN ('zz_audit', 'require_action')
    LOOP EXECUTE format('ALTER TABLE %s DISABLE TRIGGER %I', found.of, found.name); END LOOP;
END $$
"""

pytestmark = [pytest.mark.bare, pytest.mark.django_db(databases=["default", OWNER])]


def recorded_models() -> dict[str, Model]:
    """Table -> model, of all that Django knows and the trail is to see; not a benchmark's own."""
    known = {
        table_of(model): model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed  # noqa: SLF001  # Django's interface
    }
    return {name: known[name] for name in sorted(set(known) - HOUSEKEEPING - NOT_AUDITED)}


MODELS = recorded_models()
every_model = pytest.mark.parametrize("model", MODELS.values(), ids=MODELS)


@pytest.fixture(scope="module", autouse=True)
def _bared(
    _in_a_bare_database: None, databases: Databases, django_db_blocker: DjangoDbBlocker
) -> None:
    with databases.connect(connections[OWNER].settings_dict["NAME"]) as connection:
        connection.execute(LAY_BARE)


@pytest.fixture(autouse=True)
def _named(db: None) -> None:
    execute("SELECT products_begin('test.write', null, 'tester', 'why', '', '', clock_timestamp())")


def by_name(way: Way) -> str:
    return way.__name__


class Said(NamedTuple):
    """What an entry says, without what differs from one to the next."""

    operation: str
    key: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


def mark() -> Any:
    return execute("SELECT count(*) FROM public.products_auditentry")[0][0]


def bodies_since(count: int) -> list[bytes]:
    """The bytes of all that was written since `mark`, about whatever table."""
    found = execute(
        "SELECT encode(body, 'hex') FROM public.products_auditentry ORDER BY id OFFSET %s", count
    )
    return [bytes.fromhex(body) for (body,) in found]


def said_since(count: int) -> list[Said]:
    read = map(json.loads, bodies_since(count))
    return [Said(one["operation"], one["key"], one["before"], one["after"]) for one in read]


def images(model: Model, rows: Rows) -> dict[str, dict[str, Any]]:
    """Key -> the row as it stands, without what images leave out."""
    found = execute(
        sql.SQL("SELECT {key}::text, to_jsonb(t) - %s::text[] FROM public.{table} t").format(
            key=sql.Identifier(key(model)), table=table(model)
        ),
        list(AUDITED[table_of(model)]),
    )
    wanted = {str(row.pk) for row in rows}
    return {name: json.loads(image) for name, image in found if name in wanted}


def rows_of(model: Model) -> list[models.Model]:
    return [any_row(model, seed) for seed in (100, 102)]


def changed_rows(model: Model) -> list[models.Model]:
    """The same rows with another value in every column that the trail compares."""
    rows = rows_of(model)
    for seed, row in zip((105, 107), rows, strict=True):
        for field in fields_of(model):
            if field.attname in changeable(model):
                setattr(row, field.attname, value_of(field, seed))
    return rows


@contextmanager
def undone() -> Iterator[None]:
    """What happens inside is taken back at its end."""
    point = transaction.savepoint(using=OWNER)
    yield
    transaction.savepoint_rollback(point, using=OWNER)


def test_every_table_is_that_of_a_model_or_kept_by_the_database() -> None:
    found = execute(
        "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace "
        "AND relkind IN ('r', 'p', 'v', 'm', 'f')"
    )

    tables = {name for (name,) in found} - HOUSEKEEPING - NOT_AUDITED
    assert tables == set(MODELS) == set(AUDITED)


@every_model
@pytest.mark.parametrize("insert", INSERTS, ids=by_name)
def test_every_inserted_row_has_one_entry(model: Model, insert: Way) -> None:
    rows = rows_of(model)
    before = mark()

    insert(model, rows)

    standing = images(model, rows)
    assert len(standing) == len(rows)
    assert said_since(before) == [
        Said("insert", str(row.pk), None, standing[str(row.pk)]) for row in rows
    ]


@every_model
@pytest.mark.parametrize("update", UPDATES, ids=by_name)
def test_every_changed_row_has_one_entry_and_an_unchanged_one_none(
    model: Model, update: Way
) -> None:
    insert_by_bulk_create(model, rows_of(model))
    former = images(model, rows_of(model))
    rows = changed_rows(model)
    before = mark()

    update(model, rows)
    update(model, rows)

    found = {entry.key: entry for entry in said_since(before)}
    standing = images(model, rows)
    assert mark() == before + len(rows)
    assert found == {name: Said("update", name, former[name], standing[name]) for name in former}
    assert all(
        entry.before[column] != entry.after[column]  # type: ignore[index]
        for entry in found.values()
        for column in standing[entry.key]
        if column != key(model)
    )


@every_model
@pytest.mark.parametrize("delete", DELETES, ids=by_name)
def test_every_deleted_row_has_one_entry(model: Model, delete: Way) -> None:
    rows = rows_of(model)
    insert_by_bulk_create(model, rows)
    standing = images(model, rows)
    before = mark()

    delete(model, rows_of(model))

    found = {entry.key: entry for entry in said_since(before)}
    assert mark() == before + len(rows)
    assert found == {name: Said("delete", name, image, None) for name, image in standing.items()}


def masked(body: bytes) -> bytes:
    """The bytes without the id and the instant, which differ from entry to entry."""
    key = json.loads(body)["id"]
    without = body.replace(f'"id": "{key}"'.encode(), b"ID", 1)
    return re.sub(rb'"recorded_at": "[0-9T:.-]+\+00:00", "database_role"', b"INSTANT", without)


def a_life(model: Model) -> list[bytes]:
    """The bytes of the entries of rows that come, change and go again."""
    before = mark()
    with undone():
        insert_by_sql(model, rows_of(model))
        update_by_sql(model, changed_rows(model))
        for row in rows_of(model):
            delete_by_sql(model, [row])
        written = bodies_since(before)
    return [masked(body) for body in written]


@every_model
def test_session_settings_change_no_byte_of_an_entry(model: Model) -> None:
    plain = a_life(model)
    for name, value in OTHER_SETTINGS.items():
        execute("SELECT set_config(%s, %s, true)", name, value)

    assert a_life(model) == plain
    assert len(plain) == 6
    assert all(b"INSTANT" in body for body in plain)


@every_model
def test_temporary_tables_of_the_same_names_swallow_nothing(model: Model) -> None:
    tables = sorted({*SHADOWED, table_of(model)})
    for name in tables:
        execute(sql.SQL("CREATE TEMP TABLE {0} (LIKE public.{0})").format(sql.Identifier(name)))
    before = mark()

    insert_by_sql(model, rows_of(model))
    update_by_sql(model, changed_rows(model))

    assert mark() == before + 4
    for name in tables:
        assert execute(sql.SQL("SELECT 1 FROM pg_temp.{}").format(sql.Identifier(name))) == []


LEFT_OUT = {table: names for table, names in AUDITED.items() if names}


@pytest.mark.parametrize("table", LEFT_OUT)
def test_what_images_leave_out_neither_shows_nor_counts_as_a_change(table: str) -> None:
    model = MODELS[table]
    rows = rows_of(model)
    insert_by_sql(model, rows)
    before = mark()
    for row in rows:
        for field in fields_of(model):
            if field.column in LEFT_OUT[table]:
                setattr(row, field.attname, value_of(field, 110))

    update_by_sql(model, rows)

    assert mark() == before
    last = said_since(before - 1)[0]
    assert not set(last.after or ()) & set(LEFT_OUT[table])


@pytest.mark.parametrize("table", [name for name in SECRET_COLUMNS if name in MODELS])
def test_no_secret_of_a_row_enters_the_trail(table: str) -> None:
    model = MODELS[table]
    rows = rows_of(model)
    before = mark()
    for row in rows:
        for field in fields_of(model):
            if field.column in SECRET_COLUMNS[table]:
                setattr(row, field.attname, "sécrèt-7f3a"[: field.max_length])

    insert_by_sql(model, rows)
    update_by_sql(model, changed_rows(model))
    delete_by_sql(model, rows)

    bodies = bodies_since(before)
    assert len(bodies) == 6
    assert not [body for body in bodies if b"7f3a" in body]
