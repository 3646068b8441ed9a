"""What must hold after every step, whatever was done: asked of the database, not of the product."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import connection

from products.domain.matching import Standing
from products.migrations._0011_triggers import APPEND_ONLY, AUDITED
from products.models import Signature
from products.queries.matching import matchings

# Lots that do not bear out the word released: a run that fails, or a required criterion of their
# own without a final, reviewed, passing result.
UNWORTHY = """
WITH standing AS (
    SELECT DISTINCT ON (result.run_id) result.*, run.lot_id, run.state, run.purpose, own.code
    FROM products_result result JOIN products_run run ON run.id = result.run_id
    LEFT JOIN products_criterion own ON own.id = run.criterion_id
    LEFT JOIN products_amendment amendment ON amendment.result_id = result.id
    LEFT JOIN products_secondsignature second ON second.amendment_id = amendment.id
    WHERE run.state NOT IN ('retracted', 'discarded') AND (amendment.id IS NULL
        OR NOT amendment.needs_second OR second.outcome = 'confirmed')
    ORDER BY result.run_id, result.version DESC
),
counting AS (
    SELECT * FROM standing WHERE NOT EXISTS (
        SELECT FROM products_investigation found
        JOIN products_conclusion conclusion ON conclusion.investigation_id = found.id
        WHERE found.result_id = standing.id AND conclusion.outcome = 'invalidated')
)
SELECT lot.number FROM products_lot lot WHERE lot.number = ANY(%s) AND (
    EXISTS (SELECT FROM counting WHERE counting.lot_id = lot.id AND counting.verdict = 'fail')
    OR EXISTS (SELECT FROM products_criterion asked
        WHERE asked.specification_id = lot.specification_id AND asked.required
        AND asked.satisfied_by <> 'parent' AND NOT EXISTS (
            SELECT FROM counting
            JOIN products_reviewitem item ON item.result_id = counting.id
            WHERE counting.lot_id = lot.id AND counting.code = asked.code AND counting.final
            AND counting.verdict = 'pass' AND counting.state = 'submitted'
            AND counting.purpose IN ('release', 'repeat'))))
"""
COUNT = "SELECT '{0}', count(*) FROM {0}"
STAY_TRUE = frozenset(
    {
        *("amendment", "conclusion", "determination", "lot", "profile_assignment"),
        *("role_approval", "second_signature", "specification_change"),
    }
)
"""Kinds of record that nothing recorded later changes; what was reviewed or decided on goes on."""


def unworthy(released: Iterable[str]) -> list[str]:
    """Those of the lots that must not be called released."""
    with connection.cursor() as cursor:
        cursor.execute(UNWORTHY, [list(released)])
        return [number for (number,) in cursor.fetchall()]


def counts() -> dict[str, int]:
    """Table -> how many rows it has."""
    asked = " UNION ALL ".join(COUNT.format(table) for table in AUDITED)
    with connection.cursor() as cursor:
        cursor.execute(asked)
        return dict(cursor.fetchall())


def last_entry() -> UUID:
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM products_auditentry ORDER BY id DESC LIMIT 1")
        found: UUID = cursor.fetchone()[0]
        return found


@dataclass
class Trail:
    """The entries since ``last`` played again: what each row has to be now."""

    last: UUID
    rows: dict[tuple[str, str], Any] = field(default_factory=dict)
    grown: Counter[str] = field(default_factory=Counter)

    def follow(self) -> None:
        """Each entry begins where the one before it ended, and history only grows."""
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT id, record_table, record_id, operation, before::text, after::text "
                "FROM products_auditentry WHERE id > %s ORDER BY id",
                [self.last],
            )
            entries = cursor.fetchall()
        for key, table, record, operation, before, after in entries:
            was, now = (json.loads(image) if image else None for image in (before, after))
            is_growth = operation == "insert" or table not in APPEND_ONLY
            assert is_growth, f"{table} tells of {operation}, and only grows"
            begins = self.rows.get((table, record), was) == was
            assert begins, f"{table} {record} changed without an entry"
            self.rows[table, record], self.last = now, key
            self.grown[table] += {"insert": 1, "delete": -1}.get(operation, 0)

    def compare(self, before: dict[str, int]) -> None:
        """The tables are what the entries say; ``before`` is how many rows each had."""
        grown = {table: count - before[table] for table, count in counts().items()}
        unsaid = {table: count for table, count in grown.items() if count != self.grown[table]}
        assert not unsaid, f"rows without an entry of the trail: {unsaid}"
        for table in sorted({name for name, _ in self.rows}):
            said = {key: row for (name, key), row in self.rows.items() if name == table and row}
            with connection.cursor() as cursor:
                cursor.execute(
                    f"SELECT id::text, (to_jsonb(t) - %s::text[])::text FROM {table} t "  # noqa: S608
                    "WHERE id::text = ANY(%s)",
                    [list(AUDITED[table]), list(said)],
                )
                rows = {key: json.loads(row) for key, row in cursor.fetchall()}
            assert rows == said, f"{table} is not what its entries say"


def check_signatures(since: UUID) -> None:
    """None was altered, and those on what never changes still match; ``since`` is a key."""
    rows = list(Signature.objects.filter(pk__gt=since).select_related("user", "person"))
    found = matchings(rows)
    for row in rows:
        standing = found[row.pk].standing
        allowed = {Standing.MATCHES}
        if row.record_kind not in STAY_TRUE:
            allowed.add(Standing.CHANGED)
        told = f"a signature on a {row.record_kind} is {standing}: {found[row.pk].messages}"
        assert standing in allowed, told
