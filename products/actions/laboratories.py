"""Actions on outside laboratories: registered, qualified, and what their reports state."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_word
from products.actions.dates import check_day_not_future, check_days_in_order, today_in
from products.actions.duties import check_did_not_review
from products.actions.locks import lock
from products.actions.lookups import find_evidence, find_laboratory, find_run
from products.actions.records import insert, insert_once
from products.actions.results import check_recordable
from products.actions.signing import sign
from products.actions.sites import home_zone
from products.domain.errors import InvalidValueError
from products.domain.laboratories import ControlsStatement
from products.domain.results import RunState
from products.domain.roles import Permission
from products.models import (
    Evidence,
    Laboratory,
    LaboratoryQualification,
    OutsideReport,
    Run,
)
from products.queries.runs import result_in_effect


@action("laboratory.register", permission=Permission.REGISTER)
def register_laboratory(context: Context, *, code: str, name: str, address: str) -> Laboratory:
    """Register an outside laboratory. Until quality qualifies it, its results block.

    Raises:
        InvalidValueError: a missing code, name or address.
        DuplicateError: the code was used already.
    """
    laboratory = Laboratory(
        code=code.strip(),
        name=name.strip(),
        address=address.strip(),
        recorded_by=context.actor,
    )
    insert_once(
        laboratory,
        Laboratory.objects.filter(code__iexact=laboratory.code),
        lambda taken: (
            f"Laboratory code {laboratory.code} was used already (as {taken.code}) and is never "
            "reused."
        ),
        "code",
    )
    return laboratory


@action("laboratory.qualify", permission=Permission.APPROVE, signed=True)
def qualify_laboratory(
    context: Context,
    *,
    laboratory: str,
    qualified_from: date,
    qualified_until: date,
    document: str,
) -> LaboratoryQualification:
    """Sign that a laboratory is qualified (21 CFR 211.22(a)); the latest signature is in effect.

    Both days count as qualified. ``document`` is the number of the audit report or quality
    agreement. A new version may end the qualification earlier than the one before: every lot with a
    run of the laboratory is judged again.

    Raises:
        UnknownReferenceError: there is no such laboratory.
        InvalidValueError: it would end before it begins, or no document.
    """
    found = find_laboratory(laboratory)
    check_days_in_order(
        qualified_from, qualified_until, "The qualification would run", "qualified_until"
    )
    lock(f"qualifications of laboratory {found.pk}")
    row = LaboratoryQualification(
        laboratory=found,
        version=found.qualifications.count() + 1,
        qualified_from=qualified_from,
        qualified_until=qualified_until,
        document=document.strip(),
    )
    row.signature = sign(
        context,
        record_kind="laboratory_qualification",
        record_id=row.pk,
        meaning="Qualified as outside laboratory",
        zone=home_zone(),
        content={
            "laboratory": found.code,
            "name": found.name,
            "address": found.address,
            "version": row.version,
            "qualified_from": row.qualified_from,
            "qualified_until": row.qualified_until,
            "document": row.document,
        },
    )
    insert(row)
    runs = found.runs.exclude(state=RunState.DISCARDED)
    context.touched.update(runs.values_list("lot", flat=True))
    return row


@action("report.record", permission=Permission.RECORD)
def record_report(
    context: Context,
    *,
    run: str,
    report_number: str,
    reported_on: date,
    signed_by: str,
    system: str,
    controls: str,
    evidence: UUID,
    controls_text: str = "",
    started_on: date | None = None,
    ended_on: date | None = None,
) -> OutsideReport:
    """Transcribe what an outside laboratory's signed report states beside the values.

    ``evidence`` is the report's file, attached to this run. ``signed_by`` and ``system`` are as
    printed, ``controls`` is what the report says of the controls (`ControlsStatement`),
    ``controls_text`` its words; ``started_on`` and ``ended_on`` are the days of the test, None when
    it prints none. A report recorded again, as when the laboratory amends it, takes the place of
    the one before, which stays in the record; after the final result that needs a reason.

    Raises:
        UnknownReferenceError: there is no such run or file.
        WrongStatusError: the run was discarded or retracted, or its lot is void.
        InvalidValueError: the run is of no outside laboratory, the file is attached elsewhere,
            contradictory days, an unknown statement on controls, or a missing reason.
        SeparationOfDutiesError: the actor reviewed the result.
    """
    found = find_run(run)
    check_recordable(found, lock_lot(context, found.lot))
    _check_takes_report(context, found)
    zone = found.lot.site.zone
    check_day_not_future(reported_on, today_in(zone, context.at), "The report", "reported_on")
    if started_on is not None:
        check_days_in_order(started_on, ended_on or reported_on, "The test ran", "ended_on")
    if ended_on is not None and ended_on > reported_on:
        raise InvalidValueError(
            f"The report is dated {reported_on}, before the end of the test that it reports "
            f"({ended_on}).",
            field="reported_on",
        )
    report = OutsideReport(
        run=found,
        sequence=found.reports.count() + 1,
        report_number=report_number.strip(),
        reported_on=reported_on,
        signed_by=signed_by.strip(),
        system=system.strip(),
        controls=check_word(ControlsStatement, controls, "controls"),
        controls_text=controls_text.strip(),
        started_on=started_on,
        ended_on=ended_on,
        evidence=_report_file(found, evidence),
        recorded_by=context.actor,
    )
    insert(report)
    return report


def _check_takes_report(context: Context, run: Run) -> None:
    if run.laboratory is None:
        raise InvalidValueError(
            f"Run {run.number} was performed in this house; only a run of an outside laboratory "
            "has a report.",
            field="run",
        )
    check_did_not_review(context, run)
    result = result_in_effect(run)
    if result is not None and result.final and not context.reason.strip():
        raise InvalidValueError(
            f"The result of run {run.number} is final. State why its report is recorded now.",
            field="reason",
            code="reason_missing",
        )


def _report_file(run: Run, key: UUID) -> Evidence:
    file = find_evidence(key)
    if file.run_id != run.pk:
        raise InvalidValueError(
            f"The file {file.name} is not attached to run {run.number}. Attach the report to the "
            "run, then record it.",
            field="evidence",
        )
    return file
