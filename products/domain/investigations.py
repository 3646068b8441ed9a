"""Investigations: why one was opened, and how it was concluded (21 CFR 211.192)."""

from __future__ import annotations

from enum import StrEnum


class InvestigationKind(StrEnum):
    OOS = "oos"
    INVALID_ASSAY = "invalid_assay"
    DEVIATION = "deviation"


class InvestigationOutcome(StrEnum):
    """Confirmed: the result stands. Invalidated: a cause unrelated to the product is shown.

    Recording error: a second person signed that what was recorded is not what was measured.
    """

    CONFIRMED = "confirmed"
    INVALIDATED = "invalidated"
    RECORDING_ERROR = "recording_error"


KIND_LABELS: dict[str, str] = {
    InvestigationKind.OOS: "Out of specification",
    InvestigationKind.INVALID_ASSAY: "Invalid assay",
    InvestigationKind.DEVIATION: "Deviation",
}
