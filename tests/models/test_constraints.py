"""What the tables refuse by themselves, whoever writes: each fault is one column of a good row."""

from __future__ import annotations

from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError
from django.db.models import CheckConstraint, Q

from products.models.fields import uuid7
from tests.models.rows import copy_row

pytestmark = pytest.mark.django_db

DRAFT = "specification_id IN (SELECT id FROM products_specificationversion WHERE state = 'draft')"
RETRACTION = "kind = 'retraction'"
CORRECTION = "kind = 'correction'"
WHERE = {
    # A bank made from tissue would also lack its tissue: of a bank only the word is wrong.
    "source_form_known": "form = 'master_cell_bank'",
    "lot_number_never_reused": "number = 'EV-26-001'",
    "user_name_never_reused": "username = 'analyst'",
    "method_code_never_reused": "code = 'VIA-01'",
    "specification_once": "state = 'draft'",
    "request_done_once_per_key": "key <> ''",
    "request_done_once_without_key": "key = ''",
    "source_number_never_reused": "number = 'UC-0042'",
    "criterion_code_once_per_specification": DRAFT,
    "criterion_position_once": DRAFT,
    # A role given by provisioning is refused to the serving role before anything else.
    "factor_passkey_once": "kind = 'passkey'",
    "rolegrant_role_known": "NOT by_provision",
    "rolegrant_number_once": "NOT by_provision",
}
"""Which row to copy where not any will do."""

# The one row of the installation is the owner's.
MODELS = [
    model
    for model in apps.get_app_config("products").get_models()
    if model.__name__ != "Installation"
]
CONSTRAINTS = {
    constraint.name: (model._meta.db_table, constraint)  # noqa: SLF001  # Django's interface
    for model in MODELS
    for constraint in model._meta.constraints  # noqa: SLF001  # Django's interface
}
# The keys that links of two columns point to: the id in them is unique by itself.
ONLY_LINKED_TO = {"run_of_lot", "sample_of_lot", "result_of_run"}


def column_of_words(condition: Any) -> str:
    """The column that ``condition`` keeps to the words of a list; "" when it says anything else."""
    if not isinstance(condition, Q) or len(condition.children) != 1:
        return ""
    said = condition.children[0]
    if condition.negated or not isinstance(said, tuple) or not said[0].endswith("__in"):
        return ""
    return str(said[0].removesuffix("__in"))


KNOWN_WORDS = [
    (table, column_of_words(constraint.condition), name)
    for name, (table, constraint) in CONSTRAINTS.items()
    if isinstance(constraint, CheckConstraint) and column_of_words(constraint.condition)
]


def test_a_word_that_is_in_no_list_is_refused(subtests: pytest.Subtests) -> None:
    assert len(KNOWN_WORDS) > 35
    for table, column, constraint in KNOWN_WORDS:
        where = WHERE.get(constraint, DRAFT if table == "products_criterion" else "true")
        with subtests.test(constraint), pytest.raises(IntegrityError, match=f'"{constraint}"'):
            copy_row(table, {column: "yes, all fine"}, where)


