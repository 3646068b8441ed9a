"""Release rules. Each test changes one fact of a lot that may be released."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from products.domain.blocks import GRAVEST_FIRST, gravity
from products.domain.criteria import Stage, Verdict
from products.domain.donors import DeterminationOutcome, DonorFacts
from products.domain.lots import Expiry, Precision
from products.domain.release import (
    BLOCK_CODES,
    FAIL_CLOSED_CODES,
    RULES,
    LotFacts,
    Outcome,
    evaluate,
    signer_blocks,
)
from products.domain.results import Purpose, RunState
from tests.domain.facts import (
    DETERMINATION,
    DONOR,
    ENDOTOXIN,
    ENDOTOXIN_RUN,
    GROWTH_PROMOTION,
    HOLD,
    INVESTIGATION,
    NEW_YORK,
    NOW,
    RELEASABLE,
    SIZE,
    SIZE_RUN,
    SOURCE,
    SPECIFICATION,
    STERILITY,
    STERILITY_RUN,
    SUITABILITY,
    VIABILITY_RUN,
    and_run,
    codes,
    run_for,
    with_run,
)
from tests.domain.test_parents import CASES as PARENT_CASES
from tests.domain.test_rules_on_changes import CASES as CHANGE_CASES
from tests.domain.test_rules_on_records import CASES as RECORD_CASES

SIGNER_CODES = {"signer_recorded", "signer_reviewed", "signer_made_lot"}
RULE_ORDER = [
    *("R09", "R13", "R01", "R04", "R05", "R07", "R14", "R15", "R02", "R19", "R03", "R16", "R20"),
    *("R18", "HOLD", "R25", "R29", "R26"),
]
LATER = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


def with_determination(**changes: object) -> LotFacts:
    determination = replace(DETERMINATION, **changes)  # type: ignore[arg-type]  # fields by name
    source = replace(SOURCE, donor=replace(DONOR, determination=determination))
    return replace(RELEASABLE, sources=(source,))


def with_specification(**changes: object) -> LotFacts:
    specification = replace(SPECIFICATION, **changes)  # type: ignore[arg-type]  # fields by name
    return replace(RELEASABLE, specification=specification)


WITHOUT_ENDOTOXIN = replace(
    RELEASABLE, runs=tuple(run for run in RELEASABLE.runs if run != ENDOTOXIN_RUN)
)
SECOND_PASS = replace(
    run_for(ENDOTOXIN, 9, performed_at=LATER, first_submitted_at=LATER), formula="endotoxin_kinetic"
)

CASES: list[tuple[str, LotFacts, list[str]]] = [
    ("no source", replace(RELEASABLE, sources=()), ["source_missing"]),
    (
        "no determination",
        replace(RELEASABLE, sources=(replace(SOURCE, donor=DonorFacts("D-0042", None)),)),
        ["donor_undetermined"],
    ),
    (
        "ineligible donor",
        with_determination(outcome=DeterminationOutcome.INELIGIBLE),
        ["donor_ineligible"],
    ),
    (
        "incomplete outcome",
        with_determination(outcome=DeterminationOutcome.INCOMPLETE),
        ["determination_incomplete"],
    ),
    ("undated", with_determination(determined_on=None), ["determination_incomplete"]),
    ("no establishment", with_determination(establishment=" "), ["determination_incomplete"]),
    ("no summary", with_determination(summary_of_records=""), ["determination_incomplete"]),
    ("no signer", with_determination(signed_by=""), ["determination_incomplete"]),
    ("no signing time", with_determination(signed_at=None), ["determination_incomplete"]),
    # Without a criterion no run satisfies one; without a specification none is in force either.
    ("no criteria", with_specification(criteria=()), ["specification_empty"]),
    ("nothing required", with_specification(criteria=(SIZE,)), ["specification_empty"]),
    (
        "no specification",
        replace(RELEASABLE, specification=None),
        ["specification_empty", "specification_not_in_force"],
    ),
    ("no run", WITHOUT_ENDOTOXIN, ["result_missing"]),
    ("run of another lot", with_run(ENDOTOXIN_RUN, lot="UC-26-013"), ["result_missing"]),
    ("run by another method", with_run(ENDOTOXIN_RUN, method="LAL-2"), ["result_missing"]),
    ("other criterion", with_run(ENDOTOXIN_RUN, criterion_id="other"), ["result_missing"]),
    ("for information", with_run(ENDOTOXIN_RUN, purpose=Purpose.INFORMATION), ["result_missing"]),
    ("discarded", with_run(ENDOTOXIN_RUN, state=RunState.DISCARDED), ["result_missing"]),
    ("saved only", with_run(ENDOTOXIN_RUN, state=RunState.SAVED), ["result_pending"]),
    ("no result", with_run(ENDOTOXIN_RUN, result_id=None), ["result_pending"]),
    ("pending", with_run(ENDOTOXIN_RUN, verdict=Verdict.PENDING), ["result_pending"]),
    ("interim", with_run(ENDOTOXIN_RUN, verdict=Verdict.INTERIM, final=False), ["result_interim"]),
    ("pass, not final", with_run(ENDOTOXIN_RUN, final=False), ["result_interim"]),
    ("invalid", with_run(ENDOTOXIN_RUN, verdict=Verdict.INVALID), ["result_invalid"]),
    ("invalidated", with_run(ENDOTOXIN_RUN, invalidated=True), ["result_invalid"]),
    (
        "method draft",
        with_run(ENDOTOXIN_RUN, method_approved_at=None),
        ["method_not_approved"],
    ),
    (
        "method approved later",
        with_run(ENDOTOXIN_RUN, method_approved_at=LATER),
        ["method_not_approved"],
    ),
    (
        "method retired before",
        with_run(ENDOTOXIN_RUN, method_retired_at=ENDOTOXIN_RUN.performed_at),
        ["method_not_approved"],
    ),
    ("two passes", and_run(SECOND_PASS), ["result_ambiguous"]),
    (
        "two results of a test that is not required",
        and_run(replace(SIZE_RUN, id="run-9", number="UC-26-014-S1-R9")),
        ["result_ambiguous"],
    ),
    ("bulk sample", with_run(ENDOTOXIN_RUN, sample_stage=Stage.BULK), ["wrong_stage"]),
    # An interim sterility test is both a test without result and an incubation that runs.
    (
        "sterility interim",
        with_run(STERILITY_RUN, verdict=Verdict.INTERIM, final=False),
        ["result_interim", "incubation_incomplete"],
    ),
    (
        "no growth promotion",
        with_run(STERILITY_RUN, supports=(SUITABILITY,)),
        ["growth_promotion_missing"],
    ),
    (
        "failed growth promotion beside a passed one",
        with_run(
            STERILITY_RUN,
            supports=(GROWTH_PROMOTION, SUITABILITY, replace(GROWTH_PROMOTION, outcome="failed")),
        ),
        ["growth_promotion_missing"],
    ),
    (
        "no suitability",
        with_run(STERILITY_RUN, supports=(GROWTH_PROMOTION,)),
        ["suitability_missing"],
    ),
    (
        "unsigned suitability",
        with_run(STERILITY_RUN, supports=(GROWTH_PROMOTION, replace(SUITABILITY, signed_by=""))),
        ["suitability_missing"],
    ),
    ("fail", with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL), ["result_fails"]),
    ("fail, optional test", with_run(SIZE_RUN, verdict=Verdict.FAIL), ["result_fails"]),
    # Growth is final at once, so the incubation is not asked for.
    ("growth", with_run(STERILITY_RUN, verdict=Verdict.FAIL, final=False), ["result_fails"]),
    (
        "bare EU",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.NOT_COMPARABLE),
        ["result_not_comparable"],
    ),
    (
        "indeterminate",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.INDETERMINATE),
        ["result_indeterminate"],
    ),
    (
        "report only against a limit",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.REPORT_ONLY),
        ["result_indeterminate"],
    ),
    ("draft", with_specification(approved_at=None), ["specification_not_in_force"]),
    ("no effect", with_specification(effective_from=None), ["specification_not_in_force"]),
    (
        "in effect later",
        with_specification(effective_from=date(2026, 11, 3)),
        ["specification_not_in_force"],
    ),
    ("approved later", with_specification(approved_at=LATER), ["specification_after_data"]),
    (
        "fail for information",
        and_run(replace(SECOND_PASS, purpose=Purpose.INFORMATION, verdict=Verdict.FAIL)),
        ["unresolved_fail"],
    ),
    (
        "fail without criterion",
        and_run(replace(SECOND_PASS, criterion_id=None, verdict=Verdict.FAIL)),
        ["unresolved_fail"],
    ),
    ("not reviewed", with_run(ENDOTOXIN_RUN, reviewed_by=None), ["review_missing"]),
    (
        "fail for information, not reviewed",
        and_run(
            replace(
                SECOND_PASS, purpose=Purpose.INFORMATION, verdict=Verdict.FAIL, reviewed_by=None
            )
        ),
        ["unresolved_fail", "review_missing"],
    ),
    (
        "invalid, not reviewed",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.INVALID, reviewed_by=None),
        ["result_invalid", "review_missing"],
    ),
    (
        "interim, not reviewed",
        with_run(ENDOTOXIN_RUN, verdict=Verdict.INTERIM, final=False, reviewed_by=None),
        ["result_interim"],
    ),
    ("reviewed by its recorder", with_run(SIZE_RUN, reviewed_by="person-ada"), ["self_review"]),
    ("recorder unknown", with_run(SIZE_RUN, recorders=frozenset()), ["self_review"]),
    (
        "expired",
        replace(RELEASABLE, expiry=Expiry(date(2026, 11, 21), Precision.DAY, zone=NEW_YORK)),
        ["expired"],
    ),
    (
        "no expiry",
        replace(RELEASABLE, expiry=Expiry(None, None, zone=NEW_YORK)),
        ["expiry_unknown"],
    ),
    (
        "unsigned stability study",
        replace(RELEASABLE, expiry=Expiry(None, None, "SS-12", zone=NEW_YORK)),
        ["expiry_unknown"],
    ),
    (
        "open investigation",
        replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome=""),)),
        ["investigation_open"],
    ),
    (
        "unknown conclusion",
        replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome="closed"),)),
        ["investigation_open"],
    ),
    ("hold", replace(RELEASABLE, holds=(replace(HOLD, lifted=False),)), ["hold_open"]),
    (
        "forced hold",
        replace(RELEASABLE, holds=(replace(HOLD, lifted=False, rule="R02", reason=""),)),
        ["hold_open"],
    ),
]

MET: list[tuple[str, LotFacts]] = [
    ("R09", with_determination(version=2)),
    ("R01", with_run(ENDOTOXIN_RUN, purpose=Purpose.REPEAT)),
    ("R01", with_run(ENDOTOXIN_RUN, method_retired_at=LATER)),
    ("R01", replace(RELEASABLE, runs=RELEASABLE.runs[:3])),
    ("R04", with_run(SIZE_RUN, purpose=Purpose.IN_PROCESS, sample_stage=Stage.BULK)),
    ("R05", with_run(STERILITY_RUN, incubation_hours=None, supports=())),
    ("R02", with_run(SIZE_RUN, verdict=Verdict.PASS)),
    ("R19", with_specification(effective_from=date(2026, 11, 2))),
    ("R19", with_specification(retired_at=NOW)),
    ("R03", and_run(replace(SECOND_PASS, verdict=Verdict.FAIL, invalidated=True))),
    ("R16", and_run(replace(SECOND_PASS, purpose=Purpose.STABILITY, reviewed_by=None))),
    ("R20", replace(RELEASABLE, expiry=Expiry(None, None, "SS-12", True, NEW_YORK))),  # noqa: FBT003
    ("R18", replace(RELEASABLE, investigations=(replace(INVESTIGATION, outcome="invalidated"),))),
    ("HOLD", replace(RELEASABLE, holds=())),
]


def test_nothing_blocks_a_lot_that_meets_every_rule() -> None:
    evaluation = evaluate(RELEASABLE, NOW)

    assert evaluation.blocks == ()
    assert [outcome.rule for outcome in evaluation.outcomes] == RULE_ORDER
    assert {outcome.outcome for outcome in evaluation.outcomes[:-1]} == {Outcome.MET}


@pytest.mark.parametrize(
    ("lot", "expected"),
    [(lot, expected) for _, lot, expected in CASES],
    ids=[name for name, _, _ in CASES],
)
def test_one_bad_fact_blocks_with_its_own_code(lot: LotFacts, expected: list[str]) -> None:
    assert codes(lot) == expected


def test_every_block_code_has_a_case() -> None:
    cases = (*CASES, *RECORD_CASES, *CHANGE_CASES, *PARENT_CASES)
    shown = {code for _, _, expected in cases for code in expected}

    assert shown | SIGNER_CODES == set(BLOCK_CODES)
    assert set(FAIL_CLOSED_CODES) <= shown


@pytest.mark.parametrize(("rule", "lot"), MET)
def test_a_rule_is_met_by_another_good_fact(rule: str, lot: LotFacts) -> None:
    outcomes = {outcome.rule: outcome.outcome for outcome in evaluate(lot, NOW).outcomes}

    assert outcomes[rule] is Outcome.MET
    assert codes(lot) == []


def test_a_fact_that_breaks_a_rule_breaks_no_other() -> None:
    evaluation = evaluate(with_run(ENDOTOXIN_RUN, reviewed_by=None), NOW)

    broken = [found.rule for found in evaluation.outcomes if found.outcome is Outcome.BROKEN]

    assert broken == ["R16"]


def test_two_faults_give_two_blocks() -> None:
    lot = replace(with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL), sources=())

    assert codes(lot) == ["source_missing", "result_fails"]


def test_two_criteria_without_result_give_two_blocks() -> None:
    blocks = evaluate(replace(RELEASABLE, runs=(STERILITY_RUN, SIZE_RUN)), NOW).blocks

    assert [block.record for block in blocks] == [
        "criterion endotoxin-final",
        "criterion viability-cells",
    ]


@pytest.mark.parametrize("lot", [lot for _, lot, _ in CASES], ids=[name for name, _, _ in CASES])
def test_every_block_says_what_of_which_record_and_what_clears_it(lot: LotFacts) -> None:
    for block in evaluate(lot, NOW).blocks:
        assert block.message[0].isupper()
        assert block.message.endswith(".")
        assert ".." not in block.message
        assert "  " not in block.message
        assert block.record
        assert block.source
        assert block.clears.endswith(".")


def test_a_missing_result_names_the_criterion_and_the_method_that_clears_it() -> None:
    (block,) = evaluate(WITHOUT_ENDOTOXIN, NOW).blocks

    assert block.message == (
        "Endotoxin (final container) has no reportable result: no run of purpose release was "
        "submitted for criterion endotoxin-final."
    )
    assert block.clears == (
        "Submit a release run of LAL-1 on a final container sample and have it reviewed."
    )


def test_an_interim_result_names_the_earliest_final_instant_in_the_zone_of_the_lot() -> None:
    final_at = datetime(2026, 11, 30, 19, 0, tzinfo=UTC)
    lot = with_run(STERILITY_RUN, verdict=Verdict.INTERIM, final=False, final_at=final_at)

    messages = [block.message for block in evaluate(lot, NOW).blocks]

    assert len(messages) == 2
    assert all("2026-11-30 14:00 EST (America/New_York)" in message for message in messages)


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        (RunState.SAVED, "saved, not submitted."),
        (RunState.SUBMITTED, "submitted, but its readings make no result. No vessel was read."),
    ],
)
def test_a_pending_result_says_what_it_waits_for(state: RunState, shown: str) -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.PENDING, state=state, reason="no vessel was read")

    (block,) = evaluate(lot, NOW).blocks

    assert block.message == (
        f"Endotoxin (final container) has no result yet: run UC-26-014-S1-R1 is {shown}"
    )


def test_a_failing_message_shows_result_unit_and_reason() -> None:
    lot = with_run(
        ENDOTOXIN_RUN, verdict=Verdict.FAIL, reported="0.30", reason="0.30 is not < 0.25"
    )

    (block,) = evaluate(lot, NOW).blocks

    assert block.message == (
        "Endotoxin (final container): the result 0.30 EU/mL of run UC-26-014-S1-R1 is outside "
        "its limit. 0.30 is not < 0.25."
    )


@pytest.mark.parametrize(
    ("reported", "raw", "unit", "shown"),
    [
        ("growth", "growth", "{word}", "the result growth of run"),
        ("2.0", "2.0", "[EU]", "the result 2.0 EU of run"),
        ("2.0", "2.0", "furlong", "the result 2.0 furlong of run"),
        ("", "TNTC", "[EU]/mL", "the result 'TNTC' of run"),
        ("", "", "[EU]/mL", "the result of run"),
    ],
)
def test_a_message_shows_the_result_as_people_write_it(
    reported: str, raw: str, unit: str, shown: str
) -> None:
    lot = with_run(
        ENDOTOXIN_RUN,
        verdict=Verdict.NOT_COMPARABLE,
        reported=reported,
        raw_text=raw,
        unit=unit,
    )

    (block,) = evaluate(lot, NOW).blocks

    assert shown in block.message


def test_an_ineligible_donor_of_a_parent_lot_blocks_and_is_named_with_the_lot() -> None:
    worse = replace(DETERMINATION, outcome=DeterminationOutcome.INELIGIBLE)
    other = replace(SOURCE, id="source-2", number="TS-7", donor=DonorFacts("D-0007", worse))

    (block,) = evaluate(
        replace(RELEASABLE, sources=(SOURCE, replace(other, lot="UC-26-009"))), NOW
    ).blocks

    assert (block.code, block.record) == ("donor_ineligible", "donor D-0007")
    assert "source TS-7 of lot UC-26-009" in block.message


def test_a_donor_of_two_sources_is_named_once() -> None:
    undetermined = replace(SOURCE, donor=DonorFacts("D-0042", None))
    lot = replace(
        RELEASABLE, sources=(undetermined, replace(undetermined, id="source-2", number="TS-0043"))
    )

    (block,) = evaluate(lot, NOW).blocks

    assert "TS-0042, TS-0043" in block.message


def test_a_later_pass_never_hides_an_earlier_fail() -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL)
    lot = replace(lot, runs=(*lot.runs, SECOND_PASS))

    assert codes(lot) == ["result_ambiguous", "unresolved_fail"]


def test_an_earlier_fail_that_was_invalidated_does_not_block_its_repeat() -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, invalidated=True)
    lot = replace(lot, runs=(*lot.runs, replace(SECOND_PASS, purpose=Purpose.REPEAT)))

    assert codes(lot) == []


def test_a_saved_repeat_of_an_invalid_run_is_what_is_waited_for() -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.INVALID)
    repeat = replace(SECOND_PASS, purpose=Purpose.REPEAT, state=RunState.SAVED)

    (block,) = evaluate(replace(lot, runs=(*lot.runs, repeat)), NOW).blocks

    assert (block.code, block.record) == ("result_pending", "run UC-26-014-S1-R9")


def test_two_fails_of_one_criterion_are_both_named() -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL)
    lot = replace(lot, runs=(*lot.runs, replace(SECOND_PASS, verdict=Verdict.FAIL)))

    named = [block.record for block in evaluate(lot, NOW).blocks if "fail" in block.code]

    assert named == ["run UC-26-014-S1-R9", "run UC-26-014-S1-R1"]


@pytest.mark.parametrize("state", [state for state in RunState if state != RunState.RETRACTED])
def test_a_fail_counts_whatever_the_state_of_its_run(state: RunState) -> None:
    assert codes(with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, state=state, result_id=None)) != []


def test_edge_case_12_reviewer_is_compared_with_recorders_as_a_person() -> None:
    two_recorders = frozenset({"person-ada", "person-rob"})

    (block,) = evaluate(with_run(ENDOTOXIN_RUN, recorders=two_recorders), NOW).blocks

    assert block.code == "self_review"
    assert "Rob Reviewer" in block.message


@pytest.mark.parametrize(
    ("signer", "code"),
    [
        ("person-ada", "signer_recorded"),
        ("person-rob", "signer_reviewed"),
        ("person-max", "signer_made_lot"),
    ],
)
def test_edge_case_12_who_took_part_does_not_release(signer: str, code: str) -> None:
    (block,) = signer_blocks(RELEASABLE, signer, "Sam Signer")

    assert (block.rule, block.code) == ("R26", code)
    assert block.message.startswith("Sam Signer ")


def test_edge_case_12_each_part_the_signer_took_is_named() -> None:
    lot = replace(with_run(ENDOTOXIN_RUN, reviewed_by="person-ada"), made_by="person-ada")

    blocks = signer_blocks(lot, "person-ada", "Ada Analyst")

    assert [block.code for block in blocks] == [
        "signer_recorded",
        "signer_reviewed",
        "signer_made_lot",
    ]
    assert "UC-26-014-S1-R1" in blocks[1].message


def test_an_independent_person_may_sign_and_evaluation_leaves_it_to_the_signing() -> None:
    last = evaluate(RELEASABLE, NOW).outcomes[-1]

    assert signer_blocks(RELEASABLE, "person-quinn", "Quinn Quality") == ()
    assert (last.rule, last.outcome) == ("R26", Outcome.DECIDED_AT_SIGNING)


def test_edge_case_17_the_last_day_of_use_still_releases_to_its_last_second() -> None:
    lot = replace(RELEASABLE, expiry=Expiry(date(2026, 11, 22), Precision.DAY, zone=NEW_YORK))
    midnight = datetime(2026, 11, 23, 5, 0, tzinfo=UTC)

    assert codes(lot, midnight - timedelta(microseconds=1)) == []
    assert codes(lot, midnight) == ["expired"]


def test_edge_case_28_an_invalid_count_leaves_the_attribute_untested() -> None:
    lot = with_run(
        VIABILITY_RUN, verdict=Verdict.INVALID, reported="", reason="No cells were counted."
    )

    (block,) = evaluate(lot, NOW).blocks

    assert (block.rule, block.code) == ("R01", "result_invalid")
    assert block.message == (
        "Viability (parent cells) is untested: run UC-26-014-S1-R3 is invalid. "
        "No cells were counted."
    )


def test_part_610_is_cited_for_a_licensed_product_only() -> None:
    sources = {
        basis: {rule.id: rule.source(basis) for rule in RULES} for basis in ("us_ind", "licensed")
    }

    assert not any("610" in source for source in sources["us_ind"].values())
    assert sources["us_ind"]["R03"] == "Site policy; 21 CFR 211.192 where part 211 applies"
    assert sources["licensed"]["R03"] == "21 CFR 610.1"
    assert sources["licensed"]["R16"] == sources["us_ind"]["R16"]


def test_evidence_names_the_records_each_rule_looked_at() -> None:
    evidence = {outcome.rule: outcome.evidence for outcome in evaluate(RELEASABLE, NOW).outcomes}

    assert evidence["R09"] == ("determination-1", "source-1")
    assert evidence["R01"] == ("result-1", "result-2", "result-3", "result-4")
    assert evidence["R05"] == ("result-2",)
    assert evidence["R19"] == ("specification-2",)
    assert evidence["R18"] == ("investigation-1",)
    assert evidence["HOLD"] == ("hold-1",)


def test_evidence_of_what_is_not_there_is_empty() -> None:
    lot = replace(RELEASABLE, specification=None, runs=(replace(SIZE_RUN, result_id=None),))
    lot = replace(lot, sources=(replace(SOURCE, donor=DonorFacts("D-0042", None)),))

    evidence = {outcome.rule: outcome.evidence for outcome in evaluate(lot, NOW).outcomes}

    assert (evidence["R09"], evidence["R19"], evidence["R03"]) == (("source-1",), (), ())


def test_a_lot_without_runs_is_held_against_the_specification_of_today() -> None:
    lot = replace(with_specification(effective_from=date(2026, 11, 23)), runs=())

    assert "specification_not_in_force" in codes(lot)
    assert "specification_not_in_force" not in codes(lot, NOW + timedelta(days=1))


def test_sterility_is_the_only_category_asked_for_documents_on_media() -> None:
    lot = with_run(ENDOTOXIN_RUN, incubation_hours=168, supports=())

    assert STERILITY in SPECIFICATION.criteria
    assert codes(lot) == []


def test_where_one_reason_is_shown_the_gravest_comes_before_a_missing_test() -> None:
    codes = ["result_missing", "investigation_open", "result_fails", "review_missing", "hold_open"]

    assert sorted(codes, key=gravity) == [
        "hold_open",
        "result_fails",
        "investigation_open",
        "result_missing",
        "review_missing",
    ]


def test_every_code_that_is_shown_first_exists() -> None:
    assert set(GRAVEST_FIRST) <= set(BLOCK_CODES)
