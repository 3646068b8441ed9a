"""Reading the records as they stood at a past moment, through the very queries that read them now.

Within `records_at` every statement finds, under the name of each table, the rows of then: a common
table expression of that name hides the table. Keys come from the rows of now, which are never
deleted and whose keys never change; every other column comes from the last image of the row. So no
second query could say something else of the past than the first says of the present.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from django.apps import apps
from django.db import connection
from django.db.models import Field, ForeignKey, JSONField, Model

from products.domain.errors import ConfigurationError
from products.domain.lots import MAY_EXPIRE, ReleaseStatus
from products.queries.as_of import Moment, last_image

# What actions may change of a row that stays, as `products.actions.grants` says: never a key.
CHANGEABLE: dict[str, frozenset[str]] = {
    "products_user": frozenset(
        {"password", "password_set_at", "is_active", "is_staff", "must_change_password"}
        | {"locked_at", "expires_on"}
    ),
    "products_methodversion": frozenset(
        {"state", "approved_at", "approval_id", "retired_at", "retirement_id"}
    ),
    "products_specificationversion": frozenset({"state", "approved_at", "approval_id"}),
    "products_lot": frozenset(
        {"decision", "decision_number", "release_status", "next_status", "judged_until"}
        | {"judged_at", "blocks", "version", "stability_study", "stability_signature_id"}
        | {"specification_id"}
    ),
    "products_run": frozenset({"state", "performed_by_id", "discard_reason"}),
    "products_apitoken": frozenset({"revoked_at"}),
}
# The trail itself, read as it is.
WITHOUT_PAST = frozenset({"products_auditentry", "products_leaf", "products_checkpoint"})

_WORDS = re.compile(r"\w+")
_TABLES = re.compile(r"\b(?:products|auth)_[a-z_]+\b")
_BEGINNING = re.compile(
    r"\s*(?P<explain>EXPLAIN\s*(?:\([^)]*\))?)?\s*(?P<start>WITH\s+RECURSIVE|WITH|SELECT)\b",
    re.IGNORECASE,
)

# `Expiry.ends_at`. Where midnight comes twice it is the first; the database means the second.
ENDS_AT = """
SELECT CASE WHEN ends.day > '9999-12-30' THEN timestamptz '9999-12-31 00:00+00'
            WHEN (ends.at - interval '1 hour') AT TIME ZONE {zone} = ends.day::timestamp
            THEN ends.at - interval '1 hour' ELSE ends.at END
FROM (SELECT next.day, next.day::timestamp AT TIME ZONE {zone} AS at
      FROM (SELECT CASE WHEN {precision} = 'month'
                        THEN (date_trunc('month', {on}::timestamp) + interval '1 month')::date
                        ELSE {on} + 1 END AS day) next) ends
