"""Entries of the trail for people: columns as labels, keys as names, times with their zone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.apps import apps
from django.core.exceptions import ValidationError
from django.db.models import BinaryField, DateTimeField, Field, Model, QuerySet
from django.utils.dateparse import parse_datetime

from products.domain.lots import local_text
from products.models import AuditEntry, Lot, User
from products.queries.audit import indexes_of

NOT_SHOWN = frozenset({"id", "password"})
OPERATIONS = {"insert": "Recorded", "update": "Changed", "delete": "Taken away"}

# What the names of records are made of besides their own columns.
NAMED_BY: Mapping[str, tuple[str, ...]] = {
    "policyacceptance": ("person", "policy"),
    "acknowledgement": ("lot",),
    "apitoken": ("user",),
    "calibration": ("instrument",),
    "conclusion": ("investigation",),
    "determination": ("donor",),
    "disposition": ("lot",),
    "group_permissions": ("group", "permission__content_type"),
    "hold": ("lot",),
    "holdlift": ("hold__lot",),
    "laboratoryqualification": ("laboratory",),
    "lotparent": ("lot", "parent"),
    "lotsource": ("lot", "source"),
    "mediarecall": ("media_lot",),
    "methodversion": ("method",),
    "note": ("lot", "recorded_by"),
    "outsidereport": ("run",),
    "permission": ("content_type",),
    "profileassignment": ("product",),
    "reading": ("run",),
    "rejudgement": ("result__run",),
    "result": ("run",),
    "review": ("lot", "reviewer"),
    "reviewitem": ("review__lot", "review__reviewer", "result__run"),
    "roleapproval": ("grant__user",),
    "rolegrant": ("user",),
    "rolerevocation": ("grant__user",),
    "runmedia": ("run", "media_lot"),
    "runreturn": ("run",),
    "runsupport": ("run",),
    "secondsignature": ("amendment",),
    "specificationchange": ("lot",),
    "specificationversion": ("product",),
    "training": ("person", "method_version__method"),
    "user_groups": ("user", "group"),
    "user_user_permissions": ("user", "permission__content_type"),
    "verification": ("transcription",),
}

Key = tuple[type[Model], str]


@dataclass(frozen=True, slots=True)
class Change:
    """``before`` and ``after`` as people read them; empty where there was or is no value."""

    field: str
    label: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class ShownEntry:
    """``kind`` is the sort of record, ``record`` what it is called, ``lots`` keys and numbers.

    ``index`` is the entry's place in the ledger, None while it waits to be sealed.
    """

    entry: AuditEntry
    actor: str
    operation: str
    kind: str
    record: str
    lots: tuple[tuple[UUID, str], ...]
    index: int | None
    changes: tuple[Change, ...]


def shown(entries: Sequence[AuditEntry], zone: str = "") -> list[ShownEntry]:
    """``entries`` with names. Without ``zone``, times stay as they are written: RFC 3339 in UTC.

    As many queries as there are kinds of records to name, however many entries there are.
    """
    names = _names(_keys(entries))
    indexes = indexes_of(entries)
    return [_shown(row, names, indexes.get(row.id), zone) for row in entries]


def _shown(row: AuditEntry, names: Mapping[Key, str], index: int | None, zone: str) -> ShownEntry:
    model = _model(row.record_table)
    before, after = row.before or {}, row.after or {}
    name = row.actor_name or "nobody named"
    printed = names.get((User, str(row.actor)), "")
    return ShownEntry(
        entry=row,
        actor=f"{printed} ({name})" if printed and printed != name else name,
        operation=OPERATIONS.get(row.operation, row.operation),
        kind=str(model._meta.verbose_name) if model else row.record_table,  # noqa: SLF001
        record=names.get((model, row.record_id), row.record_id) if model else row.record_id,
        lots=tuple((lot, names.get((Lot, str(lot)), str(lot))) for lot in row.lots),
        index=index,
        changes=tuple(
            Change(
                field=column,
                label=_label(model, column),
                before=_text(model, column, before.get(column), names, zone),
                after=_text(model, column, after.get(column), names, zone),
            )
            for column in sorted(before.keys() | after.keys())
            if column not in NOT_SHOWN and before.get(column) != after.get(column)
        ),
    )


def _keys(entries: Iterable[AuditEntry]) -> dict[type[Model], set[str]]:
    """Every record that the entries are of, or name."""
    wanted: dict[type[Model], set[str]] = {}
    for row in entries:
        keys: list[Key] = [(Lot, str(lot)) for lot in row.lots]
        if row.actor is not None:
            keys.append((User, str(row.actor)))
        model = _model(row.record_table)
        if model is not None:
            keys.append((model, row.record_id))
        for column, related in _links(row.record_table).items():
            images = (row.before or {}, row.after or {})
            keys += [(related, str(one[column])) for one in images if one.get(column) is not None]
        for kind, key in keys:
            wanted.setdefault(kind, set()).add(key)
    return wanted


def _names(wanted: Mapping[type[Model], set[str]]) -> dict[Key, str]:
    return {
        (model, str(record.pk)): name_of_record(record)
        for model, keys in wanted.items()
        for record in rows_to_name(model, keys)
    }


def rows_to_name(model: type[Model], keys: Iterable[str]) -> QuerySet[Model]:
    meta = model._meta  # noqa: SLF001  # Django's documented interface
    bytes_of = [field.name for field in meta.concrete_fields if isinstance(field, BinaryField)]
    usable = [key for key in keys if _is_key(model, key)]
    rows = model._default_manager.filter(pk__in=usable).defer(*bytes_of)  # noqa: SLF001  # ditto
    related = ("person",) if model is User else NAMED_BY.get(str(meta.model_name), ())
    return rows.select_related(*related) if related else rows


def _is_key(model: type[Model], text: str) -> bool:
    """An image may hold what is no key of the record any more, or never was."""
    try:
        model._meta.pk.to_python(text)  # noqa: SLF001  # documented
    except ValidationError:
        return False
    return True


def name_of_record(record: Model) -> str:
    if isinstance(record, User):
        return record.printed_name
    meta = record._meta  # noqa: SLF001  # documented
    if not meta.auto_created:
        return str(record)
    links = [field.name for field in meta.concrete_fields if field.is_relation]
    return ", ".join(str(getattr(record, name)) for name in links)


def _text(
    model: type[Model] | None,
    column: str,
    value: Any,
    names: Mapping[Key, str],
    zone: str,
) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    field = _fields(model).get(column) if model else None
    if field is not None and field.related_model is not None:
        return names.get((field.related_model, str(value)), str(value))
    if isinstance(value, list | dict):
        return _structure(value)
    return _plain(field, str(value), zone)


def _plain(field: Field[Any, Any] | None, text: str, zone: str) -> str:
    if isinstance(field, BinaryField) and text.startswith("\\x"):
        return f"{len(text) // 2 - 1} bytes"
    if isinstance(field, DateTimeField) and zone:
        return _instant(text, zone)
    if field is not None and field.choices:
        return str(dict(field.flatchoices).get(text, text))
    return text


def _instant(text: str, zone: str) -> str:
    at: datetime | None = parse_datetime(text)
    # Before the year 2 and after 9998 some zones have no such instant: these are marks, not times.
    return local_text(at, zone) if at and 1 < at.year < 9999 else text  # noqa: PLR2004  # years


def _structure(value: Any) -> str:
    """Reasons by their sentences, anything else as JSON."""
    if isinstance(value, list) and all(isinstance(item, str | int) for item in value):
        return ", ".join(map(str, value))
    if isinstance(value, list) and all(
        isinstance(item, dict) and "message" in item for item in value
    ):
        return " ".join(str(item["message"]) for item in value)
    return json.dumps(value, ensure_ascii=False)


def _label(model: type[Model] | None, column: str) -> str:
    field = _fields(model).get(column) if model else None
    return str(field.verbose_name) if field else column.replace("_", " ")


@cache
def _models() -> dict[str, type[Model]]:
    every = apps.get_models(include_auto_created=True)
    return {model._meta.db_table: model for model in every}  # noqa: SLF001  # documented


def _model(table: str) -> type[Model] | None:
    return _models().get(table)


@cache
def _fields(model: type[Model]) -> dict[str, Field[Any, Any]]:
    return {str(field.column): field for field in model._meta.concrete_fields}  # noqa: SLF001  # ditto


@cache
def _links(table: str) -> dict[str, type[Model]]:
    """Columns that hold the key of another record, and which sort of record that is."""
    model = _model(table)
    if model is None:
        return {}
    return {
        column: field.related_model
        for column, field in _fields(model).items()
        if isinstance(field.related_model, type)
    }
