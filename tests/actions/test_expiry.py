"""Accounts with a last day of use, and names that nobody gets again."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest

from products.actions.accounts import create_account, create_person, set_expiry, sign_in
from products.actions.donors import register_donor
from products.actions.holds import place_hold
from products.actions.naming import begin
from products.actions.passwords import check_password_alone
from products.domain.errors import InvalidValueError, NotPermittedError, WrongStatusError
from products.models import AuditEntry, Product, User
from tests.accounts import PASSWORD
from tests.admin.pages import Visitor, visitor
from tests.api.clients import ApiClient, client_of, stored_token
from tests.records import context, lot, people, today

pytestmark = pytest.mark.django_db


def expiring(on: date | None, username: str = "analyst") -> User:
    return set_expiry(context(people().admin), username=username, expires_on=on)


def yesterday() -> date:
    return today() - timedelta(days=1)


def test_an_expired_account_does_nothing_and_signs_nothing() -> None:
    lot()
    account = expiring(yesterday())

    with pytest.raises(NotPermittedError, match="expired on"):
        register_donor(context(account), code="D-0777")
    with pytest.raises(NotPermittedError, match="expired on"):
        place_hold(context(account), lot="EV-26-001")


def test_on_its_last_day_an_account_is_used() -> None:
    assert register_donor(context(expiring(today())), code="D-0777").code == "D-0777"


def test_an_expired_account_is_not_let_in() -> None:
    expiring(yesterday())
    system = context(User.objects.get(username="system"))
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = system.address

    assert sign_in(system, request, username="analyst", password=PASSWORD) is None


def test_an_expired_account_that_is_signed_in_gets_no_further() -> None:
    reader = Visitor(people().analyst)
    assert reader.open("/admin/").status == 200

    expiring(yesterday())

    assert reader.open("/admin/").status == 302


def test_the_tokens_of_an_expired_account_are_refused() -> None:
    client = ApiClient(stored_token(people().analyst))
    assert client.get("lots/").status_code == 200

    expiring(yesterday())

    assert client.get("lots/").status_code == 401


def test_the_day_is_set_and_taken_back_at_the_pages_and_over_the_api() -> None:
    admin, account = visitor("admin"), people().analyst2

    page = admin.send(
        f"/admin/products/user/{account.pk}/expiry/", expires_on=f"{today()}", reason="Trainee"
    )
    body = client_of("admin", "write").post("accounts/analyst2/expiry/", {"expires_on": None})

    assert f"Last day of use {today()}" in page
    assert body.json()["expires_on"] is None
    changes = AuditEntry.objects.filter(
        action="account.set_expiry", record_table="products_user"
    ).order_by("id")
    assert [(entry.after or {}).get("expires_on") for entry in changes] == [f"{today()}", None]


@pytest.mark.parametrize(("on", "stands"), [(None, "has no end"), (date(2030, 1, 1), "expires on")])
def test_what_stands_already_is_not_set_again(on: date | None, stands: str) -> None:
    if on is not None:
        expiring(on)

    with pytest.raises(WrongStatusError, match=stands):
        expiring(on)


def test_nobody_lets_an_own_account_last() -> None:
    with pytest.raises(NotPermittedError, match="one's own"):
        expiring(today(), "admin")


@transaction.atomic
def raw(statement: str, *values: str) -> None:
    """As the serving role, past every action."""
    begin("test.raw", context(people().admin))
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


NAME = "INSERT INTO products_user (username, password, is_superuser, is_staff, is_active,"
NAME += " must_change_password) VALUES (%s, '', false, false, false, false)"


@pytest.mark.parametrize(
    "username",
    ["analyst", "ANALYST", "Analyst", "\uff41nalyst", "an\u0430lyst", "analyst\u200b", "ana lyst"],
)
def test_no_raw_statement_makes_a_name_again_or_one_that_looks_alike(username: str) -> None:
    with pytest.raises(DatabaseError, match=r"user_name_(never_reused|is_plain)|username_key"):
        raw(NAME, username)


@pytest.mark.parametrize("statement", ["DELETE FROM products_user", "TRUNCATE products_user"])
def test_no_account_is_deleted(statement: str) -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        raw(statement)

    assert people().analyst.username == "analyst"


def test_the_name_of_an_account_is_never_changed() -> None:
    with pytest.raises(DatabaseError, match="permission denied"):
        raw("UPDATE products_user SET username = %s", "another")


def test_a_common_password_is_refused_however_long() -> None:
    with pytest.raises(InvalidValueError, match="list of common passwords"):
        check_password_alone("1q2w3e4r5t6y7u8i", ["nina"], needed=8)


@pytest.mark.parametrize("password", ["NovakNovakNina2026", "Umbilical EXO-1 exosomes"])
def test_words_of_the_person_and_the_place_are_no_password(password: str) -> None:
    lot()
    assert Product.objects.exists()
    person = create_person(context(people().admin), printed_name="Nina Novak")
    given: dict[str, Any] = {"username": "nina", "person": person.pk, "roles": []}

    with pytest.raises(InvalidValueError, match="too easily guessed") as refusal:
        create_account(context(people().admin), password=password, **given)

    assert refusal.value.code == "password_refused"
