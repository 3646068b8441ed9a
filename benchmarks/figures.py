"""Measuring: processor time of this process, medians over many repeats, a limit for each figure."""

from __future__ import annotations

import ctypes
import os
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
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


@dataclass(frozen=True, slots=True)
class Spent:
    """Milliseconds of processor time: of this process, and of the server's that serves it."""

    ours: float
    server: float

    @property
    def both(self) -> float:
        return self.ours + self.server


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


def clock_of(pid: int) -> float:
    """Seconds of processor time that a process of this machine has used (POSIX,
    ``clock_getcpuclockid``).
    """
    clock = ctypes.c_int()
    failed = _LIBC.clock_getcpuclockid(pid, ctypes.byref(clock))
    if failed:
        raise OSError(failed, os.strerror(failed))
    return time.clock_gettime(clock.value)


def spent_on(work: Callable[[], object], server: int) -> Spent:
    """``server`` is the database's process that serves it."""
    ours, theirs = time.process_time(), clock_of(server)
    work()
    return Spent((time.process_time() - ours) * 1000, (clock_of(server) - theirs) * 1000)


def memory_mb(name: str) -> float:
    """A line of this process's status, as the system tells it (``proc(5)``)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(each for each in lines if each.startswith(name)).split()[1]) / 1024


def peak_begins() -> None:
    """From now on ``VmHWM`` is the most that is taken."""
    Path("/proc/self/clear_refs").write_text("5")


_LIBC = ctypes.CDLL(None)
