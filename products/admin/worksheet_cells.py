"""The cells of a worksheet: the reading that each stands for, and why it refuses what was typed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from products.actions.base import Context
from products.actions.results import check_reading_of
from products.domain.calculations import InputField, ReadingFacts
from products.domain.errors import DomainError
from products.domain.results import RunState
from products.domain.sterility import GROWTH, NO_GROWTH
from products.domain.worksheets import Spot, Vessel, spots_of
from products.models import Reading
from products.queries.runs import Place, place_of
from products.queries.worksheets import SheetRun, inputs_of_version

LONGEST_READING = 100


@dataclass(slots=True)
class Cell:
    """``saved`` is what is on record, ``text`` what stands in the input; ``note`` what somebody
    else did there meanwhile. ``reading`` is the one that the cell stands for, without its text.
    """

    field: InputField
    reading: ReadingFacts
    name: str
    label: str
    unit: str
    saved: str
    text: str
    error: str = ""
    note: str = ""
    is_conflict: bool = False

    @property
    def place(self) -> Place:
        return place_of(self.reading)

    @property
    def words(self) -> str:
        """The only ones that it takes, for the script, empty for any."""
        return "|".join(words_of(self.field))

    @property
    def says(self) -> str:
        return self.error or self.note

    def as_reading(self) -> ReadingFacts:
        return replace(self.reading, text=self.text, unit=self.unit)


def cells_of(item: SheetRun, now: Mapping[Place, Reading]) -> Iterator[tuple[Spot, Cell]]:
    """Each cell as it stands ``now``."""
    version = item.run.method_version
    for asked, number in spots_of(inputs_of_version(version), version.replicates):
        if asked.per == "vessel":
            for at, vessel in enumerate(item.vessels(), 1):
                yield (asked.name, at), _of_vessel(item, asked, vessel, now)
        else:
            yield (asked.name, number), _of_number(item, asked, number, now)


def cells_ever(item: SheetRun, then: Mapping[Place, Reading]) -> Iterator[Cell]:
    """Each cell of a culture vessel that the row may have had when it stood as ``then``."""
    if item.look is None:
        return
    for asked in inputs_of_version(item.run.method_version):
        for vessel in item.vessels_ever() if asked.per == "vessel" else ():
            yield _of_vessel(item, asked, vessel, then)


def _of_number(
    item: SheetRun, asked: InputField, number: int, now: Mapping[Place, Reading]
) -> Cell:
    is_one = asked.per != "replicate" or item.run.method_version.replicates == 1
    label = asked.label if is_one else f"{asked.label}, replicate {number}"
    reading = ReadingFacts(asked.name, "", replicate=number)
    return _cell(item, asked, now, reading=reading, key=str(number), label=label)


def _of_vessel(
    item: SheetRun, asked: InputField, vessel: Vessel, now: Mapping[Place, Reading]
) -> Cell:
    """Named after the vessel, and not after its place among the others, which may change."""
    assert item.look is not None
    reading = ReadingFacts(
        asked.name,
        "",
        vessel=vessel.name,
        medium=vessel.medium,
        role=vessel.role,
        read_at=item.look.read_at,
    )
    which = f"{vessel.medium}\0{vessel.role}\0{vessel.name}".encode()
    key = hashlib.sha256(which).hexdigest()[:12]
    return _cell(
        item, asked, now, reading=reading, key=key, label=f"{asked.label} in vessel {vessel.name}"
    )


def _cell(
    item: SheetRun,
    asked: InputField,
    now: Mapping[Place, Reading],
    *,
    reading: ReadingFacts,
    key: str,
    label: str,
) -> Cell:
    run, saved = item.run, now.get(place_of(reading))
    text = saved.text if saved else ""
    return Cell(
        field=asked,
        reading=reading,
        name=f"{run.number}:{asked.name}:{key}",
        label=f"{label}, run {run.number}",
        unit=(saved.unit if saved else "") or asked.unit or run.method_version.unit,
        saved=text,
        text=text,
    )


def why_refused(item: SheetRun, cell: Cell, context: Context) -> str:
    if cell.text == cell.saved:
        return ""
    if not cell.text:
        return f"Saved as {cell.saved!r}: a saved reading is replaced by another, not removed."
    if cell.saved and item.run.state != RunState.SAVED:
        return f"Saved as {cell.saved!r}: change it on the run's own page, which asks for a reason."
    if len(cell.text) > LONGEST_READING:
        return f"A reading has at most {LONGEST_READING} characters."
    try:
        check_reading_of(item.run, cell.as_reading(), context)
    except DomainError as error:
        return error.message
    return ""


def words_of(field: InputField) -> tuple[str, ...]:
    """The only words that a cell takes, none for any."""
    return (NO_GROWTH, GROWTH) if field.kind == "growth" else field.words
