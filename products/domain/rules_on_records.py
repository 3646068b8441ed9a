"""Rules on the records behind a result: incubation, controls, equipment, people, second checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date, datetime

from products.domain.blocks import Block, make_block
from products.domain.calibration import why_not_calibrated
from products.domain.criteria import Verdict
from products.domain.facts import LotFacts, MediaFacts, RunFacts, TrainingFacts
from products.domain.laboratories import ControlsStatement
from products.domain.lots import local_text
from products.domain.readings import Formula
from products.domain.results import SUPPORT_LABELS, SupportKind, SupportOutcome
from products.domain.selection import Selection, effective_verdict, needs_review, performed_on
from products.domain.units import UNITS

ENDOTOXIN_FORMULAS = frozenset(
    {Formula.ENDOTOXIN_KINETIC, Formula.ENDOTOXIN_CARTRIDGE, Formula.ENDOTOXIN_GEL_CLOT}
)
HOURS_A_DAY = 24


def block_sterility(selection: Selection, now: datetime) -> Iterator[Block]:
    """A sterility test counts with its full incubation and both documents on its media and method.

    Growth is final at once (USP <71>), so a fail needs no full incubation.
    """
    lot = selection.lot
    for run in selection.incubating():
        record = f"run {run.number}"
        verdict = effective_verdict(run)
        if verdict is Verdict.INTERIM:
            until = f", from {local_text(run.final_at, lot.zone)}" if run.final_at else ""
            message = (
                f"Sterility run {run.number} is final only when every vessel was read after "
                f"{run.incubation_hours} hours of incubation{until}."
            )
            yield make_block(lot, "incubation_incomplete", message, record)
        elif verdict is not Verdict.FAIL and (why := _why_report_too_short(run)):
            message = (
                f"Sterility run {run.number} incubates {run.incubation_hours} hours, but {why}."
            )
            yield make_block(lot, "incubation_incomplete", message, record)
        for kind in SupportKind:
            yield from _block_support(lot, run, kind)


def _why_report_too_short(run: RunFacts) -> str:
    """Of an outside test the days are known, not the hours: its report has to span them."""
    if run.laboratory is None:
        return ""
    report = run.report
    if report is None:
        return "no report of the laboratory is recorded"
    if report.started_on is None or report.ended_on is None:
        return f"report {report.number} states no dates of its start and end"
    days = (report.ended_on - report.started_on).days
    if days * HOURS_A_DAY < (run.incubation_hours or 0):
        return f"report {report.number} spans {days} days"
    return ""


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


def endotoxin_runs(selection: Selection) -> Iterator[RunFacts]:
    """The tested runs whose value, or whose limit, is in a unit of endotoxin."""
    for item in selection.criteria:
        for run in selection.tested(item):
            if _is_endotoxin(item.criterion.unit) or _is_endotoxin(run.unit):
                yield run


def _is_endotoxin(unit: str) -> bool:
    return unit in UNITS and UNITS[unit].kind.startswith("endotoxin")


def block_endotoxin(selection: Selection, now: datetime) -> Iterator[Block]:
    """USP <85>: a value counts with the dilution and the spike that show the test to be valid.

    The endotoxin formulas check both; of an outside test the signed report states it.
    """
    for run in endotoxin_runs(selection):
        if why := _why_unproven(run):
            message = f"Endotoxin run {run.number} is not shown to be valid: {why}."
            yield make_block(selection.lot, "endotoxin_unproven", message, f"run {run.number}")


def _why_unproven(run: RunFacts) -> str:
    if run.laboratory is not None:
        report = run.report
        if report is None:
            return f"no report of laboratory {run.laboratory.code} is recorded"
        if not (report.number.strip() and report.signed_by.strip() and report.evidence):
            return "the report of the laboratory lacks its number, its signer or its file"
        if report.controls is not ControlsStatement.ACCEPTABLE:
            return f"report {report.number} does not state that the controls were acceptable"
        return ""
    if run.formula in ENDOTOXIN_FORMULAS:
        return ""
    return (
        f"method {run.method} version {run.method_version} calculates by no endotoxin formula, "
        "which would check the dilution and the recovery of the spike"
    )


def runs_made_here(selection: Selection) -> Iterator[RunFacts]:
    """The tested runs that were neither made outside nor transcribed from paper."""
    for run in selection.all_tested():
        if run.laboratory is None and not run.from_paper:
            yield run


def block_equipment(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 211.160(b)(4): what a run used was calibrated and in date when it was used."""
    lot = selection.lot
    for run in runs_made_here(selection):
        day, record = performed_on(lot, run), f"run {run.number}"
        if why := why_not_calibrated(run.instrument, day):
            message = f"Run {run.number} of {day} ({lot.zone}) cannot be relied on: {why}."
            yield make_block(lot, "instrument_not_calibrated", message, record)
        named = {media.material.casefold() for media in run.media}
        if missing := [name for name in run.method_media if name.casefold() not in named]:
            message = f"Run {run.number} names no lot of {', '.join(missing)}, which it needs."
            yield make_block(lot, "reagent_unrecorded", message, record)
        for media in run.media:
            yield from _block_media(lot, run, media, day)


