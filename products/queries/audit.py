"""The history of one record, as the database wrote it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Model

from products.models import AuditEntry

NOT_SHOWN = frozenset({"id", "password"})


@dataclass(frozen=True, slots=True)
class Change:
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Entry:
    recorded_at: datetime
    actor: str
    action: str
    reason: str
    operation: str
    changes: tuple[Change, ...]


def history_of(record: Model) -> list[Entry]:
    """Every change of the record's own row, the latest first."""
    rows = AuditEntry.objects.filter(
        record_table=record._meta.db_table,  # noqa: SLF001  # Django's documented interface
        record_id=str(record.pk),
    ).order_by("-id")
    return [
        Entry(
            recorded_at=row.recorded_at,
            actor=row.actor_name,
            action=row.action,
            reason=row.reason,
            operation=row.operation,
            changes=tuple(_changes(row.before or {}, row.after or {})),
        )
        for row in rows.defer("body", "sha256")
    ]


def _changes(before: dict[str, Any], after: dict[str, Any]) -> list[Change]:
    return [
        Change(name.replace("_", " "), _text(before.get(name)), _text(after.get(name)))
        for name in sorted(before.keys() | after.keys())
        if name not in NOT_SHOWN and before.get(name) != after.get(name)
    ]


def _text(value: Any) -> str:
    return "" if value is None else str(value)
