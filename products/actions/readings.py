"""Readings: kept as typed, then submitted. Judging and investigations begin at submit."""

from __future__ import annotations

from collections.abc import Sequence

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_not_future
from products.actions.investigations import begin_investigation
from products.actions.lookups import find_run
from products.actions.records import check_record, insert
from products.domain.calculations import (
    FORMULA_INPUTS,
    Formula,
    ReadingFacts,
    check_reading,
    judge_run,
)
from products.domain.criteria import Verdict
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.investigations import InvestigationKind
from products.domain.results import RunState, SupportFacts
from products.domain.roles import Permission
from products.domain.units import require_unit
from products.models import Lot, Reading, Result, ReviewItem, Run, RunSupport
from products.queries.facts import claim_of, criterion_of, method_of
from products.queries.runs import current_readings, final_at_of, place_of, reading_facts

INVESTIGATED = {
    Verdict.FAIL: InvestigationKind.OOS,
    Verdict.INVALID: InvestigationKind.INVALID_ASSAY,
}


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
    taken after the final result too: what a lot waits for is often a paper.

    Raises:
        WrongStatusError: readings for a final result, or the run was discarded.
        InvalidValueError: a reading that the method does not ask for, or a missing reason.
        SeparationOfDutiesError: the actor reviewed the result.
    """
    found = find_run(run)
    lock_lot(context, found.lot)
    if readings:
        _check_takes_readings(found)
    else:
        _check_takes_supports(context, found)
    kept = current_readings(found)
    latest = max((reading.sequence for reading in found.readings.all()), default=0)
    rows: list[Reading] = []
    for reading in readings:
        _check_reading(found, reading, context)
        before = kept.get(place_of(reading))
        if before is not None and (before.text, before.unit) == (reading.text, reading.unit):
            continue
        rows.append(_reading_row(context, found, reading, latest + len(rows) + 1, before))
    for row in rows:
        check_record(row)
    Reading.objects.bulk_create(rows)
    _save_supports(context, found, supports)
    return found


@action("run.submit", permission=Permission.RECORD)
def submit_run(context: Context, *, run: str) -> Result:
    """Submit the readings saved so far as performed by the actor, and judge them.

    An incubating run is submitted at set-up and again with every reading; each submission is the
    next version of the result. A fail or an invalid run opens an investigation.

    Raises:
        WrongStatusError: the run's result is final, the run was discarded, or nothing was read.
        NotPermittedError: the account belongs to no person.
    """
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    _check_takes_readings(found)
    person = context.actor.person
    if person is None:
        raise NotPermittedError("A run is performed by a person; this account belongs to none.")
    readings = current_readings(found)
    if not readings and found.method_version.incubation_hours is None:
        raise WrongStatusError(
            f"Run {found.number} has no readings. Save its readings, then submit it."
        )
    method = method_of(found.method_version)
    judged = judge_run(
        criterion_of(found.criterion, found.method_version.method.code)
        if found.criterion
        else None,
        method,
        tuple(reading_facts(reading) for reading in readings.values()),
        started_at=found.performed_at,
        claim=claim_of(found.lot.product),
    )
    result = Result(
        run=found,
        version=found.results.count() + 1,
        reading_sequence=max((reading.sequence for reading in readings.values()), default=0),
        verdict=judged.verdict,
        raw_text=judged.raw_text[:100],
        reported=judged.reported[:100],
        unit=judged.unit,
        final=judged.final,
        final_at=final_at_of(judged, method, found.performed_at),
        explanation=judged.reason[:1000],
        details=[list(pair) for pair in judged.details],
        reason=context.reason,
        submitted_by=context.actor,
        performed_by=person,
    )
    result.save(force_insert=True)
    found.state = RunState.SUBMITTED
    found.performed_by = person
    found.save(update_fields=["state", "performed_by"])
    _investigate(context, lot, found, result)
    return result


def _check_not_discarded(run: Run) -> None:
    """Of the run as it stands under the lot's lock."""
    run.refresh_from_db(fields=["state"])
    if run.state == RunState.DISCARDED:
        raise WrongStatusError(f"Run {run.number} was discarded: {run.discard_reason}.")


def _check_takes_readings(run: Run) -> None:
    _check_not_discarded(run)
    latest = run.results.order_by("-version").first()
    if latest is not None and latest.final:
        raise WrongStatusError(
            f"The result of run {run.number} is final ({latest.verdict.replace('_', ' ')}): its "
            "readings can no longer change."
        )


def _check_takes_supports(context: Context, run: Run) -> None:
    _check_not_discarded(run)
    if ReviewItem.objects.filter(
        result__run=run, review__reviewer=context.actor.person_id
    ).exists():
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} reviewed run {run.number} and records nothing of it. "
            "Another person does."
        )


def _check_reading(run: Run, reading: ReadingFacts, context: Context) -> None:
    fields = {field.name: field for field in FORMULA_INPUTS[Formula(run.method_version.formula)]}
    field = fields.get(reading.name)
    if field is None:
        raise InvalidValueError(
            f"Method {run.method_version.method.code} asks for {', '.join(fields)}; there is no "
            f"reading {reading.name!r}.",
            field="readings",
        )
    check_reading(field, reading.text)
    if reading.unit:
        require_unit(reading.unit, field=field.name)
    if field.per == "vessel":
        _check_vessel(run, reading, context)


def _check_vessel(run: Run, reading: ReadingFacts, context: Context) -> None:
    if not (reading.vessel and reading.medium and reading.role and reading.read_at):
        raise InvalidValueError(
            "A culture reading names its vessel, medium, role (product or negative control) and "
            "the time it was read.",
            field="readings",
        )
    check_not_future(
        reading.read_at,
        context.at,
        f"The reading of vessel {reading.vessel}",
        run.performed_zone,
        "readings",
    )
    if reading.read_at < run.performed_at:
        raise InvalidValueError(
            f"Vessel {reading.vessel} was read before its incubation began.", field="readings"
        )


def _reading_row(
    context: Context, run: Run, reading: ReadingFacts, sequence: int, before: Reading | None
) -> Reading:
    if before is not None and run.state == RunState.SUBMITTED and not context.reason.strip():
        raise InvalidValueError(
            f"Run {run.number} was submitted with {before.text!r}. State why the reading changes.",
            field="reason",
            code="reason_missing",
        )
    return Reading(
        run=run,
        sequence=sequence,
        name=reading.name,
        replicate=reading.replicate,
        vessel=reading.vessel,
        medium=reading.medium,
        role=reading.role,
        read_at=reading.read_at,
        text=reading.text,
        unit=reading.unit,
        reason=context.reason if before is not None else "",
        recorded_by=context.actor,
    )


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


def _investigate(context: Context, lot: Lot, run: Run, result: Result) -> None:
    """21 CFR 211.192: every failure is investigated; so is every invalid assay."""
    kind = INVESTIGATED.get(Verdict(result.verdict))
    if kind is not None and not run.investigations.filter(conclusion__isnull=True).exists():
        begin_investigation(context, lot, result, kind)
