"""Lots that the actions made, as rows to be copied a million times: each copy has keys, numbers,
days and a product of its own, and whatever names them in its rows names its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from hashlib import sha256

import psycopg
from django.db.models import Model
from psycopg import sql

from benchmarks.records import AGE, COPIED, criteria, finish, tested_lot
from products import models
from products.actions.dispositions import recall_lot, release_lot
from products.actions.holds import place_hold
from products.domain.lots import zone_named
from products.models import Lot
from tests import records
from tests.records import ZONE, context, people, time_is

_SIGNED = "SELECT signature_id FROM products_{} WHERE lot_id = %(lot)s AND signature_id IS NOT NULL"
WHOLE: tuple[tuple[type[Model], str], ...] = (
    *((model, where) for model, where in COPIED if model is not models.Signature),
    (models.Disposition, "lot_id = %(lot)s"),
    (models.Hold, "lot_id = %(lot)s"),
    (
        models.Signature,
        f"id IN ({_SIGNED.format('disposition')} UNION {_SIGNED.format('review')})",
    ),
)
"""What a lot consists of, each with the condition that finds it."""
# Columns that hold a document, and beside each its SHA-256.
DOCUMENTS = {"content": "content_sha256", "evaluation": "evaluation_sha256"}

# Where in a text the copy's own comes: the two parts of its keys, its number, a day.
TIME, SERIAL, NUMBER = "\x01", "\x02", "\x03"
A_DAY = re.compile(r"(?<!\d)20\d\d-\d\d-\d\d(?!\d)")
MARKED_DAY = re.compile("\x04(.{10})\x05")
MARKED_MIDNIGHT = re.compile("\x04(.{10})\x05([ T])0[45]:00:00(?=[+.])")
DAYS = 320
STANDINGS = ["released"] * 14 + ["quarantined"] * 4 + ["held", "recalled"]
WORKED_ON = 100
"""Lots that wait for a review, a reading or a release; all others wait for nobody."""
WHOLE_LOTS = 1000
"""Of so many lots all is loaded, of the others no readings, and short documents."""
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Standing:
    """A lot as it stood: of each table its rows as COPY reads them, with marks in them.

    ``short`` are the same with as little as can be in what was signed.
    """

    whole: Mapping[str, str]
    short: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Made:
    """What is copied. ``lot`` was made on the day of the oldest. ``products``: of each product the
    keys that it has in place of the first one's.
    """

    lot: Lot
    standings: Mapping[str, Standing]
    columns: Mapping[str, Sequence[str]]
    products: list[Mapping[str, str]]


def make(owner: psycopg.Connection, results: int) -> Made:
    """Two lots by the actions, taken in each standing that they pass through."""
    taking = _Taking(owner)
    asked = criteria(results)
    with time_is(records.now() - timedelta(days=DAYS)):
        lot, runs = tested_lot("BENCH-A", asked, criteria=asked)
        finish(lot, runs)
        taking.take("ready", lot)
        quality = people().quality
        with time_is(lot.recorded_at + AGE / 2):
            release_lot(context(quality), lot=lot.number)
            taking.take("released", lot)
            place_hold(context(quality), lot=lot.number)
            taking.take("held", lot)
            recall_lot(context(quality), lot=lot.number)
            taking.take("recalled", lot)
        # The last criterion is not tested, and the lot has no expiry.
        lot, runs = tested_lot("BENCH-B", asked[:-1], expires="")
        taking.take("unfinished", lot)
        finish(lot, runs)
        taking.take("quarantined", lot)
    return Made(lot, taking.standings, taking.columns, [{}])


def lot_number(serial: int) -> str:
    return f"EV-{serial:07d}"


def key_of(serial: int, lots: int, made: Made, model: type[Model], place: int = 0) -> str:
    """The key of the row at that place among those of the model that a copied lot has."""
    kind = [found for found, _ in WHOLE].index(model)
    own_time = _time_of(serial, lots, made.lot.made_on)
    return f"{own_time}-7{kind:x}{place:02x}-8000-{serial:012x}"


def copied_rows(made: Made, table: str, lots: int) -> Iterator[bytes]:
    """The rows of one table for ``lots`` lots, the oldest first, keys ascending."""
    per_day = lots_per_day(lots)
    has_document = bool(set(made.columns[table]) & set(DOCUMENTS))
    is_for_few = table == "products_reading"

    @lru_cache(maxsize=256)
    def text_of(standing: str, product: int, day: int, *, is_whole: bool) -> str:
        texts = made.standings[standing]
        text = (texts.whole if is_whole else texts.short)[table]
        for key, own in made.products[product].items():
            text = text.replace(key, own)
        return _on_day(text, day)

    for serial in range(lots):
        standing, product = standing_of(serial, lots), serial % len(made.products)
        is_whole = is_whole_lot(serial, lots)
        if is_for_few and not is_whole:
            continue
        text = text_of(standing, product, serial // per_day, is_whole=is_whole and has_document)
        if not text:
            continue
        text = text.replace(TIME, _time_of(serial, lots, made.lot.made_on))
        text = text.replace(SERIAL, f"{serial:012x}").replace(NUMBER, lot_number(serial))
        if has_document:
            text = _with_documents(text, made.columns[table])
        yield text.encode()


def is_whole_lot(serial: int, lots: int) -> bool:
    """Whether its readings are loaded, and its signed documents as long as they are."""
    is_worked_on = 0 <= serial - first_worked_on(lots) < WORKED_ON
    return is_worked_on or serial % max(lots // WHOLE_LOTS, 1) == 0


def lots_per_day(lots: int) -> int:
    """Many lots come from a year, few from some days."""
    return max(-(-lots // DAYS), 100)


def standing_of(serial: int, lots: int) -> str:
    """Of twenty lots fourteen are released, four in quarantine, one on hold, one recalled."""
    if 0 <= serial - first_worked_on(lots) < WORKED_ON:
        return ("ready", "unfinished")[serial % 2]
    return STANDINGS[serial // 8 % len(STANDINGS)]


def first_worked_on(lots: int) -> int:
    return lots * 9 // 10


@dataclass(slots=True)
class _Taking:
    """Takes the rows of a lot as they stand, before the next action changes them."""

    owner: psycopg.Connection
    columns: dict[str, Sequence[str]] = field(default_factory=dict)
    standings: dict[str, Standing] = field(default_factory=dict)

    def take(self, name: str, lot: Lot) -> None:
        rows = {table_of(model): self._rows(model, where, lot) for model, where in WHOLE}
        keys = {
            found[0]: f"{TIME}-7{kind:x}{place:02x}-8000-{SERIAL}"
            for kind, several in enumerate(rows.values())
            for place, found in enumerate(several)
        }
        own = keys | {lot.number: NUMBER}
        marks = re.compile("|".join(map(re.escape, own)))

        def text_of(several: list[list[str]]) -> str:
            text = "".join("\t".join(row) + "\n" for row in several)
            text = marks.sub(lambda found: own[found[0]], text)
            return A_DAY.sub(lambda found: f"\x04{found[0]}\x05", text)

        self.standings[name] = Standing(
            {table: text_of(several) for table, several in rows.items()},
            {table: text_of(self._shortened(table, several)) for table, several in rows.items()},
        )

    def _rows(self, model: type[Model], where: str, lot: Lot) -> list[list[str]]:
        """As COPY writes them, the key first; documents as the text that they are."""
        fields = sorted(model._meta.local_fields, key=lambda found: not found.primary_key)  # noqa: SLF001  # Django's documented interface
        names = [str(found.column) for found in fields]
        self.columns[table_of(model)] = names
        shown = [
            f"convert_from({name}, 'UTF8')" if name in DOCUMENTS else f'"{name}"' for name in names
        ]
        query = (
            f"COPY (SELECT {', '.join(shown)} FROM {table_of(model)} "  # noqa: S608  # our own words
            f"WHERE {where.replace('%(lot)s', repr(str(lot.pk)))} ORDER BY id) TO STDOUT"
        )
        with self.owner.cursor().copy(sql.SQL(query)) as copy:
            text = b"".join(copy).decode()
        return [line.split("\t") for line in text.splitlines()]

    def _shortened(self, table: str, rows: list[list[str]]) -> list[list[str]]:
        """What was signed says which record it is of, and no more."""
        short = f'{{"record":{{"id":"{rows[0][0] if rows else ""}"}},"shown":{{}}}}'
        return [
            [
                short if name in DOCUMENTS else value
                for name, value in zip(self.columns[table], row, strict=True)
            ]
            for row in rows
        ]


def table_of(model: type[Model]) -> str:
    return model._meta.db_table  # noqa: SLF001  # Django's documented interface


def other_products(owner: psycopg.Connection, lot: Lot, count: int) -> Iterator[Mapping[str, str]]:
    """Copies of the lot's product with its specification: keys of copies by those copied."""
    parts: tuple[tuple[type[Model], str], ...] = (
        (models.Product, f"id = '{lot.product_id}'"),
        (models.Signature, f"record_id = '{lot.specification_id}'"),
        (models.SpecificationVersion, f"id = '{lot.specification_id}'"),
        (models.Criterion, f"specification_id = '{lot.specification_id}'"),
    )
    for copy in range(1, count + 1):
        keys: dict[str, str] = {}
        for model, where in parts:
            table, own = table_of(model), _own_values(str(copy))
            names = [str(found.column) for found in model._meta.local_fields]  # noqa: SLF001  # documented
            if model is not models.Product:
                own.pop("code")
            values = [own.get(name, name) for name in names]
            known = owner.execute(
                f"SELECT id::text, ({own['id']})::text FROM {table} WHERE {where}"  # noqa: S608  # our own words
            )
            keys |= dict(known.fetchall())
            owner.execute(
                f"INSERT INTO {table} ({', '.join(names)}) "  # noqa: S608  # our own words
                f"SELECT {', '.join(values)} FROM {table} WHERE {where}"
            )
        yield keys


