"""Investigations: opened on a submitted result, concluded by the quality unit under signature.

Sources: 21 CFR 211.192, 610.1.
"""

from __future__ import annotations

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.lookups import find_investigation, find_run
from products.actions.records import check_record
from products.actions.signing import sign
from products.domain.errors import DuplicateError, InvalidValueError, WrongStatusError
from products.domain.investigations import InvestigationKind, InvestigationOutcome
from products.domain.roles import Permission
from products.models import Conclusion, Investigation, Lot, Result
from products.models.fields import uuid7
from products.queries.facts import descendants_of

MEANING = "Investigation concluded"


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
    result = found.results.order_by("-version").first()
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
    counts until this signature says otherwise (21 CFR 610.1).

    Raises:
        DuplicateError: it is concluded already.
        InvalidValueError: invalidated without a cause or its evidence.
    """
    found = find_investigation(investigation)
    lot = lock_lot(context, found.lot)
    # Open investigations of a parent lot block its descendants too.
    context.touched.update(descendants_of([lot.pk]))
    if Conclusion.objects.filter(investigation=found).exists():
        raise DuplicateError(f"Investigation {found.number} is concluded already.")
    decided = check_word(InvestigationOutcome, outcome, "outcome")
    if decided is InvestigationOutcome.INVALIDATED:
        for field, text in (("cause", cause), ("evidence", evidence)):
            if not text.strip():
                raise InvalidValueError(
                    f"To invalidate the result of run {found.run.number}, name the cause and the "
                    f"documents that show it; {field} is empty.",
                    field=field,
                )
    key = uuid7()
    conclusion = Conclusion(
        id=key, investigation=found, outcome=decided, cause=cause, evidence=evidence
    )
    check_record(conclusion)
    conclusion.signature = sign(
        context,
        record_kind="conclusion",
        record_id=key,
        meaning=MEANING,
        zone=found.lot.site.zone,
        content={
            "lot": lot.number,
            "investigation": found.number,
            "run": found.run.number,
            "result_id": found.result_id,
            "result_version": found.result.version,
            "verdict": found.result.verdict,
            "reported": found.result.reported,
            "outcome": decided.value,
            "cause": cause,
            "evidence": evidence,
        },
    )
    conclusion.save(force_insert=True)
    return conclusion
