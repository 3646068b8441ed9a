"""People in a laboratory: what they test, review, amend and investigate, in any order."""

from __future__ import annotations

import copy
import functools
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from django.db import transaction
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from products.models import User
from products.models.fields import uuid7
from products.queries.checking import stored_differences
from products.queries.lots import lots_at
from products.queries.waiting import Reader
from products.queries.waiting_runs import runs_to_review
from tests.machine.checks import Trail, check_signatures, counts, last_entry, unworthy
from tests.machine.model import COUNT, OVER, Lot, Run
from tests.machine.proofs import Proofs
from tests.machine.world import SECOND
from tests.records import ZONE

T = TypeVar("T")
EVERYBODY = (
    *("admin", "quality", "quality2", "analyst", "analyst2", "reviewer", "auditor"),
    *(name for name, _, _ in SECOND),
)
VALUES = {
    "viability": ("98.2", "99.5", "10.0", "10.0", "92.0", "0 of 0"),
    "impurity": ("0.11", "<0.05", "0.9", "0.9", "<0.5", "0.1 mg"),
}
anybody = st.sampled_from((*EVERYBODY, *(name for name, _, _ in SECOND * 2)))
near = st.sampled_from((0, 0, 1, 1, 2, 2, 3, 4))
"""The first lots, of which one is made from the other, more often than those that come later."""


def mostly(*right: str) -> st.SearchStrategy[str]:
    """Mostly one of those whose work it is; now and then anybody."""
    return st.one_of(st.sampled_from(right), st.sampled_from(right), st.sampled_from(EVERYBODY))


places = st.integers(0, 15)
tests = st.sampled_from(sorted(VALUES))
analysts, reviewers = mostly("analyst", "analyst2"), mostly("reviewer", "alvarez.review")
quality = mostly("quality", "quality", "quality2", "romero.quality", "baker.quality")


def work(**strategies: st.SearchStrategy[Any]) -> Callable[[Any], Any]:
    """A rule after which some lot is brought on, so that every history gets far."""

    def decorate(step: Callable[..., None]) -> Any:
        @functools.wraps(step)
        def both(self: Any, *, tries: str, then: int, **drawn: Any) -> None:
            step(self, **drawn)
            self.brings_on(tries, self.lot(then))

        make: Any = rule  # its overloads take no mapping
        return make(tries=anybody, then=near, **strategies)(both)

    return decorate


def chosen(known: Sequence[T], place: int) -> T | None:
    """The latest more often than the others."""
    return known[-1 - place % len(known)] if known else None


