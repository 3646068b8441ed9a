"""The last lots of a product beside each other, by what each of them was found to be."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from django.db.models import F, QuerySet, Value

from products.domain.charts import Chart, Slot, chart
from products.domain.facts import LotFacts
from products.domain.lots import Decision
from products.domain.trending import Trend, TrendLot, trends_of
from products.models import Lot
from products.queries.facts import lot_facts
from products.queries.keyset import RowComparison

LOTS = 30
PARTICLES = "{particles}"


@dataclass(frozen=True, slots=True)
class TrendLine:
    trend: Trend
    chart: Chart


@dataclass(frozen=True, slots=True)
class TrendRow:
    """A lot with its entry in each trend, in the order of the trends."""

    key: UUID
    facts: LotFacts
    entries: tuple[TrendLot, ...]


@dataclass(frozen=True, slots=True)
class TrendGroup:
    """Lots in a row that one specification version binds, with its limits."""

    specification: int
    limits: tuple[str, ...]
    rows: tuple[TrendRow, ...]


@dataclass(frozen=True, slots=True)
class Trends:
    """``rows`` are the lots, the oldest first; ``groups`` the same, for a table."""

    lines: tuple[TrendLine, ...]
    rows: tuple[TrendRow, ...]
    groups: tuple[TrendGroup, ...]


def lot_trends(lot: Lot, facts: LotFacts) -> Trends:
    """The product's last lots, of an older lot those around it; as many queries for 30 as for 1."""
    keys = _window(lot)
    found = lot_facts(keys)
    lots = [facts if key == lot.pk else found[key] for key in keys]
    trends = trends_of(lots, facts.criteria)
    rows = tuple(
        TrendRow(key, one, tuple(trend.lots[place] for trend in trends))
        for place, (key, one) in enumerate(zip(keys, lots, strict=True))
    )
    lines = []
    for trend in trends:
        slots = [
            Slot(tuple(value.value for value in one.values), one.lower, one.upper)
            for one in trend.lots
        ]
        drawn = chart(slots, may_be_log=PARTICLES in trend.unit)
        assert drawn is not None  # a trend has a value
        lines.append(TrendLine(trend, drawn))
    return Trends(tuple(lines), rows, tuple(_groups(rows)))


def _window(lot: Lot) -> list[UUID]:
    """Keys of the lots to show, the oldest first: two scans of an index, however many lots."""
    here: list[object] = [Value(lot.made_on), Value(lot.pk)]
    others = Lot.objects.filter(product=lot.product_id).exclude(decision=Decision.VOID)
    newer = _keys(others.filter(_beside(">", here)).order_by("made_on", "id"))
    older = _keys(others.filter(_beside("<", here)).order_by("-made_on", "-id"))
    around = max(LOTS // 2, LOTS - 1 - len(older))
    after = newer if len(newer) < LOTS else newer[:around]
    before = older[: LOTS - 1 - len(after)]
    return [*reversed(before), lot.pk, *after]


def _beside(operator: str, here: list[object]) -> RowComparison:
    return RowComparison([F("made_on"), F("id")], operator, here)  # type: ignore[arg-type]


def _keys(lots: QuerySet[Lot]) -> list[UUID]:
    return list(lots.values_list("pk", flat=True)[:LOTS])


def _groups(rows: tuple[TrendRow, ...]) -> list[TrendGroup]:
    groups = []
    for version, members in groupby(rows, key=_specification):
        held = tuple(members)
        limits = tuple(entry.limit_text for entry in held[0].entries)
        groups.append(TrendGroup(version, limits, held))
    return groups


def _specification(row: TrendRow) -> int:
    return row.facts.specification.version if row.facts.specification else 0
