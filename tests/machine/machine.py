"""Several people at work on lots, in any order, each step held against the model."""

from __future__ import annotations

import sys
from datetime import timedelta

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from tests.machine.checks import unworthy
from tests.machine.enemies import ADVERSE, HISTORY, as_an_action, rewrite, say_released, undone
from tests.machine.guided import Guided
from tests.machine.laboratory import EVERYBODY, anybody, chosen, mostly, near, places, quality, work
from tests.machine.model import Lot
from tests.machine.papers import PAPERS
from tests.machine.proofs import PROOFS

MOST_LOTS = 5
histories = st.sampled_from(sorted(HISTORY))
faults = st.sampled_from(
    ("inactive", "expired", "roleless", "given", "locked", "locked", "unaccepted")
)


class People(Guided):
    @work(who=quality, place=places)
    def releases(self, who: str, place: int) -> None:
        model = self.at.model
        ready = [lot for lot in model.lots.values() if not lot.decision and not model.codes(lot)]
        self.at.releases(who, chosen(ready, place) or self.lot(place))

    @work(
        who=mostly("analyst", "reviewer", "quality"),
        place=places,
        kind=st.sampled_from(("site", "official")),
    )
    def holds(self, who: str, place: int, kind: str) -> None:
        self.at.holds(who, self.lot(place), kind)

    def held(self) -> list[tuple[Lot, int]]:
        return [
            (lot, place)
            for lot in self.at.model.lots.values()
            for place, kind in enumerate(lot.holds)
            if kind
        ]

    @precondition(lambda self: bool(self.held()))
    @work(who=quality, place=places, reference=st.sampled_from(("FDA-2026-0117-R", "")))
    def lifts(self, who: str, place: int, reference: str) -> None:
        found = chosen(self.held(), place)
        assert found
        self.at.lifts(who, *found, reference)

    @rule(who=anybody, place=near, steps=st.integers(2, 5))
    def moves_on(self, who: str, place: int, steps: int) -> None:
        for _ in range(steps):
            self.brings_on(who, self.lot(place))

    def known(self, *statuses: str) -> list[Lot]:
        model = self.at.model
        return [lot for lot in model.lots.values() if model.status(lot) in statuses]

    @work(
        who=quality,
        place=places,
        what=st.sampled_from(("rejects", "recalls", "voids", "voids", "recalls")),
    )
    def ends(self, who: str, place: int, what: str) -> None:
        """Not more lots than remain to go on with."""
        if what == "voids" or not self.known("rejected", "recalled"):
            getattr(self.at, what)(who, self.lot(place))

    @work(who=quality, place=places)
    def acknowledges(self, who: str, place: int) -> None:
        after = [lot for lot in self.at.model.lots.values() if lot.decision == "released"]
        self.at.acknowledges(who, chosen(after, place) or self.lot(place))

    @work(who=quality, place=places)
    def changes_specification(self, who: str, place: int) -> None:
        lots = [lot for lot in self.at.model.lots.values() if lot.product == "EXO-1"]
        lot = lots[place % len(lots)]
        self.at.changes_specification(who, lot, 3 - lot.version)

    @precondition(lambda self: len(self.at.model.lots) < MOST_LOTS)
    @work(
        who=mostly("analyst", "quality"),
        place=places,
        product=st.sampled_from(("EXO-1", "EXO-2")),
        days=st.sampled_from((365, 1, None)),
    )
    def registers(self, who: str, place: int, product: str, days: int | None) -> None:
        undated = [lot for lot in self.at.model.lots.values() if not lot.last_day]
        if undated:
            self.at.declares(who, undated[0])
            return
        parent = self.lot(place) if product == "EXO-2" or place % 2 else None
        self.at.registers(who, product, parent, days=days)

    # What lots rest on, accounts, and what else is recorded.

    @work(
        who=quality, place=places, what=st.sampled_from(("donor", "donor", "instrument", "profile"))
    )
    def grounds_change(self, who: str, place: int, what: str) -> None:
        if what == "donor":
            is_eligible = not self.at.model.donors["D-0042"]
            outcome = ("ineligible", "incomplete")[place % 2] if is_eligible else "eligible"
            self.at.determines(who, outcome)
        elif what == "profile":
            product = ("EXO-1", "EXO-2")[place % 2]
            self.at.assigns(who, product, lenient=product not in self.at.model.lenient)
        elif not self.at.model.faulty:
            self.at.finds_faulty(who, "NTA-8")

    @work(hours=st.sampled_from((1, 1, 24)), judged=st.booleans())
    def time_passes(self, hours: int, *, judged: bool) -> None:
        self.at.pass_time(timedelta(hours=hours))
        if judged:
            self.at.judges()

    @work(who=mostly("admin", "admin"), of=st.sampled_from(EVERYBODY[1:]), what=faults)
    def accounts_change(self, who: str, of: str, what: str) -> None:
        if any(self.at.faults.values()):
            self.at.restores(next(one for one, found in self.at.faults.items() if found))
        elif what == "locked" and self.at.may(of, "hold"):
            self.at.mistypes(of, self.lot(0))
        elif what == "unaccepted":
            self.at.issues_policy(
                who if who != "admin" else "quality", f"But for {of} ({self.at.done})"
            )
            for other in EVERYBODY:
                if other != of and "unaccepted" in self.at.faults.get(other, ()):
                    self.at.accepts_policy(other)
        elif what != "locked":
            self.at.administers(who, of, what)

    @work(who=st.sampled_from(EVERYBODY), place=places, paper=st.sampled_from(PAPERS + PROOFS))
    def files(self, who: str, place: int, paper: str) -> None:
        getattr(self.at, paper)(who, self.lot(place), f"X-{self.at.done:04}")

    # Writes past every action, as the serving role; each is undone.

    @work(place=places, named=st.booleans())
    def says_released(self, place: int, *, named: bool) -> None:
        lot = self.lot(place)
        with undone():
            say_released(self.at, lot, named=named)
            shown = self.shown_released()
            assert not unworthy(shown), f"a write past the actions made {shown} released"
            is_wrong = self.at.number[lot] in shown and lot.decision != "released"
            assert not is_wrong, f"{self.at.number[lot]} is shown as released, which nobody signed"

    @work(place=places, history=histories)
    def writes_past_the_actions(self, place: int, history: str) -> None:
        lot = chosen(self.known("released"), place)
        if lot is None:
            rewrite(self.at, history)
            return
        number = self.at.number[lot]
        for adverse, write in ADVERSE.items():
            with undone():
                with as_an_action(self.at):
                    write(self.at, number)
                assert number not in self.shown_released(), (
                    f"{number} is released despite {adverse}"
                )


class FoundError(BaseException):
    """Ends the search at the first difference, which is the cause: no Exception, so that nobody
    goes through the same history once more.
    """


class Searching(People):
    """The same machine; what it finds ends the search."""

    def teardown(self) -> None:
        error = sys.exc_info()[1]
        try:
            super().teardown()
        except AssertionError as at_the_end:
            error = error if isinstance(error, AssertionError) else at_the_end
        if isinstance(error, AssertionError):
            raise FoundError(str(error)) from error
