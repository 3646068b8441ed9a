"""Runs: opened for one method on one sample, or set aside before they were submitted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from products.actions.base import Context, action, lock_lot
from products.actions.checks import check_not_future, check_word, check_zone
from products.actions.dates import today_in
from products.actions.lookups import (
    approved_version,
    find_criterion,
    find_instrument,
    find_laboratory,
    find_media_lot,
    find_method,
    find_method_version,
    find_run,
    find_sample,
)
from products.actions.records import insert
from products.domain.errors import InvalidValueError, ResultExistsError, WrongStatusError
from products.domain.lots import Decision
from products.domain.methods import DocumentState
from products.domain.results import SATISFYING, Purpose, RunState
from products.domain.roles import Permission
from products.domain.transcriptions import check_before_go_live
from products.models import (
    Criterion,
    GoLive,
    Instrument,
    Laboratory,
    Lot,
    Method,
    MethodVersion,
    Run,
    RunMedia,
    Sample,
)
from products.queries.runs import runs_that_stand

TRANSCRIBED = "Transcribed from paper"
"""Why a run from paper is entered late."""


@action("run.open", permission=Permission.RECORD)
def open_run(
    context: Context,
    *,
    sample: str,
    purpose: str,
    performed_at: datetime,
    performed_zone: str,
    instrument: str = "",
    laboratory: str = "",
    from_paper: bool = False,
    criterion: str = "",
    method: str = "",
    method_version: int | None = None,
    media: Sequence[tuple[str, str]] = (),
    repeats: str = "",
    late_reason: str = "",
) -> Run:
    """Open a run of one method on one sample; its purpose is stated before its first reading.

    ``criterion`` is a code of the lot's specification version, and brings its method; ``method``
    is named only without one. ``performed_at`` starts any incubation. ``media`` are pairs of
    material and lot number. ``repeats`` is the number of the invalid run that this one repeats.

    A run names the ``instrument`` of the house, or the outside ``laboratory`` that performed it,
    or is ``from_paper`` of before the site's go-live date. Whether that laboratory is qualified is
    judged, and never refused here. On paper a method version may stand that was retired since.

    Raises:
        UnknownReferenceError: a record named here does not exist.
        InvalidValueError: a time in the future, a method that is not approved, a missing reason
            for a late entry, no instrument, or paper that is not of before the go-live date.
        ConflictError: a run from paper, and the site has no signed go-live date
            (``go_live_missing``).
        WrongStatusError: the lot is void, or rejected or recalled and the purpose is release.
        ResultExistsError: the criterion has a run already that was not shown invalid.
    """
    drawn = find_sample(sample)
    lot = lock_lot(context, drawn.lot)
    why = check_word(Purpose, purpose, "purpose")
    check_zone(performed_zone, "performed_zone")
    check_not_future(performed_at, context.at, "The time performed", performed_zone, "performed_at")
    _check_not_void(lot)
    used, outside = _performed_with(instrument, laboratory, from_paper=from_paper)
    if from_paper:
        _check_before_go_live(drawn, performed_at)
    asked = find_criterion(lot, criterion) if criterion else None
    version = _version(asked, method, method_version, from_paper=from_paper)
    repeated = find_run(repeats, "repeats") if repeats else None
    _check_purpose(lot, why, asked, repeated)
    run = Run(
        number=f"{drawn.number}-R{drawn.runs.count() + 1}",
        lot=lot,
        sample=drawn,
        criterion=asked,
        method_version=version,
        purpose=why,
        state=RunState.SAVED,
        repeats=repeated,
        instrument=used,
        laboratory=outside,
        from_paper=from_paper,
        performed_at=performed_at,
        performed_zone=performed_zone,
        late_reason=TRANSCRIBED
        if from_paper
        else _late_reason(context, drawn, performed_at, late_reason),
        recorded_by=context.actor,
    )
    insert(run)
    for material, number in media:
        RunMedia.objects.create(run=run, media_lot=find_media_lot(material, number))
    return run


@action("run.discard", permission=Permission.RECORD)
def discard_run(context: Context, *, run: str) -> Run:
    """Set aside a run that was never submitted; it stays listed with the context's reason.

    Raises:
        WrongStatusError: it was submitted.
        InvalidValueError: no reason.
    """
    found = find_run(run)
    lock_lot(context, found.lot)
    found.refresh_from_db(fields=["state"])
    if found.state != RunState.SAVED:
        raise WrongStatusError(
            f"Run {found.number} is {found.state}: only a saved run is discarded."
        )
    if not context.reason.strip():
        raise InvalidValueError(
            f"State why run {found.number} is discarded.", field="reason", code="reason_missing"
        )
    found.state = RunState.DISCARDED
    found.discard_reason = context.reason
    found.save(update_fields=["state", "discard_reason"])
    return found


def _performed_with(
    instrument: str, laboratory: str, *, from_paper: bool
) -> tuple[Instrument | None, Laboratory | None]:
    """The instrument of the house, or the outside laboratory, or neither on paper."""
    if laboratory.strip():
        if instrument.strip() or from_paper:
            other = "an instrument of this house" if instrument.strip() else "paper of this house"
            raise InvalidValueError(
                f"A run of an outside laboratory rests on its signed report, not on {other} as "
                "well.",
                field="laboratory",
            )
        return None, find_laboratory(laboratory)
    if instrument.strip() or not from_paper:
        if not instrument.strip():
            raise InvalidValueError(
                "Name the instrument, or the outside laboratory that performed the run.",
                field="instrument",
            )
        return find_instrument(instrument), None
    return None, None


def _check_before_go_live(sample: Sample, performed_at: datetime) -> None:
    site = sample.lot.site
    go_live = GoLive.objects.filter(site=site).first()
    try:
        check_before_go_live(
            today_in(site.zone, performed_at), go_live.on if go_live else None, site.name
        )
    except InvalidValueError as error:
        raise InvalidValueError(error.message, code=error.code, field="performed_at") from error


def _version(
    criterion: Criterion | None, method: str, method_version: int | None, *, from_paper: bool
) -> MethodVersion:
    named = _method(criterion, method)
    if from_paper and method_version is not None:
        found = find_method_version(named, method_version, "method")
        if found.state == DocumentState.RETIRED:  # whether it was in force then is judged
            return found
    return approved_version(named, method_version)


def _method(criterion: Criterion | None, method: str) -> Method:
    if criterion is not None:
        if method and method.strip().casefold() != criterion.method.code.casefold():
            raise InvalidValueError(
                f"Criterion {criterion.code} is tested by method {criterion.method.code}, not "
                f"by {method}.",
                field="method",
            )
        return criterion.method
    if not method:
        raise InvalidValueError("Name the criterion, or the method.", field="criterion")
    return find_method(method)


def _check_purpose(
    lot: Lot, purpose: Purpose, criterion: Criterion | None, repeated: Run | None
) -> None:
    if purpose is Purpose.RETEST:
        raise InvalidValueError(
            "A retest names its plan, and retest plans are not kept here yet. Open a repeat of an "
            "invalid run, or a run of purpose investigation.",
            field="purpose",
        )
    if purpose not in SATISFYING:
        return
    if criterion is None:
        raise InvalidValueError(
            f"A run of purpose {purpose.value} names the criterion it is for.", field="criterion"
        )
    _check_decision(lot)
    _check_repeats(lot, purpose, criterion, repeated)
    standing = [run for run in runs_that_stand(lot, criterion) if run != repeated]
    if standing:
        raise ResultExistsError(
            f"Criterion {criterion.code} of lot {lot.number} has run {standing[0].number} already. "
            "A second one is taken only when the first is invalid or was invalidated by a signed "
            "conclusion; for the same measurement choose purpose information or investigation."
        )


def _check_not_void(lot: Lot) -> None:
    if lot.decision == Decision.VOID:
        raise WrongStatusError(
            f"Lot {lot.number} was declared void: it was registered in error. Open the run on the "
            "lot that it belongs to."
        )


def _check_decision(lot: Lot) -> None:
    if lot.decision in {Decision.REJECTED, Decision.RECALLED}:
        raise WrongStatusError(
            f"Lot {lot.number} is {lot.decision}, which is final. Choose purpose information or "
            "investigation."
        )


def _check_repeats(lot: Lot, purpose: Purpose, criterion: Criterion, repeated: Run | None) -> None:
    if purpose is not Purpose.REPEAT:
        if repeated is not None:
            raise InvalidValueError("Only a repeat names the run it repeats.", field="repeats")
        return
    if repeated is None:
        raise InvalidValueError("A repeat names the invalid run that it repeats.", field="repeats")
    if repeated.lot_id != lot.pk or not _is_for(repeated, criterion):
        raise InvalidValueError(
            f"Run {repeated.number} is not a run of criterion {criterion.code} of lot "
            f"{lot.number}.",
            field="repeats",
        )
    if repeated in runs_that_stand(lot, criterion):
        raise ResultExistsError(
            f"Run {repeated.number} is neither invalid nor invalidated by a signed conclusion: it "
            "stands, and is not repeated."
        )


def _is_for(run: Run, criterion: Criterion) -> bool:
    """Also when the lot went to another specification version since."""
    before = run.criterion
    return before is not None and (before.code, before.method_id) == (
        criterion.code,
        criterion.method_id,
    )


def _late_reason(context: Context, sample: Sample, performed_at: datetime, reason: str) -> str:
    allowed = timedelta(hours=sample.lot.site.late_after_hours)
    if context.at - performed_at <= allowed:
        return ""
    if not reason.strip():
        raise InvalidValueError(
            f"The run was performed more than {sample.lot.site.late_after_hours} h before it is "
            "recorded. State why it is entered late.",
            field="late_reason",
            code="late_reason_missing",
        )
    return reason
