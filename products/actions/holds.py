"""Holds: placed by anybody of the laboratory, lifted by the quality unit, both under signature."""

from __future__ import annotations

from products.actions.base import Context, action, lock_lot
from products.actions.dispositions import check_transition, decide
from products.actions.lookups import find_lot
from products.domain.dispositions import DispositionKind
from products.domain.errors import DuplicateError, ReleaseBlockedError, UnknownReferenceError
from products.domain.lots import Decision
from products.domain.release import Evaluation, LotFacts, evaluate
from products.domain.roles import Permission
from products.models import Hold, HoldLift
from products.queries.facts import lot_facts

ASIDE = frozenset({"hold_open", "expired"})
"""The holds themselves, and time, for which the status has its own word."""


@action("hold.place", permission=Permission.HOLD, signed=True)
def place_hold(context: Context, *, lot: str) -> Hold:
    """Put a lot on hold for the context's reason. Recording and review go on.

    Raises:
        WrongStatusError: the lot is rejected, recalled or void.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    facts = lot_facts([locked.pk])[locked.pk]
    evaluation = evaluate(facts, context.at)
    check_transition(facts, evaluation, DispositionKind.HOLD)
    number = len(facts.holds) + 1
    disposition = decide(
        context,
        locked,
        found.site.zone,
        DispositionKind.HOLD,
        facts=facts,
        evaluation=evaluation,
        shown={"hold": number},
    )
    return Hold.objects.create(
        lot=locked,
        number=number,
        reason=context.reason,
        placed_by=context.actor,
        disposition=disposition,
    )


@action("hold.lift", permission=Permission.DECIDE, signed=True)
def lift_hold(context: Context, *, lot: str, hold: int) -> HoldLift:
    """Lift one hold. The lot returns to the status that a fresh judgement gives it.

    A hold that a rule forced on a released lot is lifted only when nothing speaks against the lot
    any more; a lot still on hold by another hold stays so.

    Raises:
        UnknownReferenceError: the lot has no such hold.
        DuplicateError: the hold is lifted already.
        ReleaseBlockedError: a released lot would be released again against a rule.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    placed = Hold.objects.filter(lot=locked, number=hold).first()
    if placed is None:
        raise UnknownReferenceError(f"Lot {locked.number} has no hold {hold}.", field="hold")
    if HoldLift.objects.filter(hold=placed).exists():
        raise DuplicateError(f"Hold {hold} of lot {locked.number} is lifted already.")
    facts = lot_facts([locked.pk])[locked.pk]
    evaluation = evaluate(facts, context.at)
    check_transition(facts, evaluation, DispositionKind.LIFT_HOLD)
    _check_nothing_else_blocks(facts, evaluation)
    disposition = decide(
        context,
        locked,
        found.site.zone,
        DispositionKind.LIFT_HOLD,
        facts=facts,
        evaluation=evaluation,
        shown={"hold": hold, "hold_reason": placed.reason},
    )
    return HoldLift.objects.create(hold=placed, disposition=disposition)


def _check_nothing_else_blocks(facts: LotFacts, evaluation: Evaluation) -> None:
    """What was released goes back to released only when no rule but its holds is broken."""
    if facts.decision not in {Decision.RELEASED, Decision.CONDITIONALLY_RELEASED}:
        return
    others = tuple(block for block in evaluation.blocks if block.code not in ASIDE)
    if others:
        raise ReleaseBlockedError(
            f"Lot {facts.number} was released and stays on hold: other reasons speak against it. "
            "Clear them, or reject the lot.",
            others,
        )
