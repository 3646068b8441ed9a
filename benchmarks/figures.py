"""Measuring: processor time of this process, medians over many repeats, a limit for each figure."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds for one repeat: processor time of this process, and time passed."""

    cpu_ms: float
    wall_ms: float


@dataclass(frozen=True, slots=True)
class Figure:
    """``limit`` None: shown only, for whoever looks for where the time goes."""

    name: str
    value: float
    unit: str
    limit: float | None = None

    @property
    def holds(self) -> bool:
        return self.limit is None or self.value <= self.limit


def cost_of(work: Callable[[], object], *, repeats: int, warm_up: int) -> Cost:
    """The median over ``repeats``, after ``warm_up`` that do not count."""
    for _ in range(warm_up):
        work()
    costs = [_once(work) for _ in range(repeats)]
    return Cost(median(cost.cpu_ms for cost in costs), median(cost.wall_ms for cost in costs))


def costs_of(
    works: Sequence[Callable[[], object]], *, repeats: int, warm_up: int
) -> tuple[Cost, ...]:
    """`cost_of` of several, in turns: what disturbs the machine disturbs all alike."""
    found: list[list[Cost]] = [[] for _ in works]
    for turn in range(warm_up + repeats):
        for costs, work in zip(found, works, strict=True):
            cost = _once(work)
            if turn >= warm_up:
                costs.append(cost)
    return tuple(
        Cost(median(cost.cpu_ms for cost in costs), median(cost.wall_ms for cost in costs))
        for costs in found
    )


def report(title: str, figures: Sequence[Figure]) -> int:
    """Print the figures; 1 when one is over its limit, for the shell."""
    lines = [title]
    for figure in figures:
        line = f"  {figure.name:<62} {figure.value:>9.2f} {figure.unit}"
        if figure.limit is not None:
            line += f"  (limit {figure.limit:g}: {'holds' if figure.holds else 'EXCEEDED'})"
        lines.append(line)
    sys.stdout.write("\n".join(lines) + "\n")
    return 0 if all(figure.holds for figure in figures) else 1


def _once(work: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    work()
    return Cost((time.process_time() - cpu) * 1000, (time.perf_counter() - wall) * 1000)
