"""What the template of a worksheet lays out: columns, lines, and the doubts about its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from products.admin.worksheet_rows import Cell, Mark, SheetRow, seen_name
from products.domain.blocks import BLOCK_CODES
from products.domain.calculations import InputField
from products.domain.lots import local_text
from products.domain.results import PURPOSE_LABELS, Purpose
from products.domain.units import label_of
from products.models import MethodVersion, Run
from products.queries.worksheets import SheetRun, inputs_of_version


@dataclass(frozen=True, slots=True)
class Column:
    """``words`` are the only ones that a cell takes, empty for any."""

    label: str
    unit: str
    words: str
    is_per_replicate: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell in the grid; ``number`` is its column, and its line the one that holds it."""

    cell: Cell
    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of inputs; ``number`` counts through the whole worksheet."""

    number: int
    replicate: int
    places: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A run: as many lines as it has replicates."""

    row: SheetRow
    lines: tuple[Line, ...]
    mark: Mark

    @property
    def item(self) -> SheetRun:
        return self.row.item

    @property
    def seen_name(self) -> str:
        return seen_name(self.item)


@dataclass(frozen=True, slots=True)
class DoubtGroup:
    """Doubts of one kind: ``messages`` of each run, and what clears them."""

    title: str
    messages: tuple[str, ...]
    clears: str


def columns_of(version: MethodVersion) -> tuple[Column, ...]:
    return tuple(_column(version, item) for item in inputs_of_version(version))


def lines_of(version: MethodVersion) -> int:
    """How many lines a run of the method takes."""
    inputs = inputs_of_version(version)
    return version.replicates if any(item.per == "replicate" for item in inputs) else 1


def width_of(version: MethodVersion) -> int:
    """How many columns the blank has: sample, limit, remarks, and the replicate if it has some."""
    return len(inputs_of_version(version)) + 3 + (lines_of(version) > 1)


def groups_of(rows: Sequence[SheetRow]) -> Iterator[Group]:
    first = 0
    for row in rows:
        version = row.item.run.method_version
        count = lines_of(version)
        lines = tuple(
            Line(first + at, at + 1, tuple(_places(row, version, at + 1, count)))
            for at in range(count)
        )
        first += count
        yield Group(row, lines, row.mark())


def doubt_groups(rows: Iterable[SheetRow]) -> tuple[DoubtGroup, ...]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for doubt in row.item.doubts:
            found[doubt.code][doubt.message] = None
    return tuple(
        DoubtGroup(BLOCK_CODES[code].title, tuple(messages), BLOCK_CODES[code].clears)
        for code, messages in found.items()
    )


def head_of(runs: Sequence[Run]) -> tuple[tuple[str, str], ...]:
    """What the runs have in common, or all that they differ in, as label and value."""
    pairs = {
        "Purpose": [PURPOSE_LABELS[Purpose(run.purpose)] for run in runs],
        "Performed": [local_text(run.performed_at, run.performed_zone) for run in runs],
        "Instrument": [run.instrument.code if run.instrument else "none named" for run in runs],
    }
    return tuple((label, ", ".join(dict.fromkeys(values))) for label, values in pairs.items())


def _column(version: MethodVersion, item: InputField) -> Column:
    return Column(
        label=item.label,
        unit=label_of(item.unit or version.unit),
        words=" or ".join(item.words),
        is_per_replicate=item.per == "replicate" and version.replicates > 1,
        is_optional=item.optional,
    )


def _places(row: SheetRow, version: MethodVersion, replicate: int, lines: int) -> Iterator[Placed]:
    for number, item in enumerate(inputs_of_version(version)):
        if item.per == "replicate":
            yield Placed(row.cells[item.name, replicate], number, 1)
        elif replicate == 1:
            yield Placed(row.cells[item.name, 1], number, lines)
