"""What waits in the house beside its lots: drafts, things that lapse, accounts to look into."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

from django.http import HttpRequest

from products.actions.accounts import create_account, create_person, issue_token, set_expiry
from products.actions.equipment import record_calibration, register_media_lot
from products.actions.laboratories import qualify_laboratory, register_laboratory
from products.actions.periodic import review_credentials
from products.actions.sign_in import sign_in
from products.actions.specifications import approve_specification, draft_specification
from products.demo.house import House
from products.demo.methods import AEROBIC
from products.demo.people import ADMINISTRATOR, AUDITOR, NEWCOMER, SECOND_ANALYST
from products.demo.products import MSC, PLACENTAL
from products.demo.registers import draft_next_version
from products.demo.specifications import OUR_PLACENTAL_EXAMPLE, WJSC_2025
from products.domain.accounts import LOCK_AFTER, SYSTEM_ACCOUNT, TokenKind, TokenScope
from products.domain.results import SupportOutcome

TRACKING = "NTA-01"
SEQUENCER = "PCR-02"
WESTGATE = "LAB-W"
BENCH = "10.20.4.17"
"""The address from which the second analyst signs in."""


def add_pending(house: House) -> None:
    _specifications(house)
    draft_next_version(house, "NFCM-SIZE", 3, version=2)
    _accounts(house)
    # Last: who was locked at an instant is locked for whatever is told of before it.
    _locked(house)


def add_lapsing(house: House) -> None:
    """Before the lots: a calibration added later would be a change since their release."""
    calendar = house.calendar
    for instrument, last_day in ((TRACKING, -12), (SEQUENCER, 4)):
        record_calibration(
            house.context("analyst", calendar.at(last_day + 365, "09:00")),
            instrument=instrument,
            calibrated_on=calendar.day(last_day + 365),
            valid_until=calendar.day(last_day),
            outcome=SupportOutcome.PASSED,
            document=f"DEMO-CAL-{instrument}-2",
        )
    for material, number, last_day in ((AEROBIC, "AB-4188", -16), ("LAL reagent", "LR-0917", -9)):
        register_media_lot(
            house.context("analyst", calendar.at(200, "09:30")),
            material=material,
            number=number,
            manufacturer="Demo supplier",
            expires_on=calendar.day(last_day),
        )
    register_laboratory(
        house.context("quality", calendar.at(354, "09:00")),
        code=WESTGATE,
        name="Westgate Virology (demo)",
        address="8 Demo Street, Cambridge",
    )
    qualify_laboratory(
        house.context("quality2", calendar.at(353, "15:00"), "Audited; no open finding"),
        laboratory=WESTGATE,
        qualified_from=calendar.day(353),
        qualified_until=calendar.day(-11),
        document=f"DEMO-AUDIT-{WESTGATE}",
    )


def _specifications(house: House) -> None:
    """One is replaced in two weeks; a draft waits for quality."""
    calendar = house.calendar
    tighter = [
        replace(one, lower="4.5E9") if one.code == "FINAL-RATIO" else one
        for one in OUR_PLACENTAL_EXAMPLE
    ]
    draft_specification(
        house.context("quality", calendar.at(6, "09:20")),
        product=PLACENTAL.code,
        document="DEMO-SPEC-PLA v2, an example of our own: a purer product.",
        effective_from=calendar.day(-14),
        criteria=tighter,
        change_reason="Lots made with the new column are purer",
    )
    approve_specification(
        house.context("quality2", calendar.at(5, "15:20"), "Limits agreed with production"),
        product=PLACENTAL.code,
        version=2,
    )
    narrower = [
        replace(one, lower="92") if one.code == "CELLS-VIABILITY" else one for one in WJSC_2025
    ]
    draft_specification(
        house.context("quality", calendar.at(4, "11:00")),
        product=MSC.code,
        document="DEMO-SPEC-MSC v2, an example of our own: a narrower limit of viability.",
        effective_from=calendar.day(-30),
        criteria=narrower,
        change_reason="The viability of the parent cells has been falling",
    )


def _accounts(house: House) -> None:
    """A newcomer for a few weeks, whose role quality has not signed for; tokens that expire."""
    calendar = house.calendar
    review_credentials(
        house.context(ADMINISTRATOR.username, calendar.at(195, "16:30")),
        findings="All accounts belong to people who work here; no token was found unused",
    )
    joins = house.context(ADMINISTRATOR.username, calendar.at(2, "09:10"), "Joins for a project")
    person = create_person(joins, printed_name=NEWCOMER.printed_name)
    create_account(
        joins,
        username=NEWCOMER.username,
        person=person.pk,
        password=f"given-{house.passwords[ADMINISTRATOR.username]}",
        roles=[NEWCOMER.role],
    )
    set_expiry(joins, username=NEWCOMER.username, expires_on=calendar.day(-26))
    issue_token(
        house.context(ADMINISTRATOR.username, calendar.at(72, "10:00"), "For the last audit"),
        kind=TokenKind.PERSONAL,
        scope=TokenScope.READ,
        purpose="Audit of the last quarter",
        days=90,
        username=AUDITOR.username,
    )


def _locked(house: House) -> None:
    """The second analyst mistyped the password again and again, at the usual place."""
    name, own = SECOND_ANALYST.username, house.passwords[SECOND_ANALYST.username]
    for number, password in enumerate((own, *mistyped(own))):
        at = house.calendar.at(1, "08:02") + timedelta(seconds=20 * number)
        door = replace(
            house.context(name, at),
            actor=house.account(SYSTEM_ACCOUNT),
            address=BENCH,
            user_agent="Demo browser",
        )
        with _unlogged():
            sign_in(door, HttpRequest(), username=name, password=password)


def mistyped(own: str) -> list[str]:
    """As many wrong passwords as lock an account: longer than the right one, so never it."""
    return [f"{own}{wrong}" for wrong in range(LOCK_AFTER)]


@contextmanager
def _unlogged() -> Iterator[None]:
    """The guard of addresses tells the log of each failure; these are of a story."""
    guard = logging.getLogger("axes")
    usual = guard.level
    guard.setLevel(logging.WARNING)
    try:
        yield
    finally:
        guard.setLevel(usual)