def _block_media(lot: LotFacts, run: RunFacts, media: MediaFacts, day: date) -> Iterator[Block]:
    record = f"reagent {media.material} lot {media.number}"
    if media.expires_on < day:
        message = (
            f"Run {run.number} used {media.material} lot {media.number} on {day} ({lot.zone}), "
            f"after its last day of use, {media.expires_on}."
        )
        yield make_block(lot, "reagent_expired", message, record)
    if media.recalled:
        message = (
            f"{media.material} lot {media.number}, used in run {run.number}, was recalled: "
            f"{media.recalled.strip().rstrip('.')}."
        )
        yield make_block(lot, "reagent_recalled", message, record)


def block_competence(selection: Selection, now: datetime) -> Iterator[Block]:
    """21 CFR 211.25(a): who performed a test was trained for it, or qualified as a laboratory."""
    lot = selection.lot
    for run in selection.all_tested():
        day, record = performed_on(lot, run), f"run {run.number}"
        if run.laboratory is not None:
            if why := _why_not_qualified(run, day):
                message = f"Run {run.number} was performed outside on {day} ({lot.zone}): {why}."
                yield make_block(lot, "laboratory_not_qualified", message, record)
        elif not run.from_paper and not is_trained(run, day):
            who = run.performed_by_name or "an analyst who is not named"
            message = (
                f"Run {run.number} was performed on {day} ({lot.zone}) by {who}, for whom no "
                f"signed training on method {run.method} version {run.method_version} covers that "
                "day."
            )
            yield make_block(lot, "analyst_untrained", message, record)


def is_trained(run: RunFacts, day: date) -> bool:
    return bool(run.performed_by) and covers_day(run.training, day)


def covers_day(training: Iterable[TrainingFacts], day: date) -> bool:
    """Whether one of the trainings, with its document and signature, held on ``day``."""
    return any(
        one.trained_on <= day
        and (one.valid_until is None or day <= one.valid_until)
        and one.document.strip()
        and one.signed_by.strip()
        for one in training
    )


def _why_not_qualified(run: RunFacts, day: date) -> str:
    laboratory = run.laboratory
    assert laboratory is not None
    name = f"laboratory {laboratory.code} ({laboratory.name})"
    first, last = laboratory.qualified_from, laboratory.qualified_until
    if first is None or last is None:
        return f"{name} has no qualification on record"
    if not (laboratory.document.strip() and laboratory.signed_by.strip()):
        return f"the qualification of {name} lacks its document or its signature"
    if not first <= day <= last:
        return f"{name} is qualified from {first} to {last} only"
    return ""


def block_unreviewed(selection: Selection, now: datetime) -> Iterator[Block]:
    """A second person checked the final version of every result that counts, and its source."""
    lot = selection.lot
    for run in selection.counted():
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
        if run.reviewed_by is not None and (why := _why_not_compared(run)):
            message = f"Run {run.number} was reviewed by {run.reviewer_name}, but {why}."
            yield make_block(lot, "transcription_unconfirmed", message, record)
        if run.from_paper and needs_review(run) and (why := _why_paper_unverified(run)):
            message = f"Run {run.number} was transcribed from paper, but {why}."
            yield make_block(lot, "paper_unverified", message, record)


def _why_not_compared(run: RunFacts) -> str:
    if run.laboratory is None and not run.from_paper:
        return ""
    source = run.paper if run.from_paper else run.report
    what = "scan" if run.from_paper else "report of the laboratory"
    if source is None or not source.evidence:
        return f"no {what} is recorded that it could be compared with"
    if run.compared_with != source.evidence:
        return f"not compared with the {what} that is on record"
    return ""


def _why_paper_unverified(run: RunFacts) -> str:
    paper = run.paper
    if paper is None:
        return "no transcription with its scan is recorded"
    if not paper.verified_by:
        return f"transcription {paper.number} is not verified by a second person"
    if paper.verified_by in run.recorders:
        name = paper.verifier_name
        return f"transcription {paper.number} was verified by {name}, who recorded data of the run"
    if paper.go_live_on is None:
        return "its site has declared no go-live date"
    if paper.dated_on >= paper.go_live_on:
        return f"it is dated {paper.dated_on}, and from {paper.go_live_on} on the site records here"
    return ""
