"""The rows of a worksheet: what stands in each cell, what was typed, how it would be judged.

The verdict of a row is what `submit_run` would make of it now, by the functions that it judges by.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from products.actions.base import Context
from products.actions.results import judge_against
from products.admin.worksheet_cells import Cell, cells_ever, cells_of, why_refused
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Verdict
from products.domain.errors import DomainError
from products.domain.lots import local_text
from products.domain.worksheets import RunSeen, Spot, merge, seen_in
from products.models import Reading
from products.queries.runs import Place, reading_facts
from products.queries.worksheets import SheetRun
from products.templatetags.exolot import VERDICT_MARKS


@dataclass(frozen=True, slots=True)
class Mark:
    """A verdict as it is shown: by colour, glyph and word; ``text`` says why."""

    kind: str
    glyph: str
    word: str
    text: str = ""


@dataclass(slots=True)
class SheetRow:
    """A run with its cells; ``error`` is what an action said against saving the run, ``lost`` what
    was typed into cells that it no longer has, ``not_submitted`` why it was not submitted.
    """

    item: SheetRun
    cells: dict[Spot, Cell] = field(default_factory=dict)
    error: str = ""
    lost: str = ""
    not_submitted: str = ""
    news: str = ""
    is_ticked: bool = False

    @property
    def number(self) -> str:
        return self.item.run.number

    @property
    def changed(self) -> list[ReadingFacts]:
        """What is typed, can be read, and is not on record yet."""
        return [
            cell.as_reading()
            for cell in self.cells.values()
            if cell.text != cell.saved and not (cell.error or cell.is_conflict)
        ]

    @property
    def takes_input(self) -> bool:
        """Also a run that was closed meanwhile, while what was typed is not on record."""
        return self.item.is_open or bool(self.changed)

    @property
    def missing(self) -> list[Cell]:
        return [cell for cell in self.cells.values() if not (cell.text or cell.field.optional)]

    @property
    def has_errors(self) -> bool:
        return bool(self.error or self.lost or self.not_submitted) or self.has_unreadable

    @property
    def has_unreadable(self) -> bool:
        return any(cell.error for cell in self.cells.values())

    @property
    def has_conflicts(self) -> bool:
        return any(cell.is_conflict for cell in self.cells.values())

    def mark(self) -> Mark:
        """Of a run that was submitted its verdict; before, what it would be."""
        version = self.item.version
        if not self.item.is_open:
            return _official(version.verdict, version.row.explanation) if version else _closed(self)
        if self.has_unreadable:
            return Mark("invalid", "!", "Not readable", "Look at the marked cells.")
        if not any(cell.text for cell in self.cells.values()):
            if version is not None:
                return _official(version.verdict, version.row.explanation)
            return Mark("draft", "…", "Empty")
        if missing := self.missing:
            one = len(missing) == 1
            text = f"{len(missing)} reading{'' if one else 's'} missing."
            return Mark("incomplete", "◔", "Incomplete", text)
        return self._judged()

    def _judged(self) -> Mark:
        here = {cell.place for cell in self.cells.values()}
        earlier = [row for place, row in self.item.latest().items() if place not in here]
        readings = [
            *map(reading_facts, earlier),
            *(cell.as_reading() for cell in self.cells.values() if cell.text),
        ]
        try:
            judged = judge_against(self.item.run, self.item.criterion_row, readings)
        except DomainError as error:
            return Mark("invalid", "!", "Cannot be judged", error.message)
        return _official(judged.verdict, judged.reason)

    @property
    def status(self) -> Mark:
        """Whether what stands in the cells is on record."""
        refusals = (
            ("Not saved", self.error),
            ("Not all saved", self.lost),
            ("Not submitted", self.not_submitted),
        )
        for word, why in refusals:
            if why:
                return Mark("refused", "✕", word, why)
        if not self.item.is_open:
            return Mark(self.item.run.state, "✓", self.item.run.state.capitalize())
        return self._progress()

    def _progress(self) -> Mark:
        if self.has_conflicts:
            return Mark("open", "!", "Changed by somebody else", self.news)
        if self.has_unreadable:
            return Mark("open", "!", "Not all saved", self.news)
        if self.changed:
            return Mark("draft", "✎", "Not saved yet", self.news)
        if not any(cell.saved for cell in self.cells.values()):
            return Mark("draft", "…", "Nothing saved", self.news)
        if self.item.is_submitted:
            return Mark("submitted", "✓", "Submitted", self.news or self._last_saved())
        return Mark("saved", "✎", "Saved, no result yet", self.news or self._last_saved())

    def _last_saved(self) -> str:
        last = self.item.readings[-1]
        at = local_text(last.recorded_at, self.item.run.lot.site.zone)
        return f"{last.recorded_by.printed_name}, {at}"

    def as_json(self) -> dict[str, Any]:
        mark, status = self.mark(), self.status
        return {
            "seen": str(self.item.seen),
            "cells": {
                cell.name: {
                    "text": cell.text,
                    "saved": cell.saved,
                    "error": cell.error,
                    "note": cell.note,
                    "conflict": cell.is_conflict,
                }
                for cell in self.cells.values()
            },
            "missing": len(self.missing),
            "verdict": _json(mark),
            "status": _json(status),
        }


def row_of(item: SheetRun, context: Context, typed: Mapping[str, str] | None = None) -> SheetRow:
    """The row with what was ``typed``, by names of inputs; a cell that is not sent is untouched."""
    row = SheetRow(item)
    now = item.latest()
    seen = (seen_in(typed.get(seen_name(item), "")) if typed else None) or item.seen
    then = item.latest(upto=seen.readings)
    for spot, cell in cells_of(item, now):
        base = then[cell.place].text if cell.place in then else ""
        sent = (typed or {}).get(cell.name)
        merged = merge(base, cell.saved, base if sent is None else sent.strip())
        cell.text, cell.is_conflict = merged.text, merged.theirs is not None
        if base != cell.saved and (cell.is_conflict or cell.text != (sent or "").strip()):
            cell.note = _by_whom(item, now[cell.place], context, is_conflict=cell.is_conflict)
        cell.error = why_refused(item, cell, context) if item.is_open else ""
        row.cells[spot] = cell
    row.news = _news(item, seen, context)
    row.lost = _lost(row, typed or {}, then)
    return row


def row_after(row: SheetRow, item: SheetRun, context: Context) -> SheetRow:
    """``row`` once what could be saved of it was: ``item`` is its run as it stands now.

    What was not saved stays in its cell, with what was said of it.
    """
    left = {
        cell.name: cell.text
        for cell in row.cells.values()
        if cell.error or cell.is_conflict or (row.error and cell.text != cell.saved)
    }
    after = row_of(item, context, left)
    after.error, after.lost, after.not_submitted = row.error, row.lost, row.not_submitted
    after.news, after.is_ticked = row.news, row.is_ticked and bool(row.not_submitted)
    told = {cell.name: cell for cell in row.cells.values()}
    for cell in after.cells.values():
        if cell.name in told:
            cell.note, cell.is_conflict = told[cell.name].note, told[cell.name].is_conflict
    return after


def seen_name(item: SheetRun) -> str:
    return f"{item.run.number}:seen"


def _by_whom(item: SheetRun, theirs: Reading, context: Context, *, is_conflict: bool) -> str:
    """Who saved something else since the row was shown: another person, or another window."""
    at = local_text(theirs.recorded_at, item.run.lot.site.zone)
    is_own = theirs.recorded_by_id == context.actor.pk
    who = "You, in another window," if is_own else theirs.recorded_by.printed_name
    saved = f"{who} saved {theirs.text!r} at {at}."
    return f"{saved} Yours is not saved: save again to replace it." if is_conflict else saved


def _news(item: SheetRun, seen: RunSeen, context: Context) -> str:
    """Who else changed the run since it was shown."""
    others = [
        row
        for row in item.readings
        if row.sequence > seen.readings and row.recorded_by_id != context.actor.pk
    ]
    if not others:
        return ""
    names = " and ".join(dict.fromkeys(row.recorded_by.printed_name for row in others))
    at: datetime = others[-1].recorded_at
    return f"Changed meanwhile by {names}, last at {local_text(at, item.run.lot.site.zone)}."


def _lost(row: SheetRow, typed: Mapping[str, str], then: Mapping[Place, Reading]) -> str:
    """What was typed for vessels that the run no longer has, or not at this look."""
    here = {seen_name(row.item), *(cell.name for cell in row.cells.values())}
    sent = {name: text.strip() for name, text in typed.items() if name not in here}
    gone = {cell.name: cell for cell in cells_ever(row.item, then)} if any(sent.values()) else {}
    texts = [
        f"{text!r} in {gone[name].reading.vessel if name in gone else 'a cell'}"
        for name, text in sent.items()
        if text and not (name in gone and gone[name].saved == text)
    ]
    if not texts:
        return ""
    return (
        f"The vessels of run {row.number} changed meanwhile. Of those that are no longer here was "
        f"not saved: {', '.join(texts)}. Enter it on the page of the run."
    )


def _official(verdict: str, text: str) -> Mark:
    glyph, word = VERDICT_MARKS[Verdict(verdict)]
    return Mark(str(verdict), glyph, word, text)


def _closed(row: SheetRow) -> Mark:
    run = row.item.run
    return Mark(run.state, "∅", run.state.capitalize(), run.discard_reason)


def _json(mark: Mark) -> dict[str, str]:
    return {"kind": mark.kind, "glyph": mark.glyph, "word": mark.word, "text": mark.text}
