"""The entries of the ledger in its order: their leaf hashes, made here from the bytes, and whether
places, stored hashes and columns are what the bytes say; of the columns the database tells.

Many entries are read at once, as one value, and compared at once; one by one only where something
differs. Neither their number nor their length matters to the memory that it takes.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import accumulate, chain
from typing import Any
from uuid import UUID

from django.db import DataError, connection, transaction
from psycopg import Cursor

from products.domain.ledger_faults import Tally
from products.domain.merkle import leaf_hash_of_parts, leaf_hashes

AT_ONCE = 2_000
LONG = 4_096
PIECE = 1_000_000
LEAST_INDEX = -(2**63)

# Whether the columns of an entry are what its bytes say. The quick way, which raises no error,
# makes the bytes from the columns, as the trail does: keys stand in the order of their lengths, and
# the one that is no column comes last.
MAKES = """
(position(convert_to(left(jsonb_build_object(
    'format', 'exolot-audit-entry/1', 'id', entry.id, 'recorded_at', entry.recorded_at,
    'actor', entry.actor, 'actor_name', entry.actor_name, 'action', entry.action,
    'reason', entry.reason, 'request_id', entry.request_id, 'address', entry.address,
    'operation', entry.operation, 'table', entry.record_table, 'key', entry.record_id,
    'lots', entry.lots, 'before', entry.before, 'after', entry.after)::text, -1)
    || ', "database_role": "', 'UTF8') IN entry.body) = 1)
"""
# The other way is for all that says the same in other bytes; an error when these cannot be read.
AGREES = f"""
({MAKES} OR (
    SELECT entry.id = (said->>'id')::uuid
    AND entry.recorded_at = (said->>'recorded_at')::timestamptz
    AND entry.actor IS NOT DISTINCT FROM (said->>'actor')::uuid
    AND entry.actor_name = said->>'actor_name' AND entry.action = said->>'action'
    AND entry.reason = said->>'reason' AND entry.request_id = said->>'request_id'
    AND entry.address = said->>'address' AND entry.operation = said->>'operation'
    AND entry.record_table = said->>'table' AND entry.record_id = said->>'key'
    AND to_jsonb(entry.lots) = said->'lots'
    AND coalesce(entry.before, 'null')::text = (said->'before')::text
    AND coalesce(entry.after, 'null')::text = (said->'after')::text
    FROM (SELECT convert_from(entry.body, 'UTF8')::jsonb) AS body (said)))
"""  # noqa: S608  # put together from our own words

_RANGE = """
FROM products_leaf leaf LEFT JOIN products_auditentry entry ON entry.id = leaf.entry_id
WHERE leaf.index BETWEEN %s AND %s
"""
BATCH = f"""
SELECT count(*), min(index), max(index), bool_and(agrees),
    string_agg(hash, '' ORDER BY index),
    string_agg(int4send(coalesce(octet_length(body), -1)), '' ORDER BY index),
    coalesce(string_agg(CASE WHEN octet_length(body) <= %s THEN body END, '' ORDER BY index), '')
FROM (
    SELECT leaf.index, leaf.hash, entry.body,
        (entry.sha256 = sha256(entry.body) AND {MAKES}) IS TRUE AS agrees
    FROM products_leaf leaf LEFT JOIN products_auditentry entry ON entry.id = leaf.entry_id
    WHERE leaf.index >= %s ORDER BY leaf.index LIMIT %s
) batch
"""  # noqa: S608
PLACES = (
    "SELECT leaf.index, leaf.entry_id, leaf.hash, entry.sha256 = sha256(entry.body) "
    f"{_RANGE} ORDER BY leaf.index"
)
PART = "SELECT substring(body FROM %s FOR %s) FROM products_auditentry WHERE id = %s"
AGREEING = f"SELECT bool_and(entry.sha256 = sha256(entry.body) AND {AGREES}) {_RANGE}"
UNLIKE = f"SELECT id FROM products_auditentry entry WHERE id = ANY (%s) AND {AGREES} IS NOT TRUE"  # noqa: S608  # put together from our own words
WAITING = """
SELECT entry.id, entry.sha256 = sha256(entry.body) FROM products_pending waiting
JOIN products_auditentry entry ON entry.id = waiting.entry_id
WHERE waiting.entry_id > %s ORDER BY waiting.entry_id LIMIT %s
"""


@dataclass(frozen=True, slots=True)
class _Batch:
    """Entries from ``first`` to ``last``; ``lengths`` of their bytes, -1 for one that is gone.

    ``agrees``: the columns of all make their bytes. ``content`` is the bytes of all that are not
    `LONG`, one after another.
    """

    count: int
    first: int
    last: int
    agrees: bool
    hashes: bytes
    lengths: Sequence[int]
    content: bytes

    def is_whole(self, place: int) -> bool:
        """No index is missed, no entry gone, and all bytes are here."""
        return (
            self.first == place
            and self.last - self.first + 1 == self.count
            and min(self.lengths) >= 0
            and max(self.lengths) <= LONG
        )

    def here(self) -> Iterator[int]:
        """How much of each entry is in ``content``."""
        return (length if 0 < length <= LONG else 0 for length in self.lengths)


def leaves(tally: Tally) -> Iterator[bytes]:
    """The hash of each entry's bytes, in the order of the ledger; ``tally`` gets what is wrong."""
    return chain.from_iterable(_checked_batches(tally))


