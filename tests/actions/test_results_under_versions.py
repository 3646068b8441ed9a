"""Results of a lot that was bound to another specification version: which criterion judges them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from products.actions.amendments import correct_run
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.domain.criteria import Criterion
from products.domain.errors import ResultExistsError, WrongStatusError
from products.models import Amendment, Result, Run
from products.queries.runs import criterion_in_force, result_in_effect
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    counted,
    lot,
    opened_run,
    people,
    submitted_run,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
LAX = replace(VIABILITY, lower="80.0")
STRICT = replace(VIABILITY, lower="99.0")


@pytest.fixture(autouse=True)
def _lot() -> None:
    lot(criteria=[VIABILITY])


def bind_to(criterion: Criterion) -> None:
    version = approved_specification(criteria=[criterion]).version
    change_lot_specification(
        context(people().quality, "Limit taken from the validation report"),
        lot=LOT,
        version=version,
    )


def correct(run: Run, live: str) -> Amendment:
    return correct_run(
        context(people().analyst),
        run=run.number,
        readings=counted(live),
        source_document="Notebook 12",
    )


def submit_again(run: Run) -> Result:
    return_run(context(people().reviewer), run=run.number, comment="Look again")
    return submit_run(context(people().analyst, "It is right"), run=run.number)


def current(run: Run) -> Result:
    found = result_in_effect(run)
    assert found is not None
    return found


def test_a_run_that_was_opened_before_is_judged_by_the_present_version() -> None:
    run = opened_run()
    save_readings(context(people().analyst), run=run.number, readings=counted("820", "180"))
    bind_to(LAX)

    assert submit_run(context(people().analyst), run=run.number).verdict == "pass"


def test_a_criterion_that_the_present_version_lacks_goes_on_counting() -> None:
    run = opened_run()
    bind_to(ENDOTOXIN)

    assert criterion_in_force(run) == run.criterion


def test_a_run_without_criterion_has_none_in_force() -> None:
    run = opened_run(code="", method="VIA-01", purpose="information")

    assert criterion_in_force(run) is None


def test_a_second_run_for_the_criterion_is_refused_under_every_version() -> None:
    submitted_run()
    bind_to(LAX)

    with pytest.raises(ResultExistsError):
        opened_run()


def test_a_result_that_fails_under_the_new_version_is_corrected_by_two_persons() -> None:
    run = submitted_run().run
    bind_to(STRICT)

    amendment = correct(run, "999")

    assert (amendment.needs_second, current(run).version) == (True, 1)
    sign_second(context(people().reviewer), amendment=amendment.number, outcome="confirmed")
    assert current(run).version == 2


def test_submitting_again_under_a_laxer_limit_takes_no_fail_back() -> None:
    run = submitted_run(VIABILITY, counted("820", "180")).run
    bind_to(LAX)

    with pytest.raises(WrongStatusError, match="is fail and would now be pass"):
        submit_again(run)

    assert current(run).version == 1


def test_a_fail_under_a_version_in_between_is_not_forgotten() -> None:
    run = submitted_run().run
    bind_to(STRICT)
    bind_to(LAX)

    with pytest.raises(WrongStatusError, match="is fail and would now be pass"):
        submit_again(run)
