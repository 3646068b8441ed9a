"""The one run that is recorded on, with all that its readings are held against: one statement."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

from products.domain.calculations import ReadingFacts
from products.models import Criterion, Lot, Method, MethodVersion, Product, Run
from products.queries.columns import Columns
from products.queries.lot_rows import instant
from products.queries.runs import Place, place_of

_RUN = Columns(Run, "run")
_VERSION = Columns(MethodVersion, "version")
_METHOD = Columns(Method, "method")
_PRODUCT = Columns(Product, "product")
_CRITERION = Columns(Criterion, "criterion")

# What counts is as in `products.queries.runs`, of which each part asks on its own.
STATEMENT = f"""
SELECT {_RUN.sql}, {_VERSION.sql}, {_METHOD.sql}, {_PRODUCT.sql}, {_CRITERION.sql},
    json_build_object(
        'readings', (
            SELECT json_agg(json_build_array(reading.sequence, reading.removed, reading.name,
                reading.text, reading.unit, reading.replicate, reading.vessel, reading.medium,
                reading.role, reading.read_at) ORDER BY reading.sequence)
            FROM products_reading reading
            LEFT JOIN products_amendment amendment ON amendment.id = reading.amendment_id
            LEFT JOIN products_secondsignature second ON second.amendment_id = amendment.id
            WHERE reading.run_id = run.id AND (amendment.id IS NULL
                OR NOT amendment.needs_second OR second.outcome = 'confirmed')),
        'last_sequence', (
            SELECT coalesce(max(sequence), 0) FROM products_reading WHERE run_id = run.id),
        'supports', (SELECT count(*) FROM products_runsupport WHERE run_id = run.id),
        'versions', (SELECT count(*) FROM products_result WHERE run_id = run.id),
        'result', (
            SELECT json_build_array(result.verdict, result.final) FROM products_result result
            LEFT JOIN products_amendment amendment ON amendment.result_id = result.id
            LEFT JOIN products_secondsignature second ON second.amendment_id = amendment.id
            WHERE result.run_id = run.id AND (amendment.id IS NULL
                OR NOT amendment.needs_second OR second.outcome = 'confirmed')
            ORDER BY result.version DESC LIMIT 1)
    )::text
FROM products_run run
JOIN products_lot lot ON lot.id = run.lot_id
JOIN products_product product ON product.id = lot.product_id
JOIN products_methodversion version ON version.id = run.method_version_id
JOIN products_method method ON method.id = version.method_id
LEFT JOIN products_criterion opened_for ON opened_for.id = run.criterion_id
LEFT JOIN products_criterion present ON present.specification_id = lot.specification_id
    AND present.code = opened_for.code AND present.method_id = opened_for.method_id
LEFT JOIN products_criterion criterion ON criterion.id = coalesce(present.id, opened_for.id)
WHERE run.id = %s
"""  # noqa: S608  # names of our own tables


@dataclass(frozen=True, slots=True)
class LatestReading:
    """The one that counts at its place, or that was taken out there."""

    sequence: int
    removed: bool
    facts: ReadingFacts


@dataclass(frozen=True, slots=True)
class RunAtHand:
    """A run as it stands; read it under its lot's lock.

    ``criterion`` is the one in force. ``latest`` has one reading for each place, in the order of
    entry; ``last_sequence`` is that of every reading ever saved. ``versions`` and ``supports`` are
    how many there are; ``verdict`` is that of the version in effect, empty before the first.
    """

    run: Run
    criterion: Criterion | None
    latest: Mapping[Place, LatestReading]
    last_sequence: int
    supports: int
    versions: int
    verdict: str
    is_final: bool

    def in_effect_at(self, place: Place) -> ReadingFacts | None:
        found = self.latest.get(place)
        return None if found is None or found.removed else found.facts


def run_at_hand(key: UUID, lot: Lot) -> RunAtHand:
    """``lot`` is the run's, as it was locked."""
    with connection.cursor() as cursor:
        cursor.execute(STATEMENT, [key])
        values = iter(cursor.fetchone())
    run, version = _RUN.read(values), _VERSION.read(values)
    version.method, lot.product = _METHOD.read(values), _PRODUCT.read(values)
    run.lot, run.method_version = lot, version
    criterion = _CRITERION.read_any(values)
    found = json.loads(str(next(values)))
    verdict, is_final = found["result"] or ("", False)
    return RunAtHand(
        run=run,
        criterion=criterion,
        latest=_latest(found["readings"] or ()),
        last_sequence=found["last_sequence"],
        supports=found["supports"],
        versions=found["versions"],
        verdict=verdict,
        is_final=is_final,
    )


def _latest(rows: Any) -> dict[Place, LatestReading]:
    latest: dict[Place, LatestReading] = {}
    for sequence, removed, *place, read_at in rows:
        facts = replace(ReadingFacts(*place), read_at=instant(read_at))
        latest[place_of(facts)] = LatestReading(sequence, removed, facts)
    return latest
