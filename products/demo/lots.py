"""The lots of the demo: each tells one story, together every status and every reason.

Here are those of an ordinary course of work; what was amended and what results rest on follow. The
lots of the `year` stand around them.
"""

from __future__ import annotations

from dataclasses import replace

from products.actions.holds import place_hold
from products.actions.investigations import conclude_investigation
from products.actions.lots import declare_stability_study
from products.demo.amended import add_amended_lots
from products.demo.donors import reopen_determination
from products.demo.grounds import add_lots_with_grounds
from products.demo.house import House
from products.demo.laboratory import (
    confirm,
    incubate,
    make_lot,
    perform,
    perform_usual,
    reject,
    release,
    review,
    sample,
)
from products.demo.making import HALF_YEAR, msc, nebulised, placental
from products.demo.readings import counts, endotoxin, particles, ratio, replicates, usual, value
from products.demo.registers import approve_next_version
from products.demo.year import add_recent_lots
from products.domain.criteria import Stage
from products.domain.investigations import InvestigationOutcome
from products.domain.results import Purpose


def add_lots(house: House) -> None:
    _released_nebulised(house)
    _too_many_particles(house)
    _method_approved_too_late(house)
    _released_msc(house)
    _held_by_a_person(house)
    _incubating(house)
    _wrong_sample_and_no_documents(house)
    _results_that_decide_nothing(house)
    _expired(house)
    _released_after_a_repeat(house)
    _ready_for_release(house)
    _not_reviewed(house)
    _ineligible_donor(house)
    _undetermined_donor(house)
    _without_source(house)
    _endotoxin_under_investigation(house)
    _too_much_protein(house)
    _held_by_a_rule(house)
    _made_from_other_lots(house)
    _under_stability_study(house)
    add_amended_lots(house)
    add_lots_with_grounds(house)
    add_recent_lots(house)


def _released_nebulised(house: House) -> None:
    lot = nebulised(house, "NEB-001", 60)
    perform_usual(lot)
    review(lot)
    release(lot)


def _too_many_particles(house: House) -> None:
    lot = nebulised(house, "NEB-002", 30)
    perform_usual(lot, "FINAL-ENDOTOXIN", "FINAL-MYCOPLASMA")
    overfilled = particles("4.41E7", "4.35E7", "4.52E7", dilution="100")
    perform(lot, "FINAL-PARTICLES", overfilled)
    review(lot)
    confirm(lot, "The concentration step ran too long; no error of the laboratory was found")
    reject(lot, "Particle content above 120 % of the label claim, confirmed")


def _method_approved_too_late(house: House) -> None:
    lot = nebulised(house, "NEB-003", 14)
    perform_usual(lot, "BULK-50-400", "BULK-CD63")
    # Performed in the morning by a version that quality approved only that afternoon.
    approve_next_version(house, "IMMUNE-FC", 13, version=2)
    readings = usual("NEB", lot.series)["BULK-IMMUNE"]
    perform(lot, "BULK-IMMUNE", readings, hours_late=26)
    review(lot)


def _released_msc(house: House) -> None:
    lot = msc(house, "MSC-001", 200)
    perform_usual(lot)
    review(lot)
    release(lot)


def _held_by_a_person(house: House) -> None:
    lot = msc(house, "MSC-002", 40)
    perform_usual(lot, "CELLS-VIABILITY", "CELLS-POSITIVE", "FINAL-INTEGRITY")
    review(lot)
    place_hold(
        house.context(
            "analyst2",
            house.calendar.at(28, "16:10"),
            "Freezer 3 stood at -58 °C for four hours; the effect is being assessed",
        ),
        lot=lot.number,
    )


def _incubating(house: House) -> None:
    lot = msc(house, "MSC-003", 4)
    perform_usual(lot, "CELLS-VIABILITY", "CELLS-ENDOTOXIN")
    review(lot, after=3)
    incubate(lot, "CELLS-STERILITY", looks=(2, 3))
    incubate(lot, "FINAL-STERILITY", looks=(3,))


def _wrong_sample_and_no_documents(house: House) -> None:
    lot = msc(house, "MSC-004", 20)
    perform_usual(lot, "CELLS-VIABILITY")
    perform(lot, "FINAL-SIZE", replicates("133.1", "130.9", "134.6"), on=Stage.BULK)
    incubate(lot, "FINAL-STERILITY", is_supported=False)
    review(lot)


