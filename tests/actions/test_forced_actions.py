"""A release and an adverse fact through the actions, each having read before the other writes.

A trigger of the test stops each action before its first write about the lot, until the other has
stopped too, there or at the lock of the lot.
"""

from __future__ import annotations

import re
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial

import psycopg
import pytest
from django.db import DatabaseError, connection, connections
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from benchmarks.records import WITH_DONOR, copies_of
from products.actions.amendments import correct_run
from products.actions.dispositions import release_lot
from products.actions.donors import determine_donor
from products.actions.holds import place_hold
from products.actions.readings import submit_run
from products.actions.retractions import retract_run
from products.actions.reviews import review_results
from products.actions.specification_changes import change_lot_specification
from products.domain.errors import DomainError
from products.migrations._0006_triggers import TOUCHING
from products.models import Hold, LotSource, Run
from products.queries.checking import stored_differences
from products.queries.lots import lots_at
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.records import (
    VIABILITY,
    People,
    approved_specification,
    context,
    counted,
    lot,
    now,
    opened_run,
    people,
    submitted_run,
    today,
)

ROUNDS = 200
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
STOPS = (
    "products_amendment",
    "products_determination",
    "products_disposition",
    "products_result",
    "products_specificationchange",
)
PATIENCE_S = 30.0
KEY = 20261129

PAUSE = f"""
CREATE FUNCTION pause() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF coalesce(current_setting('exolot_test.side', true), '') <> '' THEN
        PERFORM pg_advisory_xact_lock_shared({KEY}, current_setting('exolot_test.side')::integer);
    END IF;
    RETURN NULL;
END $$
"""
WAITS_FOR = "SELECT locktype FROM pg_locks WHERE NOT granted AND pid = %s"


@dataclass(frozen=True, slots=True)
class Racing:
    """A lot that may be released, and what may yet be recorded of it."""

    lot: str
    donor: str
    reviewed: str
    saved: str


Adverse = Callable[[Racing, People], object]


def fail(racing: Racing, by: People) -> object:
    return submit_run(context(by.analyst), run=racing.saved, readings=counted("1", "99"))


def correct_to_fail(racing: Racing, by: People) -> object:
    return correct_run(
        context(by.analyst),
        run=racing.reviewed,
        readings=counted("1", "99"),
        source_document="Notebook 7",
    )


def retract(racing: Racing, by: People) -> object:
    return retract_run(
        context(by.analyst), run=racing.reviewed, belongs_to="UC-1", source_document="Notebook 7"
    )


def hold(racing: Racing, by: People) -> object:
    return place_hold(context(by.reviewer), lot=racing.lot)


def withdraw_donor(racing: Racing, by: People) -> object:
    return determine_donor(
        context(by.quality2),
        donor=racing.donor,
        outcome="ineligible",
        determined_on=today(),
        establishment="Northside Cord Bank",
        summary_of_records="SOR-18",
    )


def tighten_specification(racing: Racing, by: People) -> object:
    return change_lot_specification(context(by.quality2), lot=racing.lot, version=2)


OTHERS: tuple[Adverse, ...] = (
    correct_to_fail,
    retract,
    hold,
    withdraw_donor,
    tighten_specification,
)
ADVERSE = tuple(each for other in OTHERS for each in (fail, other))


def untouching(
    execute: Callable[..., object], statement: str, params: object, many: bool, context: object
) -> object:
    """Of an action that neither locks nor writes the lots that it concerns."""
    if statement.lstrip().startswith("UPDATE products_lot"):
        return None
    return execute(re.sub(r'FOR NO KEY UPDATE( OF [\w"]+)?', "", statement), params, many, context)


class Side:
    """One of the two sessions, of the serving role at an isolation level of its own."""

    def __init__(self, number: int, level: str, *wrappers: Callable[..., object]) -> None:
        self.number = number
        self.wrappers = wrappers
        self.pool = ThreadPoolExecutor(1)
        self.pid: int = self.pool.submit(self._open, level).result()

    def _open(self, level: str) -> int:
        with connection.cursor() as cursor:
            cursor.execute(f"SET SESSION CHARACTERISTICS AS TRANSACTION ISOLATION LEVEL {level}")
            cursor.execute("SELECT set_config('exolot_test.side', %s, false)", [str(self.number)])
            cursor.execute("SELECT pg_backend_pid(), current_setting('transaction_isolation')")
            pid, found = cursor.fetchone()
        connection.execute_wrappers.extend(self.wrappers)
        assert found.upper() == level
        return int(pid)

    def begin(self, step: Callable[[], object]) -> Future[str]:
        return self.pool.submit(_outcome, step)

    def leave(self) -> None:
        self.pool.submit(connections.close_all).result()
        self.pool.shutdown()


def _outcome(step: Callable[[], object]) -> str:
    """The code of a refusal; empty when it was done."""
    try:
        step()
    except DomainError as error:
        return error.code
    except DatabaseError as error:
        return str(getattr(error.__cause__, "sqlstate", "") or error)
    return ""


@dataclass(slots=True)
class Tally:
    """``met``: the kind of lock at which the second stood still while the first, which had judged,
    had not written: ``advisory`` where it had read too, and was about to write, ``transactionid``
    where it waited for the lot.
    """

    met: Counter[str] = field(default_factory=Counter)
    releases: Counter[str] = field(default_factory=Counter)
    adverse: Counter[str] = field(default_factory=Counter)


