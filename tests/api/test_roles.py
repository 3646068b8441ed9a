"""Each role on each POST: what the roles permit is what the API does."""

from __future__ import annotations

from typing import Any

import pytest

from products.actions.base import ACTIONS
from products.actions.methods import draft_method_version
from products.actions.specifications import draft_specification
from products.domain.roles import ROLE_PERMISSIONS, Permission, Role
from tests.api.clients import ApiClient, client_of, problem, stored_token
from tests.records import (
    METHODS,
    VIABILITY,
    ZONE,
    approved_method,
    context,
    donor,
    instrument,
    lot,
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
NOT_BY_CLIENTS = {"lot.judge"}
"""Done by the system alone; no client asks for it."""


def requests() -> dict[str, tuple[str, dict[str, Any]]]:
    """Address and body of each action, complete but for the signature."""
    at, day = now().isoformat(), f"{today()}"
    return {
        "account.change_password": ("own-password/", {"old": "wrong", "new": "x"}),
        "account.create": (
            "accounts/",
            {"username": "x", "person": str(people().auditor.person_id)}
            | {"password": "a long enough one", "roles": []},
        ),
        "account.reset_password": ("accounts/auditor/password/", {"new": "x"}),
        "account.set_active": ("accounts/analyst2/active/", {"is_active": True}),
        "account.set_roles": ("accounts/auditor/roles/", {"roles": ["Auditor"]}),
        "donor.determine": (
            "donors/D-0042/determinations/",
            {"outcome": "eligible", "determined_on": day, "establishment": "x"}
            | {"summary_of_records": "x"},
        ),
        "donor.register": ("donors/", {"code": "D-0100"}),
        "hold.lift": (f"{LOT}/holds/1/lift/", {}),
        "hold.place": (f"{LOT}/holds/", {}),
        "instrument.register": ("instruments/", {"code": "X", "model": "X", "serial_number": "X"}),
        "investigation.conclude": ("investigations/NOPE/conclude/", {"outcome": "confirmed"}),
        "investigation.open": ("runs/EV-26-001-S1-R1/investigations/", {"reason": "x"}),
        "lot.declare_stability_study": (f"{LOT}/stability-study/", {"study": "S"}),
        "lot.register": (
            "lots/",
            {"number": "X", "product": "EXO-1", "made_on": day, "vials": 1, "sources": []},
        ),
        "lot.reject": (f"{LOT}/reject/", {}),
        "lot.release": (f"{LOT}/release/", {}),
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
        "person.create": ("persons/", {"printed_name": "Xenia"}),
        "product.register": (
            "products/",
            {"code": "X", "name": "X", "basis": "research_use_only", "storage": "X"},
        ),
        "review.sign": (f"{LOT}/reviews/", {"runs": ["EV-26-001-S1-R1"]}),
        "run.discard": ("runs/EV-26-001-S2-R1/discard/", {"reason": "x"}),
        "run.open": (
            "samples/EV-26-001-S1/runs/",
            {"purpose": "information", "performed_at": at, "performed_zone": ZONE}
            | {"instrument": "NTA-7", "method": "VIA-01"},
        ),
        "run.save": ("runs/EV-26-001-S2-R1/readings/", {"readings": []}),
        "run.submit": ("runs/EV-26-001-S2-R1/submit/", {}),
        "sample.draw": (
            f"{LOT}/samples/",
            {"stage": "bulk", "container": "X", "drawn_at": at, "drawn_zone": ZONE},
        ),
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
        "token.issue": (
            "tokens/",
            {"kind": "personal", "scope": "read", "purpose": "X", "days": 1},
        ),
        "token.revoke": ("tokens/nope/revoke/", {}),
    }


@pytest.fixture
def house() -> None:
    lot()
    donor()
    instrument()
    submitted_run()
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
        response = client.sign(path, **body) if ACTIONS[action].signed else client.post(path, body)
        if response.status_code == 403 and problem(response)["code"] == "not_permitted":
            refused.add(action)

    permitted = {name for name in requests() if ACTIONS[name].permission in {None, *held}}
    assert refused == set(requests()) - permitted


def test_auditors_are_only_given_tokens_that_read() -> None:
    body = {"kind": "personal", "scope": "write", "purpose": "X", "days": 1}

    refused = client_of("auditor").post("tokens/", body)

    assert Permission.RECORD not in ROLE_PERMISSIONS[Role.AUDITOR]
    assert problem(refused)["code"] == "scope"
