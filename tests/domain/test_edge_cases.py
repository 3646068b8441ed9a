"""Edge cases of the field, by their number: what a record system is most often caught with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from products.domain.changes import changes_between
from products.domain.criteria import Verdict
from products.domain.donors import DeterminationOutcome, DonorFacts, SourceFacts
from products.domain.facts import (
    AncestorFacts,
    CalibrationFacts,
    LotFacts,
    SpecificationChangeFacts,
    plain,
)
from products.domain.lots import Decision, ReleaseStatus, decisions_possible
from products.domain.release import Outcome, evaluate
from products.domain.results import Purpose
from tests.domain.facts import (
    AEROBIC,
    ANAEROBIC,
    DETERMINATION,
    ENDOTOXIN,
    ENDOTOXIN_RUN,
    HOLD,
    INSTRUMENT,
    INVESTIGATION,
    NOW,
    RELEASABLE,
    SOURCE,
    SPECIFICATION,
    STERILITY_RUN,
    VIABILITY_RUN,
    codes,
    run_for,
    with_run,
)

RELEASED = replace(
    RELEASABLE,
    decision=Decision.RELEASED,
    decision_number=1,
    signed_results=tuple((run.number, str(run.result_id)) for run in RELEASABLE.runs),
)
LATER = timedelta(days=8)
REPEATED_STERILITY = replace(
    STERILITY_RUN,
    id="run-9",
    number="UC-26-014-S1-R9",
    result_id="result-9",
    purpose=Purpose.REPEAT,
    repeats=STERILITY_RUN.number,
    performed_at=STERILITY_RUN.performed_at + LATER,
)
REPEATED_ENDOTOXIN = replace(
    run_for(ENDOTOXIN, 9, formula="endotoxin_kinetic"),
    purpose=Purpose.RETEST,
    performed_at=ENDOTOXIN_RUN.performed_at + LATER,
    first_submitted_at=NOW,
)


def growth(**changes: object) -> LotFacts:
    """Growth in the product, and a repeat without any."""
    lot = with_run(STERILITY_RUN, verdict=Verdict.FAIL, **changes)
    return replace(lot, runs=(*lot.runs, REPEATED_STERILITY))


def test_edge_case_03_growth_is_not_hidden_by_a_repeat_without_growth() -> None:
    blocks = evaluate(growth(), NOW).blocks

    assert [block.code for block in blocks] == ["result_ambiguous", "unresolved_fail"]
    assert STERILITY_RUN.number in blocks[0].message
    assert REPEATED_STERILITY.number in blocks[0].message


def test_edge_case_03_a_signed_invalidation_leaves_the_repeat_and_lists_both() -> None:
    evaluation = evaluate(growth(invalidated=True), NOW)

    evidence = {found.rule: found.evidence for found in evaluation.outcomes}

    assert evaluation.blocks == ()
    assert {"result-2", "result-9"} <= set(evidence["R01"])


def test_edge_case_04_an_invalid_test_is_no_fail_and_may_be_repeated() -> None:
    invalid = with_run(STERILITY_RUN, verdict=Verdict.INVALID, reason="The control grew")
    repeated = replace(invalid, runs=(*invalid.runs, REPEATED_STERILITY))

    assert codes(invalid) == ["result_invalid"]
    assert codes(repeated) == []


def test_edge_case_06_a_bound_of_a_test_that_was_not_valid_shows_no_compliance() -> None:
    over_the_dilution = with_run(
        ENDOTOXIN_RUN, verdict=Verdict.INVALID, raw_text="<5", reason="1:1000 is over the MVD"
    )
    typed_in = with_run(ENDOTOXIN_RUN, raw_text="<0.05", formula="value")

    assert codes(over_the_dilution) == ["result_invalid"]
    assert codes(typed_in) == ["endotoxin_unproven"]


def rebound(run_verdict: Verdict, original: Verdict, justification: str) -> LotFacts:
    """The lot bound, after its results, to a later version with another limit."""
    change = SpecificationChangeFacts(
        1, 2, justification, "Quinn Quality", NOW - timedelta(hours=1)
    )
    specification = replace(
        SPECIFICATION,
        approved_at=NOW - timedelta(hours=2),
        effective_from=NOW.date(),
        changes=(change,),
    )
    lot = with_run(ENDOTOXIN_RUN, verdict=run_verdict, original_verdict=original)
    return replace(lot, specification=specification)


def test_edge_case_10_a_later_version_applies_by_a_signed_change_and_both_verdicts_count() -> None:
    passing = rebound(Verdict.PASS, Verdict.PASS, "monograph revised")
    now_failing = rebound(Verdict.FAIL, Verdict.PASS, "monograph revised")

    notes = [found.note for found in evaluate(passing, NOW).outcomes if found.rule == "R19"]

    assert codes(passing) == []
    assert "Changed after data from version 1 to 2" in notes[0]
    assert codes(now_failing) == ["result_fails"]


def test_edge_case_11_a_limit_changed_after_the_result_never_turns_it_green() -> None:
    lot = rebound(Verdict.PASS, Verdict.FAIL, "the limit was too narrow")

    (block,) = evaluate(lot, NOW).blocks

    assert block.code == "result_fails"
    assert "It failed the specification version that it was first judged by" in block.message


def test_edge_case_11_a_change_after_data_asks_for_a_justification() -> None:
    assert "specification_after_data" in codes(rebound(Verdict.PASS, Verdict.PASS, " "))


def test_edge_case_13_a_fail_is_not_averaged_with_passing_retests() -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, raw_text="0.30", reported="0.30")
    retests = tuple(
        replace(REPEATED_ENDOTOXIN, id=f"run-{n}", number=f"UC-26-014-S1-R{n}") for n in (7, 8, 9)
    )

    blocks = evaluate(replace(lot, runs=(*lot.runs, *retests)), NOW).blocks

    assert [block.code for block in blocks] == ["result_ambiguous", "unresolved_fail"]
    assert blocks[1].record == f"run {ENDOTOXIN_RUN.number}"
    assert "4 results that count" in blocks[0].message


@pytest.mark.parametrize("outcome", ["confirmed", "outlier", ""])
def test_edge_case_15_no_conclusion_but_an_invalidation_sets_an_outlier_aside(outcome: str) -> None:
    lot = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, reason="An outlier by Grubbs' test")

    lot = replace(lot, investigations=(replace(INVESTIGATION, outcome=outcome),))

    assert "result_fails" in codes(lot)


def test_edge_case_15_a_value_that_is_taken_out_of_the_record_is_missed() -> None:
    without = tuple(run for run in RELEASED.runs if run != ENDOTOXIN_RUN)

    assert codes(replace(RELEASED, runs=without)) == ["result_missing", "changed_after_release"]


def test_edge_case_16_a_calibration_that_fails_later_reaches_back_to_a_released_lot() -> None:
    failed = CalibrationFacts(
        "calibration-2", date(2026, 11, 20), date(2027, 11, 20), "failed", date(2026, 10, 1)
    )
    instrument = replace(INSTRUMENT, calibrations=(*INSTRUMENT.calibrations, failed))
    lot = replace(RELEASED, runs=with_run(VIABILITY_RUN, instrument=instrument).runs)

    (block,) = evaluate(lot, NOW).blocks
    (change,) = changes_between(data(RELEASED), data(lot))

    assert (block.rule, block.code) == ("R14", "instrument_not_calibrated")
    assert "failed its calibration of 2026-11-20" in block.message
    assert change.message == (
        "Run UC-26-014-S1-R3: instrument, calibrations, the failed calibration of 2026-11-20 was "
        "added."
    )


def test_edge_case_16_a_medium_recalled_later_or_expired_when_used_is_named() -> None:
    recalled = replace(AEROBIC, recalled="contaminated with B. subtilis")
    expired = replace(ANAEROBIC, expires_on=date(2026, 11, 1))
    lot = replace(RELEASED, runs=with_run(STERILITY_RUN, media=(recalled, expired)).runs)

    blocks = evaluate(lot, NOW).blocks

    assert [block.code for block in blocks] == ["reagent_recalled", "reagent_expired"]
    assert blocks[0].record == "reagent aerobic bottle lot AB-4471"
    assert "contaminated with B. subtilis" in blocks[0].message


def pool(*donors: DonorFacts) -> tuple[SourceFacts, ...]:
    return tuple(
        replace(SOURCE, id=f"source-{n}", number=f"TS-{n}", donor=donor, lot="POOL-1")
        for n, donor in enumerate(donors)
    )


ELIGIBLE = DonorFacts("D-0001", DETERMINATION)
INELIGIBLE = DonorFacts(
    "D-0002", replace(DETERMINATION, outcome=DeterminationOutcome.INELIGIBLE, version=2)
)
UNDETERMINED = DonorFacts("D-0003", None)


def test_edge_case_18_the_worst_donor_governs_a_pool_and_is_named() -> None:
    blocks = evaluate(
        replace(RELEASABLE, sources=pool(ELIGIBLE, INELIGIBLE, UNDETERMINED, ELIGIBLE)), NOW
    ).blocks

    assert [(block.code, block.record) for block in blocks] == [
        ("donor_ineligible", "donor D-0002"),
        ("donor_undetermined", "donor D-0003"),
    ]
    assert "source TS-1 of lot POOL-1" in blocks[0].message


def test_edge_case_18_splitting_a_pool_cures_none_of_its_parts() -> None:
    rejected = AncestorFacts("POOL-1", Decision.REJECTED, has_open_hold=False)
    part = replace(
        RELEASABLE,
        parents=("POOL-1",),
        sources=pool(ELIGIBLE, INELIGIBLE),
        ancestors=(rejected,),
    )

    assert codes(part) == ["donor_ineligible", "parent_not_usable"]


def test_edge_case_19_a_donor_found_ineligible_after_release_breaks_the_release() -> None:
    redetermined = replace(
        DETERMINATION, id="determination-2", version=2, outcome=DeterminationOutcome.INELIGIBLE
    )
    source = replace(SOURCE, donor=replace(SOURCE.donor, determination=redetermined))
    lot = replace(RELEASED, sources=(source,))
    held = replace(lot, holds=(*lot.holds, replace(HOLD, id="hold-2", rule="R09", lifted=False)))

    status = evaluate(held, NOW).status

    assert codes(lot) == ["donor_ineligible"]
    assert status is ReleaseStatus.ON_HOLD
    assert "recall" in decisions_possible(status, held.decision)


def test_edge_case_19_the_descendants_of_the_held_lot_are_not_usable_either() -> None:
    ancestor = AncestorFacts("UC-26-001", Decision.RELEASED, has_open_hold=True)
    lot = replace(RELEASED, parents=("UC-26-001",), ancestors=(ancestor,))

    assert codes(lot) == ["parent_not_usable"]


def test_edge_case_26_a_specification_is_held_against_the_time_of_recording() -> None:
    """A stated time is not proof: back-dating a run brings it under no earlier version."""
    stated = datetime(2026, 8, 15, 12, 0, tzinfo=UTC)
    recorded = SPECIFICATION.approved_at
    assert recorded is not None

    back_dated = with_run(VIABILITY_RUN, performed_at=stated)
    recorded_early = with_run(VIABILITY_RUN, first_submitted_at=recorded - timedelta(minutes=1))

    assert codes(back_dated) == []
    assert codes(recorded_early) == ["specification_after_data", "specification_not_in_force"]


def test_edge_case_26_what_was_used_is_held_against_the_time_stated() -> None:
    before_training = datetime(2026, 8, 2, 12, 0, tzinfo=UTC)
    before_calibration = datetime(2026, 1, 15, 12, 0, tzinfo=UTC)

    assert codes(with_run(VIABILITY_RUN, performed_at=before_training)) == ["analyst_untrained"]
    assert "instrument_not_calibrated" in codes(
        with_run(VIABILITY_RUN, performed_at=before_calibration)
    )


def test_edge_case_27_a_correction_of_a_fail_counts_only_with_its_second_signature() -> None:
    waiting = with_run(ENDOTOXIN_RUN, verdict=Verdict.FAIL, pending_amendment="AM-UC-26-014-1")
    confirmed = with_run(
        ENDOTOXIN_RUN,
        result_id="result-1-v2",
        result_version=2,
        confirmers=frozenset({"person-cleo"}),
    )

    assert codes(waiting) == ["result_fails", "correction_pending"]
    assert codes(confirmed) == []


def test_edge_case_27_a_correction_after_release_shows_the_value_before_and_after() -> None:
    corrected = with_run(
        ENDOTOXIN_RUN, result_id="result-1-v2", result_version=2, raw_text="0.06", reported="0.06"
    )
    lot = replace(RELEASED, runs=corrected.runs)

    changes = changes_between(data(RELEASED), data(lot))

    assert codes(lot) == ["changed_after_release"]
    assert changes[0].message == (
        "The result of run UC-26-014-S1-R1 was corrected: pass, <0.05 EU/mL became pass, "
        "0.06 EU/mL."
    )


def test_edge_case_33_a_rejected_lot_stays_rejected_whatever_is_recorded() -> None:
    rejected = replace(RELEASABLE, decision=Decision.REJECTED)

    evaluation = evaluate(rejected, NOW)

    assert {found.outcome for found in evaluation.outcomes} <= {
        Outcome.MET,
        Outcome.DECIDED_AT_SIGNING,
    }
    assert evaluation.status is evaluation.next_status is ReleaseStatus.REJECTED
    assert decisions_possible(evaluation.status, rejected.decision) == frozenset()


def test_edge_case_33_a_lot_reprocessed_from_a_rejected_one_is_not_released() -> None:
    rejected = AncestorFacts("UC-26-013", Decision.REJECTED, has_open_hold=False)

    lot = replace(RELEASABLE, parents=("UC-26-013",), ancestors=(rejected,))

    assert codes(lot) == ["parent_not_usable"]


def data(lot: LotFacts) -> dict[str, object]:
    facts = plain(lot)
    assert isinstance(facts, dict)
    return facts
