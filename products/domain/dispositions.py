"""Signed decisions on a lot, and the standing each leaves it with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from products.domain.lots import TERMINAL, Decision, seconds_text


class DispositionKind(StrEnum):
    RELEASE = "release"
    REJECT = "reject"
    HOLD = "hold"
    LIFT_HOLD = "lift_hold"
    RECALL = "recall"
    VOID = "void"
    CONDITIONAL_RELEASE = "conditional_release"


MEANINGS: dict[str, str] = {
    DispositionKind.RELEASE: "Approved for release",
    DispositionKind.REJECT: "Rejected",
    DispositionKind.HOLD: "Placed on hold",
    DispositionKind.LIFT_HOLD: "Hold lifted",
    DispositionKind.RECALL: "Recalled",
    DispositionKind.VOID: "Declared void: registered in error",
    DispositionKind.CONDITIONAL_RELEASE: "Conditionally released",
}

RELEASES = frozenset({DispositionKind.RELEASE, DispositionKind.CONDITIONAL_RELEASE})
"""Decisions that rest on all that was on record: what is added later was not there."""

DECIDES: dict[str, Decision] = {
    DispositionKind.RELEASE: Decision.RELEASED,
    DispositionKind.REJECT: Decision.REJECTED,
    DispositionKind.RECALL: Decision.RECALLED,
    DispositionKind.VOID: Decision.VOID,
}

DONE: dict[str, str] = {
    DispositionKind.RELEASE: "released it",
    DispositionKind.REJECT: "rejected it",
    DispositionKind.HOLD: "placed it on hold",
    DispositionKind.LIFT_HOLD: "lifted a hold of it",
    DispositionKind.RECALL: "recalled it",
    DispositionKind.VOID: "declared it void",
    DispositionKind.CONDITIONAL_RELEASE: "conditionally released it",
}


@dataclass(frozen=True, slots=True)
class DecisionMade:
    """A signed decision, as it is told to whoever comes after it.

    ``number`` counts the decisions on the lot; ``basis`` is the text beside every status;
    ``zone`` is the one in which it was signed.
    """

    lot: str
    number: int
    kind: DispositionKind
    basis: str
    printed_name: str
    signed_at: datetime
    zone: str

    @property
    def is_final(self) -> bool:
        return DECIDES.get(self.kind) in TERMINAL

    @property
    def text(self) -> str:
        """Who decided what and when, as a whole sentence."""
        return (
            f"{self.printed_name} {DONE[self.kind]} on {seconds_text(self.signed_at, self.zone)} "
            f"(decision {self.number}, signed “{MEANINGS[self.kind]}”; basis: {self.basis})."
        )

    @property
    def refusal(self) -> str:
        """What a decision that came later is told, and what clears it."""
        then = (
            "That is final: read the lot again, no other decision follows on it."
            if self.is_final
            else "Read the lot again, then decide on what stands now."
        )
        return (
            f"Lot {self.lot} was decided on since you read it. {self.text} Nothing of yours was "
            f"recorded. {then}"
        )
