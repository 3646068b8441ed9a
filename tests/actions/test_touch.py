"""Writes past the actions: whatever concerns a released lot takes the word from it at once, and the
word is only given back while the lot's results bear it out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest
from django.db import DatabaseError, connection, transaction

from products.actions.base import Context
from products.actions.dispositions import release_lot
from products.actions.judge import judge_due
from products.actions.naming import begin, end
from products.actions.readings import submit_run
from products.actions.reviews import review_results
from products.actions.signing import sign
from products.domain.accounts import SYSTEM_ACCOUNT
from products.migrations._0006_triggers import NOT_TOUCHING, TOUCHING
from products.models import Hold, Lot, Run, User
from products.models.fields import uuid7
from products.queries import lot_rows, run_rows
from products.queries.lots import lots_at
from tests.models.rows import copy_row
from tests.records import VIABILITY, context, lot, now, opened_run, people, submitted_run

pytestmark = pytest.mark.django_db

NUMBER = "EV-26-001"
UNMET = "QC010"


@pytest.fixture
def reviewed() -> Run:
    """The run of a lot that nothing speaks against."""
    lot(NUMBER, criteria=[VIABILITY])
    run = submitted_run().run
    review_results(context(people().reviewer), lot=NUMBER, runs=[run.number])
    return run


@pytest.fixture
def released(reviewed: Run) -> Run:
    release_lot(context(people().quality), lot=NUMBER)
    return reviewed


def status() -> str:
    found: str = lots_at(now()).values_list("status", flat=True).get(number=NUMBER)
    return found


@contextmanager
def past_the_actions() -> Iterator[None]:
    with transaction.atomic():
        begin("system.test", context(people().quality))
        yield
        end()


def judge() -> None:
    system = User.objects.get(username=SYSTEM_ACCOUNT)
    judge_due(Context(actor=system, reason="Time", at=now(), request_id="judge-test"))


def say_released() -> None:
    Lot.objects.filter(number=NUMBER).update(
        decision="released", release_status="released", judged_until="9999-12-31T00:00:00Z"
    )


def test_every_table_that_a_judgement_reads_touches_or_says_why_not() -> None:
    read = set(
        re.findall(
            r"\b(?:FROM|JOIN)\s+(products_\w+)",
            f"{lot_rows.LOTS} {run_rows.RUNS} {run_rows.SUPPORTING}",
        )
    )

    assert "products_result" in read
    assert read - set(TOUCHING) - set(NOT_TOUCHING) == set()
    assert set(TOUCHING).isdisjoint(NOT_TOUCHING)


@pytest.mark.parametrize("table", TOUCHING)
def test_no_session_can_switch_a_touch_off(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM pg_trigger WHERE tgrelid = %s::regclass "
            "AND tgname LIKE 'touch_by_%%' AND tgenabled = 'A' AND tgtype & 1 = 0",
            [table],
        )

        assert cursor.fetchone()[0] == 3


def test_a_failing_version_takes_the_word_from_a_released_lot_at_once(released: Run) -> None:
    before = Lot.objects.get(number=NUMBER).version
    assert status() == "released"

    with past_the_actions():
        copy_row("products_result", {"version": 2, "verdict": "fail"})

    assert status() == "on_hold"
    assert Lot.objects.get(number=NUMBER).version == before + 1
    judge()
    assert status() == "on_hold"
    assert "fails" in Hold.objects.get().reason or "outside its limit" in Hold.objects.get().reason


def test_an_unreviewed_version_takes_the_word_too(released: Run) -> None:
    with past_the_actions():
        copy_row("products_result", {"version": 2})

    assert status() == "on_hold"


def test_a_run_set_aside_by_the_serving_role_takes_the_word_too(released: Run) -> None:
    with past_the_actions():
        Run.objects.filter(pk=released.pk).update(state="discarded", discard_reason="gone")

    assert status() == "on_hold"


def test_many_rows_of_a_statement_write_the_lot_once(released: Run) -> None:
    before = Lot.objects.get(number=NUMBER).version

    with past_the_actions(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products_reading SELECT (jsonb_populate_record(r, jsonb_build_object("
            "'id', uuidv7(), 'sequence', r.sequence + 100 * n))).* "
            "FROM products_reading r, generate_series(1, 500) n WHERE r.run_id = %s",
            [released.pk],
        )

    assert Lot.objects.get(number=NUMBER).version == before + 1
    assert status() == "on_hold"


def test_a_lot_made_from_a_touched_one_is_touched_too(released: Run) -> None:
    lot("EV-26-002", parents=[NUMBER])
    before = Lot.objects.get(number="EV-26-002").version

    with past_the_actions():
        copy_row("products_result", {"version": 2, "verdict": "fail"})

    assert Lot.objects.get(number="EV-26-002").version == before + 1


def test_an_action_judges_what_its_records_touched_before_it_ends(released: Run) -> None:
    run = opened_run(purpose="information", lot=NUMBER)

    assert status() == "released"
    assert Lot.objects.get(number=NUMBER).judged_until > now()
    assert run.lot_id == released.lot_id


def refused(why: str) -> None:
    with pytest.raises(DatabaseError, match=why) as refusal, past_the_actions():
        say_released()
    assert getattr(refusal.value.__cause__, "sqlstate", "") == UNMET


def test_nobody_says_released_of_a_lot_whose_release_nobody_signed(reviewed: Run) -> None:
    refused("nobody signed its release")


def signed_release() -> None:
    """A signed decision that the program would not have made."""
    key = uuid7()
    signature = sign(
        replace(context(people().quality), confirmed=True),
        record_kind="disposition",
        record_id=key,
        meaning="Released",
        zone="UTC",
        content={"lot": NUMBER},
    ).pk
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO products_disposition (id, lot_id, number, kind, reason, evaluation, "
            "evaluation_sha256, signature_id) SELECT %s, id, 1, 'release', 'x', '', '', %s "
            "FROM products_lot WHERE number = %s",
            [key, signature, NUMBER],
        )


@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        ({"version": 2, "verdict": "fail"}, "run .* fails"),
        ({"version": 2}, "no reviewed result that meets it"),
        ({"version": 2, "final": False}, "no reviewed result that meets it"),
        ({"version": 2, "verdict": "invalid"}, "no reviewed result that meets it"),
        ({"version": 2, "verdict": "pending"}, "no reviewed result that meets it"),
    ],
)
def test_no_signature_makes_a_lot_released_whose_results_speak_against_it(
    reviewed: Run, spoilt: dict[str, object], why: str
) -> None:
    with past_the_actions():
        copy_row("products_result", spoilt)
        signed_release()

    refused(why)


def test_a_lot_without_any_result_is_not_released() -> None:
    lot(NUMBER, criteria=[VIABILITY])
    with past_the_actions():
        signed_release()

    refused("no reviewed result that meets it")


def test_a_lot_on_hold_is_not_said_to_be_released(reviewed: Run) -> None:
    with past_the_actions():
        signed_release()
        Hold.objects.create(
            lot_id=reviewed.lot_id,
            number=1,
            reason="Freezer alarm",
            rule="R18",
            caused_by="system.test",
            placed_by=people().quality,
        )

    refused("it is on hold")


def test_the_next_word_of_a_lot_is_held_to_the_same(reviewed: Run) -> None:
    with pytest.raises(DatabaseError, match="no release"), past_the_actions():
        Lot.objects.filter(number=NUMBER).update(next_status="released")


def test_saved_readings_are_submitted_on_a_released_lot(released: Run) -> None:
    run = opened_run(purpose="information", lot=NUMBER)

    with pytest.raises(Exception, match="reading"):
        submit_run(context(people().analyst), run=run.number)

    assert status() == "released"
