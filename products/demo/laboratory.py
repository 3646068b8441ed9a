"""The daily work on a lot: registering, sampling, testing, reviewing, deciding.

Times follow from the day the lot was made: sampled that afternoon, tested in the two days after,
cultures inoculated the next morning and read eight days later, reviewed the day after that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from uuid import UUID

from products.actions.dispositions import reject_lot, release_lot
from products.actions.investigations import conclude_investigation
from products.actions.lots import register_lot
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import NOTHING_COMPARED, review_results
from products.actions.runs import open_run
from products.actions.samples import draw_sample
from products.demo.calendar import ZONE
from products.demo.house import House
from products.demo.methods import BY_CODE, MEDIA
from products.demo.readings import Readings, cultures, supports, usual
from products.demo.specifications import criteria_of
from products.domain.criteria import Criterion, Stage
from products.domain.investigations import InvestigationOutcome
from products.domain.results import Purpose

CONTAINERS = {
    Stage.PARENT_CELLS: "cryovial, 1 mL",
    Stage.HARVEST: "bottle, 50 mL",
    Stage.BULK: "tube, 5 mL",
    Stage.FINAL_CONTAINER: "vial as filled",
}
NOTHING_GIVEN: Mapping[str, Readings] = MappingProxyType({})
INOCULATED, READ, REVIEWED, DECIDED = 1, 9, 10, 11
"""Days after the making of the lot."""


@dataclass(slots=True)
class DemoLot:
    """A lot under way. ``made`` and ``entered`` here are in days ago; ``samples`` and ``runs`` are
    what it has so far: sample numbers by stage, run numbers by criterion.
    """

    house: House
    number: str
    product: str
    made: int
    entered: int
    series: int
    samples: dict[Stage, str] = field(default_factory=dict)
    runs: dict[str, str] = field(default_factory=dict)

    @property
    def criteria(self) -> dict[str, Criterion]:
        return criteria_of(self.product)


def make_lot(
    house: House,
    number: str,
    *,
    product: str,
    made: int,
    sources: Sequence[str],
    expires: str,
    parents: Sequence[str] = (),
    vials: int = 120,
    entered: int | None = None,
) -> DemoLot:
    """``entered`` None is on the day of its making."""
    calendar = house.calendar
    lot = DemoLot(
        house,
        number,
        product,
        made,
        entered=made if entered is None else entered,
        series=int(number.rpartition("-")[2]),
    )
    register_lot(
        house.context("analyst", calendar.at(lot.entered, "15:00")),
        number=number,
        product=product,
        made_on=calendar.day(made),
        vials=vials,
        sources=sources,
        expires=expires,
        parents=parents,
    )
    return lot


def sample(lot: DemoLot, stage: Stage) -> str:
    """The lot's sample of that stage, drawn on the afternoon of its making."""
    if stage not in lot.samples:
        turn = timedelta(minutes=5 * len(lot.samples))
        drawn_at = lot.house.calendar.at(lot.made, "15:30") + turn
        drawn = draw_sample(
            lot.house.context("analyst", lot.house.calendar.at(lot.entered, "16:00") + turn),
            lot=lot.number,
            stage=stage,
            container=CONTAINERS[stage],
            drawn_at=drawn_at,
            drawn_zone=ZONE,
        )
        lot.samples[stage] = drawn.number
    return lot.samples[stage]


def perform_usual(
    lot: DemoLot,
    *codes: str,
    given: Mapping[str, Readings] = NOTHING_GIVEN,
    is_submitted: bool = True,
) -> None:
    """Perform the tests of those criteria, of all when none is named, with the usual readings.

    ``given`` take the place of usual ones.
    """
    readings = {**usual(lot.product, lot.series), **given}
    for code in codes or lot.criteria:
        if BY_CODE[lot.criteria[code].method].is_culture:
            incubate(lot, code)
        else:
            perform(lot, code, readings[code], is_submitted=is_submitted)


