"""Lots whose records were amended: corrected, returned, retracted, void, changed after release."""

from __future__ import annotations

from products.actions.amendments import correct_run
from products.actions.dispositions import recall_lot
from products.actions.notes import add_note
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.demo.files import attach_to_lot, attach_to_run
from products.demo.house import House
from products.demo.laboratory import confirm, perform, perform_usual, release, review
from products.demo.making import amniotic, placental
from products.demo.readings import counts, endotoxin, particles
from products.demo.specifications import approve_tighter_amniotic
from products.domain.amendments import SecondOutcome
from products.domain.readings import ReadingFacts


def add_amended_lots(house: House) -> None:
    _questions_of_the_reviewer(house)
    _registered_twice(house)
    _corrected_in_one_step(house)
    _recalled(house)
    _changed_after_release(house)


def _questions_of_the_reviewer(house: House) -> None:
    """One run is back with its analyst. A slip made the other fail: its correction waits for a
    second signature, and until then the fail counts.
    """
    lot, calendar = placental(house, "PLA-013", 16), house.calendar
    slipped = counts(("417", "222"), ("425", "26"))
    run = perform(lot, "CELLS-VIABILITY", slipped)
    perform_usual(lot, "FINAL-SIZE")
    review(lot, without=["FINAL-SIZE"])
    return_run(
        house.context("reviewer", calendar.at(6, "10:20")),
        run=lot.runs["FINAL-SIZE"],
        comment="Which gate was used for the median? The printout shows two",
    )
    add_note(
        house.context("reviewer", calendar.at(6, "10:30")),
        lot=lot.number,
        run=run,
        text="222 dead cells do not fit the second count. Please look at the counting sheet.",
    )
    sheet = attach_to_run(
        lot,
        run,
        "counting-sheet-PLA-013.txt",
        "Trypan blue count, lot PLA-013, counter CNT-01",
        "Replicate 1: live 417, dead 22",
        "Replicate 2: live 425, dead 26",
        at=calendar.at(5, "09:00"),
    )
    correct_run(
        house.context("analyst", calendar.at(5, "09:30"), "22 dead cells were typed as 222"),
        run=run,
        readings=[ReadingFacts("dead", "22", replicate=1)],
        source_document="Counting sheet of lot PLA-013",
        evidence=sheet,
    )


def _registered_twice(house: House) -> None:
    """Its only run is retracted, as it is of the other lot; then the lot is declared void."""
    lot, calendar = placental(house, "PLA-014", 16), house.calendar
    perform_usual(lot, "FINAL-APPEARANCE")
    batches = attach_to_lot(
        lot,
        "batch-list.txt",
        "Batch list: one lot was made that day, PLA-013",
        at=calendar.at(13, "09:00"),
    )
    retract_run(
        house.context("analyst", calendar.at(13, "09:10"), "The vial was of lot PLA-013"),
        run=lot.runs["FINAL-APPEARANCE"],
        belongs_to="PLA-013",
        evidence=batches,
    )
    sign_second(
        house.context("reviewer", calendar.at(13, "11:00"), "Agrees with the batch list"),
        amendment=f"AM-{lot.number}-1",
        outcome=SecondOutcome.CONFIRMED,
        comment="Batch list compared",
    )
    void_lot(
        house.context("analyst", calendar.at(13, "14:00"), "Registered twice: it is lot PLA-013"),
        lot=lot.number,
    )
    sign_second(
        house.context("quality2", calendar.at(12, "15:00"), "Registered twice, as lot PLA-013"),
        amendment=f"AM-{lot.number}-2",
        outcome=SecondOutcome.CONFIRMED,
        comment="The batch list names one lot",
    )


def _corrected_in_one_step(house: House) -> None:
    """A slip in a passing value; then a tighter specification, which the lot meets as well."""
    lot, calendar = amniotic(house, "AMF-001", 60), house.calendar
    perform(lot, "FINAL-PARTICLES", particles("3.05E7", "3.21E7", "2.98E7", dilution="100"))
    perform_usual(lot, "FINAL-CD63", "FINAL-ENDOTOXIN")
    correct_run(
        house.context("analyst2", calendar.at(57, "09:00"), "3.12E7 was typed as 3.21E7"),
        run=lot.runs["FINAL-PARTICLES"],
        readings=[ReadingFacts("particles", "3.12E7", replicate=2)],
        transcription_error=True,
        source_document="Printout of NTA-01, DEMO-NTA-0601",
    )
    approve_tighter_amniotic(house, 52)
    review(lot)
    change_lot_specification(
        house.context(
            "quality2",
            calendar.at(50, "16:00"),
            "The lot goes to the study that needs the tighter limit; its results were known",
        ),
        lot=lot.number,
        version=2,
    )
    release(lot)


def _recalled(house: House) -> None:
    """Released on a wrong dilution; corrected, it fails, and what was released is recalled."""
    lot, calendar = amniotic(house, "AMF-002", 80), house.calendar
    perform_usual(lot, "FINAL-PARTICLES", "FINAL-CD63")
    run = perform(lot, "FINAL-ENDOTOXIN", endotoxin("0.012", "0.012"))
    review(lot)
    release(lot)
    correct_run(
        house.context("analyst", calendar.at(20, "10:00"), "Dilution 50 was typed as 10"),
        run=run,
        readings=[ReadingFacts("dilution", "50")],
        source_document="Plate layout DEMO-LAL-0802",
    )
    lot.runs = {"FINAL-ENDOTOXIN": run}
    review(lot, after=61, comment="Corrected dilution compared with the plate layout")
    confirm(lot, "The dilution was 50; the product exceeds its limit", after=61)
    recall_lot(
        house.context("quality", calendar.at(18, "11:00"), "Endotoxin above the limit, confirmed"),
        lot=lot.number,
    )


def _changed_after_release(house: House) -> None:
    """The corrected value passes too; that it is not the signed one holds the lot."""
    lot, calendar = amniotic(house, "AMF-003", 78), house.calendar
    perform_usual(lot)
    review(lot)
    release(lot)
    run = lot.runs["FINAL-PARTICLES"]
    correct_run(
        house.context("analyst2", calendar.at(17, "10:00"), "3.21E7 was typed in a wrong field"),
        run=run,
        readings=[ReadingFacts("particles", "3.21E7", replicate=3)],
        source_document="Printout of NTA-01, DEMO-NTA-0803",
    )
    lot.runs = {"FINAL-PARTICLES": run}
    review(lot, after=62, comment="Correction compared with the printout")
