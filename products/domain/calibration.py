"""Whether an instrument was calibrated on a given day, with what was found out later."""

from __future__ import annotations

from datetime import date

from products.domain.facts import CalibrationFacts, InstrumentFacts
from products.domain.results import SupportOutcome


def why_not_calibrated(instrument: InstrumentFacts | None, day: date) -> str:
    """Why ``instrument`` is not to be relied on for ``day``; empty when it is.

    Its latest calibration on or before the day passed and still holds, and no failed one shows
    that it had drifted by then (21 CFR 211.160(b)(4)).
    """
    if instrument is None:
        return "it names no instrument"
    name, latest = f"instrument {instrument.code}", None
    for calibration in _oldest_first(instrument):
        if calibration.calibrated_on <= day:
            latest = calibration
    if latest is None:
        return f"{name} has no calibration on or before that day"
    if latest.outcome != SupportOutcome.PASSED:
        return f"{name} did not pass its calibration of {latest.calibrated_on}"
    if latest.valid_until < day:
        return f"the calibration of {name} was valid until {latest.valid_until} only"
    return _why_unreliable(instrument, day)


def _why_unreliable(instrument: InstrumentFacts, day: date) -> str:
    """A failed calibration reaches back to the day it names, else to the last passed one before."""
    passed_on = date.min
    for calibration in _oldest_first(instrument):
        if calibration.outcome == SupportOutcome.PASSED:
            passed_on = calibration.calibrated_on
        elif day <= calibration.calibrated_on:
            since = calibration.unreliable_since or passed_on
            if since <= day:
                return (
                    f"instrument {instrument.code} failed its calibration of "
                    f"{calibration.calibrated_on} and is not to be relied on from "
                    f"{since if since > date.min else 'the beginning'} on"
                )
    return ""


def _oldest_first(instrument: InstrumentFacts) -> list[CalibrationFacts]:
    """Two of one day in the order in which they were recorded, which their ids keep."""
    return sorted(instrument.calibrations, key=lambda found: (found.calibrated_on, found.id))