def race(sides: tuple[Side, Side], owner: psycopg.Connection, lots: list[Racing]) -> Tally:
    """One round for each lot: a release on the first side, an adverse fact on the second."""
    by, tally = people(), Tally()
    try:
        for turn, racing in enumerate(lots):
            steps = (
                partial(_release, racing, by),
                partial(ADVERSE[turn % len(ADVERSE)], racing, by),
            )
            # Each side stands still first in every other round of the same fact.
            first = turn // len(ADVERSE) % 2
            with paused(owner):
                began = {first: sides[first].begin(steps[first])}
                standing_at(owner, sides[first].pid, began[first])
                began[1 - first] = sides[1 - first].begin(steps[1 - first])
                tally.met[standing_at(owner, sides[1 - first].pid, began[1 - first])] += 1
            tally.releases[began[0].result()] += 1
            tally.adverse[began[1].result()] += 1
    finally:
        for side in sides:
            side.leave()
    return tally


def _release(racing: Racing, by: People) -> object:
    return release_lot(context(by.quality), lot=racing.lot)


@contextmanager
def paused(owner: psycopg.Connection) -> Iterator[None]:
    owner.execute("SELECT pg_advisory_lock(%s, 1), pg_advisory_lock(%s, 2)", [KEY, KEY])
    try:
        yield
    finally:
        owner.execute("SELECT pg_advisory_unlock_all()")


def standing_at(owner: psycopg.Connection, pid: int, began: Future[str]) -> str:
    """The kind of lock at which the session stands still."""
    deadline = time.monotonic() + PATIENCE_S
    while time.monotonic() < deadline:
        if found := owner.execute(WAITS_FOR, [pid]).fetchone():
            return str(found[0])
        assert not began.done(), f"it did not meet the other: {began.result()}"
        time.sleep(0.003)
    raise TimeoutError(pid)


@pytest.fixture(scope="module")
def prepared(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A database in which `ROUNDS` lots may be released, each with a donor of its own."""
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_races_{uuid.uuid4().hex[:12]}"
    databases.create(name)
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        use(name)
        made = lot(criteria=[VIABILITY])
        reviewed = submitted_run().run
        review_results(context(people().reviewer), lot=made.number, runs=[reviewed.number])
        opened_run(purpose="information")
        approved_specification(criteria=[replace(VIABILITY, lower="99.0")])
        copies_of(made, ROUNDS, WITH_DONOR)
        with databases.connect(name) as owner:
            owner.execute(PAUSE)
            for table in STOPS:
                owner.execute(
                    f"CREATE TRIGGER aa_pause BEFORE INSERT ON {table} "
                    "FOR EACH STATEMENT EXECUTE FUNCTION pause()"
                )
        use(before)
    yield name
    databases.drop(name)


@contextmanager
def own_copy(databases: Databases, prepared: str) -> Iterator[psycopg.Connection]:
    """A clone of the prepared database in use, and its owner. The sessions keep their plans: most
    of what judging one lot costs is planning.
    """
    settings = connections["default"].settings_dict
    before, options = settings["NAME"], settings["OPTIONS"]
    name = f"exolot_race_{uuid.uuid4().hex[:12]}"
    databases.create(name, prepared)
    use(name)
    settings["OPTIONS"] = {
        **options,
        "server_side_binding": True,
        "prepare_threshold": 0,
        "options": f"{options['options']} -c plan_cache_mode=force_generic_plan",
    }
    try:
        with databases.connect(name) as owner:
            yield owner
    finally:
        settings["OPTIONS"] = options
        use(before)
        databases.drop(name)


def racing_lots() -> list[Racing]:
    donors = dict(LotSource.objects.values_list("lot_id", "source__donor__code"))
    runs = Run.objects.values_list("lot_id", "lot__number", "number", "state").order_by("number")
    of: dict[uuid.UUID, dict[str, str]] = {}
    for key, number, run, state in runs:
        of.setdefault(key, {"lot": number})[state] = run
    return [
        Racing(found["lot"], donors[key], found["submitted"], found["saved"])
        for key, found in of.items()
        if "." in found["lot"]
    ]


@pytest.mark.parametrize("level", LEVELS)
def test_no_forced_race_through_the_actions_leaves_a_lot_released_on_a_bad_fact(
    databases: Databases, prepared: str, django_db_blocker: DjangoDbBlocker, level: str
) -> None:
    with django_db_blocker.unblock(), own_copy(databases, prepared) as owner:
        lots = racing_lots()

        tally = race((Side(1, level), Side(2, level)), owner, lots)

        assert len(lots) == tally.met.total() == ROUNDS
        assert set(tally.met) == {"advisory", "transactionid"}
        assert tally.adverse == {"": ROUNDS}, "recording an adverse fact is never refused"
        assert set(tally.releases) == {"", "release_blocked"}
        assert not lots_at(now()).filter(status="released").exists()
        assert Hold.objects.exclude(rule="").exists(), "some fact came after a release"
        assert list(stored_differences(now())) == []


def test_a_fact_that_does_not_touch_its_lot_is_passed_over_by_the_same_race(
    databases: Databases, prepared: str, django_db_blocker: DjangoDbBlocker
) -> None:
    level = "REPEATABLE READ"
    with django_db_blocker.unblock(), own_copy(databases, prepared) as owner:
        lots = racing_lots()[: 4 * len(ADVERSE) : len(ADVERSE)]
        for table in TOUCHING:
            for event in ("insert", "update", "delete"):
                owner.execute(f"DROP TRIGGER touch_by_{event} ON {table}")

        tally = race((Side(1, level), Side(2, level, untouching)), owner, lots)

        assert tally.met == {"advisory": len(lots)}
        assert tally.adverse == tally.releases == {"": len(lots)}
        assert lots_at(now()).filter(status="released").count() == len(lots)
        assert len(list(stored_differences(now()))) >= len(lots)
