"""A random history: what is said of a past instant is what was said then."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from products.actions.sources import register_source
from products.domain.errors import DomainError
from products.models import Disposition, Donor, Lot
from tests.api.clients import ApiClient, client_of, made
from tests.api.test_as_of import asked, of_the_present, without_versions
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.records import (
    VIABILITY,
    ZONE,
    approved_specification,
    context,
    determine,
    donor,
    lot,
    now,
    people,
)
from tests.sealing import seal, sign_head
from tests.steps import CHILD, PARENT, STEPS

ACTIONS, SEALED_EVERY, INSTANTS = 200, 50, 12

RUN = ("sample.draw", "run.open", "run.save", "run.submit")
MOST_LOTS = 4
OFTEN = ("lot", "donor", "determination", "source", "pass", "review", "hold", "lift", "release")


@dataclass(frozen=True, slots=True)
class Kept:
    """What the API said, by address, when the last entry under a checkpoint was written."""

    sealed_at: datetime
    answers: dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class History:
    seed: int
    client: ApiClient
    kept: tuple[Kept, ...]


@pytest.fixture
def history(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[History]:
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_past_{random.getrandbits(40):x}"
    databases.create(name, databases.stocked)
    seed = random.getrandbits(32)
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        use(name)
        client = client_of("auditor")
        yield History(seed, client, tuple(happened(chances(seed), client)))
        use(before)
    databases.drop(name)


def chances(seed: int) -> random.Random:
    return random.Random(seed)  # noqa: S311  # keeps no secret


def happened(chance: random.Random, client: ApiClient) -> Iterator[Kept]:
    """Two hundred actions, sealed now and then.

    Before a head is signed something more is recorded, so that a checkpoint is later than entries
    that it does not cover.
    """
    lot(PARENT, [VIABILITY])
    lot(CHILD, parents=[PARENT])
    approved_specification(criteria=[replace(VIABILITY, lower="95.0")])
    done = sealed = 0
    while done < ACTIONS:
        if done >= sealed * SEALED_EVERY:
            seal()
            answers = said_of_now(client)
            donor(f"D-9{sealed:03}")
            yield Kept(sign_head().sealed_at, answers)
            done, sealed = done + 1, sealed + 1
        with suppress(DomainError, IndexError):
            done += act(chance)


def act(chance: random.Random) -> int:
    """How many actions it took."""
    number = chance.choice([found.number for found in Lot.objects.all()])
    # Mostly what can be done again and again; a lot may be at its end early all the same.
    what = chance.choice([*STEPS, *OFTEN, *OFTEN])
    if what == "lot" and Lot.objects.count() < MOST_LOTS:
        lot(f"EV-26-{chance.randrange(100, 999)}", parents=[number])
    elif what == "donor":
        donor(f"D-{chance.randrange(1000, 8999)}")
    elif what == "determination":
        code = chance.choice([found.code for found in Donor.objects.all()])
        determine(code, chance.choice(["eligible", "ineligible", "incomplete"]))
    elif what == "source":
        register_source(
            context(people().analyst),
            number=f"UC-{chance.randrange(1000, 8999)}",
            donor=chance.choice([found.code for found in Donor.objects.all()]),
            kind="umbilical_cord",
            recovered_at=now() - timedelta(days=1),
            recovery_zone=ZONE,
        )
    elif what != "lot":
        STEPS[what](number)
    return len(RUN) if what in {"pass", "fail", "fail for information"} else 1


def said_of_now(client: ApiClient) -> dict[str, dict[str, Any]]:
    answers = {address: made(client.get(address)) for address in addresses()}
    return answers | {
        f"lots/{found.number}/evaluation/": evaluated(found) for found in Lot.objects.all()
    }


def addresses() -> list[str]:
    lots = [found.number for found in Lot.objects.order_by("number")]
    return [
        "lots/",
        "donors/",
        "sources/",
        "specifications/",
        "specifications/EXO-1/1/",
        "specifications/EXO-1/2/",
        *(f"lots/{number}/" for number in lots),
        *(f"lots/{number}/results/" for number in lots),
    ]


def evaluated(found: Lot) -> dict[str, Any]:
    """What is on record of a lot's judging."""
    last = Disposition.objects.filter(lot=found).order_by("-number").first()
    return {"blocks_on_lot": found.blocks, "signed": last and last.evaluation_sha256}


def test_what_is_said_of_any_instant_is_what_was_said_then(history: History) -> None:
    chance = chances(history.seed)
    # The list of donors tells every checkpoint from what was recorded before it was made.
    asked_for = [(number, "donors/") for number in range(len(history.kept))]
    for _ in range(INSTANTS):
        number = chance.randrange(len(history.kept))
        asked_for.append((number, chance.choice(sorted(history.kept[number].answers))))

    for number, address in asked_for:
        then = history.kept[number]
        at = some_instant(chance, history.kept, number)
        said = of_the_present(made(history.client.get(address, asked(at))))
        if address.endswith("/evaluation/"):
            signed = said["signed_evaluation"]
            said = {
                "blocks_on_lot": said["blocks_on_lot"],
                "signed": signed and signed["sha256"],
            }
        assert said == without_versions(then.answers[address]), (history.seed, number, address)


def some_instant(chance: random.Random, kept: tuple[Kept, ...], number: int) -> datetime:
    """From a seal on until before the next one."""
    first = kept[number].sealed_at
    if number + 1 == len(kept):
        return first
    span = kept[number + 1].sealed_at - first
    return first + chance.choice([0.0, chance.random(), 0.999]) * span
