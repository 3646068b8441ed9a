"""Signed decisions on a lot, and the standing each leaves it with."""

from __future__ import annotations

from enum import StrEnum

from products.domain.lots import Decision


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
