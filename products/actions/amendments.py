"""Amendments: corrections of readings, runs retracted, lots voided, and the second signatures.

What was recorded stays (21 CFR 11.10(e)). A correction is a new version of the result; one that
touches a failing or invalid version counts only once a second person has signed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.dispositions import check_transition, decide
from products.actions.duties import check_did_not_review
from products.actions.evidence import evidence_of, file_shown
from products.actions.investigations import (
    conclude_recording_errors,
    decided_investigation,
    open_failures,
)
from products.actions.lookups import find_amendment, find_lot, find_run
from products.actions.records import check_record
from products.actions.results import (
    check_reading_of,
    check_recordable,
    investigate,
    judge_readings,
    last_sequence,
    make_version,
    reading_row,
)
from products.actions.signing import sign
from products.domain.amendments import (
    AMENDMENT_MEANINGS,
    SECOND_MEANINGS,
    UNDER_INVESTIGATION,
    AmendmentKind,
    SecondOutcome,
    needs_second,
)
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.dispositions import DispositionKind
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.facts import plain
from products.domain.release import Evaluation, LotFacts, evaluate
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import (
    Amendment,
    Evidence,
    Lot,
    Reading,
    Result,
    Run,
    SecondSignature,
    Signature,
)
from products.models.fields import uuid7
from products.queries.facts import descendants_of, lot_facts
from products.queries.runs import (
    Place,
    place_of,
    reading_facts,
    readings_in_effect,
    recorders_of,
    result_in_effect,
    verdicts_of,
    waiting_amendment,
)

SUBMITTED = (RunState.SUBMITTED, RunState.RETURNED)


@action("run.correct", permission=Permission.RECORD, signed=True)
def correct_run(
    context: Context,
    *,
    run: str,
    readings: Sequence[ReadingFacts],
    removed: Sequence[ReadingFacts] = (),
    transcription_error: bool = False,
    source_document: str,
    evidence: UUID | None = None,
) -> Amendment:
    """Correct readings of a final result; the corrected readings make its next version.

    ``readings`` replace those at the same place or are new, ``removed`` are taken out; all others
    stay. ``source_document`` or ``evidence`` (a file attached to the lot or its runs) shows the
    right values. The new version counts at once when the present one is neither failing nor
    invalid. Otherwise the present one counts until a second person has signed (`sign_second`).
    A ``transcription_error`` is no exception. Ends a return to the analyst.

    Raises:
        WrongStatusError: there is no final result, its investigation is concluded, or the run was
            discarded or retracted, or its lot is void.
        DuplicateError: an amendment of the run waits for its second signature.
        InvalidValueError: nothing would change, no source is named, or a reading is refused.
        SeparationOfDutiesError: the actor reviewed the result.
    """
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    check_recordable(found, lot)
    check_did_not_review(context, found)
    current = _correctable(found)
    file = evidence_of(lot, evidence) if evidence else None
    _check_source(source_document, file)
    before = readings_in_effect(found, current)
    rows = _changed_rows(context, found, before, readings, removed)
    after = {place_of(row): row for row in [*before.values(), *rows]}
    kept = [row for row in after.values() if not row.removed]
    judged = judge_readings(found, kept)
    if not rows and (judged.verdict, judged.raw_text, judged.unit) == (
        current.verdict,
        current.raw_text,
        current.unit,
    ):
        raise InvalidValueError(
            f"Nothing of run {found.number} would change. State the readings as they should be.",
            field="readings",
            code="nothing_changed",
        )
    result = make_version(
        context,
        found,
        judged,
        reading_sequence=max((row.sequence for row in [*before.values(), *rows]), default=0),
        performed_by=current.performed_by,
    )
    amendment = Amendment(
        kind=AmendmentKind.TRANSCRIPTION_ERROR if transcription_error else AmendmentKind.CORRECTION,
        run=found,
        corrects=current,
        result=result,
        source_document=source_document,
        evidence=file,
        needs_second=any(
            needs_second(verdict, Verdict(result.verdict), changes_readings=bool(rows))
            for verdict in verdicts_of(current)
        ),
    )
    _file(context, lot, amendment, list(before.values()), kept)
    for row in rows:
        row.amendment = amendment
    Reading.objects.bulk_create(rows)
    _end_return(found)
    if not amendment.needs_second:
        investigate(context, lot, result)
    return amendment


@action("run.retract", permission=Permission.RECORD, signed=True)
def retract_run(
    context: Context,
    *,
    run: str,
    belongs_to: str,
    source_document: str = "",
    evidence: UUID | None = None,
) -> Amendment:
    """Ask for a submitted run to be set aside: it was recorded against the wrong lot or sample.

    ``belongs_to`` is the lot or sample that it is of. The run counts until a second person has
    signed; afterwards it stays listed, and its number is never used again.

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
    current = _submitted_result(found)
    _check_amendable(found, current)
    _check_belongs_elsewhere(found, lot, belongs_to)
    file = evidence_of(lot, evidence) if evidence else None
    _check_source(source_document, file)
    amendment = Amendment(
        kind=AmendmentKind.RETRACTION,
        run=found,
        belongs_to=belongs_to,
        source_document=source_document,
        evidence=file,
        needs_second=True,
    )
    _file(context, lot, amendment, list(readings_in_effect(found, current).values()), [])
    _end_return(found)
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
    _check_voidable(context, locked)
    waiting = locked.amendments.filter(kind=AmendmentKind.VOID_LOT, second__isnull=True).first()
    if waiting is not None:
        raise DuplicateError(f"{waiting.number} of lot {locked.number} waits to be signed already.")
    amendment = Amendment(kind=AmendmentKind.VOID_LOT, needs_second=True)
    _file(context, locked, amendment, [], [])
    return amendment


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


