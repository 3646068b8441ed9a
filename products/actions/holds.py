"""Holds: placed by anybody of the laboratory, lifted by the quality unit, both under signature."""

from __future__ import annotations

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.dispositions import check_transition, decide
from products.actions.lookups import find_lot
from products.actions.records import insert
from products.domain.dispositions import DispositionKind
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    ReleaseBlockedError,
    UnknownReferenceError,
)
from products.domain.holds import HoldKind
from products.domain.lots import WAS_RELEASED
from products.domain.release import Evaluation, LotFacts, evaluate
from products.domain.roles import Permission
from products.models import Hold, HoldLift
from products.queries.facts import lot_facts

ASIDE = frozenset({"hold_open", "official_hold_open", "expired"})
"""The holds themselves, and time, for which the status has its own word."""


@action("hold.place", permission=Permission.HOLD, signed=True)
def place_hold(context: Context, *, lot: str, kind: str = "site", reference: str = "") -> Hold:
    """Put a lot on hold for the context's reason. Recording and review go on.

    ``kind`` official is a hold until an authority has released the lot (21 CFR 610.2);
    ``reference`` is then the authority's own number, empty while it gave none.

    Raises:
        WrongStatusError: the lot is rejected, recalled or void.
        InvalidValueError: an unknown kind.
    """
    what = check_word(HoldKind, kind, "kind")
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
        shown={"hold": number, "kind": what, "reference": reference.strip()},
    )
    hold = Hold(
        lot=locked,
        number=number,
        kind=what,
        reference=reference.strip(),
        reason=context.reason,
        placed_by=context.actor,
        disposition=disposition,
    )
    insert(hold)
    return hold


@action("hold.lift", permission=Permission.DECIDE, signed=True)
def lift_hold(context: Context, *, lot: str, hold: int, reference: str = "") -> HoldLift:
    """Lift one hold. The lot returns to the status that a fresh judgement gives it.

    ``reference`` is the document by which an authority released the lot; an official hold is not
    lifted without it.

    A hold that a rule forced on a released lot is lifted only when nothing speaks against the lot
    any more; a lot still on hold by another hold stays so.

    Raises:
        UnknownReferenceError: the lot has no such hold.
        DuplicateError: the hold is lifted already.
        InvalidValueError: an official hold, and no document of the authority
            (``authority_reference_missing``).
        ReleaseBlockedError: a released lot would be released again against a rule.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    placed = Hold.objects.filter(lot=locked, number=hold).first()
    if placed is None:
        raise UnknownReferenceError(f"Lot {locked.number} has no hold {hold}.", field="hold")
    if HoldLift.objects.filter(hold=placed).exists():
        raise DuplicateError(f"Hold {hold} of lot {locked.number} is lifted already.")
    if placed.kind == HoldKind.OFFICIAL and not reference.strip():
        raise InvalidValueError(
            f"Hold {hold} of lot {locked.number} is an authority's. Name the document by which the "
            "authority released the lot.",
            field="reference",
            code="authority_reference_missing",
        )
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
        shown={
            "hold": hold,
            "hold_reason": placed.reason,
            "kind": placed.kind,
            "reference": reference.strip(),
        },
    )
    lift = HoldLift(hold=placed, disposition=disposition, reference=reference.strip())
    insert(lift)
    return lift


def _check_nothing_else_blocks(facts: LotFacts, evaluation: Evaluation) -> None:
    """What was released goes back to released only when no rule but its holds is broken."""
    if facts.decision not in WAS_RELEASED:
        return
    others = tuple(block for block in evaluation.blocks if block.code not in ASIDE)
    if others:
        raise ReleaseBlockedError(
            f"Lot {facts.number} was released and stays on hold: other reasons speak against it. "
            "Clear them, or reject the lot.",
            others,
        )
