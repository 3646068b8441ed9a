"""Rules on results: required, at the right stage, valid, within limits, no fail left aside."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from products.domain.blocks import Block, make_block, sentence
from products.domain.criteria import STAGE_LABELS, Criterion, LimitKind, Verdict
from products.domain.facts import CriterionFacts, LotFacts, RunFacts
from products.domain.laboratories import ControlsStatement
from products.domain.lots import local_text
from products.domain.results import PURPOSE_LABELS, RunState
from products.domain.selection import (
    OPEN,
    Selection,
    criterion_name,
    effective_verdict,
    is_inherited,
    is_reportable,
    lines_of,
    nearest_runs,
    reported_text,
)


def block_untested(selection: Selection, now: datetime) -> Iterator[Block]:
    """Each required criterion has exactly one current, final, valid result."""
    lot = selection.lot
    if not any(item.criterion.required for item in lot.criteria):
        message = f"Lot {lot.number} has no specification that requires a test."
        yield make_block(lot, "specification_empty", message, f"lot {lot.number}")
    for item in lot.criteria:
        if item.criterion.required and is_inherited(item):
            yield from _block_not_inherited(lot, item)
        elif item.criterion.required:
            yield from _block_unsatisfied(selection, item)
        yield from _block_ambiguous(selection, item)
        for run in selection.tested(item):
            yield from _block_method(lot, run)


def _block_unsatisfied(selection: Selection, item: CriterionFacts) -> Iterator[Block]:
    lot, runs = selection.lot, selection.runs_for(item)
    open_runs = [run for run in runs if effective_verdict(run) in OPEN]
    for run in open_runs:
        yield _open_block(lot, item, run)
    if open_runs or selection.reportable(item):
        return
    name = criterion_name(item.criterion)
    if runs:
        run = runs[-1]
        message = f"{name} is untested: run {run.number} is invalid. {_why_invalid(run)}".rstrip()
        yield make_block(lot, "result_invalid", message, f"run {run.number}")
        return
    message = (
        f"{name} has no reportable result: no run of purpose release was submitted for criterion "
        f"{item.criterion.code}."
    )
    clears = (
        f"Submit a release run of {item.criterion.method} on a "
        f"{STAGE_LABELS[item.criterion.stage].lower()} sample and have it reviewed."
    )
    yield make_block(lot, "result_missing", message, f"criterion {item.criterion.code}", clears)


def _why_invalid(run: RunFacts) -> str:
    if run.invalidated:
        return "Its investigation set it aside."
    report = run.report
    if report is not None and report.controls is ControlsStatement.NOT_ACCEPTABLE:
        return f"Report {report.number} states that its controls were not acceptable."
    return sentence(run.reason)


def _open_block(lot: LotFacts, item: CriterionFacts, run: RunFacts) -> Block:
    name, record = criterion_name(item.criterion), f"run {run.number}"
    if effective_verdict(run) is Verdict.PENDING:
        message = f"{name} has no result yet: run {run.number} is {_why_pending(run)}"
        return make_block(lot, "result_pending", message, record)
    until = f" It can be final from {local_text(run.final_at, lot.zone)}." if run.final_at else ""
    message = f"{name} has only an interim result in run {run.number}.{until}"
    return make_block(lot, "result_interim", message, record)


def _why_pending(run: RunFacts) -> str:
    if run.state is RunState.SAVED:
        return "saved, not submitted."
    if run.state is RunState.RETURNED:
        return "returned to the analyst, and has to be submitted again."
    return f"submitted, but its readings make no result. {sentence(run.reason)}".rstrip()


def _block_not_inherited(lot: LotFacts, item: CriterionFacts) -> Iterator[Block]:
    """Every direct parent has the result, on itself or else on the nearest of its line."""
    name, asked = criterion_name(item.criterion), item.criterion
    lines = lines_of(lot)
    if not lines:
        message = f"{name} is inherited from a parent lot, but lot {lot.number} has none on record."
        yield make_block(lot, "inherited_missing", message, f"lot {lot.number}")
    for parent, line in sorted(lines.items()):
        runs = nearest_runs(lot, item, line)
        waiting = [run for run in runs if effective_verdict(run) in OPEN]
        if runs and not waiting and any(is_reportable(run) for run in runs):
            continue
        why = f"it and the lots before it have no run of {asked.method} at that stage"
        if waiting:
            why = f"run {waiting[0].number} has no final result"
        elif runs:
            why = f"run {runs[-1].number} is invalid"
        message = f"{name} is inherited, but parent lot {parent} has no result of it: {why}."
        clears = (
            f"Submit a release run of {asked.method} on a {STAGE_LABELS[asked.stage].lower()} "
            f"sample of lot {parent} and have it reviewed."
        )
        yield make_block(lot, "inherited_missing", message, f"lot {parent}", clears)


def _block_ambiguous(selection: Selection, item: CriterionFacts) -> Iterator[Block]:
    runs = selection.reportable(item)
    if len(runs) == len(selection.current(item)):
        return
    for number in sorted({run.lot for run in runs}):
        numbers = [run.number for run in runs if run.lot == number]
        if len(numbers) > 1:
            message = (
                f"{criterion_name(item.criterion)} has {len(numbers)} results that count: "
                f"{', '.join(numbers)}."
            )
            record = f"criterion {item.criterion.code}"
            yield make_block(selection.lot, "result_ambiguous", message, record)


def _block_method(lot: LotFacts, run: RunFacts) -> Iterator[Block]:
    approved, retired = run.method_approved_at, run.method_retired_at
    if approved is None:
        why = "was never approved"
    elif approved > run.performed_at:
        why = f"was approved only on {local_text(approved, lot.zone)}"
    elif retired is not None and retired <= run.performed_at:
        why = f"had been retired on {local_text(retired, lot.zone)}"
    else:
        return
    message = (
        f"Run {run.number} was performed on {local_text(run.performed_at, lot.zone)} by method "
        f"{run.method} version {run.method_version}, which {why}."
    )
    yield make_block(lot, "method_not_approved", message, f"run {run.number}")


def block_stages(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 610.1: tests are made after the steps that may affect what they measure."""
    for item in selection.criteria:
        for run in selection.tested(item):
            if run.sample_stage is not item.criterion.stage:
                message = (
                    f"{criterion_name(item.criterion)}: run {run.number} was made on sample "
                    f"{run.sample_number}, which was drawn at the stage "
                    f"{STAGE_LABELS[run.sample_stage].lower()}, not "
                    f"{STAGE_LABELS[item.criterion.stage].lower()}."
                )
                yield make_block(selection.lot, "wrong_stage", message, f"run {run.number}")


