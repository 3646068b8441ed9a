"""`check_records` finds every lot whose stored answer its records contradict, and changes nothing.

Each test changes one stored fact behind the back of the actions, as the database's owner.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections

from products.actions.dispositions import release_lot
from products.actions.reviews import review_results
from products.models import Lot
from products.queries import checking
from products.queries.checking import stored_differences
from tests.conftest import Databases
from tests.records import context, lot, people, submitted_run, time_is

NUMBER = "EV-26-001"
STATED = datetime(2026, 3, 2, 15, tzinfo=UTC)
Execute = Callable[..., Any]


@pytest.fixture
def released(demo_db: str) -> Lot:
    """A lot that may be used until 5 March 2099."""
    with time_is(STATED):
        lot(NUMBER, expires="2099-03-05")
        result = submitted_run()
        review_results(context(people().reviewer), lot=NUMBER, runs=[result.run.number])
        release_lot(context(people().quality), lot=NUMBER)
    return Lot.objects.get(number=NUMBER)


def _spoil(databases: Databases, change: str) -> None:
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(name) as connection:
        connection.execute("SELECT set_config('exolot.action', 'system.migrate', false)")
        connection.execute(f"UPDATE products_lot SET {change}")  # noqa: S608  # written here


def _checked() -> tuple[str, str]:
    said, complained = StringIO(), StringIO()
    try:
        call_command("check_records", stdout=said, stderr=complained)
    except CommandError as error:
        complained.write(str(error))
    return said.getvalue(), complained.getvalue()


def test_what_actions_stored_is_what_judging_says(released: Lot) -> None:
    lot("EV-26-002")

    assert _checked() == ("2 lot(s) are stored as judging their records says.\n", "")


def test_an_empty_database_has_no_difference(committed_db: str) -> None:
    assert _checked() == ("0 lot(s) are stored as judging their records says.\n", "")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "release_status = 'quarantined'",
            "it shows as quarantine, but is released by its records",
        ),
        (
            "judged_until = '2026-03-03T00:00Z', next_status = 'on_hold'",
            "it shows as on hold, but is released by its records",
        ),
        ("next_status = 'released'", "time changes its answer at 2099-03-06 05:00:00 UTC, but"),
        (
            "judged_until = '2100-01-01T00:00Z'",
            "time changes its answer at 2099-03-06 05:00:00 UTC, but 2100-01-01 00:00:00 UTC",
        ),
        (
            """blocks = '[{"code": "expired"}]'""",
            "its stored reasons are expired; its records say none",
        ),
    ],
)
def test_a_stored_fact_that_the_records_contradict_is_named(
    change: str, said: str, released: Lot, databases: Databases
) -> None:
    _spoil(databases, change)

    agreed, complained = _checked()

    assert agreed == ""
    assert f"Lot {NUMBER}: {said}" in complained
    assert "1 of 1 lot(s) differ" in complained


def test_a_release_that_a_rule_speaks_against_is_named(released: Lot, databases: Databases) -> None:
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(name) as connection:
        connection.execute("SELECT set_config('exolot.action', 'system.migrate', false)")
        connection.execute("ALTER TABLE products_run DISABLE TRIGGER touch_by_update")
        connection.execute("UPDATE products_run SET state = 'discarded', discard_reason = 'gone'")

    _, complained = _checked()

    assert f"Lot {NUMBER}: it shows as released, but " in complained
    assert "its stored reasons are none; its records say " in complained


def test_reasons_that_are_due_for_judging_are_no_difference(
    released: Lot, databases: Databases
) -> None:
    _spoil(databases, "judged_until = '2026-03-03T00:00Z', next_status = 'released', blocks = '[]'")

    assert _checked()[1] == ""


def test_checking_changes_nothing(released: Lot, databases: Databases) -> None:
    _spoil(databases, "release_status = 'quarantined'")
    version = Lot.objects.get().version

    _checked()

    assert Lot.objects.get().version == version
    assert Lot.objects.get().release_status == "quarantined"


def test_more_lots_than_are_read_at_once_are_all_checked(
    released: Lot, databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    lot("EV-26-002")
    _spoil(databases, "release_status = 'rejected'")
    monkeypatch.setattr(checking, "AT_ONCE", 1)

    found = stored_differences(datetime.now(UTC))

    assert {difference.lot for difference in found} == {NUMBER, "EV-26-002"}


def test_a_lot_that_is_recorded_on_meanwhile_is_looked_at_again(
    released: Lot, databases: Databases
) -> None:
    """Before the second look the row changes, but not to what is right; before the third it is."""
    _spoil(databases, "release_status = 'quarantined'")
    changes = ["release_status = 'rejected'", "release_status = 'released'"]
    looks = []

    def record_on(execute: Execute, sql: str, *arguments: Any) -> Any:
        if "CASE WHEN" in sql:
            looks.append(sql)
            if len(looks) > 1:
                _spoil(databases, f"{changes.pop(0)}, version = version + 1")
        return execute(sql, *arguments)

    with connections["default"].execute_wrapper(record_on):
        found = list(stored_differences(datetime.now(UTC)))

    assert (found, len(looks)) == ([], 3)