def perform(
    lot: DemoLot,
    code: str,
    readings: Readings,
    *,
    purpose: Purpose = Purpose.RELEASE,
    on: Stage | None = None,
    hours_late: int = 0,
    is_submitted: bool = True,
    instrument: str = "",
    media: Sequence[tuple[str, str]] = (),
) -> str:
    """One run, on the sample of the criterion's stage unless ``on`` names another.

    ``instrument`` takes the place of the usual one.
    """
    criterion = lot.criteria[code]
    method = BY_CODE[criterion.method]
    number = len(lot.runs)
    performed_at = lot.house.calendar.at(lot.made - 1 - number % 2, "09:30") + timedelta(
        minutes=20 * (number // 2)
    )
    recorded_at = performed_at + timedelta(minutes=40, hours=hours_late)
    analyst = "analyst" if number % 2 else "analyst2"
    run = open_run(
        lot.house.context(analyst, recorded_at),
        sample=sample(lot, on or criterion.stage),
        purpose=purpose,
        performed_at=performed_at,
        performed_zone=ZONE,
        instrument=instrument or method.instrument,
        criterion=code,
        media=media,
        late_reason="The notebook was with the reviewer" if hours_late else "",
    ).number
    if is_submitted:
        submits = lot.house.context(analyst, recorded_at + timedelta(minutes=5))
        submit_run(submits, run=run, readings=readings)
    else:
        save_readings(lot.house.context(analyst, recorded_at), run=run, readings=readings)
    lot.runs[code if purpose is Purpose.RELEASE else f"{code} {purpose.value}"] = run
    return run


def incubate(
    lot: DemoLot,
    code: str,
    *,
    grown: str = "",
    is_supported: bool = True,
    looks: Sequence[int] = (READ,),
    began: int = INOCULATED,
    repeats: str = "",
    media: Sequence[tuple[str, str]] = MEDIA,
) -> str:
    """A culture test, begun and looked at on those days after the making of the lot.

    ``grown`` is the vessel that shows growth; each look is submitted.
    """
    house, criterion = lot.house, lot.criteria[code]
    began_at = house.calendar.at(lot.made - began, "10:00")
    run = open_run(
        house.context("analyst2", began_at + timedelta(minutes=15)),
        sample=sample(lot, criterion.stage),
        purpose=Purpose.REPEAT if repeats else Purpose.RELEASE,
        performed_at=began_at,
        performed_zone=ZONE,
        instrument=BY_CODE[criterion.method].instrument,
        criterion=code,
        media=media,
        repeats=repeats,
    ).number
    documents = supports(lot.product, house.calendar.at(300, "12:00")) if is_supported else ()
    for look in looks:
        read_at = house.calendar.at(lot.made - look, "14:00")
        submit_run(
            house.context("analyst2", read_at + timedelta(minutes=15)),
            run=run,
            readings=cultures(read_at, grown),
            supports=documents,
        )
        documents = ()
    lot.runs[code] = run
    return run


def review(
    lot: DemoLot,
    *,
    without: Collection[str] = (),
    after: int = REVIEWED,
    comment: str = "",
    compared: Mapping[str, UUID] = NOTHING_COMPARED,
) -> None:
    """One signature over the results of all criteria tested so far, but ``without``."""
    review_results(
        lot.house.context("reviewer", lot.house.calendar.at(lot.made - after, "10:00"), "Reviewed"),
        lot=lot.number,
        runs=[run for code, run in lot.runs.items() if code not in without],
        comment=comment,
        compared=compared,
    )


def release(lot: DemoLot, after: int = DECIDED) -> None:
    release_lot(
        lot.house.context(
            "quality",
            lot.house.calendar.at(lot.made - after, "11:00"),
            "Meets its specification; batch record checked",
        ),
        lot=lot.number,
    )


def reject(lot: DemoLot, reason: str, after: int = DECIDED) -> None:
    reject_lot(
        lot.house.context("quality", lot.house.calendar.at(lot.made - after, "11:00"), reason),
        lot=lot.number,
    )


def confirm(lot: DemoLot, reason: str, after: int = REVIEWED) -> None:
    """Conclude the lot's first investigation: the result stands."""
    conclude_investigation(
        lot.house.context("quality2", lot.house.calendar.at(lot.made - after, "16:00"), reason),
        investigation=f"INV-{lot.number}-1",
        outcome=InvestigationOutcome.CONFIRMED,
    )
