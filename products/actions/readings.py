"""Readings: kept as typed, then submitted. Judging and investigations begin at submit."""

from __future__ import annotations

from collections.abc import Sequence

from products.actions.base import Context, action, lock_lot
from products.actions.duties import check_did_not_review
from products.actions.lookups import find_run
from products.actions.records import check_record, insert
from products.actions.results import (
    check_reading_of,
    check_recordable,
    investigate,
    judge_readings,
    last_sequence,
    make_version,
    reading_row,
)
from products.domain.amendments import UNDER_INVESTIGATION
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    WrongStatusError,
)
from products.domain.results import RunState, SupportFacts
from products.domain.roles import Permission
from products.models import Reading, Result, Run, RunSupport
from products.queries.runs import (
    place_of,
    readings_in_effect,
    result_in_effect,
    verdicts_of,
)


@action("run.save", permission=Permission.RECORD)
def save_readings(
    context: Context,
    *,
    run: str,
    readings: Sequence[ReadingFacts],
    supports: Sequence[SupportFacts] = (),
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
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    check_recordable(found, lot)
    if readings:
        _check_not_final(found)
    else:
        check_did_not_review(context, found)
    kept = readings_in_effect(found)
    latest = last_sequence(found)
    rows: list[Reading] = []
    for reading in readings:
        check_reading_of(found, reading, context)
        before = kept.get(place_of(reading))
        if before is not None and (before.text, before.unit) == (reading.text, reading.unit):
            continue
        reason = _reason_for_change(context, found, before)
        rows.append(reading_row(context, found, reading, latest + len(rows) + 1, reason=reason))
    for row in rows:
        check_record(row)
    Reading.objects.bulk_create(rows)
    _save_supports(context, found, supports)
    return found


@action("run.submit", permission=Permission.RECORD)
def submit_run(context: Context, *, run: str) -> Result:
    """Submit the readings saved so far as performed by the actor, and judge them.

    An incubating run is submitted at set-up and again with every reading; each submission is the
    next version of the result. A fail or an invalid run opens an investigation. A returned run is
    submitted again as it is, with the analyst's answer as the context's reason; it stays performed
    by who performed it.

    Raises:
        WrongStatusError: the run's result is final, the run was discarded or retracted, or nothing
            was read; a failing result would come out differently without a correction.
        InvalidValueError: a returned run is submitted without a reason.
        NotPermittedError: the account belongs to no person.
    """
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    check_recordable(found, lot)
    current = result_in_effect(found)
    is_returned = found.state == RunState.RETURNED
    if is_returned:
        _check_answers(context, found)
    else:
        _check_not_final(found)
    person = context.actor.person
    if person is None:
        raise NotPermittedError("A run is performed by a person; this account belongs to none.")
    readings = readings_in_effect(found)
    if not readings and found.method_version.incubation_hours is None:
        raise WrongStatusError(
            f"Run {found.number} has no readings. Save its readings, then submit it."
        )
    judged = judge_readings(found, readings.values())
    if current is not None and is_returned:
        _check_keeps_a_fail(found, current, judged.verdict)
        person = current.performed_by
    result = make_version(
        context,
        found,
        judged,
        reading_sequence=max((reading.sequence for reading in readings.values()), default=0),
        performed_by=person,
    )
    found.state = RunState.SUBMITTED
    found.performed_by = person
    found.save(update_fields=["state", "performed_by"])
    investigate(context, lot, result)
    return result


def _check_not_final(run: Run) -> None:
    latest = result_in_effect(run)
    if latest is not None and latest.final:
        raise WrongStatusError(
            f"The result of run {run.number} is final ({latest.verdict.replace('_', ' ')}): its "
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


def _reason_for_change(context: Context, run: Run, before: Reading | None) -> str:
    if before is None:
        return ""
    if run.state != RunState.SAVED and not context.reason.strip():
        raise InvalidValueError(
            f"Run {run.number} was submitted with {before.text!r}. State why the reading changes.",
            field="reason",
            code="reason_missing",
        )
    return context.reason


def _save_supports(context: Context, run: Run, supports: Sequence[SupportFacts]) -> None:
    sequence = run.supports.count()
    for support in supports:
        sequence += 1
        row = RunSupport(
            run=run,
            sequence=sequence,
            kind=support.kind,
            document_number=support.document_number,
            dated_on=support.dated_on,
            outcome=support.outcome,
            signed_by=support.signed_by,
            recorded_by=context.actor,
        )
        insert(row)
