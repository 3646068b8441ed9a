"""Reviews: a second person checks submitted results, several of a lot under one signature."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.evidence import evidence_of, file_shown
from products.actions.investigations import decided_investigation
from products.actions.lookups import find_evidence, find_lot, find_run
from products.actions.records import insert
from products.actions.signing import sign
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.facts import plain
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import Evidence, Lot, Result, Review, ReviewItem, Run, RunReturn, Transcription
from products.models.fields import uuid7
from products.queries.runs import (
    reading_facts,
    readings_in_effect,
    recorders_of,
    report_facts,
    report_in_effect,
    result_in_effect,
    waiting_amendment,
)

MEANING = "Reviewed"
NOTHING_COMPARED: Mapping[str, UUID] = {}


@action("review.sign", permission=Permission.REVIEW, signed=True)
def review_results(
    context: Context,
    *,
    lot: str,
    runs: Sequence[str],
    comment: str = "",
    compared: Mapping[str, UUID] = NOTHING_COMPARED,
) -> Review:
    """Sign for having checked the current results of ``runs`` (21 CFR 211.194(a)(8)).

    Any run of the lot may be left out. What is signed is the result version that stands now, with
    its raw readings and supporting records. ``compared`` names, for each run of an outside
    laboratory or from paper, the report or scan that the transcribed values were compared with.

    Raises:
        InvalidValueError: no run is named, one is named twice, or one is of another lot; what a
            transcribed run was compared with is missing, or is another file than its own.
        WrongStatusError: a run has no final result yet, is with its analyst or was retracted, or
            its correction waits for a second signature.
        DuplicateError: a result was reviewed already.
        SeparationOfDutiesError: the reviewer recorded data of one of the runs.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    chosen = _chosen(locked, runs)
    results = [_reviewable(run) for run in chosen]
    _check_second_person(context, chosen)
    files = _compared(locked, chosen, compared)
    person = context.actor.person
    assert person is not None  # a signed action has a person
    key = uuid7()
    signature = sign(
        context,
        record_kind="review",
        record_id=key,
        meaning=MEANING,
        zone=found.site.zone,
        content={
            "lot": locked.number,
            "comment": comment,
            "results": [
                _shown(run, result, file)
                for run, result, file in zip(chosen, results, files, strict=True)
            ],
        },
    )
    review = Review(id=key, lot=locked, reviewer=person, comment=comment, signature=signature)
    insert(review)
    for result, file in zip(results, files, strict=True):
        ReviewItem.objects.create(review=review, result=result, compared_with=file)
    return review


@action("run.return", permission=Permission.REVIEW)
def return_run(context: Context, *, run: str, comment: str) -> RunReturn:
    """Send a final result back to its analyst, who corrects it or submits it again as it is.

    Until then it satisfies nothing; a failing one goes on counting.

    Raises:
        InvalidValueError: the comment is empty.
        WrongStatusError: the run has no final result, is with its analyst or was retracted, its
            investigation is concluded, or its correction waits for a second signature.
        DuplicateError: the result was reviewed, or returned once, already.
        SeparationOfDutiesError: the actor recorded data of the run.
    """
    found = find_run(run)
    lock_lot(context, found.lot)
    if not comment.strip():
        raise InvalidValueError(
            f"State what the analyst is to look at in run {found.number}.", field="comment"
        )
    result = _reviewable(found)
    _check_second_person(context, [found])
    _check_returnable(found, result)
    returned = RunReturn(run=found, result=result, comment=comment, returned_by=context.actor)
    insert(returned)
    found.state = RunState.RETURNED
    found.save(update_fields=["state"])
    return returned


def _chosen(lot: Lot, numbers: Sequence[str]) -> list[Run]:
    if not numbers:
        raise InvalidValueError("Choose at least one run to review.", field="runs")
    chosen = [find_run(number, "runs") for number in numbers]
    for run in chosen:
        if run.lot_id != lot.pk:
            raise InvalidValueError(
                f"Run {run.number} is of lot {run.lot.number}, not of lot {lot.number}.",
                field="runs",
            )
    if len({run.pk for run in chosen}) < len(chosen):
        raise InvalidValueError("A run is named twice.", field="runs")
    return chosen


