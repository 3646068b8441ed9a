"""What the records say today of the decisions on lots that were signed."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from products.domain.dispositions import RELEASES
from products.domain.facts import plain
from products.domain.ordering import normalised
from products.models import (
    Acknowledgement,
    Amendment,
    Disposition,
    Evidence,
    Hold,
    HoldLift,
    Lot,
    Note,
    Reading,
    Sample,
)
from products.queries.facts import lot_facts
from products.queries.signed_parts import Shown, Signed, over, reading_shown

MOVING = ("decision", "decision_number", "holds", "signed_results", "acknowledged")
"""Facts of a lot that decisions themselves move; each has its own place beside a signature."""


def record_of_lot(lot: Lot | UUID) -> Shown:
    """What the lot's page shows beside the facts that are judged: bound by each decision on it."""
    key = lot.pk if isinstance(lot, Lot) else lot
    readings: dict[str, list[object]] = defaultdict(list)
    rows = Reading.objects.filter(run__lot=key).select_related("run").order_by("sequence")
    for row in rows.order_by("run__number", "sequence"):
        readings[row.run.number].append(
            {"sequence": str(row.sequence), **reading_shown(row), "removed": row.removed}
        )
    files = Evidence.objects.filter(lot=key) | Evidence.objects.filter(run__lot=key)
    return {
        "readings": dict(readings),
        "evidence": [
            {"id": file.pk, "name": file.name, "sha256": file.sha256}
            for file in files.defer("content").order_by("recorded_at", "id")
        ],
        "amendments": [
            {
                "number": row.number,
                "kind": row.kind,
                "reason": row.reason,
                "source_document": row.source_document,
                "needs_second": row.needs_second,
            }
            for row in Amendment.objects.filter(lot=key).order_by("recorded_at", "id")
        ],
        "samples": [
            {
                "number": row.number,
                "stage": row.stage,
                "container": row.container,
                "drawn_at": row.drawn_at,
            }
            for row in Sample.objects.filter(lot=key).order_by("recorded_at", "number")
        ],
        "notes": [
            {"id": row.pk, "text": row.text}
            for row in Note.objects.filter(lot=key).order_by("recorded_at", "id")
        ],
    }


def decisions(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = list(
        Disposition.objects.filter(pk__in=signed).select_related("lot", "hold", "lift__hold")
    )
    facts, records = _lots({row.lot_id for row in rows})
    for row in rows:
        shown = signed[row.pk]
        yield (
            row.pk,
            over(
                shown,
                lot=row.lot.number,
                decision_number=row.number,
                decision=row.kind,
                facts=_facts(shown, facts[row.lot_id], grows=row.kind in RELEASES),
                evaluation=json.loads(bytes(row.evaluation)),
                record=_only_signed(shown.get("record", {}), records[row.lot_id]),
                **_of_hold(row),
            ),
        )


def _of_hold(row: Disposition) -> Shown:
    """What was signed of the hold that was placed or lifted."""
    placed: Hold | None = getattr(row, "hold", None)
    if placed is not None:
        return {"hold": placed.number, "kind": placed.kind, "reference": placed.reference}
    lifted: HoldLift | None = getattr(row, "lift", None)
    if lifted is None:
        return {}
    return {
        "hold": lifted.hold.number,
        "kind": lifted.hold.kind,
        "hold_reason": lifted.hold.reason,
        "reference": lifted.reference,
    }


def acknowledgements(signed: Signed) -> Iterator[tuple[UUID, Shown]]:
    rows = list(Acknowledgement.objects.filter(pk__in=signed).select_related("lot"))
    facts, _ = _lots({row.lot_id for row in rows})
    for row in rows:
        shown = signed[row.pk]
        yield (
            row.pk,
            over(
                shown,
                lot=row.lot.number,
                facts=_facts(shown, facts[row.lot_id], grows=True),
            ),
        )


def _lots(keys: set[UUID]) -> tuple[dict[UUID, Shown], dict[UUID, Shown]]:
    facts: dict[UUID, Shown] = {}
    for key, found in lot_facts(keys).items():
        now = plain(normalised(found))
        assert isinstance(now, dict)
        facts[key] = now
    return facts, {key: record_of_lot(key) for key in keys}


def _facts(shown: Shown, present: Shown, *, grows: bool) -> Shown:
    """The lot's facts but for what decisions move; with ``grows`` also what came later."""
    signed: Shown = shown.get("facts", {})
    now = {**present, **{key: signed.get(key) for key in MOVING}}
    if grows:
        return now
    return {
        key: _only_named(signed.get(key), value) if _are_records(value) else value
        for key, value in now.items()
    }


def _only_signed(signed: Any, present: Shown) -> Shown:
    """Of the lists that go on growing, the records that were signed."""
    return {
        key: _only_named(signed.get(key), value)
        if isinstance(value, list)
        else {
            run: _only_named(rows, value.get(run, [])) for run, rows in signed.get(key, {}).items()
        }
        for key, value in present.items()
    }


def _only_named(signed: Any, present: Sequence[Any]) -> list[Any]:
    if not signed:
        return []
    known = {_key(item) for item in signed}
    return [item for item in present if _key(item) in known]


def _key(item: Any) -> str:
    return str(next((item[key] for key in ("number", "sequence", "id") if item.get(key)), ""))


def _are_records(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
