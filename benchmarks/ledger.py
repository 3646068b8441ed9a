"""Sealing and verifying the ledger against bare hashing of the same bytes, and making a proof.

Run as ``python -m benchmarks.ledger``. Bare hashing is the strictest that there is: every leaf and
every node of the tree hashed by `hashlib` in a loop over bytes that are in memory already, of which
nothing is read, compared or stored. The limits are on the processor time of this process; what the
database server spends beside it, which hashes in software of its own, is shown.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import psycopg
from django.db import connection, connections

from benchmarks.figures import Figure, costs_of, memory_mb, peak_begins, report
from benchmarks.ledger_load import PAGE, load, load_first, seal_all, sign_every
from benchmarks.records import benchmark_database
from products.domain.ledger_faults import Fault
from products.queries.ledger import inclusion_proof, latest_checkpoint
from products.queries.ledger_checking import ledger_faults
from tests.conftest import Databases, use
from tests.sealing import checkpoint

ENTRIES, SEALED, CHECKPOINTS = 1_000_000, 100_000, 10_000
TIMES = 2.5
MOST_MB, MOST_HASHES, LOOK_UPS = 64.0, 20.0, 5.0
PROOFS = 500
# What any sealer in the database does: each entry leaves the queue, and gets a place in the order.
BARE_TABLES = (
    "CREATE TABLE bare_pending (entry_id uuid PRIMARY KEY, xid xid8 NOT NULL)",
    "CREATE TABLE bare_leaf (index bigint PRIMARY KEY, entry_id uuid NOT NULL UNIQUE)",
)
BARE_ENTRIES = """
INSERT INTO bare_pending SELECT uuidv7(), (number / 10)::text::xid8
FROM generate_series(1, %s) AS number
"""
BARE_MOVE = """
WITH taken AS (DELETE FROM bare_pending RETURNING entry_id, xid)
INSERT INTO bare_leaf SELECT row_number() OVER (ORDER BY xid, entry_id), entry_id FROM taken
"""
ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds of processor time, of this process and of the server's for its connection, and of
    time passed. ``peak_mb`` is the most memory that the process had above what it began with.
    """

    own: float
    server: float
    wall: float
    peak_mb: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--sealed", type=int, default=SEALED)
    parser.add_argument("--checkpoints", type=int, default=CHECKPOINTS)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--verify", metavar="DATABASE", help="what the benchmark itself calls")
    asked = parser.parse_args()
    if asked.verify:
        use(asked.verify)
        sys.stdout.write(json.dumps(asdict(verifying())))
        return 0
    with benchmark_database():
        found = figures(
            entries=asked.entries,
            sealed=asked.sealed,
            checkpoints=asked.checkpoints,
            repeats=asked.repeats,
        )
    return report(f"A ledger of {asked.entries} entries", found)