def _reviewable(run: Run) -> Result:
    """The result that counts, of the run as it stands under the lot's lock."""
    run.refresh_from_db(fields=["state"])
    if run.state == RunState.RETURNED:
        raise WrongStatusError(
            f"Run {run.number} was returned to its analyst. It is reviewed once it is submitted "
            "again."
        )
    if run.state == RunState.RETRACTED:
        raise WrongStatusError(f"Run {run.number} was retracted: there is nothing to review.")
    if waiting := waiting_amendment(run):
        raise WrongStatusError(
            f"{waiting.number} of run {run.number} waits for its second signature. It is signed "
            "or refused first."
        )
    result = result_in_effect(run)
    if result is None or not result.final:
        raise WrongStatusError(
            f"Run {run.number} has no final result yet; review is of the final version."
        )
    if ReviewItem.objects.filter(result=result).exists():
        raise DuplicateError(f"The result of run {run.number} was reviewed already.")
    return result


def _check_returnable(run: Run, result: Result) -> None:
    if decided := decided_investigation(result):
        raise WrongStatusError(
            f"Investigation {decided.number} of run {run.number} is concluded "
            f"({decided.conclusion.outcome}): its result is no longer returned."
        )
    if RunReturn.objects.filter(result=result).exists():
        raise DuplicateError(
            f"This version of the result of run {run.number} was returned already, and no other "
            "took its place. Review it, or leave it out."
        )


def _compared(lot: Lot, chosen: list[Run], compared: Mapping[str, UUID]) -> list[Evidence | None]:
    """Of each run the file that the reviewer compared it with; None for runs made here."""
    named = {number.strip().casefold(): key for number, key in compared.items()}
    unknown = set(named) - {run.number.casefold() for run in chosen}
    if unknown:
        raise InvalidValueError(
            f"Of {', '.join(sorted(unknown))} nothing is reviewed here.", field="compared"
        )
    return [_compared_with(lot, run, named.get(run.number.casefold())) for run in chosen]


def _compared_with(lot: Lot, run: Run, key: UUID | None) -> Evidence | None:
    if key is None:
        if run.laboratory_id is None and not run.from_paper:
            return None
        raise InvalidValueError(
            f"The values of run {run.number} were transcribed. Name the report or scan that you "
            "compared them with.",
            field="compared",
            code="comparison_missing",
        )
    own = _sources_of(run)
    if own and key not in own:
        raise InvalidValueError(
            f"Run {run.number} was transcribed from another file than the one you compared it "
            "with.",
            field="compared",
            code="evidence_of_another_record",
        )
    return find_evidence(key, "compared") if own else evidence_of(lot, key, "compared")


def _sources_of(run: Run) -> set[UUID]:
    """The files that the run's values were transcribed from."""
    report = report_in_effect(run)
    papers = Transcription.objects.filter(run=run).values_list("evidence", flat=True)
    return {*papers, *([report.evidence_id] if report else [])}


def _check_second_person(context: Context, chosen: list[Run]) -> None:
    own = [run.number for run in chosen if context.actor.person_id in recorders_of(run)]
    if own:
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} recorded data of {', '.join(own)} and cannot review it. "
            "Leave it out, or have another person review it.",
            field="runs",
        )


def _shown(run: Run, result: Result, compared_with: Evidence | None) -> dict[str, object]:
    report = report_in_effect(run)
    return {
        "run": run.number,
        "method": run.method_version.method.code,
        "method_version": run.method_version.version,
        "criterion": run.criterion.code if run.criterion else None,
        "purpose": run.purpose,
        "performed_at": run.performed_at,
        "late_reason": run.late_reason,
        "result_id": result.pk,
        "result_version": result.version,
        "verdict": result.verdict,
        "raw": result.raw_text,
        "reported": result.reported,
        "unit": result.unit,
        "explanation": result.explanation,
        "readings": [plain(reading_facts(row)) for row in readings_in_effect(run, result).values()],
        "laboratory": run.laboratory.code if run.laboratory else None,
        "report": plain(report_facts(report)) if report else None,
        "from_paper": run.from_paper,
        "compared_with": file_shown(compared_with),
        "supports": [
            {
                "kind": row.kind,
                "document_number": row.document_number,
                "dated_on": row.dated_on,
                "outcome": row.outcome,
                "signed_by": row.signed_by,
            }
            for row in run.supports.order_by("sequence")
        ],
    }
