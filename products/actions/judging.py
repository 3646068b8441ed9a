"""Re-judging: the stored answer of every lot that an action touched, before it commits."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING
from uuid import UUID

from django.db import connection

from products.domain.lots import Decision
from products.domain.release import Block, Judgement, LotFacts, judge
from products.models import Hold
from products.queries.facts import lot_facts

if TYPE_CHECKING:
    from products.actions.base import Context

OUTLASTED_BY_TIME = frozenset({"expired"})

LOCK = """
WITH RECURSIVE line (lot) AS (
    SELECT id FROM products_lot WHERE id = ANY(%s)
    UNION
    SELECT link.lot_id FROM line JOIN products_lotparent link ON link.parent_id = line.lot
)
SELECT id FROM products_lot WHERE id IN (SELECT lot FROM line) ORDER BY id FOR NO KEY UPDATE
"""

# What was recorded has counted the version of a lot that it touched already.
STORE = """
UPDATE products_lot lot SET release_status = answer.release_status,
    next_status = answer.next_status, judged_until = answer.judged_until,
    judged_at = answer.judged_at, blocks = answer.blocks,
    version = lot.version + CASE WHEN lot.id::text = ANY(
        string_to_array(current_setting('exolot.touched', true), ',')) THEN 0 ELSE 1 END
FROM jsonb_to_recordset(%s) AS answer (id uuid, release_status text, next_status text,
    judged_until timestamptz, judged_at timestamptz, blocks jsonb)
WHERE lot.id = answer.id
"""


def rejudge(context: Context, caused_by: str) -> None:
    """Judge every touched lot, and all that was made from it, afresh at ``context.at``; store it.

    A released lot that a rule now speaks against is put on hold here, in the same transaction:
    recording an adverse fact is never refused, and never leaves the lot released. Such a hold
    speaks against the lots made from it in turn.
    """
    context.touched.update(_touched_by_records())
    if not context.touched:
        return
    ids = _locked_with_descendants(context.touched)
    facts = lot_facts(ids)
    evaluations = {key: judge(found, context.at) for key, found in facts.items()}
    while held := [key for key in facts if _must_hold(facts[key], evaluations[key])]:
        for key in held:
            _force_hold(context, facts[key], evaluations[key], caused_by)
        facts = lot_facts(ids)
        evaluations = {key: judge(found, context.at) for key, found in facts.items()}
    _store(evaluations)


def _touched_by_records() -> list[UUID]:
    """The lots that the database found concerned by what was written in this transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('exolot.touched', true)")
        (names,) = cursor.fetchone()
    return [UUID(name) for name in names.split(",")] if names else []


def _must_hold(lot: LotFacts, evaluation: Judgement) -> bool:
    return (
        lot.decision in {Decision.RELEASED, Decision.CONDITIONALLY_RELEASED}
        and not lot.has_open_hold
        and bool(_adverse(evaluation))
    )


def _adverse(evaluation: Judgement) -> list[Block]:
    """Blocks but those that time alone brings, for which the status has its own word."""
    return [block for block in evaluation.blocks if block.code not in OUTLASTED_BY_TIME]


def _force_hold(context: Context, lot: LotFacts, evaluation: Judgement, caused_by: str) -> None:
    first = _adverse(evaluation)[0]
    Hold.objects.create(
        lot_id=lot.id,
        number=len(lot.holds) + 1,
        reason=f"Forced by rule {first.rule}: {first.message}"[:1000],
        rule=first.rule,
        caused_by=caused_by,
        placed_by=context.actor,
    )


def _locked_with_descendants(lots: Collection[UUID]) -> list[UUID]:
    """In one order for everybody, so that two actions wait for each other and neither fails."""
    with connection.cursor() as cursor:
        cursor.execute(LOCK, [list(lots)])
        return [row[0] for row in cursor.fetchall()]


def _store(evaluations: Mapping[UUID, Judgement]) -> None:
    answers = [
        {
            "id": str(key),
            "release_status": evaluation.status,
            "next_status": evaluation.next_status,
            "judged_until": evaluation.judged_until.isoformat(),
            "judged_at": evaluation.at.isoformat(),
            "blocks": [
                {
                    "rule": block.rule,
                    "code": block.code,
                    "message": block.message,
                    "record": block.record,
                    "source": block.source,
                    "clears": block.clears,
                }
                for block in evaluation.blocks
            ],
        }
        for key, evaluation in evaluations.items()
    ]
    with connection.cursor() as cursor:
        cursor.execute(STORE, [json.dumps(answers)])
