"""The stored answer of every lot, held against what judging says now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from products.domain.lots import STATUS_LABELS, ReleaseStatus
from products.domain.release import Judgement, judge
from products.models import Lot
from products.queries.facts import lot_facts
from products.queries.lots import lots_at

AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Difference:
    """One stored answer that judging contradicts; ``what`` is a sentence."""

    lot: str
    what: str


def lots_on_record() -> int:
    return Lot.objects.count()


def stored_differences(now: datetime) -> Iterator[Difference]:
    """Every lot whose stored answer is not what judging all its facts afresh says at ``now``.

    Lots that are recorded on meanwhile are looked at again, so that nobody has to stop work.
    """
    last: UUID | None = None
    while keys := _next_keys(last):
        last = keys[-1]
        pending = _differences(keys, now)
        while pending:
            again = _differences(list(pending), now)
            yield from (
                difference
                for key, (version, found) in again.items()
                if pending[key][0] == version
                for difference in found
            )
            pending = {key: one for key, one in again.items() if pending[key][0] != one[0]}


def _next_keys(last: UUID | None) -> list[UUID]:
    lots = Lot.objects.order_by("id")
    if last is not None:
        lots = lots.filter(id__gt=last)
    return list(lots.values_list("id", flat=True)[:AT_ONCE])


def _differences(keys: list[UUID], now: datetime) -> dict[UUID, tuple[int, list[Difference]]]:
    """Lot -> its version when it was read, and what differs; lots without a difference are not in.

    The stored rows come first: what is recorded between the two readings raises the version, and
    shows as a difference that another look clears.
    """
    columns = ("id", "number", "version", "status", "next_status", "judged_until", "blocks")
    stored = {row["id"]: row for row in lots_at(now).filter(pk__in=keys).values(*columns)}
    facts = lot_facts(keys)
    found = {
        key: (row["version"], list(_compared(row, judge(facts[key], now), now)))
        for key, row in stored.items()
    }
    return {key: (version, ones) for key, (version, ones) in found.items() if ones}


def _compared(row: Mapping[str, Any], fresh: Judgement, now: datetime) -> Iterator[Difference]:
    number = row["number"]
    if row["status"] != fresh.status:
        shown = STATUS_LABELS[ReleaseStatus(row["status"])].lower()
        judged = STATUS_LABELS[fresh.status].lower()
        yield Difference(number, f"it shows as {shown}, but is {judged} by its records")
    elif fresh.status is ReleaseStatus.RELEASED and fresh.blocks:
        first = fresh.blocks[0]
        yield Difference(number, f"it shows as released, but {first.code} speaks against it")
    if row["judged_until"] <= now:
        return  # the stored reasons are due for judging, and are shown so
    if row["next_status"] != fresh.next_status or row["judged_until"] != fresh.judged_until:
        until = f"{fresh.judged_until:%Y-%m-%d %H:%M:%S} UTC"
        stored = f"{row['judged_until']:%Y-%m-%d %H:%M:%S} UTC"
        yield Difference(number, f"time changes its answer at {until}, but {stored} is stored")
    if row["blocks"] != [asdict(block) for block in fresh.blocks]:
        before = ", ".join(block["code"] for block in row["blocks"]) or "none"
        after = ", ".join(block.code for block in fresh.blocks) or "none"
        yield Difference(number, f"its stored reasons are {before}; its records say {after}")
