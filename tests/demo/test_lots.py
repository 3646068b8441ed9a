"""The demo's lots show every status and every reason that actions can lead to."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from products.demo.filling import LAST_RECORD
from products.demo.installing import State, look
from products.domain.blocks import BLOCK_CODES, FAIL_CLOSED_CODES
from products.domain.lots import ReleaseStatus
from products.domain.release import Outcome, evaluate
from products.models import (
    Amendment,
    ApiToken,
    AuditEntry,
    Determination,
    Donor,
    Evidence,
    Lot,
    Rejudgement,
    Run,
    TissueSource,
)
from products.queries.checking import stored_differences
from products.queries.facts import lot_facts
from products.queries.lots import lots_at
from tests.demo.conftest import NIGHT_IN_SPRING

AT_SIGNING = {"signer_recorded", "signer_reviewed", "signer_made_lot"}
MISSING = "result_missing"
EXPECTED: dict[str, tuple[str, list[str]]] = {
    "NEB-001": ("released", []),
    "NEB-002": ("rejected", [MISSING, "result_fails"]),
    "NEB-003": ("quarantined", [MISSING, "method_not_approved"]),
    "MSC-001": ("released", []),
    "MSC-002": ("on_hold", [MISSING, "hold_open"]),
    "MSC-003": ("quarantined", ["result_interim", MISSING, "incubation_incomplete"]),
    "MSC-004": (
        "quarantined",
        [MISSING, "wrong_stage", "growth_promotion_missing", "suitability_missing"],
    ),
    "MSC-005": (
        "quarantined",
        [
            MISSING,
            "result_invalid",
            "result_not_comparable",
            "result_indeterminate",
            "unresolved_fail",
            "investigation_open",
        ],
    ),
    "PLA-001": ("expired", ["expired"]),
    "PLA-002": ("released", []),
    "PLA-003": ("quarantined", []),
    "PLA-004": ("quarantined", [MISSING, "review_missing"]),
    "PLA-005": ("rejected", ["donor_ineligible", MISSING]),
    "PLA-006": ("quarantined", ["donor_undetermined", MISSING]),
    "PLA-007": ("quarantined", ["source_missing", MISSING, "expiry_unknown"]),
    "PLA-008": ("quarantined", [MISSING, "result_fails", "investigation_open"]),
    "PLA-009": ("rejected", [MISSING, "result_fails"]),
    "PLA-010": ("on_hold", ["determination_incomplete", "hold_open"]),
    "PLA-011": ("quarantined", [MISSING, "result_pending"]),
    "PLA-012": ("quarantined", [MISSING]),
    "PLA-013": (
        "quarantined",
        [MISSING, "result_pending", "result_fails", "correction_pending", "investigation_open"],
    ),
    "PLA-014": ("void", [MISSING]),
    "PLA-015": (
        "quarantined",
        [MISSING, "laboratory_not_qualified", "transcription_unconfirmed"],
    ),
    "PLA-016": (
        "quarantined",
        [
            MISSING,
            "instrument_not_calibrated",
            "reagent_unrecorded",
            "reagent_expired",
            "analyst_untrained",
        ],
    ),
    "NEB-004": ("on_hold", [MISSING, "paper_unverified", "official_hold_open"]),
    "AMF-001": ("released", []),
    "AMF-002": ("recalled", ["result_fails", "hold_open"]),
    "AMF-003": ("on_hold", ["hold_open", "changed_after_release"]),
    "AMF-004": ("on_hold", ["reagent_recalled", "hold_open"]),
    "PLR-001": ("quarantined", ["parent_not_usable", "inherited_missing", "endotoxin_unproven"]),
    "AMF-005": ("expired", ["expired"]),
    "AMF-006": ("expired", ["expired"]),
    "AMF-007": ("expired", ["expired"]),
    "AMF-008": ("expired", ["expired"]),
    "AMF-009": ("expired", ["expired"]),
    "AMF-010": ("expired", ["expired"]),
    "PLA-017": ("expired", ["expired"]),
    "PLA-018": ("expired", ["expired"]),
    "PLA-019": ("expired", ["expired"]),
    "AMF-011": ("released", []),
    "AMF-012": ("released", []),
    "AMF-013": ("released", []),
    "AMF-014": ("released", []),
    "PLA-020": ("released", []),
    "PLA-021": ("released", []),
    "AMF-015": ("quarantined", []),
    "PLA-022": ("quarantined", []),
    "AMF-016": ("quarantined", ["result_fails", "investigation_open"]),
    "AMF-017": ("quarantined", ["review_missing"]),
    "MSC-006": ("quarantined", [MISSING, "review_missing"]),
    "NEB-005": ("rejected", [MISSING, "result_fails"]),
    "NEB-006": ("quarantined", [MISSING, "review_missing"]),
    "PLA-023": ("quarantined", [MISSING, "result_interim", "incubation_incomplete"]),
    "PLA-024": ("quarantined", [MISSING, "result_interim", "incubation_incomplete"]),
    "PLA-025": ("quarantined", ["result_pending", MISSING, "review_missing"]),
}
"""Status, and the kinds of reason in the order of the rules."""
ALONE = (
    "analyst_untrained",
    "instrument_not_calibrated",
    "laboratory_not_qualified",
    "parent_not_usable",
    "reagent_expired",
    "reagent_recalled",
)


@pytest.fixture(autouse=True)
def _demo_database(filled_db: str) -> None: ...


@pytest.mark.parametrize("number", EXPECTED)
def test_each_lot_has_its_status_and_reasons(number: str) -> None:
    lot = lots_at(NIGHT_IN_SPRING).get(number=number)

    kinds = list(dict.fromkeys(block["code"] for block in lot.blocks))
    assert (lot.status, kinds) == EXPECTED[number]


def test_there_is_no_other_lot() -> None:
    assert set(Lot.objects.values_list("number", flat=True)) == set(EXPECTED)


def test_every_reason_occurs_that_actions_can_lead_to() -> None:
    shown = {block["code"] for lot in Lot.objects.all() for block in lot.blocks}

    assert shown == set(BLOCK_CODES) - set(FAIL_CLOSED_CODES) - AT_SIGNING


def test_every_status_occurs_that_decisions_can_lead_to() -> None:
    shown = set(lots_at(NIGHT_IN_SPRING).values_list("status", flat=True))

    assert shown == {
        ReleaseStatus.QUARANTINED,
        ReleaseStatus.RELEASED,
        ReleaseStatus.ON_HOLD,
        ReleaseStatus.REJECTED,
        ReleaseStatus.EXPIRED,
        ReleaseStatus.RECALLED,
        ReleaseStatus.VOID,
    }


def test_each_lot_is_stored_as_judging_its_records_says() -> None:
    assert list(stored_differences(NIGHT_IN_SPRING)) == []


def test_everything_recorded_about_lots_lies_in_the_past() -> None:
    assert not Run.objects.filter(recorded_at__gte=NIGHT_IN_SPRING).exists()
    assert not Lot.objects.filter(recorded_at__gte=NIGHT_IN_SPRING).exists()


def test_an_incubation_across_the_change_of_clocks_is_complete() -> None:
    run = Run.objects.get(lot__number="PLA-003", criterion__code="FINAL-STERILITY")

    read_at = run.readings.values_list("read_at", flat=True).distinct().get()
    result = run.results.get()
    assert read_at is not None
    assert read_at - run.performed_at == timedelta(days=8, hours=3)  # by the wall clock 8 d 4 h
    assert (result.verdict, result.final) == ("pass", True)


def test_the_worst_donors_are_among_six() -> None:
    latest = {row.donor.code: row.outcome for row in Determination.objects.order_by("version")}

    assert Donor.objects.count() == 6
    assert sorted(latest.values()) == ["eligible"] * 3 + ["incomplete", "ineligible"]


def test_sources_are_of_several_tissues_and_banks() -> None:
    kinds = set(TissueSource.objects.values_list("kind", flat=True))
    forms = set(TissueSource.objects.values_list("form", flat=True))

    assert len(kinds) == 5
    assert forms == {"tissue", "master_cell_bank", "working_cell_bank"}


def test_a_lot_made_from_lots_inherits_their_donors() -> None:
    lot = Lot.objects.get(number="PLA-011")

    facts = lot_facts([lot.pk])[lot.pk]
    assert facts.parents == ("PLA-003", "PLA-004")
    assert {source.donor.code for source in facts.sources} == {"PL-D0203"}


def test_a_lot_under_a_signed_study_needs_no_expiry() -> None:
    lot = Lot.objects.get(number="PLA-012")

    assert (lot.expires_on, lot.stability_study) == (None, "DEMO-STAB-0007")
    assert lot.stability_signature is not None


def test_a_fail_counts_until_its_correction_is_signed_by_a_second_person() -> None:
    waiting = Amendment.objects.get(needs_second=True, second=None)

    facts = lot_facts([waiting.lot_id])[waiting.lot_id]
    assert waiting.corrects is not None
    assert waiting.result is not None
    assert (waiting.corrects.verdict, waiting.result.verdict) == ("fail", "pass")
    run = next(run for run in facts.runs if run.id == str(waiting.run_id))
    assert (run.result_id, run.pending_amendment) == (str(waiting.corrects_id), "AM-PLA-013-1")


def test_a_slip_in_a_passing_value_needs_one_signature() -> None:
    amendment = Amendment.objects.get(lot__number="AMF-001")

    assert (amendment.kind, amendment.needs_second) == ("transcription_error", False)


def test_a_lot_under_a_later_specification_keeps_both_verdicts() -> None:
    both = Rejudgement.objects.filter(change__lot__number="AMF-001")

    assert both.count() == 3
    assert set(both.values_list("result__verdict", "verdict")) == {("pass", "pass")}
    assert set(both.values_list("criterion__specification__version", flat=True)) == {2}


def test_a_profile_says_which_rules_it_leaves_out_and_who_signed_it() -> None:
    lot = Lot.objects.get(number="AMF-001")

    evaluation = evaluate(lot_facts([lot.pk])[lot.pk], NIGHT_IN_SPRING)

    left_out = {
        one.rule: one.note for one in evaluation.outcomes if one.outcome is Outcome.NOT_REQUIRED
    }
    assert set(left_out) == {"R09", "R15", "R25"}
    assert all("signed by Helena Marsh" in note for note in left_out.values())


def test_what_befell_a_record_reaches_the_lot_of_its_story_only() -> None:
    """A recall of one reagent, or the end of one qualification, reaches no other lot."""
    shown = Counter(
        code for lot in Lot.objects.all() for code in {block["code"] for block in lot.blocks}
    )

    assert {code: shown[code] for code in ALONE} == dict.fromkeys(ALONE, 1)


def test_evidence_says_in_itself_that_it_is_demo_data() -> None:
    files = list(Evidence.objects.all())

    assert {file.media_type for file in files} == {"application/pdf", "text/plain"}
    assert all(b"DEMO DATA" in bytes(file.content) for file in files)


def test_whoever_made_it_the_trail_names_an_action() -> None:
    assert not AuditEntry.objects.filter(action="").exists()
    assert AuditEntry.objects.filter(action="lot.release").exists()


def test_a_filled_database_is_complete() -> None:
    token = ApiToken.objects.get(purpose=LAST_RECORD)

    assert (token.user.username, token.scope) == ("auditor", "read")
    assert look() is State.COMPLETE