def _own_values(copy: str) -> dict[str, str]:
    """Of a copy what differs, as SQL: keys, and what names them."""
    own = {name: f"md5({name}::text || '{copy}')::uuid" for name in _OWN}
    content = (
        "convert_to(replace(convert_from(content, 'UTF8'), record_id::text, "
        f"({own['record_id']})::text), 'UTF8')"
    )
    return own | {
        "code": f"code || '-{copy}'",
        "content": content,
        "content_sha256": f"encode(sha256({content}), 'hex')",
    }


_OWN = frozenset({"id", "record_id", "product_id", "approval_id", "specification_id"})


def _on_day(text: str, day: int) -> str:
    def moved(found: re.Match[str]) -> str:
        return f"{date.fromisoformat(found[1]) + timedelta(days=day)}"

    def midnight(found: re.Match[str]) -> str:
        """When the day begins at the site, which summer time changes."""
        at = datetime.fromisoformat(moved(found)).replace(tzinfo=zone_named(ZONE))
        return f"{at.astimezone(UTC):%Y-%m-%d{found[2]}%H:%M:%S}"

    return MARKED_DAY.sub(moved, MARKED_MIDNIGHT.sub(midnight, text))


def _time_of(serial: int, lots: int, made_on: date) -> str:
    """The first part of the keys of a lot: the milliseconds at which it was made (RFC 9562)."""
    start = int(datetime(made_on.year, made_on.month, made_on.day, tzinfo=UTC).timestamp() * 1000)
    digits = f"{start + serial * DAY_MS // lots_per_day(lots):012x}"
    return f"{digits[:8]}-{digits[8:]}"


def _with_documents(text: str, columns: Sequence[str]) -> str:
    """The documents as the bytes that they are, beside their sums."""
    rows = []
    for line in text.splitlines():
        row = dict(zip(columns, line.split("\t"), strict=True))
        for name in row.keys() & DOCUMENTS.keys():
            content = row[name].replace("\\\\", "\\").encode()
            row[name] = rf"\\x{content.hex()}"
            row[DOCUMENTS[name]] = sha256(content).hexdigest()
        rows.append("\t".join(row.values()) + "\n")
    return "".join(rows)
