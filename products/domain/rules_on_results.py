"""Rules on results: required, at the right stage, valid, within limits, reviewed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from products.domain.blocks import Block, make_block, sentence
from products.domain.criteria import STAGE_LABELS, Criterion, LimitKind, Verdict
from products.domain.facts import CriterionFacts, LotFacts, RunFacts
from products.domain.lots import local_text
from products.domain.results import (
    PURPOSE_LABELS,
    SUPPORT_LABELS,
    RunState,
    SupportKind,
    SupportOutcome,
)
from products.domain.selection import (
    OPEN,
    criterion_name,
    current_run,
    effective_verdict,
    incubating_runs,
    needs_review,
    reportable_runs,
    reported_text,
    runs_for,
    tested_runs,
)


def block_untested(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """Each required criterion has exactly one current, final, valid result."""
    if not any(item.criterion.required for item in lot.criteria):
        message = f"Lot {lot.number} has no specification that requires a test."
        yield make_block(lot, "specification_empty", message, f"lot {lot.number}")
    for item in lot.criteria:
        if item.criterion.required:
            yield from _block_unsatisfied(lot, item)
        yield from _block_ambiguous(lot, item)
        for run in tested_runs(lot, item):
            yield from _block_method(lot, run)


def _block_unsatisfied(lot: LotFacts, item: CriterionFacts) -> Iterator[Block]:
    runs = runs_for(lot, item)
    open_runs = [run for run in runs if effective_verdict(run) in OPEN]
    for run in open_runs:
        yield _open_block(lot, item, run)
    if open_runs or reportable_runs(lot, item):
        return
    name = criterion_name(item.criterion)
    if runs:
        run = runs[-1]
        why = "its investigation set it aside" if run.invalidated else run.reason
        message = f"{name} is untested: run {run.number} is invalid. {sentence(why)}".rstrip()
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


def _open_block(lot: LotFacts, item: CriterionFacts, run: RunFacts) -> Block:
    name, record = criterion_name(item.criterion), f"run {run.number}"
    if effective_verdict(run) is Verdict.PENDING:
        why = f"submitted, but its readings make no result. {sentence(run.reason)}".rstrip()
        if run.state is RunState.SAVED:
            why = "saved, not submitted."
        message = f"{name} has no result yet: run {run.number} is {why}"
        return make_block(lot, "result_pending", message, record)
    until = f" It can be final from {local_text(run.final_at, lot.zone)}." if run.final_at else ""
    message = f"{name} has only an interim result in run {run.number}.{until}"
    return make_block(lot, "result_interim", message, record)


def _block_ambiguous(lot: LotFacts, item: CriterionFacts) -> Iterator[Block]:
    runs = reportable_runs(lot, item)
    if len(runs) > 1:
        numbers = ", ".join(run.number for run in runs)
        message = f"{criterion_name(item.criterion)} has {len(runs)} results that count: {numbers}."
        yield make_block(lot, "result_ambiguous", message, f"criterion {item.criterion.code}")


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


def block_stages(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """21 CFR 610.1: tests are made after the steps that may affect what they measure."""
    for item in lot.criteria:
        for run in tested_runs(lot, item):
            if run.sample_stage is not item.criterion.stage:
                message = (
                    f"{criterion_name(item.criterion)}: run {run.number} was made on sample "
                    f"{run.sample_number}, which was drawn at the stage "
                    f"{STAGE_LABELS[run.sample_stage].lower()}, not "
                    f"{STAGE_LABELS[item.criterion.stage].lower()}."
                )
                yield make_block(lot, "wrong_stage", message, f"run {run.number}")


def block_sterility(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """A sterility test counts with its full incubation and both documents on its media and method.

    Growth is final at once (USP <71>), so a fail needs no full incubation.
    """
    for run in incubating_runs(lot):
        if effective_verdict(run) is Verdict.INTERIM:
            until = f", from {local_text(run.final_at, lot.zone)}" if run.final_at else ""
            message = (
                f"Sterility run {run.number} is final only when every vessel was read after "
                f"{run.incubation_hours} hours of incubation{until}."
            )
            yield make_block(lot, "incubation_incomplete", message, f"run {run.number}")
        for kind in SupportKind:
            yield from _block_support(lot, run, kind)


def _block_support(lot: LotFacts, run: RunFacts, kind: SupportKind) -> Iterator[Block]:
    supports = [support for support in run.supports if support.kind is kind]
    faults = [] if supports else ["no document is recorded"]
    for support in supports:
        document = support.document_number.strip() or "a document without number"
        if support.missing_parts:
            faults.append(f"{document} lacks {', '.join(support.missing_parts)}")
        elif support.outcome != SupportOutcome.PASSED:
            faults.append(f"{document} says {support.outcome}")
    if faults:
        message = f"Run {run.number}, {SUPPORT_LABELS[kind]}: {'; '.join(faults)}."
        yield make_block(lot, f"{kind.value}_missing", message, f"run {run.number}")


def block_limits(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """The current result of each criterion, required or not, meets its limit."""
    for item in lot.criteria:
        run = current_run(lot, item)
        if run is None:
            continue
        code = _limit_code(item.criterion, effective_verdict(run))
        if code:
            words = {
                "result_fails": "is outside its limit",
                "result_not_comparable": "cannot be compared with its limit",
                "result_indeterminate": "does not decide whether the limit is met",
            }
            message = (
                f"{criterion_name(item.criterion)}: the result{reported_text(run)} of run "
                f"{run.number} {words[code]}. {sentence(run.reason)}".rstrip()
            )
            yield make_block(lot, code, message, f"run {run.number}")


def _limit_code(criterion: Criterion, verdict: Verdict) -> str:
    if verdict is Verdict.FAIL:
        return "result_fails"
    if verdict is Verdict.NOT_COMPARABLE:
        return "result_not_comparable"
    unlimited = criterion.kind is LimitKind.REPORT_ONLY
    met = verdict is Verdict.PASS or (verdict is Verdict.REPORT_ONLY and unlimited)
    return "" if met else "result_indeterminate"


def block_unresolved_fails(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """21 CFR 610.1: every result counts, so no later pass hides a fail."""
    named = {run.id for item in lot.criteria if (run := current_run(lot, item))}
    for run in _failing_runs(lot):
        if run.id not in named:
            message = (
                f"Run {run.number} ({PURPOSE_LABELS[run.purpose].lower()}) of {run.attribute} "
                f"failed. Its result{reported_text(run)} counts until a signed conclusion "
                f"invalidates it."
            )
            yield make_block(lot, "unresolved_fail", message, f"run {run.number}")


def _failing_runs(lot: LotFacts) -> Iterator[RunFacts]:
    return (run for run in lot.runs if effective_verdict(run) is Verdict.FAIL)


def block_unreviewed(lot: LotFacts, now: datetime) -> Iterator[Block]:
    """A second person checked the final version of every result that counts."""
    for run in lot.runs:
        record = f"run {run.number}"
        if run.reviewed_by is None:
            if needs_review(run):
                message = (
                    f"Run {run.number} of {run.attribute} ({run.verdict.replace('_', ' ')}, "
                    f"version {run.result_version}) was not reviewed by a second person."
                )
                yield make_block(lot, "review_missing", message, record)
        elif run.reviewed_by in run.recorders or not run.recorders:
            recorded = "who recorded data of it" if run.recorders else "but its recorder is unknown"
            message = f"Run {run.number} was reviewed by {run.reviewer_name}, {recorded}."
            yield make_block(lot, "self_review", message, record)