def _correctable(run: Run) -> Result:
    result = _submitted_result(run)
    if not result.final and result.verdict not in UNDER_INVESTIGATION:
        raise WrongStatusError(
            f"The result of run {run.number} is not final yet: save the right reading, then "
            "submit the run again."
        )
    _check_amendable(run, result)
    return result


def _submitted_result(run: Run) -> Result:
    result = result_in_effect(run)
    if result is None:
        raise WrongStatusError(
            f"Run {run.number} was never submitted: save its readings anew, or discard it."
        )
    return result


def _check_amendable(run: Run, result: Result) -> None:
    if waiting := waiting_amendment(run):
        raise DuplicateError(
            f"{waiting.number} of run {run.number} waits for its second signature. It is signed "
            "or refused first."
        )
    if decided := decided_investigation(result):
        raise WrongStatusError(
            f"Investigation {decided.number} of run {run.number} is concluded "
            f"({decided.conclusion.outcome}): its result is no longer amended."
        )


def _check_source(source_document: str, evidence: Evidence | None) -> None:
    if not source_document.strip() and evidence is None:
        raise InvalidValueError(
            "Name the source document, or the evidence file, that shows what is right.",
            field="source_document",
            code="source_missing",
        )


def _check_belongs_elsewhere(run: Run, lot: Lot, belongs_to: str) -> None:
    named = belongs_to.strip().casefold()
    if not named or named in {lot.number.casefold(), run.sample.number.casefold()}:
        raise InvalidValueError(
            f"Name the lot or sample that run {run.number} is of; it is recorded against sample "
            f"{run.sample.number} of lot {lot.number}.",
            field="belongs_to",
        )


