"""Donors and tissue sources as the release rules see them.

A donor is known by a code alone. Eligibility is determined and signed (21 CFR 1271.45), never
typed as a flag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class DeterminationOutcome(StrEnum):
    ELIGIBLE = "eligible"
    INELIGIBLE = "ineligible"
    INCOMPLETE = "incomplete"


OUTCOME_LABELS: Mapping[DeterminationOutcome, str] = {
    DeterminationOutcome.ELIGIBLE: "Eligible",
    DeterminationOutcome.INELIGIBLE: "Ineligible",
    DeterminationOutcome.INCOMPLETE: "Incomplete",
}


@dataclass(frozen=True, slots=True)
class DeterminationFacts:
    """One signed determination of a donor's eligibility, here or by another establishment.

    ``summary_of_records`` names the document (21 CFR 1271.55(b)); ``signed_by`` is the printed
    name of the signer, empty while unsigned.
    """

    id: str
    version: int
    outcome: DeterminationOutcome
    determined_on: date | None
    establishment: str
    summary_of_records: str
    signed_by: str
    signed_at: datetime | None

    @property
    def missing_parts(self) -> tuple[str, ...]:
        """What the record lacks before anybody may rely on it."""
        parts = (
            ("the date of the determination", self.determined_on),
            ("the establishment that made it", self.establishment.strip()),
            ("the summary of records", self.summary_of_records.strip()),
            ("the signature", self.signed_by.strip() and self.signed_at),
        )
        return tuple(name for name, value in parts if not value)


@dataclass(frozen=True, slots=True)
class DonorFacts:
    """``determination`` is the one in effect (the highest version), None when there is none."""

    code: str
    determination: DeterminationFacts | None


@dataclass(frozen=True, slots=True)
class SourceFacts:
    """A tissue source in a lot's genealogy; ``lot`` is the number of the lot it entered by."""

    id: str
    number: str
    kind: str
    donor: DonorFacts
    lot: str
