"""The second person's signature on an amendment, and what it puts into effect."""

from __future__ import annotations

from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.dispositions import decide
from products.actions.evidence import evidence_of, file_shown
from products.actions.filing import amendment_shown
from products.actions.investigations import conclude_recording_errors, open_failures
from products.actions.lookups import find_amendment
from products.actions.records import check_record
from products.actions.results import investigate
from products.actions.retractions import check_voidable
from products.actions.signing import sign
from products.domain.amendments import SECOND_MEANINGS, AmendmentKind, SecondOutcome
from products.domain.dispositions import DispositionKind
from products.domain.errors import DuplicateError, SeparationOfDutiesError, WrongStatusError
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import Amendment, Evidence, Lot, Run, SecondSignature, Signature
from products.models.fields import uuid7
from products.queries.facts import descendants_of
from products.queries.runs import readings_in_effect, recorders_of, result_in_effect


@action("amendment.sign_second", permission=Permission.CONFIRM, signed=True)
def sign_second(
    context: Context,
    *,
    amendment: str,
    outcome: str,
    comment: str = "",
    evidence: UUID | None = None,
) -> SecondSignature:
    """Sign, as a second person, that an amendment is right, or refuse it.

    ``evidence`` is a further file that was compared. Confirmed, it takes effect at once, and the
    investigation that the corrected result opened is concluded as a recording error under the same
    signature. Refused, all stays as it was.

    Raises:
        DuplicateError: it is signed already.
        WrongStatusError: it needs no second signature; the lot may no longer be declared void.
        SeparationOfDutiesError: the actor filed it, or recorded data of the run.
        InvalidValueError: an outcome that there is not.
    """
    found = find_amendment(amendment)
    lot = lock_lot(context, found.lot)
    decided = check_word(SecondOutcome, outcome, "outcome")
    _check_waits(found)
    _check_second_person(context, found)
    file = evidence_of(lot, evidence) if evidence else None
    key = uuid7()
    second = SecondSignature(
        id=key, amendment=found, outcome=decided, comment=comment, evidence=file
    )
    check_record(second)
    shown = _shown_to_second(found, decided, comment, file)
    confirmed = decided is SecondOutcome.CONFIRMED
    if confirmed and found.kind == AmendmentKind.VOID_LOT:
        second.signature = _void(context, lot, shown)
    else:
        second.signature = sign(
            context,
            record_kind="second_signature",
            record_id=key,
            meaning=SECOND_MEANINGS[decided],
            zone=lot.site.zone,
            content=shown,
        )
    second.save(force_insert=True)
    if confirmed and found.run is not None:
        _take_effect(context, lot, found, found.run, second.signature)
    return second


def _check_waits(amendment: Amendment) -> None:
    if not amendment.needs_second:
        raise WrongStatusError(f"{amendment.number} is in effect without a second signature.")
    second = SecondSignature.objects.filter(amendment=amendment).first()
    if second is not None:
        raise DuplicateError(f"{amendment.number} was {second.outcome} already.")


def _check_second_person(context: Context, amendment: Amendment) -> None:
    own = {amendment.signature.person_id}
    if amendment.run is not None:
        own |= recorders_of(amendment.run)
    if context.actor.person_id in own:
        of = f"run {amendment.run.number}" if amendment.run else f"lot {amendment.lot.number}"
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} filed {amendment.number} or recorded data of {of}. "
            "Another person signs for it."
        )


def _shown_to_second(
    amendment: Amendment, outcome: SecondOutcome, comment: str, evidence: Evidence | None
) -> dict[str, object]:
    run, before, after = amendment.run, [], []
    if run is not None:
        old = amendment.corrects or result_in_effect(run)
        before = list(readings_in_effect(run, old).values())
    if run is not None and amendment.result is not None:
        after = list(readings_in_effect(run, amendment.result).values())
    first = amendment.signature
    return {
        **amendment_shown(amendment, before, after),
        "first_signature": {
            "printed_name": first.printed_name,
            "meaning": first.meaning,
            "signed_at": first.signed_at,
            "content_sha256": first.content_sha256,
        },
        "concludes": ([row.number for row in open_failures(run, amendment.result)] if run else []),
        "outcome": outcome.value,
        "comment": comment,
        "compared_with": file_shown(evidence),
    }


def _void(context: Context, lot: Lot, shown: dict[str, object]) -> Signature:
    facts, evaluation = check_voidable(context, lot)
    disposition = decide(
        context,
        lot,
        lot.site.zone,
        DispositionKind.VOID,
        facts=facts,
        evaluation=evaluation,
        shown=shown,
    )
    return disposition.signature


def _take_effect(
    context: Context, lot: Lot, amendment: Amendment, run: Run, signature: Signature
) -> None:
    # What fails or failed in a parent lot speaks against its descendants too.
    context.touched.update(descendants_of([lot.pk]))
    conclude_recording_errors(context, lot, run, amendment, signature)
    if amendment.result is not None:
        investigate(context, lot, amendment.result)
    else:
        run.state = RunState.RETRACTED
        run.save(update_fields=["state"])
