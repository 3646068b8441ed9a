"""Any order of decisions and facts: what is stored of a lot is what judging it afresh says."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

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
from products.actions.naming import begin, end
from products.actions.products import assign_profile
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.domain.errors import DomainError
from products.domain.lots import ReleaseStatus
from products.models import Amendment, Hold, Investigation, Lot, Run
from products.queries.checking import stored_differences
from products.queries.lots import lots_at
from tests.records import (
    VIABILITY,
    approved_specification,
    context,
    counted,
    determine,
    lot,
    now,
    people,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
PARENT, CHILD = "EV-26-001", "EV-26-002"
NUMBERS = (PARENT, CHILD)
FINAL = {ReleaseStatus.REJECTED, ReleaseStatus.RECALLED, ReleaseStatus.VOID}

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


def statuses() -> dict[str, str]:
    return dict(lots_at(now()).values_list("number", "status"))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    steps=st.lists(
        st.tuples(st.sampled_from(sorted(STEPS)), st.sampled_from(NUMBERS)),
        min_size=3,
        max_size=8,
    )
)
def test_the_stored_answer_is_what_judging_afresh_says(
    steps: list[tuple[str, str]], two_lots: None
) -> None:
    start = transaction.savepoint()
    try:
        for step, number in [("pass", CHILD), ("review", CHILD), ("release", CHILD), *steps]:
            before = statuses()
            with suppress(DomainError, IndexError):
                STEPS[step](number)
            after = statuses()
            assert list(stored_differences(now())) == [], step
            assert all(after[one] == before[one] for one in NUMBERS if before[one] in FINAL)
    finally:
        transaction.savepoint_rollback(start)


@pytest.fixture
def two_lots() -> None:
    """One made from the other, and a tighter specification that either may be bound to."""
    lot(PARENT, [VIABILITY])
    lot(CHILD, parents=[PARENT])
    approved_specification(criteria=[replace(VIABILITY, lower="99.0")])


def test_a_stored_answer_that_was_tampered_with_is_found(two_lots: None) -> None:
    with transaction.atomic():
        begin("system.test", context(people().admin))
        Lot.objects.filter(number=PARENT).update(
            release_status="rejected", next_status="rejected", blocks=[]
        )
        end()

    assert {one.lot for one in stored_differences(now())} == {PARENT}
