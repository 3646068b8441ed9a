"""Re-judging: the stored answer of every lot that an action touched, before it commits."""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from products.domain.lots import Decision
from products.domain.release import Block, Evaluation, LotFacts, evaluate
from products.models import Hold, Lot
from products.queries.facts import lot_facts

if TYPE_CHECKING:
    from products.actions.base import Context

OUTLASTED_BY_TIME = frozenset({"expired"})


def rejudge(context: Context, caused_by: str) -> None:
    """Judge every touched lot afresh at ``context.at`` and store the answer.

    A released lot that a rule now speaks against is put on hold here, in the same transaction:
    recording an adverse fact is never refused, and never leaves the lot released.
    """
    if not context.touched:
        return
    ids = sorted(context.touched)
    list(Lot.objects.select_for_update(no_key=True).filter(pk__in=ids).order_by("pk"))
    facts = lot_facts(ids)
    evaluations = {key: evaluate(facts[key], context.at) for key in ids}
    held = [key for key in ids if _must_hold(facts[key], evaluations[key])]
    if held:
        for key in held:
            _force_hold(context, facts[key], evaluations[key], caused_by)
        facts |= lot_facts(held)
        evaluations |= {key: evaluate(facts[key], context.at) for key in held}
    _store(evaluations)


def _must_hold(lot: LotFacts, evaluation: Evaluation) -> bool:
    return (
        lot.decision in {Decision.RELEASED, Decision.CONDITIONALLY_RELEASED}
        and not lot.has_open_hold
        and bool(_adverse(evaluation))
    )


def _adverse(evaluation: Evaluation) -> list[Block]:
    """Blocks but those that time alone brings, for which the status has its own word."""
    return [block for block in evaluation.blocks if block.code not in OUTLASTED_BY_TIME]


def _force_hold(context: Context, lot: LotFacts, evaluation: Evaluation, caused_by: str) -> None:
    first = _adverse(evaluation)[0]
    Hold.objects.create(
        lot_id=lot.id,
        number=len(lot.holds) + 1,
        reason=f"Forced by rule {first.rule}: {first.message}"[:1000],
        rule=first.rule,
        caused_by=caused_by,
        placed_by=context.actor,
    )


def _store(evaluations: dict[UUID, Evaluation]) -> None:
    lots = list(Lot.objects.filter(pk__in=evaluations))
    for lot in lots:
        evaluation = evaluations[lot.pk]
        lot.release_status = evaluation.status
        lot.next_status = evaluation.next_status
        lot.judged_until = evaluation.judged_until
        lot.judged_at = evaluation.at
        lot.blocks = [
            {
                "rule": block.rule,
                "code": block.code,
                "message": block.message,
                "record": block.record,
                "source": block.source,
                "clears": block.clears,
            }
            for block in evaluation.blocks
        ]
        lot.version += 1
    Lot.objects.bulk_update(
        lots,
        ["release_status", "next_status", "judged_until", "judged_at", "blocks", "version"],
    )