CONTRADICTIONS: list[tuple[str, str, dict[str, Any], str]] = [
    ("user_name_is_plain", "user", {"username": "ana lyst"}, "true"),
    ("factor_holds_what_its_kind_needs", "factor", {"name": ""}, "true"),
    ("factor_holds_what_its_kind_needs", "factor", {"secret": ""}, "kind = 'totp'"),
    ("factor_holds_what_its_kind_needs", "factor", {"credential": "x"}, "kind = 'totp'"),
    ("factor_holds_what_its_kind_needs", "factor", {"credential": ""}, "kind = 'passkey'"),
    ("factor_holds_what_its_kind_needs", "factor", {"secret": "x"}, "kind = 'passkey'"),
    ("factor_holds_what_its_kind_needs", "factor", {"secret": "x"}, "kind = 'recovery_codes'"),
    ("factorremoval_says_why", "factorremoval", {"reason": ""}, "true"),
    ("access_says_what_was_asked", "access", {"method": ""}, "true"),
    ("access_says_what_was_asked", "access", {"path": ""}, "true"),
    ("access_says_what_was_asked", "access", {"status": 99}, "true"),
    ("access_says_what_was_asked", "access", {"status": 600}, "true"),
    ("apitoken_of_products_reads", "apitoken", {"products": []}, "scope = 'read'"),
    ("apitoken_of_products_reads", "apitoken", {"products": ["X"], "scope": "write"}, "true"),
    ("lockout_ends_later", "lockout", {"until": "2000-01-01T00:00Z"}, "true"),
    ("identitylink_names_somebody", "identitylink", {"subject": ""}, "true"),
    ("identitylink_names_somebody", "identitylink", {"issuer": ""}, "true"),
    ("identitylink_names_somebody", "identitylink", {"number": 0}, "true"),
    ("lockoutsettlement_says_something", "lockoutsettlement", {"finding": ""}, "true"),
    ("credentialreview_says_something", "credentialreview", {"findings": ""}, "true"),
    ("trailreview_says_something", "trailreview", {"scope": ""}, "true"),
    ("trailreview_says_something", "trailreview", {"findings": ""}, "true"),
    ("trailreview_says_something", "trailreview", {"last_index": -1}, "true"),
    ("signaturepolicy_is_signed", "signaturepolicy", {"text": ""}, "true"),
    ("signaturepolicy_is_signed", "signaturepolicy", {"version": 9}, "by_provision"),
    ("person_has_a_name", "person", {"printed_name": ""}, "true"),
    ("signature_is_complete", "signature", {"meaning": ""}, "true"),
    ("signature_is_complete", "signature", {"printed_name": ""}, "true"),
    ("signature_is_complete", "signature", {"zone": ""}, "true"),
    ("donor_code_is_upper_case", "donor", {"code": "d-0042"}, "true"),
    ("donor_code_is_upper_case", "donor", {"code": "JANE DOE"}, "true"),
    ("source_bank_names_its_tissue", "tissuesource", {"form": "master_cell_bank"}, "true"),
    ("source_bank_names_its_tissue", "tissuesource", {"made_from_id": "{id}"}, "true"),
    ("product_basis_is_named", "product", {"basis_reference": ""}, "true"),
    ("methodversion_replicates_at_least_one", "methodversion", {"replicates": 0}, "true"),
    ("methodversion_approved_under_signature", "methodversion", {"approval_id": None}, "true"),
    ("methodversion_approved_under_signature", "methodversion", {"state": "draft"}, "true"),
    ("methodversion_retired_under_signature", "methodversion", {"state": "retired"}, "true"),
    (
        "specification_approved_under_signature",
        "specificationversion",
        {"state": "approved"},
        "state = 'draft'",
    ),
    ("criterion_strict_says_what_it_compares", "criterion", {"compare_on": ""}, DRAFT),
    ("lot_number_is_trimmed", "lot", {"number": " EV-26-009"}, "true"),
    ("lot_number_is_trimmed", "lot", {"number": ""}, "true"),
    ("lot_expiry_has_a_precision", "lot", {"expires_precision": ""}, "true"),
    ("lot_expires_after_made", "lot", {"expires_on": "2000-01-01"}, "true"),
    ("lot_without_expiry_is_signed_for", "lot", {"stability_study": "ST-1"}, "true"),
    ("lotparent_is_another", "lotparent", {"parent_id": "{lot_id}"}, "true"),
    ("run_not_performed_in_the_future", "run", {"performed_at": "2999-01-01T00:00Z"}, "true"),
    ("run_for_release_names_its_criterion", "run", {"criterion_id": None}, "purpose = 'release'"),
    ("run_repeat_names_what_it_repeats", "run", {"purpose": "repeat"}, "purpose = 'release'"),
    (
        "run_submitted_names_who_performed_it",
        "run",
        {"performed_by_id": None},
        "state = 'submitted'",
    ),
    (
        "run_submitted_names_who_performed_it",
        "run",
        {"performed_by_id": None},
        "state = 'returned'",
    ),
    ("run_names_its_instrument", "run", {"instrument_id": None}, "true"),
    ("run_names_its_instrument", "run", {"laboratory_id": None}, "laboratory_id IS NOT NULL"),
    ("run_names_its_instrument", "run", {"from_paper": False}, "from_paper"),
    ("run_discarded_with_a_reason", "run", {"discard_reason": ""}, "state = 'discarded'"),
    ("run_discarded_with_a_reason", "run", {"discard_reason": "x"}, "state = 'submitted'"),
    ("reading_removed_by_a_correction", "reading", {"removed": True}, "amendment_id IS NULL"),
    ("disposition_has_a_reason", "disposition", {"reason": ""}, "true"),
    ("hold_is_signed_or_names_its_rule", "hold", {"disposition_id": None}, "true"),
    ("hold_is_signed_or_names_its_rule", "hold", {"rule": "R03", "caused_by": "x"}, "true"),
    (
        "conclusion_invalidated_names_cause_and_evidence",
        "conclusion",
        {"cause": ""},
        "outcome = 'invalidated'",
    ),
    (
        "conclusion_invalidated_names_cause_and_evidence",
        "conclusion",
        {"evidence": ""},
        "outcome = 'invalidated'",
    ),
    ("amendment_has_a_reason", "amendment", {"reason": ""}, "true"),
    ("amendment_names_what_it_amends", "amendment", {"run_id": None}, CORRECTION),
    ("amendment_names_what_it_amends", "amendment", {"corrects_id": None}, CORRECTION),
    ("amendment_names_what_it_amends", "amendment", {"result_id": None}, CORRECTION),
    ("amendment_names_what_it_amends", "amendment", {"kind": "retraction"}, CORRECTION),
    ("amendment_names_what_it_amends", "amendment", {"run_id": None}, RETRACTION),
    ("amendment_names_what_it_amends", "amendment", {"needs_second": False}, RETRACTION),
    ("amendment_names_what_it_amends", "amendment", {"kind": "void_lot"}, RETRACTION),
    (
        "amendment_names_what_it_amends",
        "amendment",
        {"needs_second": False},
        "kind = 'void_lot'",
    ),
    ("evidence_of_one_record", "evidence", {"lot_id": None}, "lot_id IS NOT NULL"),
    ("evidence_of_one_record", "evidence", {"run_id": None}, "run_id IS NOT NULL"),
    ("evidence_of_one_record", "evidence", {"site_id": uuid7()}, "true"),
    ("evidence_at_most_25_mb", "evidence", {"content": b""}, "true"),
    ("note_says_something", "note", {"text": ""}, "true"),
    ("runreturn_says_why", "runreturn", {"comment": ""}, "true"),
    (
        "qualification_ends_after_it_begins",
        "laboratoryqualification",
        {"qualified_until": "2000-01-01"},
        "true",
    ),
    (
        "report_ends_after_it_begins",
        "outsidereport",
        {"started_on": "2026-01-02", "ended_on": "2026-01-01"},
        "true",
    ),
    ("transcription_of_one_record", "transcription", {"run_id": None}, "run_id IS NOT NULL"),
    ("transcription_of_one_record", "transcription", {"source_id": uuid7()}, "kind = 'run'"),
    (
        "calibration_ends_after_it_begins",
        "calibration",
        {"valid_until": "2000-01-01"},
        "true",
    ),
    (
        "calibration_unreliable_only_when_failed",
        "calibration",
        {"unreliable_since": "2000-01-01"},
        "true",
    ),
    (
        "calibration_unreliable_only_when_failed",
        "calibration",
        {"outcome": "failed", "unreliable_since": "2999-01-01"},
        "true",
    ),
    ("mediarecall_has_a_reason", "mediarecall", {"reason": ""}, "true"),
    ("training_ends_after_it_begins", "training", {"valid_until": "2000-01-01"}, "true"),
    (
        "specificationchange_to_another",
        "specificationchange",
        {"to_version_id": "{from_version_id}"},
        "true",
    ),
    ("specificationchange_is_justified", "specificationchange", {"justification": ""}, "true"),
]