"""

_read: ContextVar[Moment | None] = ContextVar("moment_read", default=None)


@contextmanager
def records_at(then: Moment) -> Iterator[None]:
    """Within, every statement of this thread reads the records as they stood at ``then``.

    Nothing can be written, and what has no past cannot be read.
    """
    size = then.checkpoint.size
    token = _read.set(then)

    def read(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:
        return execute(in_the_past(sql, size), params, many, context)

    try:
        with connection.execute_wrapper(read):
            yield
    finally:
        _read.reset(token)


def is_past() -> bool:
    """Whether what is read is of a past moment, and not to be kept for the next reading."""
    return _read.get() is not None


def moment_read() -> Moment | None:
    """The past moment whose records are read; None for those of now."""
    return _read.get()


def in_the_past(statement: str, size: int) -> str:
    """``statement``, of the rows that the first ``size`` entries of the ledger tell of.

    Raises:
        ConfigurationError: it writes, or names what has no past.
    """
    beginning = _BEGINNING.match(statement)
    names = sorted({*_TABLES.findall(statement)} - WITHOUT_PAST)
    unknown = [name for name in names if name not in tables_with_a_past()]
    if beginning is None or unknown or "public." in statement:
        raise ConfigurationError(
            f"This cannot be asked of a past instant: {unknown or statement[:100]}."
        )
    if not names:
        return statement
    words = frozenset(_WORDS.findall(statement))
    parts = ", ".join(_rows(name, words) for name in names).replace("{size}", str(size))
    explain, start = beginning["explain"] or "", beginning["start"].upper()
    rest = statement[beginning.end() :]
    return (
        f"{explain} WITH {parts} SELECT{rest}"
        if start == "SELECT"
        else f"{explain} {start} {parts}, {rest}"
    )


@cache
def tables_with_a_past() -> dict[str, type[Model]]:
    """By their names, the tables of which the trail keeps every row."""
    tables = {
        model._meta.db_table: model  # noqa: SLF001  # documented
        for model in apps.get_app_config("products").get_models()
        if hasattr(model, "id")
    }
    return {
        name: model
        for name, model in tables.items()
        if name.startswith("products_") and name not in WITHOUT_PAST
    }


def _rows(table: str, words: Collection[str]) -> str:
    """A named expression with the columns of ``table`` that occur among ``words``."""
    columns = ", ".join(
        f'{value} AS "{column}"' for column, value in _columns(table).items() if column in words
    )
    exists = last_image(table, "true")
    return f"""{table} AS NOT MATERIALIZED (
        SELECT {columns or "1"} FROM public.{table} live WHERE {exists})"""  # noqa: S608  # as above


@cache
def _columns(table: str) -> dict[str, str]:
    """What stands for each column, in terms of ``live``, the row as it is."""
    model = tables_with_a_past()[table]
    keys = keys_of(model)
    return {
        str(field.column): f'live."{field.column}"' if field.column in keys else _then(table, field)
        for field in model._meta.concrete_fields  # noqa: SLF001  # documented
    }


def keys_of(model: type[Model]) -> frozenset[str]:
    """The columns by which rows are found, joined and put in order, and which never change."""
    meta = model._meta  # noqa: SLF001  # documented
    named = {
        str(name).lstrip("-")
        for names in (
            meta.ordering or (),
            *(getattr(part, "fields", ()) for part in (*meta.constraints, *meta.indexes)),
        )
        for name in names
    }
    found = {
        str(field.column)
        for field in meta.concrete_fields
        if field.unique or isinstance(field, ForeignKey) or field.name in named
    }
    return frozenset(found - CHANGEABLE.get(meta.db_table, frozenset()))


def _then(table: str, field: Field[Any, Any]) -> str:
    of_lots = {"judged_until": _judged_until, "next_status": _next_status}
    if table == "products_lot" and field.column in of_lots:
        return last_image(table, of_lots[field.column]())
    return last_image(table, _value(field))


def _value(field: Field[Any, Any]) -> str:
    """The field's value in ``image``; null where the image does not have it."""
    name, kind = field.column, field.db_type(connection) or ""
    if isinstance(field, JSONField):
        return f"nullif(image->'{name}', 'null')"
    if kind.endswith("[]"):
        items = f"jsonb_array_elements_text(nullif(image->'{name}', 'null'))"
        return f"""CASE WHEN image ? '{name}' THEN coalesce(
            (SELECT array_agg(item) FROM {items} item), '{{}}')::{kind} END"""  # noqa: S608  # as above
    return f"(image->>'{name}')::{kind}"


# No image has what judging writes on every touch; of it, only what time does to the imaged status
# can be known of a past instant: it expires, unless something stands before expiry.


def _next_status() -> str:
    expired = f"CASE WHEN {_may_expire()} THEN '{ReleaseStatus.EXPIRED}'"
    return f"{expired} ELSE image->>'release_status' END"


def _judged_until() -> str:
    ends_at = ENDS_AT.format(
        zone="(SELECT site.zone FROM public.products_site site WHERE site.id = live.site_id)",
        precision="image->>'expires_precision'",
        on="(image->>'expires_on')::date",
    )
    return (
        f"CASE WHEN {_may_expire()} AND image->>'expires_on' IS NOT NULL "
        f"THEN ({ends_at}) ELSE timestamptz '9999-12-31 00:00+00' END"
    )


def _may_expire() -> str:
    statuses = ", ".join(f"'{status}'" for status in sorted(MAY_EXPIRE))
    return f"image->>'release_status' IN ({statuses})"
