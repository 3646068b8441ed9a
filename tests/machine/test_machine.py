"""Any order of decisions and facts, by several people: the product says what the model says."""

from __future__ import annotations

import copy
import os
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from django.db import connections
from django.test import override_settings
from hypothesis import HealthCheck, Phase, seed, settings
from hypothesis.stateful import run_state_machine_as_test
from pytest_django import DjangoDbBlocker

from products.models import AuditEntry
from tests.conftest import CHEAP_HASHERS, Databases, use
from tests.machine import papers, proofs
from tests.machine.checks import last_entry
from tests.machine.defects import DEFECTS
from tests.machine.machine import FoundError, People, Searching
from tests.machine.papers import PAPERS
from tests.machine.proofs import PROOFS, Proofs
from tests.machine.test_driven import actions_of
from tests.machine.world import build

MORE = int(os.environ.get("EXOLOT_MACHINE_EXAMPLES", "0"))
"""How many histories to look at beside those that every run looks at; random ones, then."""

SETTINGS = settings(
    max_examples=MORE or 6,
    stateful_step_count=20,
    phases=(Phase.generate, Phase.shrink) if MORE else (Phase.generate,),
    database=None,
    derandomize=not MORE,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)
SEARCH = settings(SETTINGS, max_examples=200)
# Where to begin to look for what takes several right steps in a row; elsewhere it takes longer.
BEGIN = {
    "a_fail_is_corrected_by_one_person": 3,
    "a_pass_hides_another_fail": 3,
    "a_refused_correction_counts": 1,
}


@pytest.fixture(scope="module")
def begun(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Proofs]:
    """The records of `world` in a demonstration, where they may have a past."""
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_machine_{uuid.uuid4().hex[:12]}"
    databases.create(name, databases.stocked)
    with databases.connect(name) as connection:
        connection.execute("SELECT set_config('exolot.action', 'system.provision', false)")
        connection.execute("UPDATE products_installation SET kind = 'demo'")
    with django_db_blocker.unblock():
        use(name)
        with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
            made = build()
        yield made
        use(before)
    databases.drop(name)


def test_the_product_says_what_the_model_says(begun: Proofs, db: None) -> None:
    machine = type("Beginning", (People,), {"begun": begun})

    run_state_machine_as_test(machine, settings=SETTINGS)


def test_every_errand_is_carried_out_by_who_may(begun: Proofs, db: None) -> None:
    at, since = copy.deepcopy(begun), last_entry()
    lot = next(iter(at.model.lots.values()))
    at.mistypes("reviewer", lot)  # a lockout to be settled

    for errand in PAPERS + PROOFS:
        for who in ("admin", "analyst", "quality"):
            getattr(at, errand)(who, lot, f"Y-{at.done:04}")

    done = set(AuditEntry.objects.filter(pk__gt=since).values_list("action", flat=True))
    assert actions_of(papers, proofs) <= done


@pytest.fixture
def planted(request: pytest.FixtureRequest, begun: Proofs, databases: Databases) -> Iterator[str]:
    """The name of the defect that is in the product until the end."""
    with (
        databases.connect(connections["default"].settings_dict["NAME"]) as owner,
        DEFECTS[request.param].planted(owner),
    ):
        yield request.param


@pytest.mark.parametrize("planted", DEFECTS, indirect=True)
def test_a_planted_defect_is_found(
    planted: str, begun: Proofs, db: None, record_property: Callable[[str, object], None]
) -> None:
    machine = type("Beginning", (Searching,), {"begun": begun})
    if planted in BEGIN:
        machine = seed(BEGIN[planted])(machine)
    started = time.monotonic()

    with pytest.raises(FoundError) as found:
        run_state_machine_as_test(machine, settings=SEARCH)

    took = time.monotonic() - started
    record_property(
        "told", f"machine, {took:4.1f} s to find: {planted.replace('_', ' ')} ({found.value})"
    )
