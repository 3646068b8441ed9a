"""Linked identities over the API: listed, linked by administrators, undone."""

from __future__ import annotations

import pytest

from tests.api.clients import client_of, made

pytestmark = pytest.mark.django_db
ASKED = {"issuer": "https://id.example.org", "subject": "a-1", "reason": "Asked in person"}


def test_an_administrator_links_an_identity_and_undoes_it() -> None:
    admin = client_of("admin", "write")

    body = made(admin.post("accounts/analyst/identities/", ASKED))
    undone = made(admin.post(f"identities/{body['id']}/unlink/", {"reason": "Left"}))

    assert (body["username"], body["subject"], body["number"]) == ("analyst", "a-1", 1)
    assert (body["linked_by"], body["reason"]) == ("Ada Adminson", "Asked in person")
    assert (body["undone_at"], undone["undone_by"]) == (None, "Ada Adminson")


def test_identities_are_listed_by_account_and_by_what_still_holds() -> None:
    admin = client_of("admin", "write")
    body = made(admin.post("accounts/analyst/identities/", ASKED))
    auditor = client_of("auditor")

    def found(**query: str) -> list[str]:
        return [row["subject"] for row in auditor.get("identities/", query).json()["results"]]

    assert found(open="true", username="Analyst") == ["a-1"]
    assert found(username="reviewer") == []
    admin.post(f"identities/{body['id']}/unlink/", {"reason": "Left"})
    assert found(open="true") == []
    assert found(open="false") == ["a-1"]


def test_a_link_without_a_reason_is_refused() -> None:
    answer = client_of("admin", "write").post(
        "accounts/analyst/identities/", ASKED | {"reason": " "}
    )

    assert answer.json()["code"] == "reason_missing"


def test_an_identity_that_is_linked_already_is_a_conflict() -> None:
    admin = client_of("admin", "write")
    made(admin.post("accounts/analyst/identities/", ASKED))

    answer = admin.post("accounts/reviewer/identities/", ASKED)

    assert answer.status_code == 409
    assert "opens the account analyst already" in answer.json()["detail"]
