"""Locks over the API."""

from __future__ import annotations

import pytest

from products.actions.accounts import change_password
from products.domain.errors import SignatureRefusedError
from tests.api.clients import client_of, made, refusal
from tests.records import context, people

pytestmark = pytest.mark.django_db


def a_lock(username: str = "analyst") -> None:
    for _ in range(5):
        with pytest.raises(SignatureRefusedError):
            change_password(
                context(getattr(people(), username)), old="wrong", new="a new long pass phrase"
            )


def test_an_administrator_deals_with_a_lock() -> None:
    a_lock()
    admin = client_of("admin", "write")
    (lock,) = admin.get("lockouts/", {"open": "true"}).json()["results"]

    body = made(admin.post(f"lockouts/{lock['id']}/settle/", {"finding": "A new keyboard"}))

    assert (lock["username"], lock["failures"], lock["settled_at"]) == ("analyst", 5, None)
    assert (body["settled_by"], body["finding"]) == ("Ada Adminson", "A new keyboard")
    assert admin.get("lockouts/", {"open": "true"}).json()["results"] == []


def test_while_locked_a_token_of_the_account_gets_no_other() -> None:
    analyst = client_of("analyst")
    a_lock()

    answer = analyst.post(
        "tokens/", {"kind": "personal", "scope": "read", "purpose": "x", "days": 1}
    )

    assert refusal(answer) == (403, "account_locked")
