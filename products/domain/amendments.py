"""Amendments of what was recorded: corrections, retractions, lots registered in error."""

from __future__ import annotations

from enum import StrEnum


class AmendmentKind(StrEnum):
    CORRECTION = "correction"
    TRANSCRIPTION_ERROR = "transcription_error"
    RETRACTION = "retraction"
    VOID_LOT = "void_lot"


class SecondOutcome(StrEnum):
    """What the second person signed: it takes effect, or it never does."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"
