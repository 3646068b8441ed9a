"""Single steps in the life of a lot, each by the person whose work it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from products.actions.amendments import correct_run
from products.actions.dispositions import (
    acknowledge_changes,
    recall_lot,
    reject_lot,
    release_lot,
)
from products.actions.equipment import record_calibration
from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.actions.products import assign_profile
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.models import Amendment, Hold, Investigation, Run
from tests.records import (
    context,
    counted,
    determine,
    people,
    submitted_run,
    today,
)

PARENT, CHILD = "EV-26-001", "EV-26-002"

Step = Callable[[str], object]


def latest_run(number: str) -> Run:
    return Run.objects.filter(lot__number=number).order_by("-recorded_at")[0]


def reviews(number: str) -> object:
    return review_results(context(people().reviewer), lot=number, runs=[latest_run(number).number])


def corrects(number: str) -> object:
    return correct_run(
        context(people().analyst),
        run=latest_run(number).number,
        readings=counted("990", "10"),
        source_document="LNB-4 p. 12",
    )


def retracts(number: str) -> object:
    return retract_run(
        context(people().analyst),
        run=latest_run(number).number,
        belongs_to="EV-26-009",
        source_document="LNB-4 p. 12",
    )


def signs(outcome: str) -> Step:
    def step(number: str) -> object:
        waiting = Amendment.objects.filter(lot__number=number, second=None)
        return [
            sign_second(
                context(people().quality2), amendment=one.number, outcome=outcome, comment="Seen"
            )
            for one in waiting.filter(needs_second=True)
        ]

    return step


def lifts(number: str) -> object:
    hold = Hold.objects.filter(lot__number=number, lift=None)[0]
    return lift_hold(
        context(people().quality), lot=number, hold=hold.number, reference="FDA-2026-0117-R"
    )


def concludes(number: str) -> object:
    return conclude_investigation(
        context(people().quality),
        investigation=Investigation.objects.filter(lot__number=number, conclusion=None)[0].number,
        outcome="invalidated",
        cause="Dye past its expiry",
        evidence="DEV-7",
    )


def finds_instrument_faulty(number: str) -> object:
    return record_calibration(
        context(people().analyst),
        instrument="NTA-7",
        calibrated_on=today(),
        valid_until=today() + timedelta(days=365),
        outcome="failed",
        document="CAL-9",
        unreliable_since=today(),
    )


STEPS: dict[str, Step] = {
    "pass": lambda number: submitted_run(lot=number),
    "fail": lambda number: submitted_run(lot=number, readings=counted("10", "90")),
    "fail for information": lambda number: submitted_run(
        lot=number, purpose="information", readings=counted("10", "90")
    ),
    "review": reviews,
    "release": lambda number: release_lot(context(people().quality), lot=number),
    "reject": lambda number: reject_lot(context(people().quality), lot=number),
    "recall": lambda number: recall_lot(context(people().quality), lot=number),
    "void": lambda number: void_lot(context(people().analyst), lot=number),
    "hold": lambda number: place_hold(context(people().analyst), lot=number),
    "official hold": lambda number: place_hold(
        context(people().quality), lot=number, kind="official", reference="FDA-2026-0117"
    ),
    "lift": lifts,
    "acknowledge": lambda number: acknowledge_changes(context(people().quality), lot=number),
    "correct": corrects,
    "retract": retracts,
    "confirm": signs("confirmed"),
    "refuse": signs("refused"),
    "return": lambda number: return_run(
        context(people().reviewer), run=latest_run(number).number, comment="Look again"
    ),
    "conclude": concludes,
    "ineligible donor": lambda number: determine("D-0042", "ineligible"),
    "eligible donor": lambda number: determine("D-0042", "eligible"),
    "tighter specification": lambda number: change_lot_specification(
        context(people().quality), lot=number, version=2
    ),
    "first specification": lambda number: change_lot_specification(
        context(people().quality), lot=number, version=1
    ),
    "phase 1": lambda number: assign_profile(
        context(people().quality), product="EXO-1", profile="phase_1_ind"
    ),
    "strict": lambda number: assign_profile(
        context(people().quality), product="EXO-1", profile="strict"
    ),
    "faulty instrument": finds_instrument_faulty,
}
