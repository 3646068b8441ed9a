"""Lots whose results rest on more than readings: reports, paper, instruments, parents, holds."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from products.actions.equipment import (
    recall_media,
    record_calibration,
    register_instrument,
    register_media_lot,
)
from products.actions.go_live import declare_go_live
from products.actions.holds import place_hold
from products.actions.laboratories import (
    qualify_laboratory,
    record_report,
    register_laboratory,
)
from products.actions.readings import save_readings, submit_run
from products.actions.runs import open_run
from products.actions.transcriptions import transcribe, verify_transcription
from products.demo.calendar import SITE, ZONE
from products.demo.files import attach_to_run
from products.demo.house import House
from products.demo.laboratory import (
    DemoLot,
    incubate,
    perform,
    perform_usual,
    release,
    review,
    sample,
)
from products.demo.making import amniotic, nebulised, placental, refilled
from products.demo.methods import AEROBIC
from products.demo.readings import usual, word
from products.demo.registers import approve_next_version, train
from products.domain.amendments import SecondOutcome
from products.domain.holds import HoldKind
from products.domain.laboratories import ControlsStatement
from products.domain.readings import ReadingFacts
from products.domain.results import Purpose, SupportOutcome
from products.domain.transcriptions import TranscriptionKind

FIRST_DAY = 320
"""The go-live of the site, in days ago: what was tested before is on paper."""
ANTIBODY = ("anti-CD63 antibody", "DEMO-AB-0063")
OLD_BOTTLES = (AEROBIC, "AB-3902")
SPARE_CYTOMETER = "NFC-02"
NORTHFIELD, HARBOUR = "LAB-N", "LAB-H"
"""Two laboratories outside; the qualification of the second ended."""


def declare_first_day(house: House) -> None:
    declare_go_live(
        house.context(
            "quality",
            house.calendar.at(FIRST_DAY, "09:00"),
            "From this day on records are kept here",
        ),
        site=SITE,
        on=house.calendar.day(FIRST_DAY),
    )


def add_lots_with_grounds(house: House) -> None:
    _on_paper_and_held_for_an_authority(house)
    _add_laboratories(house)
    _tested_outside(house)
    _unfit_equipment_and_untrained(house)
    _reagent_recalled(house)
    _filled_from_other_lots(house)


def _on_paper_and_held_for_an_authority(house: House) -> None:
    lot, calendar = nebulised(house, "NEB-004", 330, entered=FIRST_DAY - 2), house.calendar
    scans = [
        _transcribe(lot, "BULK-CD63", "positive"),
        _transcribe(lot, "FINAL-MYCOPLASMA", "negative"),
    ]
    verify_transcription(
        house.context("quality2", calendar.at(FIRST_DAY - 4, "15:00"), "Compared with the scan"),
        transcription="TR-1",
        outcome=SecondOutcome.CONFIRMED,
        comment="Agrees with the scan",
    )
    review(lot, after=15, compared=dict(zip(lot.runs.values(), scans, strict=True)))
    place_hold(
        house.context(
            "quality", calendar.at(26, "14:20"), "Samples and the protocols of all tests were asked"
        ),
        lot=lot.number,
        kind=HoldKind.OFFICIAL,
        reference="DEMO-AUTHORITY-0003",
    )


def _transcribe(lot: DemoLot, code: str, text: str) -> UUID:
    """A run on paper of the day after the making; returns the id of its scan."""
    house, calendar = lot.house, lot.house.calendar
    entered_at = calendar.at(lot.entered - 1, "10:00") + timedelta(minutes=30 * len(lot.runs))
    run = open_run(
        house.context("analyst", entered_at),
        sample=sample(lot, lot.criteria[code].stage),
        purpose=Purpose.RELEASE,
        performed_at=calendar.at(lot.made - 1, "11:00"),
        performed_zone=ZONE,
        from_paper=True,
        criterion=code,
    ).number
    save_readings(house.context("analyst", entered_at), run=run, readings=word(text))
    scan = attach_to_run(
        lot,
        run,
        f"scan-{run}.pdf",
        f"Notebook DEMO-NB-0004, lot {lot.number}",
        f"{lot.criteria[code].attribute}: {text}",
        at=entered_at,
    )
    transcribe(
        house.context("analyst", entered_at),
        kind=TranscriptionKind.RUN,
        key=run,
        signatory="M. Okafor",
        dated_on=calendar.day(lot.made - 2),
        evidence=scan,
    )
    submit_run(house.context("analyst", entered_at + timedelta(minutes=5)), run=run)
    lot.runs[code] = run
    return scan


def _add_laboratories(house: House) -> None:
    calendar = house.calendar
    for code, name, last_day in (
        (NORTHFIELD, "Northfield Microbiology (demo)", -300),
        (HARBOUR, "Harbour Proteomics (demo)", 40),
    ):
        register_laboratory(
            house.context("quality", calendar.at(402, "09:00")),
            code=code,
            name=name,
            address="1 Demo Street, Cambridge",
        )
        qualify_laboratory(
            house.context("quality2", calendar.at(400, "15:00"), "Audited; no open finding"),
            laboratory=code,
            qualified_from=calendar.day(400),
            qualified_until=calendar.day(last_day),
            document=f"DEMO-AUDIT-{code}",
        )


def _tested_outside(house: House) -> None:
    """One laboratory lost its qualification; the other amended a report that was compared."""
    lot = placental(house, "PLA-015", 24)
    reports = [
        _test_outside(lot, "FINAL-ENDOTOXIN", NORTHFIELD, "0.12"),
        _test_outside(lot, "FINAL-MYCOPLASMA", NORTHFIELD, "not detected"),
        _test_outside(lot, "FINAL-CD63", HARBOUR, "positive"),
    ]
    review(lot, compared=dict(zip(lot.runs.values(), reports, strict=True)))
    run = lot.runs["FINAL-MYCOPLASMA"]
    _record_report(
        lot,
        "FINAL-MYCOPLASMA",
        run,
        "not detected",
        days_ago=11,
        version=2,
        reason="The laboratory amended its report: the sample number was wrong",
    )


def _test_outside(lot: DemoLot, code: str, laboratory: str, text: str) -> UUID:
    """Performed two days after the making, reported five days later; returns the report's id."""
    house, calendar = lot.house, lot.house.calendar
    reported = lot.made - 7
    recorded_at = calendar.at(reported, "14:00")
    run = open_run(
        house.context("analyst", recorded_at),
        sample=sample(lot, lot.criteria[code].stage),
        purpose=Purpose.RELEASE,
        performed_at=calendar.at(lot.made - 2, "10:00"),
        performed_zone=ZONE,
        laboratory=laboratory,
        criterion=code,
        late_reason="Entered when the laboratory had reported",
    ).number
    report = _record_report(lot, code, run, text, days_ago=reported)
    save_readings(
        house.context("analyst", recorded_at),
        run=run,
        readings=[ReadingFacts("reported", text)],
    )
    submit_run(house.context("analyst", recorded_at + timedelta(minutes=10)), run=run)
    lot.runs[code] = run
    return report


