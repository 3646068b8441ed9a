"""Six donors, known by codes of our own, and what was recovered from them."""

from __future__ import annotations

from datetime import timedelta

from products.actions.donors import determine_donor, register_donor
from products.actions.sources import register_source
from products.demo.calendar import ZONE
from products.demo.house import House
from products.domain.donors import DeterminationOutcome
from products.domain.sources import SourceForm, TissueKind

ELIGIBLE, INELIGIBLE = DeterminationOutcome.ELIGIBLE, DeterminationOutcome.INELIGIBLE
ESTABLISHMENT = "Demo birth tissue programme"

DONORS: tuple[tuple[str, DeterminationOutcome | None], ...] = (
    ("UC-D0101", ELIGIBLE),
    ("UC-D0102", ELIGIBLE),
    ("PL-D0203", ELIGIBLE),
    ("AM-D0204", ELIGIBLE),
    ("PL-D0305", INELIGIBLE),
    ("AF-D0306", None),
)
"""Code and the first determination; the last donor has none yet."""

SOURCES: tuple[tuple[str, str, TissueKind, SourceForm, str], ...] = (
    ("TS-0101", "UC-D0101", TissueKind.UMBILICAL_CORD, SourceForm.TISSUE, ""),
    ("MCB-0101", "UC-D0101", TissueKind.UMBILICAL_CORD, SourceForm.MASTER_CELL_BANK, "TS-0101"),
    ("WCB-0101", "UC-D0101", TissueKind.UMBILICAL_CORD, SourceForm.WORKING_CELL_BANK, "MCB-0101"),
    ("TS-0102", "UC-D0102", TissueKind.WHARTONS_JELLY, SourceForm.TISSUE, ""),
    ("MCB-0102", "UC-D0102", TissueKind.WHARTONS_JELLY, SourceForm.MASTER_CELL_BANK, "TS-0102"),
    ("TS-0203", "PL-D0203", TissueKind.PLACENTA, SourceForm.TISSUE, ""),
    ("TS-0204", "AM-D0204", TissueKind.AMNIOTIC_MEMBRANE, SourceForm.TISSUE, ""),
    ("TS-0305", "PL-D0305", TissueKind.PLACENTA, SourceForm.TISSUE, ""),
    ("TS-0306", "AF-D0306", TissueKind.AMNIOTIC_FLUID, SourceForm.TISSUE, ""),
)
"""Number, donor, kind, form, and the source that a bank was made from."""


def add_donors(house: House) -> None:
    calendar = house.calendar
    registered = calendar.at(480, "09:00")
    for code, outcome in DONORS:
        register_donor(house.context("analyst", registered), code=code)
        if outcome is None:
            continue
        determine_donor(
            house.context("quality2", calendar.at(470, "14:00"), "Screening and tests assessed"),
            donor=code,
            outcome=outcome,
            determined_on=calendar.day(471),
            establishment=ESTABLISHMENT,
            summary_of_records=f"SOR-{code}",
        )
    for number, donor, kind, form, made_from in SOURCES:
        register_source(
            house.context("analyst", registered + timedelta(minutes=30)),
            number=number,
            donor=donor,
            kind=kind,
            recovered_at=calendar.at(482, "11:20"),
            recovery_zone=ZONE,
            form=form,
            made_from=made_from,
        )


def reopen_determination(house: House, donor: str, days_ago: int) -> None:
    """A later determination that is incomplete: released lots of the donor are put on hold."""
    determine_donor(
        house.context(
            "quality2",
            house.calendar.at(days_ago, "15:40"),
            "A specimen was taken nine days after recovery; the summary is being corrected",
        ),
        donor=donor,
        outcome=DeterminationOutcome.INCOMPLETE,
        determined_on=house.calendar.day(days_ago),
        establishment=ESTABLISHMENT,
        summary_of_records="",
    )