def block_limits(selection: Selection, now: datetime) -> Iterator[Block]:
    """The current result of each criterion, required or not, meets its limit."""
    for item in selection.criteria:
        for run in selection.current(item):
            code = _limit_code(item.criterion, effective_verdict(run))
            if code:
                words = {
                    "result_fails": "is outside its limit",
                    "result_not_comparable": "cannot be compared with its limit",
                    "result_indeterminate": "does not decide whether the limit is met",
                }
                why = _why_it_still_fails(item, run) or sentence(run.reason)
                message = (
                    f"{criterion_name(item.criterion)}: the result{reported_text(run)} of run "
                    f"{run.number} {words[code]}. {why}".rstrip()
                )
                yield make_block(selection.lot, code, message, f"run {run.number}")


def _why_it_still_fails(item: CriterionFacts, run: RunFacts) -> str:
    """What to say when the verdict of today's criterion is no fail, but an earlier one is."""
    if run.original_verdict is not Verdict.FAIL or run.verdict is Verdict.FAIL:
        return ""
    if is_inherited(item):
        return f"It failed the criterion of lot {run.lot}, on which it was measured."
    return (
        "It failed the specification version that it was first judged by, and a later version sets "
        "no fail aside."
    )


def _limit_code(criterion: Criterion, verdict: Verdict) -> str:
    if verdict is Verdict.FAIL:
        return "result_fails"
    if verdict is Verdict.NOT_COMPARABLE:
        return "result_not_comparable"
    unlimited = criterion.kind is LimitKind.REPORT_ONLY
    met = verdict is Verdict.PASS or (verdict is Verdict.REPORT_ONLY and unlimited)
    return "" if met else "result_indeterminate"


def block_unresolved_fails(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 610.1: every result counts, so no later pass hides a fail.

    An amendment that waits for its second signature changes nothing until it has it.
    """
    lot = selection.lot
    named = {run.id for item in lot.criteria for run in selection.current(item)}
    for run in selection.failing():
        if run.id not in named:
            message = (
                f"Run {run.number} ({PURPOSE_LABELS[run.purpose].lower()}) of {run.attribute} "
                f"failed. Its result{reported_text(run)} counts until a signed conclusion "
                f"invalidates it."
            )
            yield make_block(lot, "unresolved_fail", message, f"run {run.number}")
    for run in selection.counted():
        if run.pending_amendment:
            message = (
                f"Amendment {run.pending_amendment} of run {run.number} waits for its second "
                f"signature; until then the result before it counts."
            )
            record = f"amendment {run.pending_amendment}"
            yield make_block(lot, "correction_pending", message, record)
