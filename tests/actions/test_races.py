"""Two people at the same moment: whoever comes first, no released lot has an adverse fact."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

from django.db import connections

from products.actions.dispositions import reject_lot, release_lot
from products.actions.products import assign_profile
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import review_results
from products.domain.errors import DomainError
from products.models import Disposition, Hold, Lot, Run
from products.queries.checking import stored_differences
from products.queries.lots import lots_at
from tests.records import (
    VIABILITY,
    context,
    counted,
    determine,
    instrument,
    lot,
    now,
    opened_run,
    people,
    sample,
    submitted_run,
)

ROUNDS = 6
Step = Callable[[], object]


def race(*steps: Step) -> list[str]:
    """Take the steps at once, each on a connection of its own; the code of each refusal, or ""."""
    start = Barrier(len(steps))

    def take(step: Step) -> str:
        try:
            start.wait()
            step()
        except DomainError as error:
            return error.code
        finally:
            connections.close_all()
        return ""

    with ThreadPoolExecutor(len(steps)) as pool:
        return list(pool.map(take, steps))


def releasable(number: str) -> None:
    lot(number, criteria=None if Lot.objects.exists() else [VIABILITY])
    result = submitted_run(lot=number)
    review_results(context(people().reviewer), lot=number, runs=[result.run.number])


def releasing(number: str, username: str = "quality") -> Step:
    signer = getattr(people(), username)
    return lambda: release_lot(context(signer), lot=number)


def status(number: str) -> str:
    found: str = lots_at(now()).values_list("status", flat=True).get(number=number)
    return found


def test_a_release_and_a_fail_at_once_never_leave_the_lot_released(committed_db: str) -> None:
    for turn in range(ROUNDS):
        number = f"EV-26-{turn}"
        releasable(number)
        run = opened_run(lot=number, purpose="information").number
        save_readings(context(people().analyst), run=run, readings=counted("1", "99"))
        submitting = context(people().analyst)

        refusals = race(releasing(number), partial(submit_run, submitting, run=run))

        assert refusals[1] == "", "recording an adverse fact is never refused"
        assert status(number) == ("quarantined" if refusals[0] else "on_hold")


def test_a_release_and_an_ineligible_donor_at_once_never_leave_the_lot_released(
    committed_db: str,
) -> None:
    for turn in range(ROUNDS):
        number = f"EV-26-{turn}"
        determine("D-0042", "eligible") if turn else None
        releasable(number)

        refusals = race(releasing(number), lambda: determine("D-0042", "ineligible"))

        assert refusals[1] == ""
        assert status(number) == ("quarantined" if refusals[0] else "on_hold")


def test_two_who_release_at_once_sign_one_decision(committed_db: str) -> None:
    for turn in range(ROUNDS):
        number = f"EV-26-{turn}"
        releasable(number)

        refusals = race(releasing(number), releasing(number, "quality2"))

        assert sorted(refusals) == ["", "wrong_status"]
        assert Disposition.objects.filter(lot__number=number).count() == 1
    assert not Hold.objects.exists()


def test_two_who_open_a_run_for_one_criterion_at_once_open_one(committed_db: str) -> None:
    lot("EV-26-1", criteria=[VIABILITY])
    drawn = sample("EV-26-1").number
    instrument()

    refusals = race(*(lambda: opened_run(sample=drawn) for _ in range(4)))

    assert sorted(refusals) == ["", "result_exists", "result_exists", "result_exists"]
    assert Run.objects.count() == 1


def test_a_lot_made_at_the_moment_its_parent_is_rejected_is_blocked(committed_db: str) -> None:
    for turn in range(ROUNDS):
        parent, child, grandchild = (f"EV-26-{turn}-{name}" for name in "PCG")
        lot(parent, criteria=None if Lot.objects.exists() else [VIABILITY])
        lot(child, parents=[parent])
        rejecting = context(people().quality)

        refusals = race(
            partial(reject_lot, rejecting, lot=parent), partial(lot, grandchild, parents=[child])
        )

        assert refusals == ["", ""]
        assert list(stored_differences(now())) == []
        assert "parent_not_usable" in {one["code"] for one in Lot.objects.get(number=child).blocks}


def test_a_lot_registered_while_its_product_gets_another_profile_is_judged_by_it(
    committed_db: str,
) -> None:
    lot("EV-26-0", criteria=[VIABILITY])
    for turn in range(1, ROUNDS):
        profile = "phase_1_ind" if turn % 2 else "strict"
        assigning = context(people().quality)

        refusals = race(
            partial(assign_profile, assigning, product="EXO-1", profile=profile),
            partial(lot, f"EV-26-{turn}"),
        )

        assert refusals == ["", ""]
        assert list(stored_differences(now())) == []
