"""Actions on instruments and media lots: registered, calibrated, recalled.

Whether an instrument or a medium could be relied on is judged at the day of its use. What becomes
known later changes that answer: every lot with a run that used it is judged again.
"""

from __future__ import annotations

from datetime import date

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.dates import check_day_not_future, check_days_in_order, today_in
from products.actions.lookups import find_instrument, find_media_lot
from products.actions.records import insert, insert_once
from products.actions.sites import home_zone
from products.domain.errors import InvalidValueError
from products.domain.results import RunState, SupportOutcome
from products.domain.roles import Permission
from products.models import Calibration, Instrument, MediaLot, MediaRecall, Run


@action("instrument.register", permission=Permission.REGISTER)
def register_instrument(
    context: Context, *, code: str, model: str, serial_number: str
) -> Instrument:
    """Register an instrument that runs name.

    Raises:
        InvalidValueError: a missing code, model or serial number.
        DuplicateError: the code was used already.
    """
    instrument = Instrument(
        code=code.strip(),
        model=model.strip(),
        serial_number=serial_number.strip(),
        recorded_by=context.actor,
    )
    insert_once(
        instrument,
        Instrument.objects.filter(code__iexact=instrument.code),
        lambda taken: (
            f"Instrument code {instrument.code} was used already (as {taken.code}) and is never "
            "reused."
        ),
        "code",
    )
    return instrument


@action("calibration.record", permission=Permission.REGISTER)
def record_calibration(
    context: Context,
    *,
    instrument: str,
    calibrated_on: date,
    valid_until: date,
    outcome: str,
    document: str,
    unreliable_since: date | None = None,
) -> Calibration:
    """Record a calibration of an instrument (21 CFR 211.160(b)(4)), whenever it was done.

    ``calibrated_on`` and ``valid_until`` both count as valid. ``outcome`` is passed or failed; of a
    failed one ``unreliable_since`` says since when readings are in doubt, None when nobody can
    tell. ``document`` is the number of the certificate. Every lot with a run on the instrument is
    judged again, with all lots made from it.

    Raises:
        UnknownReferenceError: there is no such instrument.
        InvalidValueError: an unknown outcome, a calibration in the future, days in the wrong order,
            or a passed calibration with a day since which the instrument is unreliable.
    """
    found = find_instrument(instrument)
    today = today_in(home_zone(), context.at)
    check_day_not_future(calibrated_on, today, "The calibration", "calibrated_on")
    check_days_in_order(calibrated_on, valid_until, "A calibration is valid", "valid_until")
    how = check_word(SupportOutcome, outcome, "outcome")
    if unreliable_since is not None:
        _check_doubt(how, calibrated_on, unreliable_since)
    row = Calibration(
        instrument=found,
        calibrated_on=calibrated_on,
        valid_until=valid_until,
        outcome=how,
        document=document.strip(),
        unreliable_since=unreliable_since,
        recorded_by=context.actor,
    )
    insert(row)
    runs = Run.objects.filter(instrument=found).exclude(state=RunState.DISCARDED)
    context.touched.update(runs.values_list("lot", flat=True))
    return row


@action("media.register", permission=Permission.REGISTER)
def register_media_lot(
    context: Context, *, material: str, number: str, manufacturer: str, expires_on: date
) -> MediaLot:
    """Register a lot of medium, kit or reagent; ``material`` as methods name it, such as FTM.

    Raises:
        InvalidValueError: a missing material, number or manufacturer.
        DuplicateError: that lot of that material is registered.
    """
    media_lot = MediaLot(
        material=material.strip(),
        number=number.strip(),
        manufacturer=manufacturer.strip(),
        expires_on=expires_on,
        recorded_by=context.actor,
    )
    insert_once(
        media_lot,
        MediaLot.objects.filter(
            material__iexact=media_lot.material, number__iexact=media_lot.number
        ),
        lambda taken: f"{taken.material} lot {taken.number} is registered already.",
        "number",
    )
    return media_lot


@action("media.recall", permission=Permission.REGISTER)
def recall_media(context: Context, *, material: str, number: str, document: str) -> MediaRecall:
    """Record that a lot of medium, kit or reagent was recalled, for the context's reason.

    ``document`` is the number of the recall notice. Every lot with a run that used it is judged
    again, with all lots made from it: what was released goes on hold.

    Raises:
        UnknownReferenceError: there is no such media lot.
        InvalidValueError: no reason, or no document.
    """
    found = find_media_lot(material, number, "number")
    if not context.reason.strip():
        raise InvalidValueError(
            f"State why {found.material} lot {found.number} was recalled.",
            field="reason",
            code="reason_missing",
        )
    row = MediaRecall(
        media_lot=found,
        document=document.strip(),
        reason=context.reason,
        recorded_by=context.actor,
    )
    insert(row)
    runs = Run.objects.filter(media_links__media_lot=found).exclude(state=RunState.DISCARDED)
    context.touched.update(runs.values_list("lot", flat=True))
    return row


def _check_doubt(outcome: SupportOutcome, calibrated_on: date, unreliable_since: date) -> None:
    if outcome is not SupportOutcome.FAILED:
        raise InvalidValueError(
            "Only a failed calibration says since when the instrument is unreliable.",
            field="unreliable_since",
        )
    if unreliable_since > calibrated_on:
        raise InvalidValueError(
            f"The instrument would be unreliable only after the calibration ({calibrated_on}) that "
            "found it so.",
            field="unreliable_since",
        )