def _results_that_decide_nothing(house: House) -> None:
    lot = msc(house, "MSC-005", 25)
    # Endotoxin without a denominator, as one publication prints it.
    bare = tuple(
        replace(one, unit="[EU]") if one.name == "endotoxin" else one
        for one in endotoxin("0.200", "0.200")
    )
    perform(lot, "CELLS-ENDOTOXIN", bare)
    perform(lot, "CELLS-VIABILITY", counts(("0", "0"), ("0", "0")))
    # Diluted beyond what the limit allows: the test can show nothing.
    perform(lot, "FINAL-ENDOTOXIN", endotoxin("<0.005", "<0.005", dilution="200"))
    perform(lot, "CELLS-POSITIVE", value(">90"))
    oversized = replicates("214.0", "219.3", "216.8")
    perform(lot, "FINAL-SIZE", oversized, purpose=Purpose.INFORMATION)
    review(lot)


def _expired(house: House) -> None:
    lot = placental(house, "PLA-001", 300)
    perform_usual(lot)
    review(lot)
    release(lot)


def _released_after_a_repeat(house: House) -> None:
    month = house.calendar.day(90 - HALF_YEAR)
    lot = make_lot(
        house, "PLA-002", product="PLA", made=90, sources=["TS-0203"], expires=f"{month:%Y-%m}"
    )
    perform_usual(lot, *(code for code in lot.criteria if code != "FINAL-STERILITY"))
    invalid = incubate(lot, "FINAL-STERILITY", grown="AC", looks=(3,))
    review(lot)
    conclude_investigation(
        house.context("quality2", house.calendar.at(79, "16:00"), "Cause found in the isolator"),
        investigation=f"INV-{lot.number}-1",
        outcome=InvestigationOutcome.INVALIDATED,
        cause="A glove of the isolator leaked while the control bottles were filled",
        evidence="DEMO-DEV-0031, glove leak test",
    )
    repeat = incubate(lot, "FINAL-STERILITY", began=12, looks=(20,), repeats=invalid)
    lot.runs = {"FINAL-STERILITY": repeat}
    review(lot, after=21, comment="Repeat of the invalid sterility test")
    release(lot, after=22)


def _ready_for_release(house: House) -> None:
    lot = placental(house, "PLA-003", 20)
    perform_usual(lot)
    review(lot)


def _not_reviewed(house: House) -> None:
    lot = placental(house, "PLA-004", 15)
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-RATIO", "FINAL-ENDOTOXIN")
    review(lot, without=["FINAL-RATIO", "FINAL-ENDOTOXIN"])


def _ineligible_donor(house: House) -> None:
    lot = placental(house, "PLA-005", 80, "TS-0305")
    reject(lot, "Made for training from tissue of an ineligible donor")


def _undetermined_donor(house: House) -> None:
    lot = placental(house, "PLA-006", 12, "TS-0306")
    perform_usual(lot, "CELLS-VIABILITY")
    review(lot)


def _without_source(house: House) -> None:
    lot = make_lot(house, "PLA-007", product="PLA", made=10, sources=[], expires="")
    sample(lot, Stage.FINAL_CONTAINER)


def _endotoxin_under_investigation(house: House) -> None:
    lot = placental(house, "PLA-008", 18)
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-SIZE")
    perform(lot, "FINAL-ENDOTOXIN", endotoxin("0.083", "0.083"))
    review(lot)


def _too_much_protein(house: House) -> None:
    lot = placental(house, "PLA-009", 50)
    perform_usual(lot, "FINAL-CD63", "FINAL-SIZE")
    impure = ratio("1.71E8", "1.66E8", "1.74E8", dilution="100", protein="6.8")
    perform(lot, "FINAL-RATIO", impure)
    review(lot)
    confirm(lot, "The column was overloaded; the measurement was repeated and agrees")
    reject(lot, "Particle to protein ratio below the limit, confirmed")


def _held_by_a_rule(house: House) -> None:
    lot = placental(house, "PLA-010", 70, "TS-0204")
    perform_usual(lot)
    review(lot)
    release(lot)
    reopen_determination(house, "AM-D0204", 21)


def _made_from_other_lots(house: House) -> None:
    lot = make_lot(
        house,
        "PLA-011",
        product="PLA",
        made=13,
        sources=[],
        parents=["PLA-003", "PLA-004"],
        expires=house.calendar.day(13 - HALF_YEAR).isoformat(),
    )
    perform_usual(lot, "FINAL-RATIO")
    review(lot)
    size = usual("PLA", lot.series)["FINAL-SIZE"]
    perform(lot, "FINAL-SIZE", size, is_submitted=False)


def _under_stability_study(house: House) -> None:
    lot = make_lot(house, "PLA-012", product="PLA", made=100, sources=["TS-0203"], expires="")
    declare_stability_study(
        house.context(
            "quality2", house.calendar.at(99, "14:00"), "No shelf life is known at -20 °C yet"
        ),
        lot=lot.number,
        study="DEMO-STAB-0007",
    )
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-APPEARANCE")
    review(lot)
