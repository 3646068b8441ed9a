"""What the template of a worksheet lays out: columns, lines, and the doubts about its runs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from products.admin.worksheet_cells import Cell, words_of
from products.admin.worksheet_rows import Mark, SheetRow, seen_name
from products.domain.blocks import BLOCK_CODES
from products.domain.calculations import InputField
from products.domain.lots import local_text, zone_named
from products.domain.results import PURPOSE_LABELS, Purpose
from products.domain.units import label_of
from products.domain.worksheets import Look, Vessel, vessels_of
from products.models import MethodVersion, Run
from products.queries.worksheets import SheetRun, has_vessels, inputs_of_version


@dataclass(frozen=True, slots=True)
class Column:
    """``words`` are the only ones that a cell takes, empty for any."""

    label: str
    unit: str
    words: str
    is_per_line: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class Placed:
    """A cell in the grid; ``number`` is its column, and its line the one that holds it."""

    cell: Cell
    number: int
    lines: int


@dataclass(frozen=True, slots=True)
class Line:
    """One line of inputs; ``number`` counts through the whole worksheet.

    ``label`` is its replicate or culture vessel, ``under`` what is known of that.
    """

    number: int
    label: str
    under: tuple[str, ...]
    places: tuple[Placed, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """A run: as many lines as it has replicates or culture vessels."""

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


def labels_of(version: MethodVersion) -> str:
    """What the lines of a run are, empty if it has one alone."""
    if has_vessels(version):
        return "Vessel"
    return "Repl." if version.replicates > 1 and _has_replicates(version) else ""


def width_of(version: MethodVersion) -> int:
    """How many columns the blank has: sample, limit, remarks, and the lines' labels if any."""
    return len(inputs_of_version(version)) + 3 + bool(labels_of(version))


def blank_lines(version: MethodVersion, look: Look | None) -> tuple[str, ...]:
    """The labels of the lines of a run of which nothing is read yet."""
    if look is not None:
        planned = vessels_of((), version.media, products=look.products, controls=look.controls)
        return tuple(one.name for one in planned)
    count = version.replicates if _has_replicates(version) else 1
    return tuple(str(number) for number in range(1, count + 1))


def groups_of(rows: Sequence[SheetRow]) -> Iterator[Group]:
    first = 0
    for row in rows:
        lines = tuple(_lines(row, first))
        first += len(lines)
        yield Group(row, lines, row.mark())


def _lines(row: SheetRow, first: int) -> Iterator[Line]:
    version = row.item.run.method_version
    if row.item.look is None:
        count = version.replicates if _has_replicates(version) else 1
        for at in range(count):
            yield Line(first + at, str(at + 1), (), tuple(_places(row, version, at + 1, count)))
        return
    looks = row.item.last_looks()
    for at, cell in enumerate(row.cells.values()):
        reading = cell.reading
        last = looks.get(Vessel(reading.medium, reading.vessel, reading.role))
        under = [f"{reading.medium}, {reading.role.replace('_', ' ')}"]
        if last is not None and last.read_at is not None:
            at_site = last.read_at.astimezone(zone_named(row.item.run.performed_zone))
            under.append(f"{last.text} {at_site:%Y-%m-%d %H:%M %Z}")
        yield Line(first + at, reading.vessel, tuple(under), (Placed(cell, 0, 1),))


def _has_replicates(version: MethodVersion) -> bool:
    return any(item.per == "replicate" for item in inputs_of_version(version))


def doubt_groups(rows: Iterable[SheetRow]) -> tuple[DoubtGroup, ...]:
    found: dict[str, dict[str, None]] = defaultdict(dict)
    for row in rows:
        for doubt in row.item.doubts:
            found[doubt.code][doubt.message] = None
    return tuple(
        DoubtGroup(BLOCK_CODES[code].title, tuple(messages), BLOCK_CODES[code].clears)
        for code, messages in found.items()
    )


def head_of(runs: Sequence[Run], look: Look | None) -> tuple[tuple[str, str], ...]:
    """What the runs have in common, or all that they differ in, as label and value."""
    times = [local_text(look.read_at, run.performed_zone) for run in runs] if look else []
    pairs = {
        "Vessels read": times,
        "Purpose": [PURPOSE_LABELS[Purpose(run.purpose)] for run in runs],
        "Incubated from" if look else "Performed": [
            local_text(run.performed_at, run.performed_zone) for run in runs
        ],
        "Instrument": [run.instrument.code if run.instrument else "none named" for run in runs],
    }
    return tuple(
        (label, ", ".join(dict.fromkeys(values))) for label, values in pairs.items() if values
    )


def _column(version: MethodVersion, item: InputField) -> Column:
    return Column(
        label=item.label,
        unit=label_of(item.unit or version.unit),
        words=" or ".join(words_of(item)),
        is_per_line=item.per == "vessel" or (item.per == "replicate" and version.replicates > 1),
        is_optional=item.optional,
    )


def _places(row: SheetRow, version: MethodVersion, replicate: int, lines: int) -> Iterator[Placed]:
    for number, item in enumerate(inputs_of_version(version)):
        if item.per == "replicate":
            yield Placed(row.cells[item.name, replicate], number, 1)
        elif replicate == 1:
            yield Placed(row.cells[item.name, 1], number, lines)
