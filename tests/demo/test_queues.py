"""In the demo there is work of every kind, and charts have something to show."""

from __future__ import annotations

import itertools
import re
from decimal import Decimal
from pathlib import Path

import pytest

from products.demo.people import (
    ADMINISTRATOR,
    ANALYST,
    EVERYBODY,
    QUALITY,
    REVIEWER,
    DemoPerson,
)
from products.domain.roles import permissions_of
from products.models import Amendment, Lot, Run, User
from products.queries.facts import lot_facts
from products.queries.home import KINDS
from products.queries.lot_trends import lot_trends
from products.queries.people import identity_of
from products.queries.waiting import reader
from tests.conftest import ROOT
from tests.demo.conftest import NIGHT_IN_SPRING

PAGES = sorted([*ROOT.glob("docs/how-to/day-of-*.md"), *ROOT.glob("docs/tutorial/*.md")])
MADE_IN_THE_TUTORIAL = "AMF-018"


@pytest.fixture(autouse=True)
def _demo_database(filled_db: str) -> None: ...


def idle_kinds(person: DemoPerson) -> set[str]:
    account = User.objects.get(username=person.username)
    who = reader(identity_of(account.pk), NIGHT_IN_SPRING)
    return {
        kind.name
        for kind in KINDS
        if not kind.permissions & who.permissions or not kind.rows(who).exists()
    }


@pytest.mark.parametrize(
    "person", [ANALYST, REVIEWER, QUALITY, ADMINISTRATOR], ids=lambda person: person.username
)
def test_work_of_every_kind_waits_for_whoever_may_do_it(person: DemoPerson) -> None:
    asked = {
        kind.name
        for kind in KINDS
        if kind.permissions & permissions_of([person.role]) and not kind.told_when_there
    }

    assert asked & idle_kinds(person) == set()


def test_work_of_every_kind_waits_for_somebody() -> None:
    """But a signature policy: everybody in the demo signs, so has accepted it."""
    assert set.intersection(*(idle_kinds(person) for person in EVERYBODY)) == {"policy-to-accept"}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_tells_of_the_demo_is_there(page: Path) -> None:
    numbers = set(
        re.findall(r"`((?:AMF|MSC|NEB|PLA|PLR)-\d{3})(?:-S\d+)?(?:-R\d+)?`", page.read_text())
    )
    runs = set(re.findall(r"`([A-Z]{3}-\d{3}-S\d+-R\d+)`", page.read_text()))
    amendments = set(re.findall(r"`(AM-[A-Z]{3}-\d{3}-\d)`", page.read_text()))

    known = set(Lot.objects.values_list("number", flat=True)) | {MADE_IN_THE_TUTORIAL}
    assert numbers - known == set()
    assert runs - set(Run.objects.values_list("number", flat=True)) == set()
    assert amendments - set(Amendment.objects.values_list("number", flat=True)) == set()


def test_forty_lots_and_more_were_made_over_the_year() -> None:
    made = sorted(Lot.objects.values_list("made_on", flat=True))

    assert len(made) >= 40
    assert (made[-1] - made[0]).days > 300
    assert max((b - a).days for a, b in itertools.pairwise(made)) < 35


def test_particles_fall_until_a_lot_fails_its_limit() -> None:
    lot = Lot.objects.get(number="AMF-016")
    line = lot_trends(lot, lot_facts([lot.pk])[lot.pk]).lines[0]

    shown = {one.number: one.values[0].value for one in line.trend.lots if one.values}
    drift = [value for number, value in sorted(shown.items()) if "AMF-005" <= number <= "AMF-016"]

    assert line.trend.criterion.code == "FINAL-PARTICLES"
    assert drift[0] > Decimal("3.8E9") > Decimal("2.0E9") > drift[-1]
    assert all(later <= earlier for earlier, later in itertools.pairwise(drift))
