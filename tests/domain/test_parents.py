"""Parent lots: whether they are usable, and the results that a lot inherits from them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from products.domain.criteria import Stage, Verdict
from products.domain.facts import AncestorFacts, LotFacts, RunFacts
from products.domain.lots import Decision
from products.domain.release import evaluate, signer_blocks
from products.domain.results import Purpose, RunState
from tests.domain.facts import (
    NOW,
    RELEASABLE,
    VIABILITY,
    VIABILITY_RUN,
    codes,
    inherited,
    on_parent,
)

# The lot was made from two banks; the second of them from an older one.
LINES = {"BANK-1": ("BANK-1",), "BANK-2": ("BANK-2", "BANK-0")}
FIRST = on_parent(VIABILITY_RUN, "BANK-1")
OLDEST = on_parent(VIABILITY_RUN, "BANK-0")
SECOND = on_parent(VIABILITY_RUN, "BANK-2")


def lot_with(*runs: RunFacts) -> LotFacts:
    """The releasable lot whose viability is that of its two banks, measured in ``runs``."""
    return replace(inherited(VIABILITY, lines=LINES), inherited=runs)


def changed(run: RunFacts, **changes: Any) -> LotFacts:
    """The same with one change of one of the two runs that it inherits."""
    runs = {FIRST.id: FIRST, OLDEST.id: OLDEST} | {run.id: replace(run, **changes)}
    return lot_with(*runs.values())


def made_from(*ancestors: AncestorFacts) -> LotFacts:
    numbers = tuple(ancestor.number for ancestor in ancestors)
    return replace(RELEASABLE, parents=numbers, ancestors=ancestors)


HELD = AncestorFacts("BANK-1", Decision.RELEASED, has_open_hold=True)
TWICE = on_parent(VIABILITY_RUN, "BANK-1", id="run-8", number="BANK-1-S1-R2", result_id="result-8")

CASES: list[tuple[str, LotFacts, list[str]]] = [
    ("parent on hold", made_from(HELD), ["parent_not_usable"]),
    (
        "rejected parent",
        made_from(AncestorFacts("BANK-1", Decision.REJECTED, has_open_hold=False)),
        ["parent_not_usable"],
    ),
    (
        "recalled parent",
        made_from(AncestorFacts("BANK-1", Decision.RECALLED, has_open_hold=False)),
        ["parent_not_usable"],
    ),
    (
        "void parent",
        made_from(AncestorFacts("BANK-1", Decision.VOID, has_open_hold=False)),
        ["parent_not_usable"],
    ),
    ("unknown parent", replace(RELEASABLE, parents=("BANK-1",)), ["parent_not_usable"]),
    (
        "ancestor on hold",
        replace(
            RELEASABLE,
            parents=("BANK-1",),
            ancestors=(replace(HELD, has_open_hold=False), replace(HELD, number="BANK-0")),
        ),
        ["parent_not_usable"],
    ),
    ("one parent without result", lot_with(FIRST), ["inherited_missing"]),
    ("no parent with a result", lot_with(), ["inherited_missing", "inherited_missing"]),
    ("no parent at all", inherited(VIABILITY, lines={}), ["inherited_missing"]),
    ("by another method", changed(FIRST, method="TB-2"), ["inherited_missing"]),
    ("of another attribute", changed(FIRST, attribute="identity"), ["inherited_missing"]),
    ("at another stage", changed(FIRST, sample_stage=Stage.HARVEST), ["inherited_missing"]),
    (
        "for information",
        changed(FIRST, purpose=Purpose.INFORMATION),
        ["inherited_missing"],
    ),
    ("retracted", changed(FIRST, state=RunState.RETRACTED), ["inherited_missing"]),
    ("discarded", changed(FIRST, state=RunState.DISCARDED), ["inherited_missing"]),
    ("not submitted", changed(FIRST, state=RunState.SAVED), ["inherited_missing"]),
    ("invalid", changed(FIRST, verdict=Verdict.INVALID), ["inherited_missing"]),
    (
        "unfinished on the nearer lot",
        lot_with(FIRST, OLDEST, replace(SECOND, verdict=Verdict.INTERIM, final=False)),
        ["inherited_missing"],
    ),
    ("below the limit of this lot", changed(FIRST, raw_text="89.4"), ["result_fails"]),
    ("in another unit", changed(FIRST, unit="{cells}"), ["result_not_comparable"]),
    ("failed its own limit", changed(FIRST, verdict=Verdict.FAIL), ["result_fails"]),
    (
        "failed on the older lot, passed on the nearer",
        lot_with(FIRST, SECOND, replace(OLDEST, verdict=Verdict.FAIL)),
        ["unresolved_fail"],
    ),
    (
        "failed for information on an ancestor",
        lot_with(
            FIRST,
            SECOND,
            replace(OLDEST, verdict=Verdict.FAIL, purpose=Purpose.INFORMATION),
        ),
        ["unresolved_fail"],
    ),
    ("two results on one parent", lot_with(FIRST, OLDEST, TWICE), ["result_ambiguous"]),
    ("not reviewed", changed(FIRST, reviewed_by=None), ["review_missing"]),
    ("not trained", changed(FIRST, training=()), ["analyst_untrained"]),
    ("not calibrated", changed(FIRST, instrument=None), ["instrument_not_calibrated"]),
    ("method draft", changed(FIRST, method_approved_at=None), ["method_not_approved"]),
    ("correction waits", changed(FIRST, pending_amendment="AM-BANK-1-1"), ["correction_pending"]),
]


@pytest.mark.parametrize(
    ("lot", "expected"),
    [(lot, expected) for _, lot, expected in CASES],
    ids=[name for name, _, _ in CASES],
)
def test_one_bad_fact_of_a_parent_blocks_with_its_own_code(
    lot: LotFacts, expected: list[str]
) -> None:
    assert codes(lot) == expected


@pytest.mark.parametrize(
    "lot",
    [
        lot_with(FIRST, OLDEST),
        lot_with(FIRST, SECOND),
        lot_with(FIRST, SECOND, OLDEST),
        # An invalid run of the nearer lot leaves the older one's result in its place.
        lot_with(FIRST, OLDEST, replace(SECOND, verdict=Verdict.INVALID)),
        changed(FIRST, criterion_id=None),
        changed(FIRST, attribute="Viability"),
        changed(FIRST, verdict=Verdict.REPORT_ONLY),
        # Another test of a parent, of which this lot asks nothing.
        lot_with(FIRST, OLDEST, replace(SECOND, method="TB-9", verdict=Verdict.FAIL)),
        replace(
            inherited(VIABILITY, lines={"B": ("B",)}), inherited=(on_parent(VIABILITY_RUN, "B"),)
        ),
        made_from(AncestorFacts("BANK-1", Decision.NONE, has_open_hold=False)),
    ],
)
def test_usable_parents_with_their_results_block_nothing(lot: LotFacts) -> None:
    assert codes(lot) == []


def test_two_parents_may_inherit_one_result_from_a_common_ancestor() -> None:
    lines = {"A": ("A", "BANK-0"), "B": ("B", "BANK-0")}
    lot = replace(inherited(VIABILITY, lines=lines), inherited=(OLDEST,))

    evidence = {found.rule: found.evidence for found in evaluate(lot, NOW).outcomes}

    assert codes(lot) == []
    assert evidence["R01"].count(str(OLDEST.result_id)) == 1
    assert evidence["R13"] == ("A", "B", "BANK-0")


def test_a_missing_result_names_the_parent_the_stage_and_what_clears_it() -> None:
    (block,) = evaluate(lot_with(FIRST), NOW).blocks

    assert block.record == "lot BANK-2"
    assert block.message == (
        "Viability (parent cells) is inherited, but parent lot BANK-2 has no result of it: it and "
        "the lots before it have no run of TB-1 at that stage."
    )
    assert block.clears == (
        "Submit a release run of TB-1 on a parent cells sample of lot BANK-2 and have it reviewed."
    )


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({"state": RunState.SAVED}, "run BANK-1-S1-R1 has no final result"),
        ({"verdict": Verdict.INVALID}, "run BANK-1-S1-R1 is invalid"),
    ],
)
def test_a_missing_result_says_what_became_of_the_run(changes: Any, shown: str) -> None:
    (block,) = evaluate(changed(FIRST, **changes), NOW).blocks

    assert shown in block.message


def test_an_inherited_value_is_judged_by_the_limit_of_this_lot() -> None:
    (block,) = evaluate(changed(FIRST, raw_text="89.4", reported="89.4"), NOW).blocks

    assert block.message == (
        "Viability (parent cells): the result 89 % of run BANK-1-S1-R1 is outside its limit. "
        "89.4 %, compared rounded to 89, does not meet the limit ≥ 90 %."
    )


def test_a_fail_under_the_limit_of_the_parent_stays_a_fail_under_a_wider_one() -> None:
    (block,) = evaluate(changed(FIRST, verdict=Verdict.FAIL), NOW).blocks

    assert block.code == "result_fails"
    assert block.message.endswith(
        "It failed the criterion of lot BANK-1, on which it was measured."
    )


def test_an_inherited_criterion_that_is_not_required_asks_for_no_result() -> None:
    lot = lot_with()
    specification = lot.specification
    assert specification is not None
    optional = tuple(
        replace(item, criterion=replace(item.criterion, required=False))
        if item.id == VIABILITY.id
        else item
        for item in specification.criteria
    )

    assert codes(replace(lot, specification=replace(specification, criteria=optional))) == []


def test_a_run_of_this_lot_does_not_stand_for_its_parents() -> None:
    lot = lot_with(FIRST)

    assert codes(replace(lot, runs=(*lot.runs, VIABILITY_RUN))) == ["inherited_missing"]


def test_a_method_of_another_family_is_not_compared() -> None:
    family = replace(VIABILITY, family="microscopy")
    specification = RELEASABLE.specification
    assert specification is not None
    criteria = tuple(family if item.id == VIABILITY.id else item for item in specification.criteria)
    lot = replace(RELEASABLE, specification=replace(specification, criteria=criteria))
    others = tuple(run for run in lot.runs if run.criterion_id != VIABILITY.id)
    same = replace(VIABILITY_RUN, family="microscopy")
    other = replace(VIABILITY_RUN, family="nano_flow")

    assert codes(replace(lot, runs=(*others, same))) == []
    assert codes(replace(lot, runs=(*others, other))) == ["result_missing"]


def test_who_recorded_or_reviewed_an_inherited_result_does_not_release() -> None:
    lot = changed(FIRST, recorders=frozenset({"person-pat"}), reviewed_by="person-pam")

    recorded = signer_blocks(lot, "person-pat", "Pat")
    reviewed = signer_blocks(lot, "person-pam", "Pam")

    assert [block.code for block in recorded] == ["signer_recorded"]
    assert [block.code for block in reviewed] == ["signer_reviewed"]


def test_the_order_of_the_ancestors_changes_no_byte() -> None:
    lot = lot_with(FIRST, SECOND, OLDEST)
    turned = replace(
        lot,
        inherited=lot.inherited[::-1],
        lines=lot.lines[::-1],
        ancestors=lot.ancestors[::-1],
        parents=lot.parents[::-1],
    )

    assert evaluate(turned, NOW).to_bytes() == evaluate(lot, NOW).to_bytes()


def test_an_own_criterion_takes_no_run_of_a_parent() -> None:
    others = tuple(run for run in RELEASABLE.runs if run != VIABILITY_RUN)
    lot = replace(RELEASABLE, runs=others, inherited=(FIRST,), parents=())

    assert codes(lot) == ["result_missing"]
