"""Reviews: a second person checks submitted results, several of a lot under one signature."""

from __future__ import annotations

from collections.abc import Sequence

from products.actions.base import Context, action, lock_lot
from products.actions.lookups import find_lot, find_run
from products.actions.records import insert
from products.actions.signing import sign
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    SeparationOfDutiesError,
    WrongStatusError,
)
from products.domain.facts import plain
from products.domain.roles import Permission
from products.models import Lot, Result, Review, ReviewItem, Run
from products.models.fields import uuid7
from products.queries.facts import lot_facts
from products.queries.runs import current_readings, reading_facts

MEANING = "Reviewed"


@action("review.sign", permission=Permission.REVIEW, signed=True)
def review_results(context: Context, *, lot: str, runs: Sequence[str], comment: str = "") -> Review:
    """Sign for having checked the current results of ``runs`` (21 CFR 211.194(a)(8)).

    Any run of the lot may be left out. What is signed is the result version that stands now, with
    its raw readings and supporting records.

    Raises:
        InvalidValueError: no run is named, one is named twice, or one is of another lot.
        WrongStatusError: a run has no final result yet.
        DuplicateError: a result was reviewed already.
        SeparationOfDutiesError: the reviewer recorded data of one of the runs.
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    chosen = _chosen(locked, runs)
    results = [_reviewable(run) for run in chosen]
    _check_second_person(context, locked, chosen)
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
            "results": [_shown(run, result) for run, result in zip(chosen, results, strict=True)],
        },
    )
    review = Review(id=key, lot=locked, reviewer=person, comment=comment, signature=signature)
    insert(review)
    for result in results:
        ReviewItem.objects.create(review=review, result=result)
    return review


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
    result = run.results.order_by("-version").first()
    if result is None or not result.final:
        raise WrongStatusError(
            f"Run {run.number} has no final result yet; review is of the final version."
        )
    if ReviewItem.objects.filter(result=result).exists():
        raise DuplicateError(f"The result of run {run.number} was reviewed already.")
    return result


def _check_second_person(context: Context, lot: Lot, chosen: list[Run]) -> None:
    person = str(context.actor.person_id)
    recorders = {run.number: run.recorders for run in lot_facts([lot.pk])[lot.pk].runs}
    own = [run.number for run in chosen if person in recorders[run.number]]
    if own:
        raise SeparationOfDutiesError(
            f"{context.actor.printed_name} recorded data of {', '.join(own)} and cannot review it. "
            "Leave it out, or have another person review it.",
            field="runs",
        )


def _shown(run: Run, result: Result) -> dict[str, object]:
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
        "readings": [plain(reading_facts(row)) for row in current_readings(run).values()],
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
