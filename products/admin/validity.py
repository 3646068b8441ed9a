"""Marks of what holds for a time: calibrations, qualifications, trainings, reagents."""

from __future__ import annotations

from datetime import date
from typing import Any, TypeVar

from django.db.models import DateField, Model, QuerySet, Value
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from products.actions.dates import today_in
from products.admin.requests import identity_in
from products.domain.calibration import why_not_calibrated
from products.domain.facts import CalibrationFacts, InstrumentFacts
from products.domain.lots import STATUS_GLYPHS, ReleaseStatus
from products.domain.results import SupportOutcome
from products.models import Instrument, MediaLot
from products.templatetags.exolot import badge

Row = TypeVar("Row", bound=Model)


def today_of(request: HttpRequest) -> date:
    """The present day in the zone of the first site."""
    return today_in(identity_in(request).zone, timezone.now())


def on_day(rows: QuerySet[Row], today: date) -> QuerySet[Row, Any]:
    """Each row with the day on which the list is read, as ``today``."""
    dated: QuerySet[Row, Any] = rows.annotate(today=Value(today, output_field=DateField()))  # type: ignore[assignment]  # a row of the same model
    return dated


def held_from_until(first: date, last: date | None, today: date) -> SafeString:
    """Both days count; without ``last`` there is no end."""
    if today < first:
        return badge("interim", "◔", f"From {first}")
    if last is not None and last < today:
        return badge("expired", "◷", f"Expired on {last}")
    return badge("approved", "✓", f"Until {last}" if last else "Without end")


def calibration_mark(instrument: Instrument, today: date) -> SafeString:
    rows = list(instrument.calibrations.all())
    if not rows:
        return badge("indeterminate", "?", "Never calibrated")
    latest = max(rows, key=lambda row: (row.calibrated_on, row.recorded_at))
    if not why_not_calibrated(_facts(instrument), today):
        return badge("approved", "✓", f"Until {latest.valid_until}")
    if latest.outcome == SupportOutcome.FAILED:
        return badge("fail", "✕", f"Failed on {latest.calibrated_on}")
    return badge("expired", "◷", f"Expired on {latest.valid_until}")


def why_not_fit(instrument: Instrument, today: date) -> str:
    """Why a run of today may not rest on the instrument, empty when it may."""
    return why_not_calibrated(_facts(instrument), today)


def media_mark(media_lot: MediaLot, today: date) -> SafeString:
    if media_lot.recalls.all():
        return badge("recalled", STATUS_GLYPHS[ReleaseStatus.RECALLED], "Recalled")
    if media_lot.expires_on < today:
        return badge("expired", "◷", "Expired")
    return badge("approved", "✓", "In date")


def _facts(instrument: Instrument) -> InstrumentFacts:
    return InstrumentFacts(
        str(instrument.pk),
        instrument.code,
        tuple(
            CalibrationFacts(
                id=str(row.pk),
                calibrated_on=row.calibrated_on,
                valid_until=row.valid_until,
                outcome=row.outcome,
                unreliable_since=row.unreliable_since,
            )
            for row in instrument.calibrations.all()
        ),
    )
