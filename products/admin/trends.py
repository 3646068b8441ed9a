"""The charts of a lot's page: the marks of each attribute, and the lots that they lead to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from products.domain.charts import BOTTOM, HEIGHT, LEFT, RIGHT, TOP, WIDTH, Chart
from products.domain.criteria import Verdict
from products.domain.selection import criterion_name
from products.domain.trending import Trend, TrendLot, TrendValue
from products.domain.units import label_of
from products.models import Lot
from products.queries.lot_page import LotPage
from products.queries.lot_trends import TrendLine, Trends, lot_trends

SHAPES = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.REPORT_ONLY: "report"}
BOUNDS = {"<": "below", ">": "above"}
KINDS = ("pass", "fail", "report", "open")
NEIGHBOUR = "../../{}/change/"
"""From the page of one lot to that of another: it is written some hundred times."""
BOX = {
    "width": WIDTH,
    "height": HEIGHT,
    "left": LEFT,
    "right": RIGHT,
    "top": TOP,
    "bottom": BOTTOM,
    "tall": BOTTOM - TOP,
}


@dataclass(frozen=True, slots=True)
class Mark:
    """``shape`` names a symbol of the page."""

    x: str
    y: str
    shape: str


@dataclass(frozen=True, slots=True)
class Column:
    """A lot in a chart; ``told`` is what its marks say, in words."""

    url: str
    left: str
    told: str
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """``limit`` is this lot's own, empty where its specification sets none."""

    name: str
    unit: str
    limit: str
    chart: Chart
    columns: tuple[Column, ...]


def trends(lot: Lot, page: LotPage) -> dict[str, object]:
    """For the template."""
    return trends_shown(lot_trends(lot, page.facts), lot.pk)


def trends_shown(found: Trends, key: UUID) -> dict[str, object]:
    """``here`` is the place of the lot ``key`` among the others."""
    urls = {row.key: NEIGHBOUR.format(row.key) for row in found.rows}
    return {
        "box": BOX,
        "kinds": KINDS,
        "figures": [_figure(line, [*urls.values()]) for line in found.lines],
        "groups": [
            (group, [(row, urls[row.key], row.key == key) for row in group.rows])
            for group in found.groups
        ],
        "first": found.rows[0].facts.number,
        "last": found.rows[-1].facts.number,
        "count": len(found.rows),
        "here": next(place for place, row in enumerate(found.rows) if row.key == key),
    }


def _figure(line: TrendLine, urls: list[str]) -> Figure:
    trend, chart = line.trend, line.chart
    return Figure(
        name=criterion_name(trend.criterion),
        unit=label_of(trend.unit),
        limit=trend.criterion.limit_text if trend.criterion.is_numeric else "",
        chart=chart,
        columns=tuple(_columns(trend, chart, urls)),
    )


def _columns(trend: Trend, chart: Chart, urls: list[str]) -> Iterator[Column]:
    places = zip(trend.lots, chart.columns, chart.marks, urls, strict=True)
    for lot, left, points, url in places:
        if lot.values:
            marks = [
                mark
                for value, (x, y) in zip(lot.values, points, strict=True)
                for mark in _marks(value, x, y)
            ]
            yield Column(url, _short(left), _told(lot), tuple(marks))


def _marks(value: TrendValue, x: Decimal, y: Decimal) -> Iterator[Mark]:
    kind = SHAPES.get(value.verdict, "open")
    if value.comparator:
        yield Mark(_short(x), _short(y), f"{BOUNDS[value.comparator]}-{kind}")
    if not value.comparator or kind == "fail":
        yield Mark(_short(x), _short(y), kind)


def _short(coordinate: Decimal) -> str:
    return f"{coordinate:f}".removesuffix(".0")


def _told(lot: TrendLot) -> str:
    return f"{lot.number}: {'; '.join(_value(value) for value in lot.values)}"


def _value(value: TrendValue) -> str:
    """Only a verdict other than pass is said."""
    if value.verdict is Verdict.PASS:
        return value.text
    return f"{value.text}, {value.verdict.value.replace('_', ' ')}"
