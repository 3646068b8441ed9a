"""Binding a lot to another version of its specification, with every result judged again.

What was recorded stays: each result keeps the verdict under the version that it was made for.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from products.actions.base import Context, action, lock_lot
from products.actions.investigations import begin_investigation
from products.actions.lookups import find_lot, find_specification
from products.actions.results import judge_against
from products.actions.signing import sign
from products.domain.calculations import RunJudgement
from products.domain.criteria import Verdict
from products.domain.errors import InvalidValueError, WrongStatusError
from products.domain.investigations import InvestigationKind
from products.domain.lots import STATUS_LABELS, TERMINAL, Decision, ReleaseStatus
from products.domain.methods import DocumentState
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import (
    Criterion,
    Investigation,
    Lot,
    Rejudgement,
    Result,
    Run,
    SpecificationChange,
    SpecificationVersion,
)
from products.models.fields import uuid7
from products.queries.runs import (
    readings_in_effect,
    result_in_effect,
    verdicts_of,
    waiting_amendment,
)


@dataclass(frozen=True, slots=True)
class Judged:
    """A result, and its judgement by the criterion of the new version, None where that has none."""

    result: Result
    again: tuple[Criterion, RunJudgement] | None


@action("lot.change_specification", permission=Permission.APPROVE, signed=True)
def change_lot_specification(context: Context, *, lot: str, version: int) -> SpecificationChange:
    """Bind a lot to another approved version of its product's specification.

    The context's reason justifies it. Every final result is judged again by the criterion of the
    same code and method; both verdicts are kept, and what is signed shows them side by side. A
    fail under the new version is investigated, unless its result was under investigation before;
    on a released lot it forces a hold.

    Raises:
        UnknownReferenceError: there is no such lot or version.
        WrongStatusError: the lot is rejected, recalled or void, or has that version already.
        InvalidValueError: the version is a draft (``specification_not_in_force``).
    """
    found = find_lot(lot)
    locked = lock_lot(context, found)
    before = locked.specification
    after = find_specification(locked.product, version, "version")
    _check_changeable(locked, before, after)
    locked.specification = after
    locked.save(update_fields=["specification"])
    judged = list(judged_under(locked, after))
    key = uuid7()
    number = locked.specification_changes.count() + 1
    signature = sign(
        context,
        record_kind="specification_change",
        record_id=key,
        meaning="Specification version changed",
        zone=found.site.zone,
        content={
            "lot": locked.number,
            "change": number,
            "product": locked.product.code,
            "from_version": before.version,
            "from_document": before.document,
            "to_version": after.version,
            "to_document": after.document,
            "results": [_shown(one) for one in judged],
        },
    )
    change = SpecificationChange.objects.create(
        id=key,
        lot=locked,
        number=number,
        from_version=before,
        to_version=after,
        justification=context.reason,
        signature=signature,
    )
    for one in judged:
        _keep(context, change, one)
    return change


def _check_changeable(lot: Lot, before: SpecificationVersion, after: SpecificationVersion) -> None:
    if Decision(lot.decision) in TERMINAL:
        status = STATUS_LABELS[ReleaseStatus(lot.decision)].lower()
        raise WrongStatusError(
            f"Lot {lot.number} is {status}, which is final: its specification stays as it is."
        )
    if after == before:
        raise WrongStatusError(
            f"Lot {lot.number} is under specification version {before.version} already."
        )
    if after.state != DocumentState.APPROVED:
        raise InvalidValueError(
            f"Specification {lot.product.code} version {after.version} is {after.state}: quality "
            "approves it first.",
            field="version",
            code="specification_not_in_force",
        )


def judged_under(lot: Lot, after: SpecificationVersion) -> Iterator[Judged]:
    """What a change to ``after`` would sign: each result that counts, judged by it."""
    runs = Run.objects.filter(lot=lot, criterion__isnull=False)
    for run in (
        runs.exclude(state=RunState.RETRACTED)
        .select_related("lot__product", "criterion", "method_version__method", "laboratory")
        .order_by("recorded_at", "number")
    ):
        assert run.criterion is not None  # only such runs are asked for
        criterion = (
            after.criteria.filter(code=run.criterion.code, method=run.criterion.method_id)
            .select_related("method")
            .first()
        )
        for result in _results_that_count(run):
            if criterion is None:
                yield Judged(result, None)
                continue
            readings = readings_in_effect(run, result)
            yield Judged(result, (criterion, judge_against(run, criterion, readings.values())))


def _results_that_count(run: Run) -> list[Result]:
    """The final or failing one in effect, and one that waits for a second signature."""
    amendment = waiting_amendment(run)
    both = [result_in_effect(run), amendment.result if amendment else None]
    return [
        result
        for result in both
        if result is not None and (result.final or result.verdict == Verdict.FAIL)
    ]


def _shown(one: Judged) -> dict[str, object]:
    run, again = one.result.run, one.again[1] if one.again else None
    assert run.criterion is not None  # only such runs are judged again
    return {
        "run": run.number,
        "result": one.result.pk,
        "result_version": one.result.version,
        "criterion": run.criterion.code,
        "method": run.method_version.method.code,
        "verdict": one.result.verdict,
        "reported": one.result.reported,
        "unit": one.result.unit,
        # None where the new version asks for no such test: the recorded verdict stands alone.
        "new_verdict": again.verdict if again else None,
        "new_reported": again.reported if again else None,
        "new_unit": again.unit if again else None,
        "new_explanation": again.reason if again else None,
    }


def _keep(context: Context, change: SpecificationChange, one: Judged) -> None:
    if one.again is None:
        return
    criterion, again = one.again
    has_failed = Verdict.FAIL in verdicts_of(one.result)
    Rejudgement.objects.create(
        change=change,
        result=one.result,
        criterion=criterion,
        verdict=again.verdict,
        reported=again.reported[:100],
        unit=again.unit,
        explanation=again.reason[:1000],
    )
    # 21 CFR 211.192: a fail is investigated, whichever version of the specification says so.
    is_known = Investigation.objects.filter(result=one.result).exists()
    if again.verdict is Verdict.FAIL and not has_failed and not is_known:
        begin_investigation(context, change.lot, one.result, InvestigationKind.OOS)