class Laboratory(RuleBasedStateMachine):
    """``begun`` is what every example begins with; each test makes a machine with its own."""

    begun: Proofs

    def __init__(self) -> None:
        super().__init__()
        self.point = transaction.savepoint()
        self.at = copy.deepcopy(self.begun)
        self.at.done = 0
        self.key, self.counts = uuid7(), counts()
        self.trail = Trail(last_entry())

    def teardown(self) -> None:
        try:
            differences = list(stored_differences(self.at.now))
            assert not differences, f"judged afresh: {differences}"
            self.compare_reviews()
            self.trail.follow()
            self.trail.compare(self.counts)
            check_signatures(self.key)
        finally:
            transaction.savepoint_rollback(self.point)

    def compare_reviews(self) -> None:
        """Whoever recorded nothing finds every result at home that is to be reviewed."""
        at = self.at
        auditor = User.objects.get(username="auditor").person_id
        reader = Reader("auditor", auditor, frozenset(), ZONE, at.now)
        shown = {result.run.number for result in runs_to_review(reader)}
        said = {
            at.number[run]
            for run in at.model.runs
            if at.is_reviewable(run) and run.lot.decision not in OVER
            if run.purpose in COUNT or at.row_fails(run)
        }
        assert shown == said, f"to be reviewed are {shown}, by the model {said}"

    def runs(self, *states: str) -> list[Run]:
        return [run for run in self.at.model.runs if run.state in states]

    def lot(self, place: int) -> Lot:
        lots = list(self.at.model.lots.values())
        return lots[place % len(lots)]

    def shown_released(self) -> list[str]:
        rows = lots_at(self.at.now).filter(status="released")
        return list(rows.values_list("number", flat=True))

    # What must hold after every step.

    @invariant()
    def agrees(self) -> None:
        """Every lot is what the model says, none is released on a bad result, all is recorded."""
        shown = unworthy(self.shown_released())
        assert not shown, f"shown as released on a bad result: {shown}"
        self.trail.follow()
        model = self.at.model
        model.settle()
        for row in lots_at(self.at.now).values("number", "status", "blocks", "judged_until"):
            number, lot = row["number"], model.lots[row["number"]]
            status = model.status(lot)
            assert row["status"] == status, f"{number} is {row['status']}, by the model {status}"
            codes = sorted({block["code"] for block in row["blocks"]})
            said = sorted(model.codes(lot))
            is_judged = row["judged_until"] > self.at.now
            assert is_judged or "expired" in said, f"{number} was left to be judged again"
            if is_judged:
                assert codes == said, f"{number} has {codes}, by the model {said}"

    # Runs.

    @work(who=analysts, place=places, test=tests, value=places, stages=st.integers(1, 4))
    def makes_tests(self, who: str, place: int, test: str, value: int, stages: int) -> None:
        lot = self.lot(place)
        self.records(who, lot, test, "release", value, stages=stages)

    @work(who=analysts, place=places, test=tests, value=places)
    def tests_for_information(self, who: str, place: int, test: str, value: int) -> None:
        self.records(who, self.lot(place), test, "information", value)

    @work(who=analysts, place=places, value=places, any_run=st.booleans())
    def repeats(self, who: str, place: int, value: int, *, any_run: bool) -> None:
        invalid = [run for run in self.runs("submitted") if not self.at.stands(run)]
        run = chosen(invalid or self.runs("submitted") * any_run, place)
        if run:
            is_free = run.purpose != "information" and not self.at.stands(run)
            if is_free or any_run:
                self.records(who, run.lot, run.test, "repeat", value, repeats=run)

    def records(
        self,
        who: str,
        lot: Lot,
        test: str,
        purpose: str,
        value: int,
        *,
        stages: int = 4,
        repeats: Run | None = None,
    ) -> None:
        instrument = "NTA-8" if value % 5 == 4 else "NTA-7"
        run = self.at.opens(who, lot, test, purpose, instrument=instrument, repeats=repeats)
        if run and stages > 1:
            self.at.saves(who, run, VALUES[test][value % len(VALUES[test])])
        if run and stages > 2:
            self.at.submits(who, run)

    @precondition(lambda self: bool(self.runs("saved", "returned")))
    @work(
        who=analysts,
        place=places,
        value=places,
        what=st.sampled_from(("save", "submit", "submit", "discard")),
    )
    def goes_on(self, who: str, place: int, value: int, what: str) -> None:
        run = chosen(self.runs("saved", "returned"), place)
        assert run
        if what == "save":
            self.at.saves(who, run, VALUES[run.test][value % len(VALUES[run.test])])
        elif what == "submit":
            self.at.submits(who, run)
        else:
            self.at.discards(who, run)

    def unreviewed(self) -> list[Run]:
        return [run for run in self.at.model.runs if self.at.is_reviewable(run)]

    @precondition(lambda self: bool(self.unreviewed()))
    @work(who=reviewers, place=places)
    def reviews(self, who: str, place: int) -> None:
        run = chosen(self.unreviewed(), place)
        assert run
        self.at.reviews(who, run)

    @precondition(lambda self: bool(self.unreviewed()))
    @work(who=reviewers, place=places)
    def returns(self, who: str, place: int) -> None:
        run = chosen(self.unreviewed(), place)
        assert run
        self.at.returns(who, run)

    # Amendments and investigations.

    def amendable(self) -> list[Run]:
        return [run for run in self.at.model.runs if self.at.is_amendable(run)]

    @precondition(lambda self: bool(self.amendable()))
    @work(who=analysts, place=places, value=places)
    def corrects(self, who: str, place: int, value: int) -> None:
        failing = [run for run in self.amendable() if run.inquiries]
        run = chosen(failing, place) or chosen(self.amendable(), place)
        assert run
        self.at.corrects(who, run, VALUES[run.test][value % len(VALUES[run.test])])

    @precondition(lambda self: bool(self.amendable()))
    @work(who=analysts, place=places)
    def retracts(self, who: str, place: int) -> None:
        run = chosen(self.amendable(), place)
        assert run
        self.at.retracts(who, run)

    def waiting(self) -> list[Run | Lot]:
        things: list[Run | Lot] = [*self.at.model.runs, *self.at.model.lots.values()]
        return [one for one in things if one.did["file"]]

    @precondition(lambda self: bool(self.waiting()))
    @work(
        who=mostly("quality", "quality2", "reviewer", "alvarez.review"),
        place=places,
        confirmed=st.booleans(),
    )
    def signs_second(self, who: str, place: int, *, confirmed: bool) -> None:
        one = chosen(self.waiting(), place)
        assert one
        self.at.signs_second(who, one, confirmed=confirmed)

    def inquiries(self) -> list[tuple[Run, int]]:
        return [
            (run, place)
            for run in self.at.model.runs
            for place, (_, outcome) in enumerate(run.inquiries)
            if not outcome
        ]

    @work(who=quality, place=places, outcome=st.sampled_from(("invalidated", "confirmed")))
    def investigates(self, who: str, place: int, outcome: str) -> None:
        found = chosen(self.inquiries(), place)
        run = chosen(self.runs("submitted"), place)
        if found:
            self.at.concludes(who, *found, outcome)
        elif run:
            self.at.inquires(who, run)
