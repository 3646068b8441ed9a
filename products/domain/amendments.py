"""Amendments of what was recorded: corrections, retractions, lots registered in error."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType

from products.domain.limits import Verdict


class AmendmentKind(StrEnum):
    CORRECTION = "correction"
    TRANSCRIPTION_ERROR = "transcription_error"
    RETRACTION = "retraction"
    VOID_LOT = "void_lot"


class SecondOutcome(StrEnum):
    """What the second person signed: it takes effect, or it never does."""

    CONFIRMED = "confirmed"
    REFUSED = "refused"


AMENDMENT_LABELS: Mapping[AmendmentKind, str] = MappingProxyType(
    {
        AmendmentKind.CORRECTION: "Correction",
        AmendmentKind.TRANSCRIPTION_ERROR: "Correction of a transcription error",
        AmendmentKind.RETRACTION: "Retraction of a run",
        AmendmentKind.VOID_LOT: "Voiding of a lot",
    }
)

AMENDMENT_MEANINGS: Mapping[AmendmentKind, str] = MappingProxyType(
    {
        AmendmentKind.CORRECTION: "Corrected",
        AmendmentKind.TRANSCRIPTION_ERROR: "Corrected: transcription error",
        AmendmentKind.RETRACTION: "Retracted: recorded against the wrong lot or sample",
        AmendmentKind.VOID_LOT: "Declared void: registered in error",
    }
)
"""What the first signature on an amendment means, as printed beside it (21 CFR 11.50)."""

PAPER_REFUSED_MEANING = "Retracted: its transcription from paper was refused"
"""What it means on a retraction that names no other lot or sample."""

SECOND_LABELS: Mapping[SecondOutcome, str] = MappingProxyType(
    {SecondOutcome.CONFIRMED: "Confirmed", SecondOutcome.REFUSED: "Refused"}
)

SECOND_MEANINGS: Mapping[SecondOutcome, str] = MappingProxyType(
    {
        SecondOutcome.CONFIRMED: "Confirmed against the source",
        SecondOutcome.REFUSED: "Refused after comparison with the source",
    }
)
"""What the signature of the second person means."""

UNDER_INVESTIGATION = frozenset({Verdict.FAIL, Verdict.INVALID})
"""The verdicts that open an investigation (21 CFR 211.192)."""


def meaning_of(kind: AmendmentKind, *, belongs_to: str) -> str:
    """What the first signature on an amendment of this kind means."""
    if kind is AmendmentKind.RETRACTION and not belongs_to:
        return PAPER_REFUSED_MEANING
    return AMENDMENT_MEANINGS[kind]


def needs_second(before: Verdict, after: Verdict, *, changes_readings: bool) -> bool:
    """Whether a correction takes effect only when a second person has signed it.

    ``before`` is the verdict of the version that is corrected, ``after`` that of the new one;
    ``changes_readings`` says that a reading is removed or changed. A version that fails or is
    invalid is under investigation: nobody takes it back alone.
    """
    return before in UNDER_INVESTIGATION and (after is not before or changes_readings)
