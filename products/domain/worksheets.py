"""Worksheets: the readings of several open runs of one method, as a grid that people fill together.

A cell holds text as typed. What two persons typed into one cell is never decided here: both texts
are shown, and the second one to save says which of them stands.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING

from products.domain.blocks import BLOCK_CODES
from products.domain.calibration import why_not_calibrated
from products.domain.readings import VesselRole
from products.domain.rules_on_records import covers_day

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import date, datetime

    from products.domain.facts import InstrumentFacts, MediaFacts, TrainingFacts
    from products.domain.readings import InputField, ReadingFacts

Spot = tuple[str, int]
"""A cell of a run: the name of the reading, and its replicate."""


@dataclass(frozen=True, slots=True)
class Vessel:
    """A culture vessel of a run; ``role`` is a word of `VesselRole`, of paper it may be another."""

    medium: str
    name: str
    role: str


@dataclass(frozen=True, slots=True)
class Look:
    """One look at the vessels of several runs: when, and how many vessels of each medium a run has
    that was not read before.
    """

    read_at: datetime
    products: int = 1
    controls: int = 1


def vessels_of(
    read: Iterable[ReadingFacts], media: Sequence[str], *, products: int, controls: int
) -> tuple[Vessel, ...]:
    """Those that were read, and of each medium as many more as are still to be read at first.

    Two of them stand in the same order whether they were read or not.
    """
    known = {Vessel(one.medium, one.vessel, one.role) for one in read}
    planned = [
        vessel
        for medium in media
        for role, count in ((VesselRole.PRODUCT, products), (VesselRole.NEGATIVE_CONTROL, controls))
        for vessel in _planned(medium, role, count, known)
    ]
    return tuple(sorted((*known, *planned), key=_order))


def _order(vessel: Vessel) -> tuple[object, ...]:
    """By medium, the product first, and the second before the tenth."""
    parts = re.split(r"([0-9]+)", vessel.name)
    counted = [(part, 0) if at % 2 == 0 else ("", int(part)) for at, part in enumerate(parts)]
    is_control = vessel.role != VesselRole.PRODUCT
    return (vessel.medium, is_control, vessel.role, counted, vessel.name)


def _planned(medium: str, role: VesselRole, count: int, known: set[Vessel]) -> Iterator[Vessel]:
    there = sum((one.medium, one.role) == (medium, role) for one in known)
    named = (Vessel(medium, _name(medium, role, number), role) for number in range(1, count + 1))
    return islice((one for one in named if one not in known), max(0, count - there))


def _name(medium: str, role: VesselRole, number: int) -> str:
    """``FTM-P1``, ``FTM-P2``, ``FTM-NC``, ``FTM-NC2``."""
    if role is VesselRole.PRODUCT:
        return f"{medium}-P{number}"
    return f"{medium}-NC{number if number > 1 else ''}"


@dataclass(frozen=True, slots=True)
class RunSeen:
    """A run as somebody has it on the screen: its last reading's number, and how many versions of
    its result there are.
    """

    readings: int
    versions: int

    def __str__(self) -> str:
        return f"{self.readings}.{self.versions}"


def seen_in(text: str) -> RunSeen | None:
    """What `str` of a `RunSeen` says; None of any other text."""
    parts = text.split(".")
    if len(parts) != len(RunSeen.__slots__) or not all(
        part.isascii() and part.isdecimal() and len(part) < len("1000000000") for part in parts
    ):
        return None
    return RunSeen(*map(int, parts))


@dataclass(frozen=True, slots=True)
class Merged:
    """``text`` is what belongs into the cell; ``theirs`` what somebody else saved there against
    it, None when nobody did.
    """

    text: str
    theirs: str | None = None


def merge(base: str, current: str, typed: str) -> Merged:
    """``base`` stood in the cell when it was shown, ``current`` is saved now, ``typed`` is sent.

    Who did not touch the cell takes what is saved now. Who did keeps what was typed, and is told
    when somebody else saved another text meanwhile.
    """
    if typed == base:
        return Merged(current)
    if current in {base, typed}:
        return Merged(typed)
    return Merged(typed, theirs=current)


def spots_of(inputs: Sequence[InputField], replicates: int) -> Iterator[tuple[InputField, int]]:
    """The cells of one run, column by column."""
    for field in inputs:
        for replicate in range(1, (replicates if field.per == "replicate" else 1) + 1):
            yield field, replicate


@dataclass(frozen=True, slots=True)
class Doubt:
    """What will speak against release once the run counts; ``code`` is that of the block."""

    code: str
    message: str

    @property
    def clears(self) -> str:
        return BLOCK_CODES[self.code].clears


def doubts_about(
    run: str,
    day: date,
    *,
    instrument: InstrumentFacts | None,
    media: Sequence[MediaFacts],
    required_media: Sequence[str],
    training: Sequence[TrainingFacts],
    analyst: str,
    method: str,
) -> Iterator[Doubt]:
    """Why a run of ``day``, made in this house by ``analyst``, would not be relied on.

    As `block_equipment` and `block_competence` judge it later (21 CFR 211.160(b)(4), 211.25(a)):
    recording is not refused, and whoever records is told before rather than after.
    """
    if why := why_not_calibrated(instrument, day):
        yield Doubt("instrument_not_calibrated", f"Run {run} of {day} cannot be relied on: {why}.")
    named = {one.material.casefold() for one in media}
    if missing := [name for name in required_media if name.casefold() not in named]:
        message = f"Run {run} names no lot of {', '.join(missing)}, which it needs."
        yield Doubt("reagent_unrecorded", message)
    for one in media:
        lot = f"{one.material} lot {one.number}"
        if one.expires_on < day:
            message = f"{lot} of run {run} was past its last day of use, {one.expires_on}."
            yield Doubt("reagent_expired", message)
        if one.recalled:
            yield Doubt("reagent_recalled", f"{lot} of run {run} was recalled: {one.recalled}")
    if not covers_day(training, day):
        message = f"No signed training of {analyst} on method {method} covers {day}."
        yield Doubt("analyst_untrained", message)
