"""Any order of steps: a fail counts until a second person has signed."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from products.actions.amendments import correct_run
from products.actions.readings import save_readings, submit_run
from products.actions.retractions import retract_run
from products.actions.reviews import return_run, review_results
from products.actions.second_signatures import sign_second
from products.domain.amendments import UNDER_INVESTIGATION
from products.domain.errors import DomainError
from products.domain.roles import Role
from products.models import Lot, Run, SecondSignature, User
from products.queries.runs import recorders_of, result_in_effect
from tests.records import (
    VIABILITY,
    context,
    counted,
    lot,
    opened_run,
    people,
    second_account,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
COUNTS = {"pass": counted("982"), "other pass": counted("950"), "fail": counted("100", "900")}
COUNTS |= {"invalid": counted("0", "0"), "other fail": counted("90", "910")}

Step = Callable[[Run], object]


def own_reviewer() -> User:
    """The analyst's second account."""
    known = User.objects.filter(username="anna-reviews").first()
    return known or second_account(people().analyst, "anna-reviews", Role.REVIEWER)


def saves(reading: str) -> Step:
    return lambda run: save_readings(
        context(people().analyst), run=run.number, readings=COUNTS[reading]
    )


def submits(run: Run) -> object:
    return submit_run(context(people().analyst), run=run.number)


def corrects(reading: str) -> Step:
    return lambda run: correct_run(
        context(people().analyst),
        run=run.number,
        readings=COUNTS[reading],
        transcription_error=reading == "pass",
        source_document="Notebook 12",
    )


def removes(run: Run) -> object:
    return correct_run(
        context(people().analyst),
        run=run.number,
        readings=[],
        removed=COUNTS["fail"][:1],
        source_document="Notebook 12",
    )


def retracts(run: Run) -> object:
    return retract_run(
        context(people().analyst),
        run=run.number,
        belongs_to="EV-26-002",
        source_document="Notebook 12",
    )


def signs(outcome: str, who: Callable[[], User]) -> Step:
    def step(run: Run) -> object:
        waiting = run.amendments.order_by("-recorded_at").first()
        return waiting and sign_second(
            context(who()), amendment=waiting.number, outcome=outcome, comment="Compared"
        )

    return step


def returns(run: Run) -> object:
    return return_run(context(people().reviewer), run=run.number, comment="Look again")


def reviews(run: Run) -> object:
    return review_results(context(people().reviewer), lot=LOT, runs=[run.number])


STEPS: dict[str, Step] = {
    **{f"save {reading}": saves(reading) for reading in COUNTS},
    "submit": submits,
    **{f"correct to {reading}": corrects(reading) for reading in COUNTS},
    "remove": removes,
    "retract": retracts,
    "confirm": signs("confirmed", lambda: people().quality),
    "confirm own": signs("confirmed", own_reviewer),
    "refuse": signs("refused", lambda: people().quality),
    "return": returns,
    "review": reviews,
}


def is_against(run: Run) -> bool:
    """Whether the run's result counts against the lot."""
    run.refresh_from_db()
    result = result_in_effect(run)
    return run.state != "retracted" and result is not None and result.verdict in UNDER_INVESTIGATION


def reasons(run: Run) -> set[str]:
    """The codes of which one speaks against the lot: a fail counts in whatever state the run is."""
    result = result_in_effect(run)
    if result is not None and result.verdict == "fail":
        return {"result_fails"}
    return {"result_pending"} if run.state == "returned" else {"result_invalid"}


def confirmations(run: Run) -> int:
    """Second signatures by people who recorded nothing of the run."""
    signed = SecondSignature.objects.filter(amendment__run=run, outcome="confirmed")
    signers = signed.values_list("signature__person", flat=True)
    return sum(person not in recorders_of(run) for person in signers)


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(steps=st.lists(st.sampled_from(sorted(STEPS)), min_size=3, max_size=10))
def test_a_fail_counts_until_a_second_person_signed(steps: list[str], stage: None) -> None:
    start = transaction.savepoint()
    try:
        run = opened_run()
        for step in ["save fail", "submit", *steps]:
            was_against, before = is_against(run), confirmations(run)
            with suppress(DomainError):
                STEPS[step](run)
            if was_against and not is_against(run):
                assert confirmations(run) == before + 1, step
            if is_against(run):
                codes = {block["code"] for block in Lot.objects.get(number=LOT).blocks}
                assert codes & reasons(run), step
    finally:
        transaction.savepoint_rollback(start)


@pytest.fixture
def stage() -> None:
    """What every history begins with."""
    lot(criteria=[VIABILITY])
    own_reviewer()
