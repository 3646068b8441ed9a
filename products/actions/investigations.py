"""Investigations: opened on a submitted result, concluded by the quality unit under signature.

Sources: 21 CFR 211.192, 610.1.
"""

from __future__ import annotations

from django.db.models import Q

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.lookups import find_investigation, find_run
from products.actions.records import check_record
from products.actions.signing import sign
from products.domain.errors import DuplicateError, InvalidValueError, WrongStatusError
from products.domain.investigations import InvestigationKind, InvestigationOutcome
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import (
    Amendment,
    Conclusion,
    Investigation,
    Lot,
    Result,
    Run,
    Signature,
)
from products.queries.facts import descendants_of
from products.queries.runs import result_in_effect, waiting_amendment

MEANING = "Investigation concluded"
BY_HAND = (InvestigationOutcome.CONFIRMED, InvestigationOutcome.INVALIDATED)
OF_FAILURES = (InvestigationKind.OOS, InvestigationKind.INVALID_ASSAY)


@action("investigation.open", permission=Permission.INVESTIGATE)
def open_investigation(context: Context, *, run: str) -> Investigation:
    """Open one by hand, as a deviation, on a submitted result that no rule has opened one for.

    The way to set aside a run that was made on the wrong sample, by the wrong method or in the
    wrong unit, which neither failed nor was invalid.

    Raises:
        WrongStatusError: the run was never submitted.
        DuplicateError: its result is, or was, under investigation.
        InvalidValueError: no reason.
    """
    found = find_run(run)
    lot = lock_lot(context, found.lot)
    if not context.reason.strip():
        raise InvalidValueError(
            f"State what is to be investigated in run {found.number}.",
            field="reason",
            code="reason_missing",
        )
    result = result_in_effect(found)
    if result is None:
        raise WrongStatusError(f"Run {found.number} was never submitted: there is no result.")
    if Investigation.objects.filter(result=result).exists():
        raise DuplicateError(f"The result of run {found.number} has an investigation already.")
    return begin_investigation(context, lot, result, InvestigationKind.DEVIATION)


def begin_investigation(
    context: Context, lot: Lot, result: Result, kind: InvestigationKind
) -> Investigation:
    """Store the investigation and have every lot judged that it speaks against."""
    context.touched.update(descendants_of([lot.pk]))
    return Investigation.objects.create(
        number=f"INV-{lot.number}-{lot.investigations.count() + 1}",
        lot=lot,
        run=result.run,
        result=result,
        kind=kind,
        opened_by=context.actor,
    )


@action("investigation.conclude", permission=Permission.INVESTIGATE, signed=True)
def conclude_investigation(
    context: Context, *, investigation: str, outcome: str, cause: str = "", evidence: str = ""
) -> Conclusion:
    """Conclude: the result is confirmed, or invalidated by a cause unrelated to the product.

    ``evidence`` names the documents that show the cause. The result itself never changes; a fail
    counts until this signature says otherwise (21 CFR 610.1). That it was recorded wrongly is
    concluded by the second signature on a correction or retraction, and not here.

    Raises:
        DuplicateError: it is concluded already.
        WrongStatusError: the run is with its analyst, or an amendment of it waits to be signed.
        InvalidValueError: invalidated without a cause or its evidence.
    """
    found = find_investigation(investigation)
    lot = lock_lot(context, found.lot)
    # Open investigations of a parent lot block its descendants too.
    context.touched.update(descendants_of([lot.pk]))
    if Conclusion.objects.filter(investigation=found).exists():
        raise DuplicateError(f"Investigation {found.number} is concluded already.")
    _check_settled(found.run)
    decided = check_word(InvestigationOutcome, outcome, "outcome")
    if decided not in BY_HAND:
        raise InvalidValueError(
            "A recording error is concluded by the second signature on a correction or a "
            "retraction. Have the run corrected or retracted.",
            field="outcome",
        )
    if decided is InvestigationOutcome.INVALIDATED:
        for field, text in (("cause", cause), ("evidence", evidence)):
            if not text.strip():
                raise InvalidValueError(
                    f"To invalidate the result of run {found.run.number}, name the cause and the "
                    f"documents that show it; {field} is empty.",
                    field=field,
                )
    conclusion = Conclusion(investigation=found, outcome=decided, cause=cause, evidence=evidence)
    check_record(conclusion)
    conclusion.signature = _sign_conclusion(context, lot, conclusion)
    conclusion.save(force_insert=True)
    return conclusion


def open_failures(run: Run, corrected: Result | None) -> list[Investigation]:
    """Open investigations of failing or invalid versions of the run's result.

    Not of the version ``corrected``, which an amendment brings: what is wrong with that one is no
    recording error.
    """
    rows = run.investigations.filter(kind__in=OF_FAILURES, conclusion__isnull=True)
    if corrected is not None:
        rows = rows.exclude(result=corrected)
    return list(rows.select_related("result").order_by("recorded_at", "number"))


def decided_investigation(result: Result) -> Investigation | None:
    """The investigation of the run's failure, or of this version, that quality has decided."""
    rows = Investigation.objects.filter(run=result.run_id, conclusion__outcome__in=BY_HAND)
    of_it = rows.filter(Q(kind__in=OF_FAILURES) | Q(result=result))
    return of_it.select_related("conclusion").first()


def conclude_recording_errors(
    context: Context, lot: Lot, run: Run, amendment: Amendment, signature: Signature
) -> None:
    """Conclude what failing versions opened: a second person signed that they are misrecorded.

    The cause and its evidence are those of the amendment. The first conclusion shares the second
    person's ``signature``; a conclusion has one of its own, so that further ones are signed too.
    """
    evidence = " ".join(
        part
        for part in (
            amendment.number,
            amendment.source_document,
            f"SHA-256 {amendment.evidence.sha256}" if amendment.evidence else "",
        )
        if part
    )
    for position, investigation in enumerate(open_failures(run, amendment.result)):
        conclusion = Conclusion(
            investigation=investigation,
            outcome=InvestigationOutcome.RECORDING_ERROR,
            cause=amendment.reason,
            evidence=evidence,
        )
        conclusion.signature = _sign_conclusion(context, lot, conclusion) if position else signature
        conclusion.save(force_insert=True)


def _check_settled(run: Run) -> None:
    """Of the run as it stands under the lot's lock: a conclusion is about what counts for good."""
    run.refresh_from_db(fields=["state"])
    if run.state == RunState.RETURNED:
        raise WrongStatusError(
            f"Run {run.number} was returned to its analyst. Conclude once it is submitted again."
        )
    if waiting := waiting_amendment(run):
        raise WrongStatusError(
            f"{waiting.number} of run {run.number} waits for its second signature. It is signed "
            "or refused first."
        )


def _sign_conclusion(context: Context, lot: Lot, conclusion: Conclusion) -> Signature:
    found = conclusion.investigation
    return sign(
        context,
        record_kind="conclusion",
        record_id=conclusion.pk,
        meaning=MEANING,
        zone=lot.site.zone,
        content={
            "lot": lot.number,
            "investigation": found.number,
            "run": found.run.number,
            "result_id": found.result_id,
            "result_version": found.result.version,
            "verdict": found.result.verdict,
            "reported": found.result.reported,
            "outcome": str(conclusion.outcome),
            "cause": conclusion.cause,
            "evidence": conclusion.evidence,
        },
    )
