"""A release and an adverse fact that each read before the other writes: never both.

The guards of history are dropped here, so that one lot serves every round; what touches a lot and
what refuses its release stays, but in the control.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier
from uuid import UUID

import psycopg
import pytest
from django.db import DatabaseError, connection, connections, transaction

from products.actions.reviews import review_results
from products.models import Lot, Run
from tests.conftest import Databases
from tests.records import VIABILITY, context, lot, people, submitted_run

ROUNDS = 200
LEVELS = ("READ COMMITTED", "REPEATABLE READ", "SERIALIZABLE")
TABLES = ("lot", "run", "result", "reviewitem", "disposition", "signature")
KEPT = ("touch_by_", "zz_released", "zz_decided")
PATIENCE_S = 30

STATE = """
SELECT CASE WHEN clock_timestamp() < lot.judged_until THEN lot.release_status
            ELSE lot.next_status END = 'released',
    run.state = 'submitted' AND latest.verdict = 'pass'
    AND EXISTS (SELECT FROM products_reviewitem WHERE result_id = latest.id)
FROM products_lot lot JOIN products_run run ON run.lot_id = lot.id
JOIN LATERAL (SELECT id, verdict FROM products_result WHERE run_id = run.id
              ORDER BY version DESC LIMIT 1) latest ON true
WHERE lot.id = %s
"""
AGAIN = (
    "INSERT INTO products_result SELECT (jsonb_populate_record(known, "
    "jsonb_build_object('id', uuidv7(), 'version', 2, 'verdict', {}::text))).* "
    "FROM products_result known WHERE known.run_id = %(run)s AND known.version = 1"
)
PUT_BACK = """
UPDATE products_lot SET decision = 'none', decision_number = 0, release_status = 'quarantined',
    next_status = 'quarantined', judged_until = '9999-12-31'
"""
SAID = {
    "decision": "released",
    "decision_number": 1,
    "release_status": "released",
    "next_status": "quarantined",
    "judged_until": "9999-12-31T00:00:00Z",
}
Write = Callable[[UUID, UUID], None]


def _execute(statement: str, lot_id: UUID, run_id: UUID) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"lot": lot_id, "run": run_id})


def decide(lot_id: UUID, run_id: UUID) -> None:
    _execute(
        "INSERT INTO products_disposition (id, lot_id, number, kind, reason, evaluation, "
        "evaluation_sha256, signature_id) SELECT uuidv7(), %(lot)s, 1, 'release', 'x', '', '', "
        "(SELECT id FROM products_signature ORDER BY id LIMIT 1)",
        lot_id,
        run_id,
    )


def release_by_sql(lot_id: UUID, run_id: UUID) -> None:
    decide(lot_id, run_id)
    _execute(
        "UPDATE products_lot SET decision = 'released', decision_number = 1, "
        "release_status = 'released', next_status = 'quarantined', judged_until = '9999-12-31', "
        "version = version + 1 WHERE id = %(lot)s",
        lot_id,
        run_id,
    )


def release_by_queryset(lot_id: UUID, run_id: UUID) -> None:
    decide(lot_id, run_id)
    Lot.objects.filter(pk=lot_id).update(**SAID)


def fail(lot_id: UUID, run_id: UUID) -> None:
    _execute(AGAIN.format("'fail'"), lot_id, run_id)


def stay_unreviewed(lot_id: UUID, run_id: UUID) -> None:
    _execute(AGAIN.format("'pass'"), lot_id, run_id)


def go_missing(lot_id: UUID, run_id: UUID) -> None:
    Run.objects.filter(pk=run_id).update(state="discarded", discard_reason="gone")


ADVERSE: tuple[Write, ...] = (fail, stay_unreviewed, go_missing)


class Race:
    """Two sessions of the serving role, and the owner who puts the lot back after each round."""

    def __init__(self, owner: psycopg.Connection, run: Run) -> None:
        self.owner = owner
        self.lot, self.run = run.lot_id, run.pk
        self.spoilt = 0

    def rounds(self, level: str, release: Write, count: int) -> int:
        """How many rounds ended with the lot released on a bad result."""
        anomalies = 0
        with ThreadPoolExecutor(2) as pool:
            try:
                for turn in range(count):
                    anomalies += self._round(pool, level, release, ADVERSE[turn % len(ADVERSE)])
            finally:
                both = Barrier(2)
                list(pool.map(self._leave, (both, both)))
        return anomalies

    def _round(self, pool: ThreadPoolExecutor, level: str, release: Write, adverse: Write) -> bool:
        barrier = Barrier(2)
        takes = [pool.submit(self._take, level, barrier, write) for write in (release, adverse)]
        for take in takes:
            take.result()
        released, good = self.owner.execute(STATE, [self.lot]).fetchone() or (None, None)
        self.spoilt += not good
        self._put_back()
        return bool(released and not good)

    def _leave(self, both: Barrier) -> None:
        both.wait(PATIENCE_S)
        connections.close_all()

    def _take(self, level: str, barrier: Barrier, write: Write) -> None:
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET TRANSACTION ISOLATION LEVEL {level}")
                cursor.execute(STATE, [self.lot])
                seen = cursor.fetchone()
                barrier.wait(PATIENCE_S)
                assert seen == (False, True), "each reads before the other writes"
                write(self.lot, self.run)
        except DatabaseError as error:
            # Refused by a trigger of ours, or to be tried again: nothing was written.
            if getattr(error.__cause__, "sqlstate", "") not in {"QC010", "40001", "40P01"}:
                raise

    def _put_back(self) -> None:
        for statement in (
            "DELETE FROM products_result WHERE version > 1",
            "DELETE FROM products_disposition",
            "UPDATE products_run SET state = 'submitted', discard_reason = ''",
            PUT_BACK,
        ):
            self.owner.execute(statement)


@contextmanager
def race(databases: Databases, kept: tuple[str, ...]) -> Iterator[Race]:
    lot(criteria=[VIABILITY])
    run = submitted_run().run
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run.number])
    name = connections["default"].settings_dict["NAME"]
    with databases.connect(name) as owner:
        for table in TABLES:
            rows = owner.execute(
                "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgrelid = %s::regclass",
                [f"products_{table}"],
            ).fetchall()
            for (trigger,) in rows:
                if trigger.startswith(kept):
                    continue
                owner.execute(f"DROP TRIGGER {trigger} ON products_{table}")
        yield Race(owner, run)


@pytest.mark.parametrize("release", [release_by_sql, release_by_queryset])
@pytest.mark.parametrize("level", LEVELS)
def test_no_forced_race_leaves_a_lot_released_on_a_bad_result(
    databases: Databases, committed_db: str, level: str, release: Write
) -> None:
    with race(databases, KEPT) as racing:
        assert racing.rounds(level, release, ROUNDS) == 0

        assert racing.spoilt, "an adverse fact was written at least once"


def test_without_the_triggers_the_same_race_releases_bad_results(
    databases: Databases, committed_db: str
) -> None:
    with race(databases, ()) as racing:
        assert racing.rounds("READ COMMITTED", release_by_sql, 9) == 9
