"""What every example begins with: a lot to be released, one made from it, and a new one."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from products.domain.criteria import Category, CompareOn, Criterion, LimitKind, SatisfiedBy, Stage
from products.domain.roles import Role
from products.models import User
from tests.accounts import ACCOUNTS
from tests.machine.model import Model
from tests.machine.proofs import Proofs
from tests.outside import go_live, laboratory
from tests.records import (
    VIABILITY,
    approved_method,
    approved_specification,
    instrument,
    product,
    second_account,
    time_is,
)

IMPURITY = Criterion(
    code="impurity",
    attribute="Impurity",
    category=Category.GENERAL,
    stage=Stage.FINAL_CONTAINER,
    method="IMP-01",
    kind=LimitKind.UPPER,
    upper="0.25",
    upper_strict=True,
    compare_on=CompareOn.UNROUNDED,
    unit="%",
)
INHERITED = replace(VIABILITY, lower="95.0", satisfied_by=SatisfiedBy.PARENT)
OWN_VIABILITY, PURE = (">=", 90.0, "own"), ("<", 0.25, "own")
LIMITS = {
    ("EXO-1", 1): {"viability": OWN_VIABILITY, "impurity": PURE},
    ("EXO-1", 2): {"viability": (">=", 99.0, "own"), "impurity": PURE},
    ("EXO-2", 1): {"viability": (">=", 95.0, "parent"), "impurity": PURE},
}
# Second accounts of people who have one already: account, of whom, role.
SECOND = (
    ("alvarez.review", "analyst", Role.REVIEWER),
    ("romero.quality", "reviewer", Role.QUALITY),
    ("baker.quality", "analyst2", Role.QUALITY),
)
PARENT, CHILD, NEW = "EV-26-001", "EV-26-002", "EV-26-003"


def build() -> Proofs:
    """Makes the records of the database in use; what is made is committed."""
    begun = datetime.now(UTC)
    driver = Proofs(Model(LIMITS, begun.date()), begun)
    with time_is(begun):
        rest_on()
    accounts = {name: (name, role) for name, _, role in ACCOUNTS}
    driver.model.accounts = accounts | {name: (of, role) for name, of, role in SECOND}
    driver.model.donors["D-0042"] = ""
    parent = driver.registers("analyst", "EXO-1")
    assert parent
    child = driver.registers("analyst", "EXO-2", parent)
    new = driver.registers("analyst", "EXO-1", days=1)
    assert child
    assert new
    with time_is(driver.now):
        approved_specification("EXO-1", [replace(VIABILITY, lower="99.0"), IMPURITY])
    driver.latest["EXO-1"] = 2
    for by, lot, test, value in (
        ("reviewer", parent, "viability", "98.2"),
        ("reviewer", parent, "impurity", "<0.05"),
        ("", child, "impurity", "0.11"),
    ):
        run = driver.opens("analyst", lot, test)
        assert run
        driver.saves("analyst", run, value)
        driver.submits("analyst", run)
        if by:
            driver.reviews(by, run)
    return driver


def rest_on() -> None:
    for code in ("VIA-01", "IMP-01"):
        approved_method(code)
    for code in ("NTA-7", "NTA-8"):
        instrument(code)
    for code in ("EXO-2", "EXO-3"):
        product(code)
    laboratory()
    go_live()
    approved_specification("EXO-1", [VIABILITY, IMPURITY])
    approved_specification("EXO-2", [INHERITED, IMPURITY])
    for username, of, role in SECOND:
        second_account(User.objects.get(username=of), username, role)
