"""What runs rest on: instruments, media lots, training, laboratories, and their methods' dates."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from products.domain.facts import (
    CalibrationFacts,
    InstrumentFacts,
    LaboratoryFacts,
    MediaFacts,
    TrainingFacts,
)
from products.queries.lot_rows import day, instant
from products.queries.run_rows import supporting_rows


@dataclass(frozen=True, slots=True)
class Supporting:
    """By the keys of the records; training by those of the person and the method version.

    ``methods`` are pairs: when a version was retired, and when its paper original was approved.
    """

    instruments: Mapping[str | None, InstrumentFacts]
    media: Mapping[str, MediaFacts]
    laboratories: Mapping[str | None, LaboratoryFacts]
    training: Mapping[str, tuple[TrainingFacts, ...]]
    methods: Mapping[str, tuple[datetime | None, date | None]]


def supporting_facts(lots: Collection[str]) -> Supporting:
    """What the runs of the lots (by id) rest on, each record once."""
    rows = supporting_rows(lots)
    return Supporting(
        instruments={
            key: _instrument(key, *found) for key, found in rows.get("instrument", {}).items()
        },
        media={key: _media(key, *found) for key, found in rows.get("media", {}).items()},
        laboratories={
            key: _laboratory(key, *found) for key, found in rows.get("laboratory", {}).items()
        },
        training={
            key: tuple(_training(*part) for part in found)
            for key, found in rows.get("training", {}).items()
        },
        methods={
            key: (instant(retired_at), day(original_on))
            for key, (retired_at, original_on) in rows.get("method", {}).items()
        },
    )


def _instrument(key: str, code: str, calibrations: list[Any] | None) -> InstrumentFacts:
    return InstrumentFacts(key, code, tuple(_calibration(*part) for part in calibrations or ()))


def _calibration(
    key: str, calibrated_on: str, valid_until: str, outcome: str, unreliable_since: str | None
) -> CalibrationFacts:
    return CalibrationFacts(
        id=key,
        calibrated_on=date.fromisoformat(calibrated_on),
        valid_until=date.fromisoformat(valid_until),
        outcome=outcome,
        unreliable_since=day(unreliable_since),
    )


def _media(key: str, material: str, number: str, expires_on: str, recalled: str) -> MediaFacts:
    return MediaFacts(key, material, number, date.fromisoformat(expires_on), recalled)


def _laboratory(key: str, code: str, name: str, qualification: list[Any] | None) -> LaboratoryFacts:
    """One that was never qualified has no dates."""
    qualified_from, qualified_until, document, signed_by = qualification or (None, None, "", "")
    return LaboratoryFacts(
        id=key,
        code=code,
        name=name,
        qualified_from=day(qualified_from),
        qualified_until=day(qualified_until),
        document=document,
        signed_by=signed_by,
    )


def _training(
    key: str, trained_on: str, valid_until: str | None, document: str, signed_by: str
) -> TrainingFacts:
    return TrainingFacts(key, date.fromisoformat(trained_on), day(valid_until), document, signed_by)