def _record_report(
    lot: DemoLot,
    code: str,
    run: str,
    text: str,
    *,
    days_ago: int,
    version: int = 1,
    reason: str = "",
) -> UUID:
    house, calendar = lot.house, lot.house.calendar
    number, at = f"DEMO-REP-{run}-{version}", calendar.at(days_ago, "14:00")
    file = attach_to_run(
        lot,
        run,
        f"{number}.pdf",
        f"Report {number} on lot {lot.number}",
        f"{lot.criteria[code].attribute}: {text}",
        "All controls were acceptable. Signed: T. Novak",
        at=at,
    )
    record_report(
        house.context("analyst", at, reason),
        run=run,
        report_number=number,
        reported_on=calendar.day(days_ago),
        signed_by="T. Novak",
        system="Demo LIMS 4",
        controls=ControlsStatement.ACCEPTABLE,
        controls_text="All controls were acceptable",
        started_on=calendar.day(lot.made - 2),
        ended_on=calendar.day(lot.made - 3),
        evidence=file,
    )
    return file


def _unfit_equipment_and_untrained(house: House) -> None:
    """Each run of this lot lacks something it rests on; the training came three days late."""
    lot, calendar = placental(house, "PLA-016", 12), house.calendar
    register_instrument(
        house.context("analyst", calendar.at(400, "09:00")),
        code=SPARE_CYTOMETER,
        model="Nano-flow cytometer, spare",
        serial_number="DEMO-0015",
    )
    record_calibration(
        house.context("analyst", calendar.at(399, "09:00")),
        instrument=SPARE_CYTOMETER,
        calibrated_on=calendar.day(399),
        valid_until=calendar.day(34),
        outcome=SupportOutcome.PASSED,
        document="DEMO-CAL-0015",
    )
    register_media_lot(
        house.context("analyst", calendar.at(400, "09:30")),
        material=OLD_BOTTLES[0],
        number=OLD_BOTTLES[1],
        manufacturer="Demo supplier",
        expires_on=calendar.day(15),
    )
    approve_next_version(house, "VISUAL", 12, version=2, trained=["analyst"])
    readings = usual(lot.product, lot.series)
    perform(lot, "FINAL-APPEARANCE", readings["FINAL-APPEARANCE"])
    perform(lot, "FINAL-SIZE", readings["FINAL-SIZE"], instrument=SPARE_CYTOMETER)
    incubate(lot, "FINAL-STERILITY", media=[OLD_BOTTLES])
    train(house, "analyst2", "VISUAL", 8, version=2)
    review(lot)


def _reagent_recalled(house: House) -> None:
    lot, calendar = amniotic(house, "AMF-004", 75), house.calendar
    material, number = ANTIBODY
    register_media_lot(
        house.context("analyst", calendar.at(90, "09:30")),
        material=material,
        number=number,
        manufacturer="Demo supplier",
        expires_on=calendar.day(-120),
    )
    perform_usual(lot, "FINAL-PARTICLES", "FINAL-ENDOTOXIN")
    perform(lot, "FINAL-CD63", word("positive"), media=[ANTIBODY])
    review(lot)
    release(lot)
    recall_media(
        house.context("analyst", calendar.at(9, "10:20"), "The supplier found another clone in it"),
        material=material,
        number=number,
        document="DEMO-NOTICE-0009",
    )


def _filled_from_other_lots(house: House) -> None:
    """Of two parents one was rejected since, and its cells were never counted."""
    lot = refilled(house, "PLR-001", 45, "PLA-002", "PLA-009")
    perform_usual(lot, "FINAL-CD63", "FINAL-ENDOTOXIN")
    review(lot)
