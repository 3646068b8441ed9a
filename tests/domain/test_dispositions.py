"""What is told of a decision to whoever comes after it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from products.domain.dispositions import DONE, MEANINGS, DecisionMade, DispositionKind

MADE = DecisionMade(
    lot="EV-26-001",
    number=2,
    kind=DispositionKind.HOLD,
    basis="investigational, under a US IND (IND 12345)",
    printed_name="Quentin Quality",
    signed_at=datetime(2026, 11, 30, 19, 0, 7, tzinfo=UTC),
    zone="America/New_York",
)


def test_a_decision_says_who_what_when_and_under_which_basis() -> None:
    assert MADE.text == (
        "Quentin Quality placed it on hold on 2026-11-30 14:00:07 EST (America/New_York) "
        "(decision 2, signed “Placed on hold”; basis: investigational, under a US IND (IND 12345))."
    )


@pytest.mark.parametrize("kind", DispositionKind)
def test_every_kind_of_decision_has_its_words(kind: DispositionKind) -> None:
    text = replace(MADE, kind=kind).text

    assert DONE[kind] in text
    assert MEANINGS[kind] in text


def test_who_comes_after_a_decision_is_told_to_look_again() -> None:
    assert MADE.refusal == (
        f"Lot EV-26-001 was decided on since you read it. {MADE.text} Nothing of yours was "
        "recorded. Read the lot again, then decide on what stands now."
    )


@pytest.mark.parametrize("kind", ["reject", "recall", "void"])
def test_after_a_final_decision_no_other_is_promised(kind: str) -> None:
    final = replace(MADE, kind=DispositionKind(kind))

    assert final.is_final
    assert "no other decision follows on it" in final.refusal
    assert "decide on what stands now" not in final.refusal
