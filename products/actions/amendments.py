"""Corrections of readings.

What was recorded stays (21 CFR 11.10(e)). A correction is a new version of the result; one that
touches a failing or invalid version counts only once a second person has signed it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.duties import check_did_not_review
from products.actions.evidence import evidence_of
from products.actions.filing import (
    check_amendable,
    check_source,
    end_return,
    file_amendment,
    submitted_result,
)
from products.actions.lookups import find_run
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
from products.domain.amendments import UNDER_INVESTIGATION, AmendmentKind, needs_second
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import InvalidValueError, WrongStatusError
from products.domain.roles import Permission
from products.models import Amendment, Reading, Result, Run
from products.queries.runs import Place, place_of, reading_facts, readings_in_effect, verdicts_of


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
    check_source(source_document, file)
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
        version=found.results.count() + 1,
        reading_sequence=max((row.sequence for row in [*before.values(), *rows]), default=0),
        performed_by=current.performed_by_id,
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
    file_amendment(context, lot, amendment, list(before.values()), kept)
    for row in rows:
        row.amendment = amendment
    Reading.objects.bulk_create(rows)
    end_return(found)
    if not amendment.needs_second:
        investigate(context, lot, result)
    return amendment


def _correctable(run: Run) -> Result:
    result = submitted_result(run)
    if not result.final and result.verdict not in UNDER_INVESTIGATION:
        raise WrongStatusError(
            f"The result of run {run.number} is not final yet: save the right reading, then "
            "submit the run again."
        )
    check_amendable(run, result)
    return result


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
