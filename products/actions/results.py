"""The next version of a result, as a submit and a correction both make it."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db import DataError, connection

from products.actions.base import Context, touch
from products.actions.checks import check_not_future
from products.actions.investigations import begin_investigation
from products.actions.records import insert_rows
from products.domain.calculations import (
    FORMULA_INPUTS,
    Formula,
    InputField,
    ReadingFacts,
    RunJudgement,
    check_reading,
    judge_run,
)
from products.domain.criteria import Verdict
from products.domain.errors import InvalidValueError, UnknownReferenceError, WrongStatusError
from products.domain.investigations import InvestigationKind
from products.domain.lots import Decision
from products.domain.reports import judge_report, reported_input
from products.domain.results import RunState
from products.domain.units import require_unit
from products.models import Criterion, Lot, Reading, Result, Run
from products.queries.columns import Columns
from products.queries.facts import claim_of, criterion_of, method_of
from products.queries.run_at_hand import RunAtHand, run_at_hand
from products.queries.runs import (
    criterion_in_force,
    final_at_of,
    reading_facts,
    report_facts,
    report_in_effect,
)

INVESTIGATED = {
    Verdict.FAIL: InvestigationKind.OOS,
    Verdict.INVALID: InvestigationKind.INVALID_ASSAY,
}


LOCKED = Columns(Lot, "lot", "id", "number", "version", "decision")
LOCK = f"""
SELECT {LOCKED.sql}, run.id FROM products_run run JOIN products_lot lot ON lot.id = run.lot_id
WHERE upper(run.number) = upper(%s) FOR NO KEY UPDATE OF lot
"""  # noqa: S608  # names of our own tables


def lock_run(context: Context, number: str) -> RunAtHand:
    """The run as it stands under its lot's lock, which lasts to the end of the action.

    Raises:
        UnknownReferenceError: there is no such run.
        StaleVersionError: the lot changed since the actor saw it.
        WrongStatusError: as `check_open`.
    """
    with connection.cursor() as cursor:
        try:
            cursor.execute(LOCK, [number.strip()])
            row = cursor.fetchone()
        except (DataError, UnicodeEncodeError):  # text that no column can hold names no record
            row = None
    if row is None:
        raise UnknownReferenceError(f"There is no run {number!r}.", field="run")
    values = iter(row)
    lot = LOCKED.read(values)
    touch(context, lot)
    hand = run_at_hand(next(values), lot)
    check_open(hand.run, lot)
    return hand


def check_recordable(run: Run, lot: Lot) -> None:
    """`check_open` of the run as it stands under its lot's lock."""
    run.refresh_from_db(fields=["state"])
    check_open(run, lot)


def check_open(run: Run, lot: Lot) -> None:
    """Of a run that was read under its lot's lock.

    Raises:
        WrongStatusError: the lot is void, or the run was discarded or retracted.
    """
    if lot.decision == Decision.VOID:
        raise WrongStatusError(
            f"Lot {lot.number} was declared void: nothing more is recorded of it."
        )
    if run.state == RunState.DISCARDED:
        raise WrongStatusError(f"Run {run.number} was discarded: {run.discard_reason}.")
    if run.state == RunState.RETRACTED:
        raise WrongStatusError(
            f"Run {run.number} was retracted: it was recorded against the wrong lot or sample."
        )


def check_reading_of(run: Run, reading: ReadingFacts, context: Context) -> None:
    """Refuse what the run's method does not ask for, or what its field cannot hold.

    Raises:
        InvalidValueError: naming the reading.
    """
    fields = {field.name: field for field in _fields_of(run)}
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


def reading_row(
    context: Context, run: Run, reading: ReadingFacts, sequence: int, *, reason: str
) -> Reading:
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
        reason=reason,
        recorded_by=context.actor,
    )


def last_sequence(run: Run) -> int:
    return max(run.readings.values_list("sequence", flat=True), default=0)


def judge_readings(run: Run, readings: Iterable[Reading | ReadingFacts]) -> RunJudgement:
    """`judge_against` the criterion in force for the run."""
    return judge_against(run, criterion_in_force(run), readings)


def judge_against(
    run: Run, row: Criterion | None, readings: Iterable[Reading | ReadingFacts]
) -> RunJudgement:
    """The reportable value of ``readings``, held against the criterion ``row``.

    Raises:
        WrongStatusError: the run is of an outside laboratory whose report is not recorded.
    """
    method = method_of(run.method_version)
    criterion = criterion_of(row, run.method_version.method.code) if row else None
    facts = tuple(
        reading_facts(reading) if isinstance(reading, Reading) else reading for reading in readings
    )
    claim = claim_of(run.lot.product)
    if run.laboratory is None:
        return judge_run(criterion, method, facts, started_at=run.performed_at, claim=claim)
    report = report_in_effect(run)
    if report is None:
        raise WrongStatusError(
            f"Run {run.number} was made by {run.laboratory.name}. Record the laboratory's signed "
            "report first.",
            code="report_missing",
        )
    return judge_report(criterion, method, facts, report_facts(report), claim=claim)


def make_version(
    context: Context,
    run: Run,
    judged: RunJudgement,
    *,
    version: int,
    reading_sequence: int,
    performed_by: UUID,
) -> Result:
    result = Result(
        run=run,
        version=version,
        reading_sequence=reading_sequence,
        verdict=judged.verdict,
        raw_text=judged.raw_text[:100],
        reported=judged.reported[:100],
        unit=judged.unit,
        final=judged.final,
        final_at=final_at_of(judged, method_of(run.method_version), run.performed_at),
        explanation=judged.reason[:1000],
        details=[list(pair) for pair in judged.details],
        reason=context.reason,
        submitted_by=context.actor,
        performed_by_id=performed_by,
    )
    insert_rows([result])
    return result


def investigate(context: Context, lot: Lot, result: Result) -> None:
    """21 CFR 211.192: every failure is investigated; so is every invalid assay."""
    kind = INVESTIGATED.get(Verdict(result.verdict))
    if kind is not None:
        begin_investigation(context, lot, result, kind)


def _fields_of(run: Run) -> tuple[InputField, ...]:
    formula = Formula(run.method_version.formula)
    if run.laboratory_id is None:
        return FORMULA_INPUTS[formula]
    return (reported_input(formula, run.method_version.unit),)


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
