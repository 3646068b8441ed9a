"""Who may do what to which table: the serving role and the reading role, table by table.

No blanket default privileges: a table that is not named here is out of reach, and a test lists
them all. Columns are named where a record may change; everything else only grows.
"""

from __future__ import annotations

OWNER = "exolot_owner"
APP = "exolot_app"
AUDITOR = "exolot_auditor"

GROWS = "SELECT, INSERT"
READS = "SELECT"

APP_GRANTS: dict[str, str] = {
    "products_site": GROWS,
    "products_person": GROWS,
    "products_user": "SELECT, INSERT, "
    "UPDATE (password, password_set_at, is_active, is_staff, must_change_password, locked_at, "
    "expires_on)",
    "products_user_groups": "SELECT, INSERT, DELETE",
    "products_user_user_permissions": READS,
    "auth_group": READS,
    "auth_group_permissions": READS,
    "auth_permission": READS,
    "products_signin": GROWS,
    "products_signature": GROWS,
    "products_donor": GROWS,
    "products_credentialreview": GROWS,
    "products_determination": GROWS,
    "products_tissuesource": GROWS,
    "products_product": GROWS,
    "products_method": GROWS,
    "products_methodversion": "SELECT, INSERT, "
    "UPDATE (state, approved_at, approval_id, retired_at, retirement_id)",
    "products_specificationversion": "SELECT, INSERT, UPDATE (state, approved_at, approval_id)",
    "products_criterion": GROWS,
    "products_lot": "SELECT, INSERT, UPDATE (decision, decision_number, release_status, "
    "next_status, judged_until, judged_at, blocks, version, stability_study, "
    "stability_signature_id, specification_id)",
    "products_lotsource": GROWS,
    "products_lotparent": GROWS,
    "products_sample": GROWS,
    "products_instrument": GROWS,
    "products_medialot": GROWS,
    "products_run": "SELECT, INSERT, UPDATE (state, performed_by_id, discard_reason)",
    "products_runmedia": GROWS,
    "products_reading": GROWS,
    "products_runsupport": GROWS,
    "products_result": GROWS,
    "products_review": GROWS,
    "products_reviewitem": GROWS,
    "products_disposition": GROWS,
    "products_hold": GROWS,
    "products_holdlift": GROWS,
    "products_identitylink": GROWS,
    "products_identityunlink": GROWS,
    "products_investigation": GROWS,
    "products_conclusion": GROWS,
    "products_access": GROWS,
    "products_acknowledgement": GROWS,
    "products_amendment": GROWS,
    "products_calibration": GROWS,
    "products_evidence": GROWS,
    "products_factor": GROWS,
    "products_factorconfirmation": GROWS,
    "products_factorremoval": GROWS,
    "products_factorstep": GROWS,
    "products_golive": GROWS,
    "products_laboratory": GROWS,
    "products_laboratoryqualification": GROWS,
    "products_lockout": GROWS,
    "products_lockoutsettlement": GROWS,
    "products_mediarecall": GROWS,
    "products_note": GROWS,
    "products_outsidereport": GROWS,
    "products_passkeyuse": GROWS,
    "products_policyacceptance": GROWS,
    "products_profileassignment": GROWS,
    "products_recoverycode": GROWS,
    "products_recoverycodeuse": GROWS,
    "products_rejudgement": GROWS,
    "products_requestanswer": GROWS,
    "products_requestdone": GROWS,
    "products_roleapproval": GROWS,
    "products_rolegrant": GROWS,
    "products_rolerevocation": GROWS,
    "products_runreturn": GROWS,
    "products_secondsignature": GROWS,
    "products_signaturepolicy": GROWS,
    "products_specificationchange": GROWS,
    "products_trailreview": GROWS,
    "products_training": GROWS,
    "products_transcription": GROWS,
    "products_verification": GROWS,
    "products_apitoken": "SELECT, INSERT, UPDATE (revoked_at)",
    "products_installation": READS,
    "products_backup": READS,
    "products_auditentry": READS,
    "products_pending": READS,
    "products_leaf": READS,
    "products_node": READS,
    "products_checkpoint": READS,
    "products_ledgerkey": GROWS,
    "django_content_type": READS,
    "django_migrations": READS,
    "django_session": "SELECT, INSERT, UPDATE, DELETE",
    "axes_accessattempt": "SELECT, INSERT, UPDATE, DELETE",
    "axes_accessattemptexpiration": "SELECT, INSERT, UPDATE, DELETE",
    "axes_accessfailurelog": "SELECT, INSERT, UPDATE, DELETE",
    "axes_accesslog": "SELECT, INSERT, UPDATE, DELETE",
}

# What the serving role may call that works with its owner's rights.
APP_FUNCTIONS = (
    "products_seal(integer)",
    "products_add_checkpoint(bigint, bytea, text, uuid)",
)

# Django's own log of admin changes is switched off, and nobody is given its table.
OUT_OF_REACH = frozenset({"django_admin_log"})

# Columns that only the serving role may read.
SECRET_COLUMNS: dict[str, frozenset[str]] = {
    "products_user": frozenset({"password"}),
    "products_apitoken": frozenset({"digest", "token_key"}),
    "products_factor": frozenset({"secret"}),
    "products_recoverycode": frozenset({"digest"}),
    "django_session": frozenset({"session_key", "session_data"}),
}
