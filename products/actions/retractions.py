"""What was recorded in error as a whole: runs retracted, and lots voided.

Neither takes effect before a second person has signed (`second_signatures.sign_second`).
"""

from __future__ import annotations

from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.dispositions import check_transition
from products.actions.duties import check_did_not_review
from products.actions.evidence import evidence_of
from products.actions.filing import (
    check_amendable,
    check_source,
    end_return,
    file_amendment,
    submitted_result,
)
from products.actions.lookups import find_lot, find_run
from products.actions.results import check_recordable
from products.domain.amendments import AmendmentKind, SecondOutcome
from products.domain.dispositions import DispositionKind
from products.domain.errors import DuplicateError, InvalidValueError, WrongStatusError
from products.domain.release import Evaluation, LotFacts, evaluate
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import Amendment, Lot, Run, Verification
from products.queries.facts import lot_facts
from products.queries.runs import readings_in_effect

SUBMITTED = (RunState.SUBMITTED, RunState.RETURNED)


@action("run.retract", permission=Permission.RECORD, signed=True)
def retract_run(
    context: Context,
    *,
    run: str,
    belongs_to: str = "",
    source_document: str = "",
    evidence: UUID | None = None,
) -> Amendment:
    """Ask for a submitted run to be set aside: it was recorded against the wrong lot or sample.

    ``belongs_to`` is the lot or sample that it is of. A run from paper whose transcription was
    refused is set aside without one: its paper is transcribed anew, under another run. The run
    counts until a second person has signed; afterwards it stays listed, and its number is never
    used again.

    Raises:
        WrongStatusError: the run was never submitted, its investigation is concluded, or it was
            discarded or retracted.
        DuplicateError: an amendment of the run waits for its second signature.
        InvalidValueError: no right lot or sample, the run's own, or no source is named.
        SeparationOfDutiesError: the actor reviewed the result.
    """
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    check_recordable(found, lot)
    check_did_not_review(context, found)
    current = submitted_result(found)
    check_amendable(found, current)
    elsewhere = _elsewhere(found, lot, belongs_to)
    file = evidence_of(lot, evidence) if evidence else None
    check_source(source_document, file)
    amendment = Amendment(
        kind=AmendmentKind.RETRACTION,
        run=found,
        belongs_to=elsewhere,
        source_document=source_document,
        evidence=file,
        needs_second=True,
    )
    file_amendment(context, lot, amendment, list(readings_in_effect(found, current).values()), [])
    end_return(found)
    return amendment


@action("lot.void", permission=Permission.REGISTER, signed=True)
def void_lot(context: Context, *, lot: str) -> Amendment:
    """Ask for a lot that was registered in error to be declared void.

    It is void once a second person has signed; it stays listed, and its number is never used again.

    Raises:
        WrongStatusError: the lot is not in quarantine, or has a submitted run.
        DuplicateError: that waits for its second signature already.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    check_voidable(context, locked)
    waiting = locked.amendments.filter(kind=AmendmentKind.VOID_LOT, second__isnull=True).first()
    if waiting is not None:
        raise DuplicateError(f"{waiting.number} of lot {locked.number} waits to be signed already.")
    amendment = Amendment(kind=AmendmentKind.VOID_LOT, needs_second=True)
    file_amendment(context, locked, amendment, [], [])
    return amendment


def check_voidable(context: Context, lot: Lot) -> tuple[LotFacts, Evaluation]:
    submitted = lot.runs.filter(state__in=SUBMITTED).order_by("number").first()
    if submitted is not None:
        raise WrongStatusError(
            f"Lot {lot.number} has the submitted run {submitted.number}: it is not declared void. "
            "Retract the run, or reject the lot."
        )
    facts = lot_facts([lot.pk])[lot.pk]
    evaluation = evaluate(facts, context.at)
    check_transition(facts, evaluation, DispositionKind.VOID)
    return facts, evaluation


def _elsewhere(run: Run, lot: Lot, belongs_to: str) -> str:
    named = belongs_to.strip()
    own = {lot.number.casefold(), run.sample.number.casefold()}
    if not named and Verification.objects.filter(
        transcription__run=run, outcome=SecondOutcome.REFUSED
    ):
        return ""
    if not named or named.casefold() in own:
        raise InvalidValueError(
            f"Name the lot or sample that run {run.number} is of; it is recorded against sample "
            f"{run.sample.number} of lot {lot.number}.",
            field="belongs_to",
        )
    return named