def _changed_rows(
    context: Context,
    run: Run,
    before: dict[Place, Reading],
    readings: Sequence[ReadingFacts],
    removed: Sequence[ReadingFacts],
) -> list[Reading]:
    """New rows for what differs, each once."""
    places = [place_of(reading) for reading in [*readings, *removed]]
    if len(set(places)) < len(places):
        raise InvalidValueError("A reading is named twice.", field="readings")
    if not places and run.laboratory_id is None:
        raise InvalidValueError(
            f"Name the readings of run {run.number} that are corrected or removed.",
            field="readings",
            code="nothing_changed",
        )
    changed = []
    for reading in readings:
        check_reading_of(run, reading, context)
        old = before.get(place_of(reading))
        if old is None or (old.text, old.unit) != (reading.text, reading.unit):
            changed.append((reading, False))
    for reading in removed:
        old = before.get(place_of(reading))
        if old is None:
            raise InvalidValueError(
                f"Run {run.number} has no reading {reading.name} there to remove.", field="removed"
            )
        changed.append((reading_facts(old), True))
    rows = []
    for sequence, (reading, is_removed) in enumerate(changed, last_sequence(run) + 1):
        row = reading_row(context, run, reading, sequence, reason=context.reason)
        row.removed = is_removed
        check_record(row)
        rows.append(row)
    return rows


def _file(
    context: Context,
    lot: Lot,
    amendment: Amendment,
    before: Sequence[Reading],
    after: Sequence[Reading],
) -> None:
    """Number, sign and store the amendment."""
    amendment.lot = lot
    amendment.number = f"AM-{lot.number}-{lot.amendments.count() + 1}"
    amendment.reason = context.reason
    amendment.recorded_by = context.actor
    check_record(amendment)
    amendment.signature = sign(
        context,
        record_kind="amendment",
        record_id=amendment.pk,
        meaning=AMENDMENT_MEANINGS[AmendmentKind(amendment.kind)],
        zone=lot.site.zone,
        content=_shown(amendment, before, after),
    )
    amendment.save(force_insert=True)


def _shown(
    amendment: Amendment, before: Sequence[Reading], after: Sequence[Reading]
) -> dict[str, object]:
    """All that either signer of an amendment is shown."""
    run = amendment.run
    old = amendment.corrects or (result_in_effect(run) if run else None)
    return {
        "lot": amendment.lot.number,
        "amendment": amendment.number,
        "kind": amendment.kind,
        "reason_of_amendment": amendment.reason,
        "run": run.number if run else None,
        "method": run.method_version.method.code if run else None,
        "method_version": run.method_version.version if run else None,
        "criterion": run.criterion.code if run and run.criterion else None,
        "belongs_to": amendment.belongs_to,
        "source_document": amendment.source_document,
        "evidence": file_shown(amendment.evidence),
        "needs_second": amendment.needs_second,
        "old_result": _result_shown(old),
        "new_result": _result_shown(amendment.result),
        "old_readings": [plain(reading_facts(row)) for row in before],
        "new_readings": [plain(reading_facts(row)) for row in after],
    }


def _result_shown(result: Result | None) -> dict[str, object] | None:
    if result is None:
        return None
    return {
        "id": result.pk,
        "version": result.version,
        "verdict": result.verdict,
        "raw": result.raw_text,
        "reported": result.reported,
        "unit": result.unit,
        "explanation": result.explanation,
    }


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
        **_shown(amendment, before, after),
        "first_signature": {
            "printed_name": first.printed_name,
            "meaning": first.meaning,
            "signed_at": first.signed_at,
            "content_sha256": first.content_sha256,
        },
        "concludes": [row.number for row in open_failures(run)] if run else [],
        "outcome": outcome.value,
        "comment": comment,
        "compared_with": file_shown(evidence),
    }


def _check_voidable(context: Context, lot: Lot) -> tuple[LotFacts, Evaluation]:
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


def _void(context: Context, lot: Lot, shown: dict[str, object]) -> Signature:
    facts, evaluation = _check_voidable(context, lot)
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


def _end_return(run: Run) -> None:
    if run.state == RunState.RETURNED:
        run.state = RunState.SUBMITTED
        run.save(update_fields=["state"])
