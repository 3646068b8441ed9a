"""`judge` stores what time has changed; what people see does not wait for it."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from psycopg.conninfo import make_conninfo

from products.actions.base import ACTIONS, Context
from products.actions.dispositions import release_lot
from products.actions.judge import judge_due
from products.actions.reviews import review_results
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import NotPermittedError
from products.domain.lots import FAR_FUTURE, ReleaseStatus
from products.management.commands import judge
from products.models import AuditEntry, Lot, User
from products.queries.lots import lots_at, lots_due
from tests.records import context, lot, people, submitted_run, time_is

NUMBER = "EV-26-001"
STATED = datetime(2026, 3, 2, 15, tzinfo=UTC)
EXPIRES_AT = datetime(2026, 3, 6, 5, tzinfo=UTC)  # midnight after 5 March in New York
SECOND = timedelta(seconds=1)


@pytest.fixture
def released(demo_db: str) -> Lot:
    """A lot that was released in March 2026, under an expiry that has passed, and not judged."""
    with time_is(STATED):
        lot(NUMBER, expires="2026-03-05")
        result = submitted_run()
        review_results(context(people().reviewer), lot=NUMBER, runs=[result.run.number])
        release_lot(context(people().quality), lot=NUMBER)
    found = Lot.objects.get(number=NUMBER)
    assert (found.release_status, found.judged_until) == (ReleaseStatus.RELEASED, EXPIRES_AT)
    return found


def _shown(at: datetime) -> str:
    row = lots_at(at).values("status").get(number=NUMBER)
    return str(row["status"])


def test_at_expiry_no_lot_shows_as_released_though_nobody_judged(released: Lot) -> None:
    shown = [_shown(EXPIRES_AT + moment) for moment in (-SECOND, 0 * SECOND, SECOND)]

    assert shown == ["released", "expired", "expired"]
    assert Lot.objects.get(pk=released.pk).release_status == ReleaseStatus.RELEASED


def test_judging_stores_what_time_has_changed(released: Lot) -> None:
    said = StringIO()
    call_command("judge", stdout=said)

    released.refresh_from_db()
    assert (released.release_status, released.judged_until) == (ReleaseStatus.EXPIRED, FAR_FUTURE)
    assert [block["code"] for block in released.blocks] == ["expired"]
    assert said.getvalue() == "Judged 1 lot(s).\n"
    assert _shown(EXPIRES_AT + SECOND) == "expired"


def test_judging_is_the_work_of_the_account_system(released: Lot) -> None:
    call_command("judge", stdout=StringIO())

    entry = AuditEntry.objects.get(action="lot.judge")
    assert (entry.record_id, entry.actor_name) == (str(released.pk), SYSTEM_ACCOUNT)


def test_a_second_round_judges_nothing(released: Lot) -> None:
    call_command("judge", stdout=StringIO())
    version = Lot.objects.get(pk=released.pk).version

    said = StringIO()
    call_command("judge", stdout=said)

    assert said.getvalue() == ""
    assert Lot.objects.get(pk=released.pk).version == version


def test_a_round_takes_no_more_than_its_limit(released: Lot) -> None:
    with time_is(STATED):
        for number in ("EV-26-002", "EV-26-003"):
            lot(number, expires="2026-03-05")

    assert judge_due(_system(), limit=2) == 2
    assert lots_due(datetime.now(UTC)).count() == 1


def test_a_lot_that_somebody_works_on_is_left_to_that_work(released: Lot) -> None:
    with psycopg.connect(_address()) as other:
        other.execute("SELECT FROM products_lot WHERE id = %s FOR UPDATE", [released.pk])

        assert judge_due(_system()) == 0

    assert judge_due(_system()) == 1


def test_check_fails_while_a_lot_is_overdue(released: Lot) -> None:
    with pytest.raises(CommandError, match=f"{NUMBER} has been due .* 2026-03-06 05:00:00 UTC"):
        call_command("judge", check=True)

    call_command("judge", stdout=StringIO())
    said = StringIO()
    call_command("judge", check=True, stdout=said)

    assert "No lot is overdue" in said.getvalue()


def test_the_account_system_does_only_what_needs_no_permission(released: Lot) -> None:
    assert ACTIONS["lot.judge"].permission is None

    with pytest.raises(NotPermittedError, match="system is inactive"):
        release_lot(_system(), lot=NUMBER)


def test_an_inactive_person_does_not_even_judge(released: Lot) -> None:
    analyst = people().analyst
    analyst.is_active = False

    with pytest.raises(NotPermittedError, match="analyst is inactive"):
        judge_due(context(analyst))


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[], None]], None]]:
    """Runs something beside the command, and fails the test when it did not end."""
    monkeypatch.setattr(judge, "EVERY_S", 0.05)
    threads: list[threading.Thread] = []

    def start(body: Callable[[], None]) -> None:
        threads.append(threading.Thread(target=body))
        threads[-1].start()

    yield start
    threads[0].join(10)
    assert not threads[0].is_alive()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_following_judges_until_told_to_stop(
    number: signal.Signals, released: Lot, later: Callable[[Callable[[], None]], None]
) -> None:
    address = _address()

    def stop_when_judged() -> None:
        with psycopg.connect(address, autocommit=True) as other:
            _await(other, "SELECT release_status = 'expired' FROM products_lot")
        os.kill(os.getpid(), number)

    later(stop_when_judged)
    before = signal.getsignal(number)

    call_command("judge", follow=True, stdout=StringIO())

    assert signal.getsignal(number) == before


def test_following_outlives_a_restart_of_the_database(
    released: Lot, later: Callable[[Callable[[], None]], None]
) -> None:
    address = _address()
    workers = (
        "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "
        "AND usename = current_user"
    )
    said = StringIO()

    def break_connection_then_stop() -> None:
        with psycopg.connect(address, autocommit=True) as other:
            _await(other, "SELECT release_status = 'expired' FROM products_lot")
            other.execute(f"SELECT pg_terminate_backend(pid) {workers}")
            deadline = time.monotonic() + 5
            while "does not answer" not in said.getvalue() and time.monotonic() < deadline:
                time.sleep(0.02)
            _await(other, f"SELECT count(*) > 0 {workers}")
        os.kill(os.getpid(), signal.SIGTERM)

    later(break_connection_then_stop)

    call_command("judge", follow=True, stdout=StringIO(), stderr=said)

    assert "The database does not answer" in said.getvalue()


def _system() -> Context:
    return context(User.objects.get(username=SYSTEM_ACCOUNT))


def _address() -> str:
    """How to connect as the serving role beside the connection of the test."""
    known = {"host", "port", "user", "password", "dbname"}
    parameters = connections["default"].get_connection_params()
    return make_conninfo("", **{key: parameters[key] for key in known & parameters.keys()})


def _await(other: psycopg.Connection, question: str) -> None:
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        answer = other.execute(question).fetchone()
        if answer is not None and answer[0]:
            return
        time.sleep(0.02)