def test_a_row_that_contradicts_itself_is_refused(subtests: pytest.Subtests) -> None:
    for constraint, table, changes, where in CONTRADICTIONS:
        with (
            subtests.test(constraint, changes=changes),
            pytest.raises(IntegrityError, match=f'"{constraint}"'),
        ):
            copy_row(f"products_{table}", changes, where)


ONLY_ONCE: list[tuple[str, str, dict[str, Any]]] = [
    ("lot_number_never_reused", "lot", {"number": "ev-26-001"}),
    ("user_name_never_reused", "user", {"username": "ANALYST"}),
    ("product_code_never_reused", "product", {"code": "exo-1"}),
    ("method_code_never_reused", "method", {"code": "via-01"}),
    ("source_number_never_reused", "tissuesource", {"number": "uc-0042"}),
    ("instrument_code_never_reused", "instrument", {"code": "nta-7"}),
    ("laboratory_code_never_reused", "laboratory", {"code": "ctl-1"}),
    ("medialot_once", "medialot", {"number": "m-1"}),
    ("determination_version_once", "determination", {"signature_id": uuid7()}),
    ("methodversion_once", "methodversion", {"approval_id": uuid7()}),
    ("specification_once", "specificationversion", {}),
    ("criterion_code_once_per_specification", "criterion", {"code": "ENDOTOXIN", "position": 99}),
    ("criterion_position_once", "criterion", {"code": "another"}),
    ("reading_sequence_once", "reading", {}),
    ("runsupport_sequence_once", "runsupport", {}),
    ("result_version_once", "result", {}),
    ("disposition_number_once", "disposition", {"signature_id": uuid7()}),
    ("hold_number_once", "hold", {"disposition_id": uuid7()}),
    ("lotsource_once", "lotsource", {}),
    ("policyacceptance_once", "policyacceptance", {}),
    ("lotparent_once", "lotparent", {}),
    ("runmedia_once", "runmedia", {}),
    ("signature_once_per_meaning", "signature", {}),
    ("runreturn_once_per_result", "runreturn", {}),
    ("qualification_version_once", "laboratoryqualification", {"signature_id": uuid7()}),
    ("report_sequence_once", "outsidereport", {}),
    ("profile_version_once", "profileassignment", {"signature_id": uuid7()}),
    ("specificationchange_once", "specificationchange", {"signature_id": uuid7()}),
    ("rejudgement_once", "rejudgement", {}),
    ("rolegrant_number_once", "rolegrant", {}),
    ("identitylink_number_once", "identitylink", {}),
    ("acknowledgement_once", "acknowledgement", {"signature_id": uuid7()}),
    ("factor_passkey_once", "factor", {}),
    ("factorstep_once", "factorstep", {}),
    ("request_done_once_per_key", "requestdone", {}),
    ("request_done_once_without_key", "requestdone", {}),
]


