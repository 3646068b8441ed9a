"""Records from paper of before a site's go-live date: transcribed, then verified by another person.

What nobody has verified stays blocked, and so does what the second person refused: a record has one
transcription. A slip in typing is corrected before anybody signs: the run is returned. A refused
run is retracted, and its paper transcribed under a new one; a refused document keeps the date on
which it was approved here.
"""

from __future__ import annotations

from datetime import date
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.duties import check_did_not_review
from products.actions.locks import lock
from products.actions.lookups import (
    find_evidence,
    find_transcription,
)
from products.actions.paper import (
    KINDS,
    Kind,
    Subject,
    lots_under,
    name_of,
    shown,
    site_of,
    subject_of,
)
from products.actions.records import insert
from products.actions.results import check_recordable
from products.actions.signing import sign
from products.domain.amendments import SECOND_MEANINGS, SecondOutcome
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.lots import zone_named
from products.domain.methods import DocumentState
from products.domain.results import RunState
from products.domain.roles import Permission
from products.domain.transcriptions import (
    TranscriptionKind,
    check_before_go_live,
)
from products.models import (
    Determination,
    Evidence,
    GoLive,
    MethodVersion,
    Run,
    SpecificationVersion,
    Transcription,
    Verification,
)
from products.models.fields import uuid7
from products.queries.runs import (
    recorders_of,
    result_in_effect,
)


@action("transcription.record", permission=Permission.REGISTER)
def transcribe(
    context: Context, *, kind: str, key: str, signatory: str, dated_on: date, evidence: UUID
) -> Transcription:
    """Name the original date and signatory of a record that was on paper before.

    ``kind`` is a `TranscriptionKind`. ``key`` is a run's or tissue source's number, or
    ``EXO-1 v2`` for version 2 of a product's specification, a method or a donor's determination.
    ``evidence`` is the scan, attached to that record (of a determination: to its donor).
    ``signatory`` is as signed on the paper. It counts once another person has verified it.

    Raises:
        UnknownReferenceError: there is no such record or file.
        ConflictError: the site has no signed go-live date (``go_live_missing``).
        InvalidValueError: dated on or after the go-live date (``not_before_go_live``) or before the
            run was performed, a scan that is attached elsewhere, a run that is not from paper.
        WrongStatusError: a document that is not approved here, a run that takes no more data.
        DuplicateError: the record is transcribed already.
        SeparationOfDutiesError: the actor reviewed the run.
    """
    what = check_word(TranscriptionKind, kind, "kind")
    shape = KINDS[what]
    subject = shape.find(key)
    name = name_of(subject)
    _check_subject(context, subject)
    site = site_of(subject)
    go_live = GoLive.objects.filter(site=site).first()
    check_before_go_live(dated_on, go_live.on if go_live else None, site.name)
    if isinstance(subject, Run):
        _check_not_before_run(subject, dated_on)
    lock("transcriptions")
    same = Transcription.objects.filter(**{shape.column: subject.pk}).first()
    if same is not None:
        raise DuplicateError(
            f"{name} is transcribed already, as {same.number}. A record has one transcription."
        )
    row = Transcription(
        number=f"TR-{Transcription.objects.count() + 1}",
        kind=what,
        signatory=signatory.strip(),
        dated_on=dated_on,
        evidence=_scan(shape, subject, evidence),
        recorded_by=context.actor,
    )
    setattr(row, shape.column, subject)
    insert(row)
    return row


@action("transcription.verify", permission=Permission.CONFIRM, signed=True)
def verify_transcription(
    context: Context, *, transcription: str, outcome: str, comment: str = ""
) -> Verification:
    """Sign for having compared a transcription with its scan: ``confirmed`` or ``refused``.

    Of a run the final result is verified. A refusal is final: the run blocks until it is
    retracted, and its paper is transcribed under a new one. Lots that rest on the record are judged
    again.

    Raises:
        UnknownReferenceError: there is no such transcription.
        DuplicateError: it is signed for already.
        WrongStatusError: the run has no final result, or was returned or set aside.
        InvalidValueError: an unknown outcome, or a refusal that does not say what differs.
        SeparationOfDutiesError: the actor transcribed it, or recorded data of the run.
    """
    row = find_transcription(transcription)
    how = check_word(SecondOutcome, outcome, "outcome")
    subject = subject_of(row)
    zone = site_of(subject).zone
    if isinstance(subject, Run):
        lock_lot(context, subject.lot)
    lock(f"transcription {row.pk}")
    signed = Verification.objects.filter(transcription=row).first()
    if signed is not None:
        raise DuplicateError(
            f"Transcription {row.number} is signed for already ({signed.outcome}). What was "
            "refused stays so: retract the run, and transcribe its paper under a new one."
        )
    _check_another_person(context, row)
    if isinstance(subject, Run):
        _check_final(subject)
    if how is SecondOutcome.REFUSED and not comment.strip():
        raise InvalidValueError(
            f"State what differs between transcription {row.number} and its scan.", field="comment"
        )
    key = uuid7()
    signature = sign(
        context,
        record_kind="verification",
        record_id=key,
        meaning=SECOND_MEANINGS[how],
        zone=zone,
        content={
            "transcription": row.number,
            "kind": row.kind,
            "record": name_of(subject),
            "signatory": row.signatory,
            "dated_on": row.dated_on,
            "scan": row.evidence.sha256,
            "outcome": how,
            "comment": comment,
            "transcribed": shown(subject),
        },
    )
    verification = Verification(
        id=key, transcription=row, outcome=how, comment=comment, signature=signature
    )
    insert(verification)
    context.touched.update(lots_under(subject).values_list("pk", flat=True))
    return verification


def _check_subject(context: Context, subject: Subject) -> None:
    if isinstance(subject, Run):
        check_recordable(subject, lock_lot(context, subject.lot))
        if not subject.from_paper:
            raise InvalidValueError(
                f"Run {subject.number} was recorded here, not opened as from paper.", field="key"
            )
        check_did_not_review(context, subject)
    elif (
        isinstance(subject, SpecificationVersion | MethodVersion)
        and subject.state == DocumentState.DRAFT
    ):
        raise WrongStatusError(
            f"{name_of(subject)} is a draft. Quality approves it here first; its original date "
            "counts once the transcription is verified."
        )


def _check_not_before_run(run: Run, dated_on: date) -> None:
    performed_on = run.performed_at.astimezone(zone_named(run.performed_zone)).date()
    if dated_on < performed_on:
        raise InvalidValueError(
            f"The paper is dated {dated_on}, before run {run.number} was performed "
            f"({performed_on}).",
            field="dated_on",
        )


def _scan(shape: Kind, subject: Subject, key: UUID) -> Evidence:
    file = find_evidence(key)
    owner = subject.donor if isinstance(subject, Determination) else subject
    if getattr(file, f"{shape.file}_id") != owner.pk:
        raise InvalidValueError(
            f"The file {file.name} is not attached to this record. Attach the scan to it, then "
            "transcribe.",
            field="evidence",
        )
    return file


def _check_another_person(context: Context, row: Transcription) -> None:
    people = {row.recorded_by.person_id}
    if row.run is not None:
        people |= recorders_of(row.run)
    if context.actor.person_id in people:
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} transcribed {row.number} or recorded data of it. "
            "Another person verifies it."
        )


def _check_final(run: Run) -> None:
    run.refresh_from_db(fields=["state"])
    result = result_in_effect(run)
    if run.state != RunState.SUBMITTED or result is None or not result.final:
        raise WrongStatusError(
            f"Run {run.number} has no final result that stands; what is verified is the final "
            "version. Submit it first."
        )
