"""What every amendment has: its checks, its number, what its signers are shown."""

from __future__ import annotations

from collections.abc import Sequence

from products.actions.base import Context
from products.actions.evidence import file_shown
from products.actions.investigations import decided_investigation
from products.actions.records import check_record
from products.actions.signing import sign
from products.domain.amendments import AmendmentKind, meaning_of
from products.domain.errors import DuplicateError, InvalidValueError, WrongStatusError
from products.domain.facts import plain
from products.domain.results import RunState
from products.models import Amendment, Evidence, Lot, Reading, Result, Run
from products.queries.runs import reading_facts, result_in_effect, waiting_amendment


def submitted_result(run: Run) -> Result:
    result = result_in_effect(run)
    if result is None:
        raise WrongStatusError(
            f"Run {run.number} was never submitted: save its readings anew, or discard it."
        )
    return result


def check_amendable(run: Run, result: Result) -> None:
    if waiting := waiting_amendment(run):
        raise DuplicateError(
            f"{waiting.number} of run {run.number} waits for its second signature. It is signed "
            "or refused first."
        )
    if decided := decided_investigation(result):
        raise WrongStatusError(
            f"Investigation {decided.number} of run {run.number} is concluded "
            f"({decided.conclusion.outcome}): its result is no longer amended."
        )


def check_source(source_document: str, evidence: Evidence | None) -> None:
    if not source_document.strip() and evidence is None:
        raise InvalidValueError(
            "Name the source document, or the evidence file, that shows what is right.",
            field="source_document",
            code="source_missing",
        )


def file_amendment(
    context: Context,
    lot: Lot,
    amendment: Amendment,
    before: Sequence[Reading],
    after: Sequence[Reading],
) -> None:
    """Number, sign and store the amendment."""
    amendment.lot = lot
    amendment.number = f"AM-{lot.number}-{lot.amendments.count() + 1}"
    amendment.reason = context.reason
    amendment.recorded_by = context.actor
    check_record(amendment)
    amendment.signature = sign(
        context,
        record_kind="amendment",
        record_id=amendment.pk,
        meaning=meaning_of(AmendmentKind(amendment.kind), belongs_to=amendment.belongs_to),
        zone=lot.site.zone,
        content=amendment_shown(amendment, before, after),
    )
    amendment.save(force_insert=True)


def amendment_shown(
    amendment: Amendment, before: Sequence[Reading], after: Sequence[Reading]
) -> dict[str, object]:
    """All that either signer of an amendment is shown."""
    run = amendment.run
    old = amendment.corrects or (result_in_effect(run) if run else None)
    return {
        "lot": amendment.lot.number,
        "amendment": amendment.number,
        "kind": amendment.kind,
        "reason_of_amendment": amendment.reason,
        "run": run.number if run else None,
        "method": run.method_version.method.code if run else None,
        "method_version": run.method_version.version if run else None,
        "criterion": run.criterion.code if run and run.criterion else None,
        "belongs_to": amendment.belongs_to,
        "source_document": amendment.source_document,
        "evidence": file_shown(amendment.evidence),
        "needs_second": amendment.needs_second,
        "old_result": _result_shown(old),
        "new_result": _result_shown(amendment.result),
        "old_readings": [plain(reading_facts(row)) for row in before],
        "new_readings": [plain(reading_facts(row)) for row in after],
    }


def end_return(run: Run) -> None:
    if run.state == RunState.RETURNED:
        run.state = RunState.SUBMITTED
        run.save(update_fields=["state"])


def _result_shown(result: Result | None) -> dict[str, object] | None:
    if result is None:
        return None
    return {
        "id": result.pk,
        "version": result.version,
        "verdict": result.verdict,
        "raw": result.raw_text,
        "reported": result.reported,
        "unit": result.unit,
        "explanation": result.explanation,
    }
