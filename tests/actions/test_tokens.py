"""API tokens: who may issue which, and who revokes them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from knox.crypto import hash_token

from products.actions.accounts import issue_token, revoke_token, set_active
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.models import ApiToken, AuditEntry, User
from tests.records import context, people, product

pytestmark = pytest.mark.django_db


def issued(by: User, **changes: Any) -> ApiToken:
    described: dict[str, Any] = {
        "kind": "personal",
        "scope": "read",
        "purpose": "Trend reports",
        "days": 90,
    } | changes
    return issue_token(context(by), **described)[0]


def test_the_secret_is_shown_once_and_only_its_digest_is_kept() -> None:
    given = context(people().auditor)

    token, secret = issue_token(
        given, kind="personal", scope="read", purpose=" Inspection ", days=30
    )

    token.refresh_from_db()
    assert token.digest == hash_token(secret)
    assert (token.user, token.issued_by, token.purpose) == (
        given.actor,
        given.actor,
        "Inspection",
    )
    assert (token.created, token.expiry) == (given.at, given.at + timedelta(days=30))


def test_the_trail_keeps_the_token_without_its_digest() -> None:
    token = issued(people().auditor)

    entry = AuditEntry.objects.get(record_table="products_apitoken", record_id=token.pk)
    assert entry.after is not None
    assert entry.after["purpose"] == "Trend reports"
    assert not {"digest", "token_key"} & set(entry.after)


@pytest.mark.parametrize("role", ["analyst", "reviewer", "quality", "admin"])
def test_who_works_with_records_may_issue_an_own_token_that_writes(role: str) -> None:
    assert issued(getattr(people(), role), scope="write").scope == "write"


def test_an_auditor_gets_no_token_that_writes() -> None:
    with pytest.raises(NotPermittedError, match="only read"):
        issued(people().auditor, scope="write")


def test_an_administrator_issues_a_token_that_reads_for_another() -> None:
    token = issued(people().admin, username="AUDITOR")

    assert (token.user, token.issued_by) == (people().auditor, people().admin)


def test_a_personal_token_that_writes_is_issued_by_its_owner_alone() -> None:
    with pytest.raises(NotPermittedError, match="only the owner"):
        issued(people().admin, username="analyst", scope="write")


def test_an_administrator_issues_a_service_token_that_writes() -> None:
    token = issued(people().admin, username="analyst", kind="service", scope="write")

    assert (token.kind, token.scope) == ("service", "write")


@pytest.mark.parametrize("changes", [{"username": "auditor"}, {"kind": "service"}])
def test_others_issue_neither_for_another_nor_for_a_service(changes: dict[str, Any]) -> None:
    with pytest.raises(NotPermittedError, match="Only an administrator"):
        issued(people().quality, **changes)


def test_a_closed_account_gets_no_token() -> None:
    set_active(context(people().admin), username="auditor", is_active=False)

    with pytest.raises(NotPermittedError, match="inactive"):
        issued(people().admin, username="auditor")


@pytest.mark.parametrize("days", [1, 365])
def test_a_token_lasts_one_day_to_a_year(days: int) -> None:
    token = issued(people().auditor, days=days)

    assert token.expiry - token.created == timedelta(days=days)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"days": 0}, "days"),
        ({"days": 366}, "days"),
        ({"kind": "robot"}, "kind"),
        ({"scope": "sign"}, "scope"),
        ({"purpose": " "}, "purpose"),
    ],
)
def test_one_bad_input_is_refused_by_its_name(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        issued(people().auditor, **changes)

    assert refusal.value.field == field


@pytest.mark.parametrize("by", ["auditor", "admin"])
def test_a_token_is_revoked_by_its_owner_or_an_administrator(by: str) -> None:
    token = issued(people().auditor)
    given = context(getattr(people(), by))

    revoke_token(given, token_key=token.token_key)

    token.refresh_from_db()
    assert token.revoked_at == given.at


def test_others_do_not_revoke_it() -> None:
    token = issued(people().auditor)

    with pytest.raises(NotPermittedError):
        revoke_token(context(people().quality), token_key=token.token_key)


def test_a_token_is_revoked_once() -> None:
    token = issued(people().auditor)
    revoke_token(context(people().auditor), token_key=token.token_key)

    with pytest.raises(WrongStatusError, match="revoked already"):
        revoke_token(context(people().auditor), token_key=token.token_key)


def test_an_unknown_token_is_refused() -> None:
    with pytest.raises(UnknownReferenceError):
        revoke_token(context(people().auditor), token_key="0123456789")


def test_a_token_is_bound_to_products_by_their_codes_as_registered() -> None:
    product("EXO-1")
    product("OTH-9")

    token = issued(people().auditor, products=["oth-9", " EXO-1", "exo-1"])

    assert token.products == ["EXO-1", "OTH-9"]
    entry = AuditEntry.objects.get(record_table="products_apitoken", record_id=token.pk)
    assert entry.after is not None
    assert entry.after["products"] == ["EXO-1", "OTH-9"]


def test_without_products_a_token_is_not_bound() -> None:
    assert issued(people().auditor).products is None


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"products": ["NOPE"]}, "products", "There is no product 'NOPE'"),
        ({"products": [""]}, "products", "There is no product ''"),
        ({"products": ["EXO-1"] * 51}, "products", "at most 50"),
        ({"products": ["EXO-1"], "scope": "write"}, "scope", "only reads"),
    ],
)
def test_products_that_bind_nothing_are_refused(
    changes: dict[str, Any], field: str, message: str
) -> None:
    product("EXO-1")

    with pytest.raises((InvalidValueError, UnknownReferenceError), match=message) as refusal:
        issued(people().analyst, **changes)

    assert refusal.value.field == field
    assert ApiToken.objects.count() == 0
