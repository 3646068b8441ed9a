"""What the house works with: instruments, media, methods in force, trained analysts."""

from __future__ import annotations

from collections.abc import Collection

from products.actions.equipment import (
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.actions.methods import (
    approve_method_version,
    draft_method_version,
    register_method,
)
from products.actions.training import record_training
from products.demo.house import House
from products.demo.methods import AEROBIC, ANAEROBIC, BY_CODE, INCUBATION_HOURS, MEDIA, METHODS
from products.domain.results import SupportOutcome

ANALYSTS = ("analyst", "analyst2")

LAPSING = {("analyst", "TEM"): -19, ("analyst2", "TRILINEAGE"): -8}
"""Trainings with an end, in days ago."""

INSTRUMENTS = {
    "BTA-01": "Automated culture system",
    "CNT-01": "Cell counter",
    "CYT-01": "Karyotyping station",
    "FCM-01": "Flow cytometer",
    "IMG-01": "Blot imager",
    "LAL-01": "Kinetic plate reader",
    "MIC-01": "Inverted microscope",
    "NFC-01": "Nano-flow cytometer",
    "NTA-01": "Nanoparticle tracking analyser",
    "PCR-01": "Real-time cycler",
    "PCR-02": "Fragment analyser",
    "PLR-01": "Plate reader",
    "TEM-01": "Electron microscope",
    "VIS-01": "Inspection booth",
}


def add_methods(house: House) -> None:
    calendar = house.calendar
    for serial, (code, model) in enumerate(INSTRUMENTS.items(), 1):
        register_instrument(
            house.context("analyst", calendar.at(490, "09:00")),
            code=code,
            model=model,
            serial_number=f"DEMO-{serial:04}",
        )
        record_calibration(
            house.context("analyst", calendar.at(487, "09:00")),
            instrument=code,
            calibrated_on=calendar.day(487),
            valid_until=calendar.day(-120),
            outcome=SupportOutcome.PASSED,
            document=f"DEMO-CAL-{serial:04}",
        )
    for material, number in MEDIA:
        register_media_lot(
            house.context("analyst", calendar.at(490, "09:30")),
            material=material,
            number=number,
            manufacturer="Demo supplier",
            expires_on=calendar.day(-120),
        )
    for method in METHODS:
        register_method(
            house.context("quality", calendar.at(489, "10:00")),
            code=method.code,
            name=method.name,
            attribute=method.attribute,
            category=method.category,
            family=method.family,
        )
        approve_next_version(house, method.code, 488)


def approve_next_version(
    house: House,
    code: str,
    days_ago: int,
    version: int = 1,
    trained: Collection[str] = ANALYSTS,
) -> None:
    """Draft in the morning, approve at three by another person, then train."""
    draft_next_version(house, code, days_ago, version)
    calendar = house.calendar
    approve_method_version(
        house.context("quality2", calendar.at(days_ago, "15:00"), "Procedure checked"),
        method=code,
        version=version,
    )
    for analyst in trained:
        train(house, analyst, code, days_ago, version)


def draft_next_version(house: House, code: str, days_ago: int, version: int = 1) -> None:
    method, calendar = BY_CODE[code], house.calendar
    draft_method_version(
        house.context("quality", calendar.at(days_ago, "10:00")),
        method=code,
        document=f"DEMO-SOP-{code} v{version}; {method.chosen}",
        formula=method.formula,
        unit=method.unit,
        replicates=method.replicates,
        incubation_hours=INCUBATION_HOURS if method.is_culture else None,
        media=(AEROBIC, ANAEROBIC) if method.is_culture else (),
        loq=method.loq,
        max_cv_percent=method.max_cv_percent,
        minimum_count=method.minimum_count,
        sensitivity=method.sensitivity,
        min_recovery_percent=method.min_recovery_percent,
        max_recovery_percent=method.max_recovery_percent,
        min_correlation=method.min_correlation,
    )


def train(house: House, analyst: str, code: str, days_ago: int, version: int = 1) -> None:
    person = house.account(analyst).person
    lapses = LAPSING.get((analyst, code))
    assert person is not None  # analysts are people
    record_training(
        house.context("quality", house.calendar.at(days_ago, "16:00"), "Performed it under eyes"),
        person=person.pk,
        method=code,
        version=version,
        trained_on=house.calendar.day(days_ago),
        document=f"DEMO-TR-{analyst}-{code}-{version}",
        valid_until=None if lapses is None else house.calendar.day(lapses),
    )
