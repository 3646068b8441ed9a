"""What was amended, returned, judged again or changed after the release."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from products.domain.criteria import Verdict
from products.domain.facts import LotFacts, SpecificationChangeFacts
from products.domain.lots import Decision, ReleaseStatus
from products.domain.release import Outcome, RuleOutcome, evaluate, signer_blocks
from products.domain.results import Purpose, RunState
from products.domain.selection import effective_verdict, needs_review
from tests.domain.facts import (
    ENDOTOXIN_RUN,
    HOLD,
    NOW,
    RELEASABLE,
    SIZE_RUN,
    SPECIFICATION,
    VIABILITY_RUN,
    codes,
    with_run,
)

CHANGED_AT = NOW - timedelta(days=1)
CHANGE = SpecificationChangeFacts(
    1, 2, "the limit of the pharmacopoeia changed", "Quinn Quality", CHANGED_AT
)
SIGNED = tuple((run.number, str(run.result_id)) for run in RELEASABLE.runs)
RELEASED = replace(RELEASABLE, decision=Decision.RELEASED, signed_results=SIGNED)
OFFICIAL = replace(HOLD, kind="official", reference="FDA-77", lifted=False)


def rebound(change: SpecificationChangeFacts | None = CHANGE, **changes: Any) -> LotFacts:
    """The lot bound by ``change`` to a version that was approved after its first result."""
    approved = {
        "approved_at": CHANGED_AT - timedelta(hours=1),
        "effective_from": date(2026, 11, 20),
    }
    specification = replace(
        SPECIFICATION, changes=(change,) if change else (), **(approved | changes)
    )
    return replace(RELEASABLE, specification=specification)


def released_with(**changes: Any) -> LotFacts:
    """The released lot with a change in the run that its releaser signed."""
    return replace(RELEASED, runs=with_run(ENDOTOXIN_RUN, **changes).runs)


RETRACTED = replace(RELEASED, runs=with_run(SIZE_RUN, state=RunState.RETRACTED).runs)
CORRECTED = released_with(result_id="result-1-v2", result_version=2)

CASES: list[tuple[str, LotFacts, list[str]]] = [
    ("retracted", with_run(ENDOTOXIN_RUN, state=RunState.RETRACTED), ["result_missing"]),
    (
        "retracted fail",
        with_run(ENDOTOXIN_RUN, state=RunState.RETRACTED, verdict=Verdict.FAIL),
        ["result_missing"],
    ),
    ("returned", with_run(ENDOTOXIN_RUN, state=RunState.RETURNED), ["result_pending"]),
    (
        "returned fail",
        with_run(ENDOTOXIN_RUN, state=RunState.RETURNED, verdict=Verdict.FAIL),
        ["result_fails"],
    ),
    (
        "correction of a fail waits",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, pending_amendment="AM-UC-26-014-1"),
        ["result_fails", "correction_pending"],
    ),
    (
        "retraction of a pass waits",
        with_run(SIZE_RUN, pending_amendment="AM-UC-26-014-1"),
        ["correction_pending"],
    ),
    (
        "a later specification allows it",
        with_run(ENDOTOXIN_RUN, original_verdict=Verdict.FAIL),
        ["result_fails"],
    ),
    (
        "a later specification refuses it",
        with_run(ENDOTOXIN_RUN, original_verdict=Verdict.PASS, verdict=Verdict.FAIL),
        ["result_fails"],
    ),
    (
        "changed after data, no justification",
        rebound(replace(CHANGE, justification=" ")),
        ["specification_after_data", "specification_not_in_force"],
    ),
    (
        "changed after data, not signed",
        rebound(replace(CHANGE, signed_by="")),
        ["specification_after_data", "specification_not_in_force"],
    ),
    (
        "changed to another version",
        rebound(replace(CHANGE, to_version=3)),
        ["specification_after_data", "specification_not_in_force"],
    ),
    (
        "no change on record",
        rebound(None),
        ["specification_after_data", "specification_not_in_force"],
    ),
    (
        "approved after the change",
        rebound(approved_at=NOW),
        ["specification_after_data"],
    ),
    (
        "in effect after the change",
        rebound(effective_from=date(2026, 11, 22)),
        ["specification_not_in_force"],
    ),
    ("approved never", rebound(approved_at=None), ["specification_not_in_force"]),
    (
        "original approved after the first result",
        rebound(None, original_approved_on=date(2026, 11, 3), effective_from=date(2026, 9, 15)),
        ["specification_after_data"],
    ),
    ("official hold", replace(RELEASABLE, holds=(OFFICIAL,)), ["official_hold_open"]),
    (
        "official hold without words",
        replace(RELEASABLE, holds=(replace(OFFICIAL, reason="", reference=""),)),
        ["official_hold_open"],
    ),
    (
        "two holds",
        replace(RELEASABLE, holds=(OFFICIAL, replace(HOLD, id="hold-2", lifted=False))),
        ["hold_open", "official_hold_open"],
    ),
    ("corrected after release", CORRECTED, ["changed_after_release"]),
    ("retracted after release", RETRACTED, ["changed_after_release"]),
    (
        "retracted after another change was acknowledged",
        replace(RETRACTED, acknowledged=frozenset({SIZE_RUN.result_id or ""})),
        ["changed_after_release"],
    ),
    (
        "signed run not on record",
        replace(RELEASED, signed_results=(*SIGNED, ("UC-26-014-S1-R7", "result-7"))),
        ["changed_after_release"],
    ),
    (
        "another change acknowledged",
        replace(CORRECTED, acknowledged=frozenset({"result-1", "result-2"})),
        ["changed_after_release"],
    ),
]

MET: list[tuple[str, LotFacts]] = [
    ("changed after data with a justification", rebound()),
    (
        "original approved before",
        rebound(None, original_approved_on=date(2026, 11, 2), effective_from=date(2026, 9, 15)),
    ),
    (
        "original dated after its approval here",
        rebound(
            None,
            original_approved_on=date(2026, 11, 20),
            approved_at=datetime(2026, 9, 1, tzinfo=UTC),
            effective_from=date(2026, 9, 15),
        ),
    ),
    (
        "a later specification passes it as well",
        with_run(ENDOTOXIN_RUN, original_verdict=Verdict.PASS),
    ),
    ("official hold lifted", replace(RELEASABLE, holds=(replace(OFFICIAL, lifted=True),))),
    ("released", RELEASED),
    ("change acknowledged", replace(CORRECTED, acknowledged=frozenset({"result-1-v2"}))),
    (
        "retraction acknowledged",
        replace(RETRACTED, acknowledged=frozenset({f"retracted {SIZE_RUN.number}"})),
    ),
    ("run added after release", replace(RELEASED, signed_results=SIGNED[:2])),
    (
        "first result of a run that had none when it was signed",
        replace(CORRECTED, signed_results=((ENDOTOXIN_RUN.number, ""), *SIGNED[1:])),
    ),
    ("never signed", replace(CORRECTED, signed_results=None)),
]


@pytest.mark.parametrize(
    ("lot", "expected"),
    [(lot, expected) for _, lot, expected in CASES],
    ids=[name for name, _, _ in CASES],
)
def test_one_change_blocks_with_its_own_code(lot: LotFacts, expected: list[str]) -> None:
    assert codes(lot) == expected


@pytest.mark.parametrize("lot", [lot for _, lot in MET], ids=[name for name, _ in MET])
def test_a_change_in_order_blocks_nothing(lot: LotFacts) -> None:
    assert codes(lot) == []


@pytest.mark.parametrize("lot", [lot for _, lot, _ in CASES], ids=[name for name, _, _ in CASES])
def test_every_block_on_a_change_is_a_sentence_of_a_record(lot: LotFacts) -> None:
    for block in evaluate(lot, NOW).blocks:
        assert block.message[0].isupper()
        assert block.message.endswith(".")
        assert not any(bad in block.message for bad in ("..", "  ", "None", "()"))
        assert block.record


def outcome(lot: LotFacts, rule: str) -> RuleOutcome:
    return next(found for found in evaluate(lot, NOW).outcomes if found.rule == rule)


def test_a_retracted_run_stays_listed_as_set_aside_and_waits_for_no_review() -> None:
    retracted = replace(VIABILITY_RUN, state=RunState.RETRACTED, reviewed_by=None)

    assert effective_verdict(retracted) is Verdict.INVALIDATED
    assert not needs_review(retracted)
    assert retracted.result_id in outcome(with_run(retracted), "R03").evidence


def test_a_returned_run_says_that_it_has_to_be_submitted_again() -> None:
    (block,) = evaluate(with_run(ENDOTOXIN_RUN, state=RunState.RETURNED), NOW).blocks

    assert block.message.endswith("returned to the analyst, and has to be submitted again.")


def test_a_waiting_amendment_is_named_and_what_counts_until_then() -> None:
    lot = with_run(SIZE_RUN, pending_amendment="AM-UC-26-014-1")

    (block,) = evaluate(lot, NOW).blocks

    assert (block.rule, block.record) == ("R03", "amendment AM-UC-26-014-1")
    assert "until then the result before it counts" in block.message


def test_a_fail_under_the_earlier_specification_says_so() -> None:
    (block,) = evaluate(with_run(ENDOTOXIN_RUN, original_verdict=Verdict.FAIL), NOW).blocks

    assert block.message.endswith(
        "It failed the specification version that it was first judged by, and a later version sets "
        "no fail aside."
    )


def test_a_justified_change_is_met_with_a_note_that_names_who_signed_it() -> None:
    found = outcome(rebound(), "R19")

    assert found.outcome is Outcome.MET
    assert found.note == (
        "Changed after data from version 1 to 2, justified by Quinn Quality on 2026-11-21 10:00 "
        "EST (America/New_York): The limit of the pharmacopoeia changed."
    )
    assert outcome(RELEASABLE, "R19").note == ""
    assert outcome(replace(RELEASABLE, specification=None), "R19").note == ""


def test_the_latest_of_several_changes_is_the_one_that_counts() -> None:
    earlier = replace(CHANGE, signed_at=CHANGED_AT - timedelta(hours=2), justification="other")
    specification = rebound().specification
    assert specification is not None
    for changes in ((earlier, CHANGE), (CHANGE, earlier)):
        lot = replace(RELEASABLE, specification=replace(specification, changes=changes))

        assert "pharmacopoeia" in outcome(lot, "R19").note


def test_a_lot_is_bound_to_an_approved_version_even_before_its_first_result() -> None:
    lot = replace(rebound(approved_at=NOW), runs=())

    assert "specification_after_data" in codes(lot)


def test_an_official_hold_names_the_authority_and_keeps_the_lot_on_hold() -> None:
    lot = replace(RELEASABLE, holds=(OFFICIAL,))

    (block,) = evaluate(lot, NOW).blocks

    assert block.message == (
        "Lot UC-26-014 is held for an authority (FDA-77) since 2026-11-04 10:00 EST "
        "(America/New_York). Freezer alarm."
    )
    assert evaluate(lot, NOW).status is ReleaseStatus.ON_HOLD


def test_what_changed_after_release_is_said() -> None:
    retracted = replace(RELEASED, runs=with_run(SIZE_RUN, state=RunState.RETRACTED).runs)
    removed = replace(RELEASED, runs=RELEASED.runs[:3])

    messages = [evaluate(lot, NOW).blocks[0].message for lot in (CORRECTED, retracted, removed)]

    assert messages[0].startswith("Run UC-26-014-S1-R1 has version 2 of its result since")
    assert messages[1].startswith("Run UC-26-014-S1-R4 was retracted since")
    assert messages[2].startswith("Run UC-26-014-S1-R4 is not among the records any more since")
    assert outcome(CORRECTED, "R29").evidence == ("result-1-v2",)
    assert outcome(removed, "R29").evidence == ()


PROFILED = replace(
    RELEASABLE,
    profile="phase_1_ind",
    profile_signed_by="Quinn Quality",
    profile_signed_at=CHANGED_AT,
    holds=(OFFICIAL,),
)


def test_a_rule_that_a_signed_profile_leaves_out_is_listed_with_who_signed_it() -> None:
    found = outcome(PROFILED, "R25")

    assert (found.outcome, found.blocks, found.evidence) == (Outcome.NOT_REQUIRED, (), ())
    assert found.note == (
        "Not required by profile Phase 1 IND, signed by Quinn Quality on 2026-11-21 10:00 EST "
        "(America/New_York)."
    )


def test_a_rule_left_out_lifts_no_hold() -> None:
    assert evaluate(PROFILED, NOW).status is ReleaseStatus.ON_HOLD


@pytest.mark.parametrize(
    "changes",
    [
        {"profile_signed_by": " "},
        {"profile_signed_at": None},
        {"basis": "clinical_trial"},
        {"profile": "strict"},
        {"profile": "everything is fine"},
    ],
)
def test_a_profile_that_cannot_be_relied_on_is_strict(changes: dict[str, Any]) -> None:
    assert codes(replace(PROFILED, **changes)) == ["official_hold_open"]


def test_research_use_only_asks_for_no_donor_training_or_authority() -> None:
    lot = with_run(VIABILITY_RUN, training=())
    lot = replace(
        lot,
        basis="research_use_only",
        profile="research_use_only",
        profile_signed_by="Quinn Quality",
        profile_signed_at=CHANGED_AT,
        sources=(),
    )

    left_out = [
        found.rule for found in evaluate(lot, NOW).outcomes if found.outcome is Outcome.NOT_REQUIRED
    ]

    assert codes(lot) == []
    assert left_out == ["R09", "R15", "R25"]


@pytest.mark.parametrize(("lot", "expected"), [(RELEASABLE, ["signer_reviewed"]), (PROFILED, [])])
def test_a_reviewer_releases_only_under_a_profile_that_says_so(
    lot: LotFacts, expected: list[str]
) -> None:
    found = signer_blocks(lot, "person-rob", "Rob Reviewer")

    assert [block.code for block in found] == expected


def test_under_no_profile_does_a_recorder_release() -> None:
    (block,) = signer_blocks(PROFILED, "person-ada", "Ada Analyst")

    assert block.code == "signer_recorded"


def test_a_second_signature_on_a_run_is_a_review_of_it() -> None:
    lot = with_run(SIZE_RUN, confirmers=frozenset({"person-cleo"}))

    (block,) = signer_blocks(lot, "person-cleo", "Cleo")

    assert block.code == "signer_reviewed"
    assert "UC-26-014-S1-R4" in block.message


def test_a_fail_for_information_that_was_retracted_counts_no_more() -> None:
    lot = with_run(
        SIZE_RUN, purpose=Purpose.INFORMATION, verdict=Verdict.FAIL, state=RunState.RETRACTED
    )

    assert codes(lot) == []


def test_an_official_hold_is_a_reason_also_where_its_rule_is_left_out() -> None:
    found = evaluate(replace(PROFILED, holds=(OFFICIAL,)), NOW)

    assert found.status is ReleaseStatus.ON_HOLD
    assert [block.code for block in found.blocks] == ["hold_open"]
