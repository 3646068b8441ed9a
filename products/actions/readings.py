"""Readings: kept as typed, then submitted. Judging and investigations begin at submit."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db import connection

from products.actions.base import Context, action
from products.actions.duties import check_did_not_review
from products.actions.records import check_record, insert_rows
from products.actions.results import (
    check_reading_of,
    investigate,
    judge_against,
    lock_run,
    make_version,
    reading_row,
)
from products.domain.amendments import UNDER_INVESTIGATION
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    StaleVersionError,
    WrongStatusError,
)
from products.domain.results import RunState, SupportFacts
from products.domain.roles import Permission
from products.domain.worksheets import RunSeen
from products.models import Reading, Result, Run, RunSupport
from products.queries.run_at_hand import LatestReading, RunAtHand
from products.queries.runs import Place, place_of, result_in_effect, verdicts_of

SUBMITTED = "UPDATE products_run SET state = %s, performed_by_id = %s WHERE id = %s"


@action("run.save", permission=Permission.RECORD)
def save_readings(
    context: Context,
    *,
    run: str,
    readings: Sequence[ReadingFacts],
    supports: Sequence[SupportFacts] = (),
    seen: RunSeen | None = None,
) -> Run:
    """Keep raw readings and supporting records as typed; nothing is judged before submit.

    A reading at the same place (name, replicate, vessel, instant) replaces the earlier one, which
    stays in the record. After a submit that needs the context's reason. Supporting records are
    taken after the final result too: what a lot waits for is often a paper. A run of an outside
    laboratory has one reading, ``reported``: the value that its report states.

    Raises:
        WrongStatusError: readings for a final result; the run was discarded or retracted, or its
            lot is void.
        InvalidValueError: a reading that the method does not ask for, or a missing reason.
        SeparationOfDutiesError: the actor reviewed the result.
    """
    hand = lock_run(context, run)
    _check_seen(hand, seen)
    _keep(context, hand, readings, supports)
    return hand.run


@action("run.submit", permission=Permission.RECORD)
def submit_run(
    context: Context,
    *,
    run: str,
    readings: Sequence[ReadingFacts] = (),
    supports: Sequence[SupportFacts] = (),
    seen: RunSeen | None = None,
) -> Result:
    """Submit the readings of the run as performed by the actor, and judge them.

    ``readings`` and ``supports`` are kept first, as `save_readings` does, with those saved before.
    An incubating run is submitted at set-up and again with every reading; each submission is the
    next version of the result. A fail or an invalid run opens an investigation. A returned run is
    submitted again as it is, with the analyst's answer as the context's reason; it stays performed
    by who performed it. ``seen`` is as of `save_readings`.

    Raises:
        StaleVersionError: the run changed since the actor saw it.
        WrongStatusError: the run's result is final, the run was discarded or retracted, or nothing
            was read; a failing result would come out differently without a correction.
        InvalidValueError: a returned run is submitted without a reason; a reading is refused.
        NotPermittedError: the account belongs to no person.
        SeparationOfDutiesError: supporting records are sent by who reviewed the result.
    """
    hand = lock_run(context, run)
    _check_seen(hand, seen)
    found = hand.run
    latest = hand.latest
    if readings or supports:
        latest = _keep(context, hand, readings, supports)
    is_returned = found.state == RunState.RETURNED
    if is_returned:
        _check_answers(context, found)
    else:
        _check_not_final(hand)
    performed_by = context.actor.person_id
    if performed_by is None:
        raise NotPermittedError("A run is performed by a person; this account belongs to none.")
    in_effect = [reading for reading in latest.values() if not reading.removed]
    if not in_effect and found.method_version.incubation_hours is None:
        raise WrongStatusError(
            f"Run {found.number} has no readings. Save its readings, then submit it."
        )
    judged = judge_against(found, hand.criterion, [reading.facts for reading in in_effect])
    current = result_in_effect(found) if is_returned else None
    if current is not None:
        _check_keeps_a_fail(found, current, judged.verdict)
        performed_by = current.performed_by_id
    result = make_version(
        context,
        found,
        judged,
        version=hand.versions + 1,
        reading_sequence=max((reading.sequence for reading in in_effect), default=0),
        performed_by=performed_by,
    )
    _mark_submitted(found, performed_by)
    investigate(context, found.lot, result)
    return result


def _keep(
    context: Context,
    hand: RunAtHand,
    readings: Sequence[ReadingFacts],
    supports: Sequence[SupportFacts],
) -> Mapping[Place, LatestReading]:
    """Write what is new; the latest reading at each place, with these."""
    run = hand.run
    if readings:
        _check_not_final(hand)
    else:
        check_did_not_review(context, run)
    rows: list[Reading] = []
    latest = dict(hand.latest)
    for reading in readings:
        check_reading_of(run, reading, context)
        before = hand.in_effect_at(place_of(reading))
        if before is not None and (before.text, before.unit) == (reading.text, reading.unit):
            continue
        reason = _reason_for_change(context, run, before)
        sequence = hand.last_sequence + len(rows) + 1
        rows.append(reading_row(context, run, reading, sequence, reason=reason))
        latest[place_of(reading)] = LatestReading(sequence, removed=False, facts=reading)
    for row in rows:
        check_record(row)
    insert_rows(rows)
    _save_supports(context, hand, supports)
    return latest


def _mark_submitted(run: Run, performed_by: UUID) -> None:
    run.state, run.performed_by_id = RunState.SUBMITTED, performed_by
    with connection.cursor() as cursor:
        cursor.execute(SUBMITTED, [run.state, performed_by, run.pk])


def _check_seen(hand: RunAtHand, seen: RunSeen | None) -> None:
    if seen is not None and seen != RunSeen(hand.last_sequence, hand.versions):
        raise StaleVersionError(
            f"Run {hand.run.number} has changed since you saw it: readings were saved or submitted "
            "meanwhile. Nothing of yours was recorded. Look at it again, then save again."
        )


def _check_not_final(hand: RunAtHand) -> None:
    if hand.is_final:
        raise WrongStatusError(
            f"The result of run {hand.run.number} is final ({hand.verdict.replace('_', ' ')}): its "
            "readings change only by a signed correction."
        )


def _check_answers(context: Context, run: Run) -> None:
    if not context.reason.strip():
        raise InvalidValueError(
            f"Run {run.number} was returned with a comment. State your answer as the reason.",
            field="reason",
            code="reason_missing",
        )


def _check_keeps_a_fail(run: Run, current: Result, verdict: Verdict) -> None:
    """A criterion or a report that changed meanwhile takes no fail back: a second person does."""
    counting = verdicts_of(current) & UNDER_INVESTIGATION
    if counting and verdict not in counting:
        raise WrongStatusError(
            f"The result of run {run.number} is {' and '.join(sorted(counting))} and would now be "
            f"{verdict.replace('_', ' ')}. Correct the run: a second person signs for that."
        )


def _reason_for_change(context: Context, run: Run, before: ReadingFacts | None) -> str:
    if before is None:
        return ""
    if run.state != RunState.SAVED and not context.reason.strip():
        raise InvalidValueError(
            f"Run {run.number} was submitted with {before.text!r}. State why the reading changes.",
            field="reason",
            code="reason_missing",
        )
    return context.reason


def _save_supports(context: Context, hand: RunAtHand, supports: Sequence[SupportFacts]) -> None:
    rows = [
        RunSupport(
            run=hand.run,
            sequence=sequence,
            kind=support.kind,
            document_number=support.document_number,
            dated_on=support.dated_on,
            outcome=support.outcome,
            signed_by=support.signed_by,
            recorded_by=context.actor,
        )
        for sequence, support in enumerate(supports, hand.supports + 1)
    ]
    for row in rows:
        check_record(row)
    insert_rows(rows)
