"""Where the marks of a chart stand: numbers in, coordinates out, drawn by the page.

Nothing here knows of laboratories or of SVG, but that y grows downwards. Values stay `Decimal`, so
that a label never shows a digit that nobody wrote; coordinates are cut to a tenth of a unit.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal, localcontext
from itertools import pairwise

WIDTH, HEIGHT = 360, 176
LEFT, RIGHT, TOP, BOTTOM = 52, 350, 10, 152
"""The box that values are drawn in; left of it stand the labels, below the lots."""
FIGURES = 400
"""Digits of the arithmetic: no two values that the grammar can tell apart fall together."""
LOGARITHMS = Context(prec=28)
TENTH = Decimal("0.1")
TICKS = 4
DECADES = 2
PLAIN = range(-4, 6)
"""Powers of ten that are written out; others with an exponent, as results are."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One place on the x axis: its values, and the limits that apply there."""

    values: tuple[Decimal, ...] = ()
    lower: Decimal | None = None
    upper: Decimal | None = None


@dataclass(frozen=True, slots=True)
class Tick:
    y: Decimal
    label: str


@dataclass(frozen=True, slots=True)
class Chart:
    """``columns`` has of each slot its left edge, ``marks`` of each slot the (x, y) of its values.

    ``lower`` and ``upper`` are SVG paths: a step for each run of slots with the same limit.
    """

    columns: tuple[Decimal, ...]
    column_width: Decimal
    marks: tuple[tuple[tuple[Decimal, Decimal], ...], ...]
    lower: str
    upper: str
    ticks: tuple[Tick, ...]
    is_log: bool


@dataclass(frozen=True, slots=True)
class Scale:
    """From ``low`` at the bottom of the box to ``high`` at its top; on a log scale, exponents."""

    low: Decimal
    high: Decimal
    is_log: bool

    def y(self, value: Decimal) -> Decimal:
        at = value.log10(LOGARITHMS) if self.is_log else value
        share = (at - self.low) / (self.high - self.low)
        return (BOTTOM - share * (BOTTOM - TOP)).quantize(TENTH)


def chart(slots: Sequence[Slot], *, may_be_log: bool = False) -> Chart | None:
    """None without any value. A log scale is taken where values span more than two decades."""
    with localcontext() as context:
        context.prec = FIGURES
        values = [value for slot in slots for value in slot.values]
        if not values:
            return None
        sides = (limit for slot in slots for limit in (slot.lower, slot.upper))
        limits = [limit for limit in sides if limit is not None]
        scale = _scale(values, limits, may_be_log=may_be_log)
        width = Decimal(RIGHT - LEFT) / len(slots)
        columns = [(LEFT + width * place).quantize(TENTH) for place in range(len(slots))]
        edges = [*columns, Decimal(RIGHT)]
        return Chart(
            columns=tuple(columns),
            column_width=width.quantize(TENTH),
            marks=tuple(
                tuple(((left + width / 2).quantize(TENTH), scale.y(value)) for value in slot.values)
                for left, slot in zip(columns, slots, strict=True)
            ),
            lower=_steps(edges, [slot.lower for slot in slots], scale),
            upper=_steps(edges, [slot.upper for slot in slots], scale),
            ticks=tuple(_ticks(scale)),
            is_log=scale.is_log,
        )


def _scale(values: list[Decimal], limits: list[Decimal], *, may_be_log: bool) -> Scale:
    low, high = min(*values, *limits, values[0]), max(*values, *limits, values[0])
    if may_be_log and low > 0 and max(values) / min(values) > Decimal(10) ** DECADES:
        return Scale(
            low.log10(LOGARITHMS).to_integral_value(ROUND_FLOOR),
            high.log10(LOGARITHMS).to_integral_value(ROUND_CEILING),
            is_log=True,
        )
    margin = (high - low) / 12 or abs(high) / 10 or Decimal(1)
    bottom = low - margin
    return Scale(max(bottom, Decimal(0)) if low >= 0 else bottom, high + margin, is_log=False)


def _steps(edges: list[Decimal], limits: list[Decimal | None], scale: Scale) -> str:
    parts, before = [], None
    for (left, right), limit in zip(pairwise(edges), limits, strict=True):
        if limit is None:
            before = None
            continue
        parts.append(f"H{right}" if limit == before else f"M{left} {scale.y(limit)}H{right}")
        before = limit
    return "".join(parts)


def _ticks(scale: Scale) -> Iterator[Tick]:
    if scale.is_log:
        step = (int(scale.high - scale.low) - 1) // TICKS + 1
        for exponent in range(int(scale.low), int(scale.high) + 1, step):
            decade = Decimal(1).scaleb(exponent)
            yield Tick(scale.y(decade), label_of(decade))
        return
    yield from _even_ticks(scale)


def _even_ticks(scale: Scale) -> Iterator[Tick]:
    step = _step((scale.high - scale.low) / TICKS)
    value = (scale.low / step).to_integral_value(ROUND_CEILING) * step
    while value <= scale.high:
        yield Tick(scale.y(value), label_of(value))
        value += step


def _step(least: Decimal) -> Decimal:
    """The next of 1, 2, 5, 10 ... times a power of ten."""
    power = Decimal(1).scaleb(least.adjusted())
    return next(step for times in (1, 2, 5, 10) if (step := times * power) >= least)


def label_of(value: Decimal) -> str:
    """``0.05``, ``120``, ``2E+10``: no digit more than the number needs."""
    short = value.normalize()
    if not short:
        return "0"
    return f"{short:f}" if short.adjusted() in PLAIN else f"{short:E}"