def figures(
    *, entries: int, sealed: int, checkpoints: int, repeats: int, allowance: float = 1.0
) -> list[Figure]:
    """Fill the database in use with so many entries, the last ones ``sealed`` at a time.

    ``allowance`` is what the limits on time are multiplied by.
    """
    database = connections["default"].settings_dict["NAME"]
    with Databases().connect(database) as owner:
        load_first(owner, entries - repeats * sealed)
        seal_all(owner)
        found = list(_sealing(owner, entries, sealed, repeats, TIMES * allowance))
        found += _verifying(database, repeats, TIMES * allowance)
        found += _proving(LOOK_UPS * allowance)
        made = sign_every(owner, max(1, entries // checkpoints))
        spent = verified_apart(database)
        name = f"verifying with {made} checkpoints: memory above the start"
        found.append(Figure(name, spent.peak_mb, "MB", MOST_MB))
    return found


def _sealing(
    owner: psycopg.Connection, entries: int, sealed: int, repeats: int, limit: float
) -> Iterator[Figure]:
    ours, bare = [], []
    for turn in range(repeats):
        first = entries - (repeats - turn) * sealed
        load(owner, first + 1, first + sealed)
        ours.append(spent_on(checkpoint))
        bare.append(_bare(first, first + sealed))
    yield from _against(f"sealing {sealed} entries", sealed, ours, bare, limit)
    rows = _rows_alone(owner, sealed) / median(bare)
    yield Figure(
        "  two bare rows an entry, without hash, tree or guard: against bare", rows, "times"
    )


def _rows_alone(owner: psycopg.Connection, entries: int) -> float:
    """Seconds that the server takes to move so many entries from one bare table to another."""
    with owner.transaction(force_rollback=True):
        for statement in BARE_TABLES:
            owner.execute(statement)
        owner.execute(BARE_ENTRIES, [entries])
        owner.execute("ANALYZE bare_pending")
        began = _server_seconds(owner.info.backend_pid)
        owner.execute(BARE_MOVE)
        return _server_seconds(owner.info.backend_pid) - began


def _verifying(database: str, repeats: int, limit: float) -> Iterator[Figure]:
    head = latest_checkpoint()
    size = head.size if head else 0
    ours = [verified_apart(database) for _ in range(repeats)]
    bare = [_bare(0, size) for _ in range(repeats)]
    yield from _against(f"verifying {size} entries", size, ours, bare, limit)
    yield Figure("  memory above the start", max(each.peak_mb for each in ours), "MB", MOST_MB)


def _against(
    name: str, entries: int, ours: Sequence[Spent], bare: Sequence[float], limit: float
) -> Iterator[Figure]:
    hashing, own = median(bare), median(each.own for each in ours)
    server = median(each.server for each in ours)
    yield Figure(f"{name}: against bare hashing", own / hashing, "times", limit)
    yield Figure("  bare hashing", entries / hashing, "entries/s")
    yield Figure("  this process", entries / own, "entries/s")
    yield Figure("  the same, lowest", entries / max(each.own for each in ours), "entries/s")
    yield Figure("  the same, highest", entries / min(each.own for each in ours), "entries/s")
    yield Figure("  with what the server spends: against bare", (own + server) / hashing, "times")
    yield Figure("  with what the server spends", entries / (own + server), "entries/s")
    yield Figure("  time passed", entries / median(each.wall for each in ours), "entries/s")


def _proving(limit: float) -> Iterator[Figure]:
    """Proofs of entries all over the tree, each against the look-up of its leaf by primary key."""
    head = latest_checkpoint()
    size = head.size if head else 0
    places = [size * number // PROOFS for number in range(PROOFS)]
    hashes = max(len(inclusion_proof(index, size)) for index in places)
    look_up, prove = costs_of(
        [_each(look_up_leaf, places), _each(lambda index: inclusion_proof(index, size), places)],
        repeats=PROOFS - 50,
        warm_up=50,
    )
    yield Figure("an inclusion proof", float(hashes), "hashes", MOST_HASHES)
    yield Figure("  against a look-up", prove.wall_ms / look_up.wall_ms, "times", limit)
    yield Figure("  against a look-up, this process", prove.cpu_ms / look_up.cpu_ms, "times")
    yield Figure("  time passed, the proof", prove.wall_ms, "ms")
    yield Figure("  time passed, the look-up", look_up.wall_ms, "ms")


def look_up_leaf(index: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT hash FROM products_leaf WHERE index = %s", [index])
        cursor.fetchone()


def _each(work: Callable[[int], object], places: Sequence[int]) -> Callable[[], object]:
    left = iter(places)
    return lambda: work(next(left))


def _bare(first: int, last: int) -> float:
    """Seconds of processor time to hash the entries of these places and the tree over them."""
    spent = 0.0
    statement = (
        "SELECT body FROM products_leaf JOIN products_auditentry ON id = entry_id "
        "WHERE index BETWEEN %s AND %s"
    )
    for start in range(first, last, PAGE):
        with psycopg.Cursor(connection.connection) as cursor:
            cursor.execute(statement, [start, min(start + PAGE, last) - 1], binary=True)
            bodies = [row[0] for row in cursor]
        spent += _hashed(bodies)
    return spent


def _hashed(bodies: Sequence[bytes]) -> float:
    sha256, began = hashlib.sha256, time.process_time()
    row = [sha256(b"\x00" + body).digest() for body in bodies]
    while len(row) > 1:
        row = [
            sha256(b"\x01" + left + right).digest()
            for left, right in zip(row[::2], row[1::2], strict=False)
        ]
    return time.process_time() - began


def verified_apart(database: str) -> Spent:
    """In a process of its own, whose memory is nobody else's."""
    command = [sys.executable, "-m", "benchmarks.ledger", "--verify", database]
    done = subprocess.run(  # noqa: S603  # ourselves
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(done.stderr)
    return Spent(**json.loads(done.stdout))


def verifying() -> Spent:
    return spent_on(_verify)


def _verify() -> None:
    found = [each for each in ledger_faults() if isinstance(each, Fault)]
    if found:
        raise RuntimeError(f"{found[0].kind}: {found[0].message}")


def spent_on(work: Callable[[], object]) -> Spent:
    connection.ensure_connection()
    server = connection.connection.info.backend_pid
    peak_begins()
    began = memory_mb("VmRSS"), _server_seconds(server), time.perf_counter(), time.process_time()
    work()
    own, wall = time.process_time() - began[3], time.perf_counter() - began[2]
    return Spent(own, _server_seconds(server) - began[1], wall, memory_mb("VmHWM") - began[0])


def _server_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