def check_waiting(tally: Tally) -> None:
    """Whether the entries that wait to be sealed are as the trail wrote them."""
    after = UUID(int=0)
    while rows := _rows(WAITING, [after, AT_ONCE]):
        after = rows[-1][0]
        same = [entry for entry, is_same in rows if is_same]
        changed = {entry for entry, is_same in rows if not is_same}
        for entry in sorted(changed.union(_unlike(same))):
            tally.add("entry_differs", f"Entry {entry} waits to be sealed, and was changed.")


def _checked_batches(tally: Tally) -> Iterator[list[bytes]]:
    place, first = 0, LEAST_INDEX
    while batch := _read(first):
        is_whole = batch.is_whole(place)
        hashes = leaf_hashes(batch.content, accumulate(batch.lengths if is_whole else batch.here()))
        if not (is_whole and b"".join(hashes) == batch.hashes and _agree(batch)):
            _look_at_each(batch, place, hashes, tally)
        yield hashes
        place, first = place + batch.count, batch.last + 1


def _read(first: int) -> _Batch | None:
    # Django's own cursor would have every byte written as two digits.
    with Cursor(connection.connection) as cursor:
        cursor.execute(BATCH, [LONG, first, AT_ONCE], binary=True)
        found = cursor.fetchone()
    if found is None or not found[0]:
        return None
    count, least, last, agrees, hashes, lengths, content = found
    lengths = struct.unpack(f">{count}i", lengths)
    return _Batch(count, least, last, agrees, hashes, lengths, content)


def _agree(batch: _Batch) -> bool:
    if batch.agrees:
        return True
    try:
        with transaction.atomic():
            return bool(_rows(AGREEING, [batch.first, batch.last])[0][0])
    except DataError:
        return False


def _look_at_each(batch: _Batch, place: int, hashes: list[bytes], tally: Tally) -> None:
    """Name what differs, and put the hashes of what was not read with the others into their place.

    The hash of an entry that is gone is the one that is stored, so that one fault is told once.
    """
    names: dict[UUID, str] = {}
    rows = _rows(PLACES, [batch.first, batch.last])
    for at, (index, entry, stored, is_same) in enumerate(rows):
        named = f"Entry {entry} at index {index}"
        if index != place + at:
            tally.add("index_missing", f"The ledger has no entry at index {place + at}.")
        if batch.lengths[at] < 0:
            tally.add("entry_missing", f"{named} is gone.")
            hashes[at] = bytes(stored)
            continue
        if batch.lengths[at] > LONG:
            hashes[at] = leaf_hash_of_parts(_parts(entry, batch.lengths[at]))
        if not is_same:
            tally.add("hash_differs", f"{named}: its SHA-256 is that of other bytes.")
        if hashes[at] != stored:
            tally.add("leaf_differs", f"{named} was changed.")
        else:
            names[entry] = named
    for entry, is_readable in _unlike(list(names)).items():
        if is_readable:
            message = f"{names[entry]}: its columns are not what its bytes say."
            tally.add("columns_differ", message)
        else:
            tally.add("entry_unreadable", f"{names[entry]}: its bytes are not those of an entry.")


def _parts(entry: UUID, length: int) -> Iterator[bytes]:
    for start in range(0, length, PIECE):
        with Cursor(connection.connection) as cursor:
            cursor.execute(PART, [start + 1, PIECE, entry], binary=True)
            yield from (row[0] for row in cursor)


def _unlike(entries: list[UUID]) -> dict[UUID, bool]:
    """Those whose columns are not what their bytes say, and whether the bytes can be read."""
    if not entries:
        return {}
    try:
        with transaction.atomic():
            return dict.fromkeys((row[0] for row in _rows(UNLIKE, [entries])), True)
    except DataError:
        if len(entries) == 1:
            return {entries[0]: False}
        middle = len(entries) // 2
        return _unlike(entries[:middle]) | _unlike(entries[middle:])


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())
