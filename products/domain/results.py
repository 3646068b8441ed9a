"""Runs as the release rules see them: purpose, state, supporting documents."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Purpose(StrEnum):
    """Why a run is made; stated before its first reading."""

    RELEASE = "release"
    IN_PROCESS = "in_process"
    REPEAT = "repeat"
    RETEST = "retest"
    STABILITY = "stability"
    INVESTIGATION = "investigation"
    INFORMATION = "information"


SATISFYING = frozenset({Purpose.RELEASE, Purpose.REPEAT, Purpose.RETEST})
"""The purposes whose result may satisfy a criterion. A fail counts whatever the purpose."""

PURPOSE_LABELS: Mapping[Purpose, str] = {
    Purpose.RELEASE: "Release",
    Purpose.IN_PROCESS: "In process",
    Purpose.REPEAT: "Repeat of an invalid run",
    Purpose.RETEST: "Retest under a plan",
    Purpose.STABILITY: "Stability",
    Purpose.INVESTIGATION: "Investigation",
    Purpose.INFORMATION: "Information",
}


class RunState(StrEnum):
    SAVED = "saved"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    RETRACTED = "retracted"
    DISCARDED = "discarded"


class SupportKind(StrEnum):
    """Facts beside the readings without which a sterility result cannot be relied on."""

    GROWTH_PROMOTION = "growth_promotion"
    SUITABILITY = "suitability"


SUPPORT_LABELS: Mapping[SupportKind, str] = {
    SupportKind.GROWTH_PROMOTION: "growth promotion of the media lots",
    SupportKind.SUITABILITY: "method suitability for this product",
}


class SupportOutcome(StrEnum):
    PASSED = "passed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class SupportFacts:
    """A document that supports a run: number, date, outcome and who signed it.

    ``outcome`` is one of `SupportOutcome`, or empty while nobody has stated it.
    """

    kind: SupportKind
    document_number: str
    dated_on: date | None
    outcome: str
    signed_by: str

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """What the record lacks before anybody may rely on it."""
        parts = (
            ("the document number", self.document_number.strip()),
            ("the date", self.dated_on),
            ("the outcome", self.outcome),
            ("the name of the signer", self.signed_by.strip()),
        )
        return tuple(name for name, value in parts if not value)
