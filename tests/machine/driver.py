"""Each operation done twice: by the product's own action, and in the model beside it.

Whether the action has to be accepted is told by the model before it runs; the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.db import DatabaseError

from products.actions.base import Context
from products.actions.readings import save_readings, submit_run
from products.actions.reviews import return_run, review_results
from products.actions.runs import discard_run, open_run
from products.domain.calculations import ReadingFacts
from products.domain.errors import DomainError
from products.models import User
from tests.machine.model import COUNT, OVER, Lot, Model, Run, Version, judged
from tests.records import ZONE, context, counted, time_is

BAD = {"fails", "invalid"}
EVERYTHING = {"inactive", "expired", "roleless"}
"""Faults of an account that let it do nothing; any other lets it sign nothing."""
TAKEN = {"confirmed", "invalidated"}
T = TypeVar("T")


def readings_of(test: str, value: str) -> list[ReadingFacts]:
    if test == "impurity":
        text, _, unit = value.partition(" ")
        return [ReadingFacts("value", text, unit)]
    if value == "0 of 0":
        return counted("0", "0")
    live = round(float(value) * 10)
    return counted(str(live), str(1000 - live))


@dataclass
class Driver:
    """``number`` is that of each lot and run; ``typed`` what was saved of a run last;
    ``latest`` the version of each product's specification that a new lot is made under.
    """

    model: Model
    now: datetime
    number: dict[Lot | Run, str] = field(default_factory=dict)
    typed: dict[Run, str] = field(default_factory=dict)
    latest: dict[str, int] = field(default_factory=lambda: {"EXO-1": 1, "EXO-2": 1})
    by_hand: set[tuple[Run, int]] = field(default_factory=set)
    returned: set[Version] = field(default_factory=set)
    faults: dict[str, set[str]] = field(default_factory=dict)
    locked_until: dict[str, datetime] = field(default_factory=dict)
    policy: int = 1  # the version in force
    specified: int = 0  # versions of the product EXO-3, of which no lot is made
    done: int = 0
    accepted: bool = False  # what was done last

    def perform(self, real: Callable[[], T], *, accepted: bool | None) -> T | None:
        """What the action returns, None when it refuses; it must do as the model says."""
        self.done, self.accepted = self.done + 1, False
        try:
            outcome = real()
        except DomainError as error:
            if accepted:
                raise AssertionError(f"refused, and should not be: {error}") from error
            return None
        except DatabaseError as error:
            raise AssertionError(f"only the database refused it: {error}") from error
        assert accepted is not False, f"accepted, and should not be: {outcome}"
        self.accepted = True
        return outcome

    def pass_time(self, by: timedelta = timedelta(seconds=1)) -> None:
        self.model.settle()
        self.now += by
        self.model.today = self.now.astimezone(ZoneInfo(ZONE)).date()
        for who, until in self.locked_until.items():
            if until <= self.now:
                self.faults.setdefault(who, set()).discard("locked")
        self.bar()

    def bar(self) -> None:
        """Tell the model what the accounts may not do at all, or not sign."""
        self.model.barred = {
            who: "everything" if faults & EVERYTHING else "signing"
            for who, faults in self.faults.items()
            if faults
        }

    def as_(self, who: str, reason: str = "As the procedure says") -> Context:
        self.pass_time()
        with time_is(self.now):
            actor = User.objects.select_related("person").get(username=who)
            return context(actor, reason)

    def may(self, who: str, duty: str, of: Run | Lot | None = None, *, signs: bool = True) -> bool:
        return self.model.may(who, duty, of, signs=signs)

    def person(self, who: str) -> str:
        return self.model.accounts[who][0]

    def limit(self, run: Run) -> tuple[str, float, str]:
        return self.model.limits[run.lot.product, run.lot.version][run.test]

    # Runs and their results.

    def stands(self, run: Run) -> bool:
        known = run.current()
        return known is None or not (
            known.verdicts[0] == "invalid" or (known, "invalidated") in run.inquiries
        )

    def standing(self, lot: Lot, test: str) -> list[Run]:
        runs = [run for run in self.model.runs if run.lot is lot and run.test == test]
        gone = {"retracted", "discarded"}
        return [
            run
            for run in runs
            if run.purpose in COUNT and run.state not in gone and self.stands(run)
        ]

    def opens(
        self,
        who: str,
        lot: Lot,
        test: str,
        purpose: str = "release",
        *,
        instrument: str = "NTA-7",
        repeats: Run | None = None,
    ) -> Run | None:
        as_who = self.as_(who)
        accepted = self.may(who, "record", signs=False) and lot.decision != "void"
        if purpose in COUNT:
            accepted &= lot.decision not in OVER and not self.standing(lot, test)
            accepted &= (purpose == "repeat") == (repeats is not None)
        opened = self.perform(
            lambda: open_run(
                as_who,
                sample=f"{self.number[lot]}-S{1 if test == 'viability' else 2}",
                purpose=purpose,
                criterion=test,
                instrument=instrument,
                repeats=self.number[repeats] if repeats else "",
                performed_at=self.now,
                performed_zone=ZONE,
            ),
            accepted=accepted,
        )
        if opened is None:
            return None
        run = Run(lot, test, purpose, instrument)
        run.did["record"].add(self.person(who))
        self.model.runs.append(run)
        self.number[run] = opened.number
        return run

    def is_open(self, run: Run) -> bool:
        return run.lot.decision != "void" and run.state not in {"retracted", "discarded"}

    def saves(self, who: str, run: Run, value: str) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "record", signs=False) and self.is_open(run)
        if self.perform(
            lambda: save_readings(
                as_who, run=self.number[run], readings=readings_of(run.test, value)
            ),
            accepted=accepted and run.state == "saved",
        ):
            if self.typed.get(run) != value:
                run.did["record"].add(self.person(who))
            self.typed[run] = value

    def submits(self, who: str, run: Run) -> None:
        as_who = self.as_(who)
        known = run.current()
        value = known.value if known else self.typed.get(run, "")
        verdict = judged(value, self.limit(run)) if value else ""
        accepted = self.may(who, "record", signs=False) and self.is_open(run)
        if known is None:
            accepted &= bool(value)
        else:
            counting = set(known.verdicts) & BAD
            accepted &= run.state == "returned" and (not counting or verdict in counting)
        if self.perform(lambda: submit_run(as_who, run=self.number[run]), accepted=accepted):
            run.did["record"].add(self.person(who))
            run.state = "submitted"
            run.versions.append(Version(value, [verdict]))
            self.takes_effect(run)

    def takes_effect(self, run: Run) -> None:
        known = run.current()
        if known and known.verdicts[0] in BAD:
            run.inquiries.append((known, ""))

    def discards(self, who: str, run: Run) -> None:
        as_who = self.as_(who)
        accepted = self.may(who, "record", signs=False) and run.state == "saved"
        if self.perform(lambda: discard_run(as_who, run=self.number[run]), accepted=accepted):
            run.state = "discarded"

    def is_reviewable(self, run: Run) -> bool:
        known = run.current()
        return bool(
            run.state == "submitted" and not run.did["file"] and known and not known.is_reviewed
        )

    def reviews(self, who: str, run: Run) -> None:
        as_who, known = self.as_(who), run.current()
        if (
            self.perform(
                lambda: review_results(as_who, lot=self.number[run.lot], runs=[self.number[run]]),
                accepted=self.may(who, "review", run) and self.is_reviewable(run),
            )
            and known
        ):
            known.is_reviewed = True
            run.did["review"].add(self.person(who))

    def row_fails(self, run: Run) -> bool:
        """As its result was judged when it was recorded."""
        known = run.current()
        return known is not None and known.verdicts[0] == "fails"

    def is_decided(self, run: Run) -> bool:
        """Whether quality concluded on its failure, or on the result that stands."""
        return any(
            outcome in TAKEN and (version is run.current() or (run, place) not in self.by_hand)
            for place, (version, outcome) in enumerate(run.inquiries)
        )

    def returns(self, who: str, run: Run) -> None:
        as_who, known = self.as_(who), run.current()
        accepted = self.may(who, "review", run, signs=False) and self.is_reviewable(run)
        accepted &= not self.is_decided(run) and known not in self.returned
        if (
            self.perform(
                lambda: return_run(as_who, run=self.number[run], comment="Look again"),
                accepted=accepted,
            )
            and known
        ):
            self.returned.add(known)
            run.state = "returned"
