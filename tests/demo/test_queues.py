"""In the demo there is work of every kind, and charts have something to show."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest
from django.db.models import Model

from products.demo.people import (
    ADMINISTRATOR,
    ANALYST,
    EVERYBODY,
    QUALITY,
    REVIEWER,
    SECOND_ANALYST,
    DemoPerson,
)
from products.domain.roles import permissions_of
from products.models import Amendment, Lot, Run, User
from products.queries.facts import lot_facts
from products.queries.home import KINDS
from products.queries.lot_trends import lot_trends
from products.queries.people import identity_of
from products.queries.waiting import Kind, reader
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


COLLEAGUES = {
    "day-of-an-analyst": (ANALYST, SECOND_ANALYST),
    "day-of-a-reviewer": (REVIEWER,),
    "day-of-quality": (QUALITY,),
    "day-of-an-administrator": (ADMINISTRATOR,),
}
NUMBERS = {"six": 6}
CARD = re.compile(r"^\| (?P<title>[^|]+?) \| (?P<told>[^|]+?) \|", re.MULTILINE)


@dataclass(frozen=True)
class Row:
    """Of a card in a guide: its title, what the guide tells of it, and what it has in the demo."""

    title: str
    told: str
    labels: tuple[str, ...]

    @property
    def number(self) -> int | None:
        """How many there are, where the guide begins with that."""
        first = re.match(r"\w+", self.told.lstrip("`"))
        word = first[0] if first else ""
        return int(word) if word.isdecimal() else NUMBERS.get(word)


def rows_told(page: str) -> Iterator[Row]:
    text = (ROOT / f"docs/how-to/{page}.md").read_text()
    for found in CARD.finditer(text):
        labels = tuple(
            kind.item(row).label
            for kind in KINDS
            if kind.title.startswith(found["title"])
            for person in COLLEAGUES[page]
            for row in waiting_for(kind, person)
        )
        if labels:
            yield Row(found["title"], found["told"], tuple(sorted({*labels})))


def waiting_for(kind: Kind, person: DemoPerson) -> Sequence[Model]:
    who = reader(identity_of(User.objects.get(username=person.username).pk), NIGHT_IN_SPRING)
    return list(kind.rows(who)) if kind.permissions & who.permissions else []


@pytest.mark.parametrize("page", COLLEAGUES)
def test_a_card_has_the_records_that_its_page_tells_of(page: str) -> None:
    rows = list(rows_told(page))

    for row in rows:
        named = {*re.findall(r"`([^`]+)`", row.told)} - {each.username for each in EVERYBODY}
        assert {one for one in named if not any(one in label for label in row.labels)} == set(), row
        assert row.number in {None, len(row.labels)}, row
    assert len(rows) >= 3


def test_the_cards_tell_how_many_there_are() -> None:
    told = {row.title: row.number for page in COLLEAGUES for row in rows_told(page) if row.number}

    assert told == {"Runs to review": 14, "Open investigations": 6, "Holds in force": 6}


def test_the_year_has_as_many_lots_as_are_told_of() -> None:
    told = re.search(r"The demo tells of a year: (\d+) lots", (ROOT / "CHANGELOG.md").read_text())

    assert told is not None
    assert Lot.objects.count() == int(told[1])


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
