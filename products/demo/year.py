"""The house's year: lots whose values move, so that a chart of them shows it.

Particles per millilitre of the amniotic product fall until a lot no longer meets its limit; the
ratio of the placental one falls with the age of its column; the viability of the parent cells of
MSC comes near its limit. Every number is an example of our own within limits of the demo.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from products.demo.house import House
from products.demo.laboratory import (
    DemoLot,
    confirm,
    incubate,
    perform,
    perform_usual,
    reject,
    release,
    review,
)
from products.demo.making import amniotic, msc, nebulised, placental
from products.demo.readings import Readings, counts, endotoxin, particles, ratio, value


@dataclass(frozen=True, slots=True)
class Made:
    """A lot made so many days ago, and what of it reads otherwise than usual."""

    number: str
    days_ago: int
    readings: Mapping[str, Readings]
    is_decided: bool = True


def _particles(*texts: str) -> dict[str, Readings]:
    return {"FINAL-PARTICLES": particles(*texts, dilution="100")}


def _ratio(*texts: str, protein: str) -> dict[str, Readings]:
    return {"FINAL-RATIO": ratio(*texts, dilution="100", protein=protein)}


def _viability(*live_and_dead: tuple[str, str]) -> dict[str, Readings]:
    return {"CELLS-VIABILITY": counts(*live_and_dead)}


AMNIOTIC_UNTIL_THE_TIGHTER_LIMIT = (
    Made("AMF-005", 318, _particles("3.86E7", "3.94E7", "3.81E7")),
    Made("AMF-006", 290, _particles("3.79E7", "3.70E7", "3.83E7")),
    Made("AMF-007", 262, _particles("3.66E7", "3.74E7", "3.61E7")),
    Made("AMF-008", 234, _particles("3.62E7", "3.55E7", "3.67E7")),
    Made("AMF-009", 206, _particles("3.48E7", "3.57E7", "3.44E7")),
    Made("AMF-010", 190, _particles("3.51E7", "3.42E7", "3.46E7")),
    Made("AMF-011", 158, _particles("3.37E7", "3.45E7", "3.31E7")),
    Made("AMF-012", 120, _particles("3.33E7", "3.24E7", "3.29E7")),
)
AMNIOTIC_SINCE = (
    Made("AMF-013", 45, _particles("2.71E7", "2.64E7", "2.77E7")),
    Made("AMF-014", 33, _particles("2.46E7", "2.53E7", "2.41E7")),
    Made("AMF-015", 21, _particles("2.19E7", "2.26E7", "2.14E7"), is_decided=False),
)
PLACENTAL = (
    Made("PLA-017", 312, _ratio("2.14E8", "2.09E8", "2.17E8", protein="3.3")),
    Made("PLA-018", 265, _ratio("2.10E8", "2.06E8", "2.13E8", protein="3.4")),
    Made("PLA-019", 215, _ratio("2.03E8", "2.08E8", "1.99E8", protein="3.6")),
    Made("PLA-020", 162, _ratio("1.98E8", "1.94E8", "2.01E8", protein="3.8")),
    Made("PLA-021", 118, _ratio("1.91E8", "1.96E8", "1.88E8", protein="4.1")),
    Made("PLA-022", 32, _ratio("2.11E8", "2.07E8", "2.15E8", protein="3.5"), is_decided=False),
)


def add_past_lots(house: House) -> None:
    """Those finished before methods and limits changed: made first, as they were."""
    for made in AMNIOTIC_UNTIL_THE_TIGHTER_LIMIT:
        _complete(amniotic(house, made.number, made.days_ago), made)
    for made in PLACENTAL:
        _complete(placental(house, made.number, made.days_ago), made)
    _too_few_in_the_range(house)


def add_recent_lots(house: House) -> None:
    """Those of the last weeks, with all that still waits for somebody."""
    for made in AMNIOTIC_SINCE:
        _complete(amniotic(house, made.number, made.days_ago), made)
    _too_few_particles(house)
    _incubation_overdue(house)
    _incubation_that_ends(house)
    _to_be_reviewed(house)


def _complete(lot: DemoLot, made: Made) -> None:
    perform_usual(lot, given=made.readings)
    review(lot)
    if made.is_decided:
        release(lot)


def _too_few_in_the_range(house: House) -> None:
    lot = nebulised(house, "NEB-005", 130)
    perform_usual(lot, "FINAL-ENDOTOXIN", "FINAL-PARTICLES")
    perform(lot, "BULK-50-400", value("88.6"))
    review(lot)
    confirm(lot, "Aggregates after a slow thaw; the count was repeated on the same dilution")
    reject(lot, "Particles of 50 to 400 nm below the limit, confirmed")


def _too_few_particles(house: House) -> None:
    """The end of the drift: under investigation, while the lots before it are in use."""
    lot = amniotic(house, "AMF-016", 14)
    perform_usual(lot, given=_particles("1.96E7", "1.89E7", "1.93E7"))
    review(lot)


def _incubation_overdue(house: House) -> None:
    """Its last reading was due yesterday."""
    lot = placental(house, "PLA-023", 9)
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-ENDOTOXIN")
    review(lot, after=4)
    incubate(lot, "FINAL-STERILITY", looks=(5,))


def _incubation_that_ends(house: House) -> None:
    """Today."""
    lot = placental(house, "PLA-024", 8)
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-RATIO")
    review(lot, after=4)
    incubate(lot, "FINAL-STERILITY", looks=(3, 5))


def _to_be_reviewed(house: House) -> None:
    """Work of the last days: submitted, and one run saved only."""
    particles_of_the_week = _particles("2.31E7", "2.24E7", "2.28E7")
    perform_usual(amniotic(house, "AMF-017", 5), given=particles_of_the_week)

    lot = msc(house, "MSC-006", 10)
    below = _viability(("448", "43"), ("441", "40"))
    perform_usual(lot, "CELLS-VIABILITY", "CELLS-POSITIVE", given=below)
    review(lot, after=6)
    perform_usual(lot, "CELLS-NEGATIVE", "CELLS-STERILITY")

    lot = nebulised(house, "NEB-006", 7)
    perform_usual(lot, "FINAL-PARTICLES", "BULK-50-400")
    perform(lot, "FINAL-ENDOTOXIN", endotoxin("0.009", "0.009"))

    lot = placental(house, "PLA-025", 6)
    perform_usual(lot, "CELLS-VIABILITY", "FINAL-CD63", "FINAL-ENDOTOXIN", "FINAL-RATIO")
    perform_usual(lot, "FINAL-SIZE", is_submitted=False)
