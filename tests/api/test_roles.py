"""Each role on each POST: what the roles permit is what the API does."""

from __future__ import annotations

from typing import Any

import pytest

import products.api.urls  # noqa: F401  # so that every action is known
from products.actions.amendments import correct_run
from products.actions.base import ACTIONS
from products.actions.laboratories import register_laboratory
from products.actions.methods import draft_method_version
from products.actions.specifications import draft_specification
from products.domain.roles import ROLE_PERMISSIONS, Permission, Role
from products.models import Amendment, Laboratory, Result
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, problem, stored_token
from tests.records import (
    METHODS,
    VIABILITY,
    ZONE,
    approved_method,
    context,
    counted,
    donor,
    instrument,
    lot,
    media_lot,
    now,
    opened_run,
    people,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
LOT = "lots/EV-26-001"
ACCOUNTS = {
    "admin": Role.ADMINISTRATOR,
    "quality": Role.QUALITY,
    "analyst": Role.ANALYST,
    "reviewer": Role.REVIEWER,
    "auditor": Role.AUDITOR,
}
AMENDMENT = "AM-EV-26-001-1"
NO_FILE = "00000000-0000-0000-0000-000000000000"
NOT_BY_CLIENTS = {
    *("ledger.register_key", "lot.judge"),
    *("factor.enrol_passkey", "identity.link_own"),
}
"""Done by the system alone, or by a browser, which a passkey or the provider speaks to."""


def requests() -> dict[str, tuple[str, dict[str, Any]]]:
    """Address and body of each action, complete but for the signature."""
    at, day = now().isoformat(), f"{today()}"
    return {
        "account.change_password": ("own-password/", {"old": "wrong", "new": "x"}),
        "account.approve_role": ("accounts/analyst2/approve-role/", {"role": "Analyst"}),
        "account.create": (
            "accounts/",
            {"username": "x", "person": str(people().auditor.person_id)}
            | {"password": "a long enough one", "roles": []},
        ),
        "account.reset_password": ("accounts/auditor/password/", {"new": "x"}),
        "account.set_active": ("accounts/analyst2/active/", {"is_active": True}),
        "account.set_roles": ("accounts/auditor/roles/", {"roles": ["Auditor"]}),
        "amendment.sign_second": (f"amendments/{AMENDMENT}/sign/", {"outcome": "refused"}),
        "calibration.record": (
            "instruments/NTA-7/calibrations/",
            {"calibrated_on": day, "valid_until": day, "outcome": "passed", "document": "X"},
        ),
        "donor.determine": (
            "donors/D-0042/determinations/",
            {"outcome": "eligible", "determined_on": day, "establishment": "x"}
            | {"summary_of_records": "x"},
        ),
        "donor.register": ("donors/", {"code": "D-0100"}),
        "evidence.attach": ("evidence/", {"kind": "lot", "key": "EV-26-001", "name": "x.txt"}),
        "hold.lift": (f"{LOT}/holds/1/lift/", {}),
        "hold.place": (f"{LOT}/holds/", {}),
        "instrument.register": ("instruments/", {"code": "X", "model": "X", "serial_number": "X"}),
        "investigation.conclude": ("investigations/NOPE/conclude/", {"outcome": "confirmed"}),
        "investigation.open": ("runs/EV-26-001-S1-R1/investigations/", {"reason": "x"}),
        "laboratory.qualify": (
            "laboratories/LAB/qualify/",
            {"qualified_from": day, "qualified_until": day, "document": "X"},
        ),
        "laboratory.register": ("laboratories/", {"code": "L", "name": "X", "address": "X"}),
        "lot.acknowledge_changes": (f"{LOT}/acknowledge/", {}),
        "lot.change_specification": (f"{LOT}/change-specification/", {"version": 2}),
        "lot.declare_stability_study": (f"{LOT}/stability-study/", {"study": "S"}),
        "lot.recall": (f"{LOT}/recall/", {}),
        "lot.register": (
            "lots/",
            {"number": "X", "product": "EXO-1", "made_on": day, "vials": 1, "sources": []},
        ),
        "lot.reject": (f"{LOT}/reject/", {}),
        "lot.release": (f"{LOT}/release/", {}),
        "lot.void": (f"{LOT}/void/", {}),
        "media.recall": ("media-lots/FTM/M-1/recall/", {"document": "X", "reason": "x"}),
        "media.register": (
            "media-lots/",
            {"material": "X", "number": "X", "manufacturer": "X", "expires_on": day},
        ),
        "method.approve": ("methods/VIA-01/versions/2/approve/", {}),
        "method.draft": (
            "methods/VIA-01/versions/",
            {"document": "X", "formula": "value", "unit": "%"},
        ),
        "method.register": (
            "methods/",
            {"code": "X", "name": "X", "attribute": "X", "category": "purity"},
        ),
        "method.retire": ("methods/VIA-01/versions/1/retire/", {}),
        "note.add": (f"{LOT}/notes/", {"text": "x"}),
        "person.create": ("persons/", {"printed_name": "Xenia"}),
        "product.assign_profile": ("products/EXO-1/profile/", {"profile": "strict"}),
        "product.register": (
            "products/",
            {"code": "X", "name": "X", "basis": "research_use_only", "storage": "X"},
        ),
        "report.record": (
            "runs/EV-26-001-S1-R1/report/",
            {"report_number": "X", "reported_on": day, "signed_by": "X", "system": "X"}
            | {"controls": "acceptable", "evidence": NO_FILE},
        ),
        "review.sign": (f"{LOT}/reviews/", {"runs": ["EV-26-001-S1-R1"]}),
        "run.correct": ("runs/EV-26-001-S1-R1/correct/", {"source_document": "X"}),
        "run.discard": ("runs/EV-26-001-S2-R1/discard/", {"reason": "x"}),
        "run.open": (
            "samples/EV-26-001-S1/runs/",
            {"purpose": "information", "performed_at": at, "performed_zone": ZONE}
            | {"instrument": "NTA-7", "method": "VIA-01"},
        ),
        "run.retract": (
            "runs/EV-26-001-S1-R1/retract/",
            {"belongs_to": "X", "source_document": "X"},
        ),
        "run.return": ("runs/EV-26-001-S1-R1/return/", {"comment": "x"}),
        "run.save": ("runs/EV-26-001-S2-R1/readings/", {"readings": []}),
        "run.submit": ("runs/EV-26-001-S2-R1/submit/", {}),
        "sample.draw": (
            f"{LOT}/samples/",
            {"stage": "bulk", "container": "X", "drawn_at": at, "drawn_zone": ZONE},
        ),
        "site.declare_go_live": ("sites/Main site/go-live/", {"on": "9999-01-01"}),
        "site.register": ("sites/", {"name": "X", "zone": ZONE}),
        "source.register": (
            "sources/",
            {"number": "X", "donor": "D-0042", "kind": "placenta"}
            | {"recovered_at": "2026-01-02T08:00:00Z", "recovery_zone": ZONE},
        ),
        "specification.approve": ("specifications/EXO-1/2/approve/", {}),
        "specification.draft": (
            "specifications/",
            {"product": "EXO-1", "document": "X", "effective_from": day, "criteria": []},
        ),
        "account.set_expiry": ("accounts/auditor/expiry/", {"expires_on": None}),
        "credentials.review": ("credential-reviews/", {"findings": "X"}),
        "policy.accept": ("signature-policies/accept/", {"version": 1}),
        "policy.issue": ("signature-policies/", {"text": " "}),
        "trail.review": ("trail-reviews/", {"last_index": 0, "scope": "X", "findings": "X"}),
        "identity.link": (
            "accounts/reviewer/identities/",
            {"issuer": "https://id.example.org", "subject": "x"},
        ),
        "identity.unlink": (f"identities/{NO_FILE}/unlink/", {}),
        "lockout.settle": (f"lockouts/{NO_FILE}/settle/", {"finding": "X"}),
        "account.remove_factor": (f"accounts/auditor/factors/{NO_FILE}/remove/", {"reason": "x"}),
        "factor.confirm_totp": (f"own-factors/{NO_FILE}/confirm/", {"second_factor": "1"}),
        "factor.enrol_totp": ("own-factors/", {"name": "x", "password": PASSWORD}),
        "factor.issue_recovery_codes": ("own-factors/recovery-codes/", {"password": PASSWORD}),
        "factor.remove": (
            f"own-factors/{NO_FILE}/remove/",
            {"reason": "x", "password": PASSWORD},
        ),
        "token.issue": (
            "tokens/",
            {"kind": "personal", "scope": "read", "purpose": "X", "days": 1},
        ),
        "token.revoke": ("tokens/nope/revoke/", {}),
        "training.record": (
            "trainings/",
            {"person": str(people().quality.person_id), "method": "VIA-01", "version": 1}
            | {"trained_on": day, "document": "X"},
        ),
        "transcription.record": (
            "transcriptions/",
            {"kind": "source", "key": "UC-0042", "signatory": "X", "dated_on": day}
            | {"evidence": NO_FILE},
        ),
        "transcription.verify": ("transcriptions/NOPE/verify/", {"outcome": "confirmed"}),
    }


@pytest.fixture
def house() -> None:
    furnish()


def furnish() -> None:
    """The records that the requests name."""
    lot()
    donor()
    instrument()
    corrected(submitted_run(readings=counted("882", "118")))
    media_lot()
    laboratory()
    opened_run(purpose="information")
    approved_method()
    draft_method_version(
        context(people().analyst), method="VIA-01", document="SOP-2", **METHODS["VIA-01"]
    )
    draft_specification(
        context(people().analyst),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=[VIABILITY],
        change_reason="The process became more capable",
    )


def corrected(result: Result) -> Amendment:
    """A failing result whose correction waits for its second signature."""
    return correct_run(
        context(people().analyst),
        run=result.run.number,
        readings=counted("982", "18"),
        source_document="Notebook 7",
    )


def laboratory() -> Laboratory:
    return register_laboratory(
        context(people().analyst), code="LAB", name="Contract lab", address="Basel"
    )


def answer(client: ApiClient, action: str, path: str, body: dict[str, Any]) -> Any:
    """What the client is told, who sends the body as the address takes it."""
    if action == "evidence.attach":
        fields = {key: str(value) for key, value in body.items() if key != "name"}
        return client.attach(str(body["name"]), b"text", **fields)
    return client.sign(path, **body) if ACTIONS[action].signed else client.post(path, body)


def test_every_action_has_an_address() -> None:
    assert set(requests()) == set(ACTIONS) - NOT_BY_CLIENTS


@pytest.mark.usefixtures("house")
@pytest.mark.parametrize("username", sorted(ACCOUNTS))
def test_a_role_may_do_what_it_permits_and_nothing_else(username: str) -> None:
    """The tokens write, whoever's they are: it is the role that is asked here."""
    client = ApiClient(stored_token(getattr(people(), username)))
    held = ROLE_PERMISSIONS[ACCOUNTS[username]]
    refused = set()

    for action, (path, body) in requests().items():
        response = answer(client, action, path, body)
        if response.status_code == 403 and problem(response)["code"] == "not_permitted":
            refused.add(action)

    permitted = {name for name in requests() if ACTIONS[name].permission in {None, *held}}
    assert refused == set(requests()) - permitted


def test_auditors_are_only_given_tokens_that_read() -> None:
    body = {"kind": "personal", "scope": "write", "purpose": "X", "days": 1}

    refused = client_of("auditor").post("tokens/", body)

    assert Permission.RECORD not in ROLE_PERMISSIONS[Role.AUDITOR]
    assert problem(refused)["code"] == "scope"