def test_what_exists_once_is_not_written_twice(subtests: pytest.Subtests) -> None:
    for constraint, table, changes in ONLY_ONCE:
        where = WHERE.get(constraint, "true")
        with subtests.test(constraint), pytest.raises(IntegrityError, match=f'"{constraint}"'):
            copy_row(f"products_{table}", changes, where)


ONE_OF_EACH: list[tuple[str, str]] = [
    ("factorconfirmation", "factor_id"),
    ("factorremoval", "factor_id"),
    ("passkeyuse", "challenge_sha256"),
    ("recoverycode", "digest"),
    ("recoverycodeuse", "code_id"),
    ("amendment", "number"),
    ("amendment", "result_id"),
    ("amendment", "signature_id"),
    ("golive", "signature_id"),
    ("golive", "site_id"),
    ("reviewitem", "result_id"),
    ("roleapproval", "grant_id"),
    ("roleapproval", "signature_id"),
    ("rolerevocation", "grant_id"),
    ("secondsignature", "amendment_id"),
    ("secondsignature", "signature_id"),
    ("transcription", "number"),
    ("transcription", "run_id"),
    ("verification", "transcription_id"),
    ("verification", "signature_id"),
]
"""Unique columns of the tables of amendments, transcriptions, roles and second factors."""


def test_one_record_has_one_answer(subtests: pytest.Subtests) -> None:
    unique = {
        table: {one for other, one in ONE_OF_EACH if other == table} for table, _ in ONE_OF_EACH
    }
    for table, column in ONE_OF_EACH:
        others: dict[str, Any] = {
            other: "X-1" if other == "number" else uuid7() for other in unique[table] - {column}
        }
        with (
            subtests.test(table, column=column),
            pytest.raises(IntegrityError, match=rf'"products_{table}_{column}_\w*(key|uniq)\w*"'),
        ):
            copy_row(f"products_{table}", others)


def test_every_named_constraint_is_tried() -> None:
    tried = {
        *(name for _, _, name in KNOWN_WORDS),
        *(name for name, _, _, _ in CONTRADICTIONS),
        *(name for name, _, _ in ONLY_ONCE),
    }

    assert tried | ONLY_LINKED_TO == set(CONSTRAINTS)
