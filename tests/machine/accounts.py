"""What becomes of accounts, in the product and in the model beside it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

from products.actions.accounts import (
    approve_role,
    change_password,
    reset_password,
    set_active,
    set_expiry,
    set_roles,
)
from products.actions.holds import place_hold
from products.actions.judge import judge_due
from products.actions.policies import accept_policy, issue_policy
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import SignatureRefusedError
from tests.accounts import PASSWORD
from tests.machine.deciding import Deciding
from tests.machine.driver import EVERYTHING
from tests.machine.model import Lot

GIVEN = "given by the administrator, once more"
LOCKED_FOR = timedelta(minutes=15)
WRONG_ONES = 5
OTHERWISE_RESTORED = {"given", "locked", "unaccepted", "unapproved"}
"""Faults that no administrator takes from an account."""


class Accounts(Deciding):
    def judges(self) -> None:
        """What time has changed, by nobody."""
        system = self.as_(SYSTEM_ACCOUNT)
        self.perform(lambda: judge_due(system), accepted=True)

    def administers(self, who: str, target: str, what: str) -> None:
        """Take from an account what it needs, or give it back."""
        as_who, faults = self.as_(who), self.faults.setdefault(target, set())
        undo, role = what in faults, self.model.accounts[target][1]
        yesterday = self.model.today - timedelta(days=1)
        steps: dict[str, Callable[[], object]] = {
            "inactive": lambda: set_active(as_who, username=target, is_active=undo),
            "expired": lambda: set_expiry(
                as_who, username=target, expires_on=None if undo else yesterday
            ),
            "roleless": lambda: set_roles(as_who, username=target, roles=[role] * undo),
            "given": lambda: reset_password(as_who, username=target, new=GIVEN),
        }
        accepted = self.may(who, "administer", signs=False)
        if self.perform(steps[what], accepted=accepted and self.person(who) != self.person(target)):
            self.turned(target, what, also="unapproved" if what == "roleless" and undo else "")

    def turned(self, target: str, what: str, *, also: str = "") -> None:
        faults = self.faults.setdefault(target, set())
        if what == "given":
            faults.add(what)
        else:
            faults ^= {what}
        faults |= {also} - {""}
        self.bar()

    def takes_own_password(self, who: str) -> None:
        as_who, faults = self.as_(who), self.faults.setdefault(who, set())
        if self.perform(
            lambda: change_password(as_who, old=GIVEN, new=PASSWORD),
            accepted=not faults & {*EVERYTHING, "locked"} - {"roleless"},
        ):
            faults.discard("given")
            self.bar()

    def approves(self, who: str, target: str) -> None:
        as_who, faults = self.as_(who), self.faults.setdefault(target, set())
        accepted = self.may(who, "decide") and "unapproved" in faults and "roleless" not in faults
        if self.perform(
            lambda: approve_role(as_who, username=target, role=self.model.accounts[target][1]),
            accepted=accepted and self.person(who) != self.person(target),
        ):
            faults.discard("unapproved")
            self.bar()

    def mistypes(self, who: str, lot: Lot) -> None:
        """As often as locks the account; nothing is signed."""
        as_who = self.as_(who)
        for _ in range(WRONG_ONES):
            as_who = replace(self.as_(who), password="correct horse battery stable")
            try:
                place_hold(as_who, lot=self.number[lot])
            except SignatureRefusedError:
                continue
            raise AssertionError(f"{who} signed with a wrong password")
        self.locked_until[who] = as_who.at + LOCKED_FOR
        self.faults.setdefault(who, set()).add("locked")
        self.bar()

    def issues_policy(self, who: str, text: str) -> None:
        """Nobody signs again before having accepted it."""
        as_who = self.as_(who)
        if self.perform(lambda: issue_policy(as_who, text=text), accepted=self.may(who, "decide")):
            self.policy += 1
            for account in self.model.accounts:
                self.faults.setdefault(account, set()).add("unaccepted")
            self.bar()

    def accepts_policy(self, who: str) -> None:
        as_who, own = self.as_(who), self.person(who)
        faults = self.faults.get(who, set())
        if self.perform(
            lambda: accept_policy(as_who, version=self.policy),
            accepted="unaccepted" in faults and not faults & {"inactive", "expired"},
        ):
            for account, (person, _) in self.model.accounts.items():
                if person == own:
                    self.faults.setdefault(account, set()).discard("unaccepted")
            self.bar()

    def restores(self, who: str) -> None:
        """Give an account back whatever others can give."""
        for what in sorted(self.faults[who] - OTHERWISE_RESTORED):
            self.administers("admin", who, what)
        if "given" in self.faults[who]:
            self.takes_own_password(who)
        if "unaccepted" in self.faults[who]:
            self.accepts_policy(who)
        if "unapproved" in self.faults[who]:
            self.approves("quality" if who != "quality" else "quality2", who)
