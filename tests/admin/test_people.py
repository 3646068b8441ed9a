"""Persons, accounts, roles and tokens at the pages."""

from __future__ import annotations

import pytest

from products.models import ApiToken, Person, User
from tests.accounts import PASSWORD
from tests.admin.pages import Visitor, address, visitor
from tests.records import people, product

pytestmark = pytest.mark.django_db
FIRST = "first long pass phrase"


def test_a_person_gets_an_account_with_roles() -> None:
    admin = visitor("admin")
    admin.send(address("person_add"), printed_name="Nora New")
    nora = Person.objects.get(printed_name="Nora New")

    page = admin.send(
        address("user_add"),
        person=str(nora.pk),
        username="nora",
        roles=["Analyst", "Reviewer"],
        password_given=FIRST,
    )

    assert "Account nora is made." in page
    assert "Analyst, Reviewer" in page
    assert "Must change the password yes" in page


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"username": "a b"}, "username", "An account name has only letters"),
        ({"username": "ANALYST"}, "username", "was used already (as analyst)"),
        ({"password_given": "short"}, "password_given", "too short"),
        ({"roles": ["King"]}, "roles", "'King' is not one of"),
        ({"roles": ["Administrator", "Analyst"]}, "roles", "has no laboratory or quality role"),
    ],
)
def test_a_bad_account_is_refused(
    typed: dict[str, str | list[str]], field: str, message: str
) -> None:
    known = {"person": str(people().auditor.person_id), "username": "second", "roles": ["Analyst"]}

    page = visitor("admin").send(address("user_add"), **(known | {"password_given": FIRST} | typed))

    assert message in page.errors[field][0]
    assert FIRST not in page.html


def test_roles_are_set_and_an_account_closed_and_opened() -> None:
    admin, account = visitor("admin"), people().analyst2

    changed = admin.send(address("user_roles", account), roles=["Reviewer"], reason="New duty")
    closed = admin.send(address("user_activity", account), reason="Leave")
    opened = admin.send(address("user_activity", account), reason="Back")

    assert "The roles of analyst2 are set." in changed
    assert "Account analyst2 is closed." in closed
    assert "Account analyst2 is open." in opened


def test_nobody_changes_the_roles_of_an_own_account() -> None:
    page = visitor("admin").send(address("user_roles", people().admin), roles=["Quality"])

    assert "may not do this for an account of one's own" in page


def test_a_password_is_reset_and_must_then_be_changed() -> None:
    account = people().analyst2
    where = f"/admin/products/user/{account.pk}/password/"

    page = visitor("admin").send(where, new=FIRST, reason="Forgotten")

    account.refresh_from_db()
    assert "analyst2 has a first password again." in page
    assert account.check_password(FIRST)
    assert account.must_change_password


def test_who_resets_a_password_is_named_to_its_person() -> None:
    account = people().analyst2
    where = f"/admin/products/user/{account.pk}/password/"
    visitor("admin").send(where, new=FIRST, reason="Forgotten")

    page = Visitor(people().analyst2).send("/admin/")

    assert "admin reset your password on" in page
    assert "If you did not ask for it, tell the quality unit." in page


def test_the_system_account_has_no_page() -> None:
    system = User.objects.get(username="system")

    assert visitor("admin").open(address("user_change", system)).status == 404


def test_the_secret_of_a_token_is_shown_once() -> None:
    analyst = visitor("analyst")

    product("EXO-1")
    page = analyst.send(
        address("apitoken_add"), purpose="Script", scope="read", days="30", products="exo-1"
    )

    token = ApiToken.objects.get()
    again = analyst.open(address("apitoken_change", token))
    assert token.products == ["EXO-1"]
    assert "Products: EXO-1." in page
    assert "EXO-1" in again
    assert "EXO-1" in analyst.open(address("apitoken_changelist"))
    secret = page.response.context["secret"]
    assert secret in page
    assert "no-store" in page.response.headers["Cache-Control"]
    assert secret not in again.html


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ({"days": "1000"}, "A token lasts 1 to 365 days."),
        ({"username": "quality"}, "Only an administrator issues service tokens"),
        ({"username": "nobody"}, "There is no account 'nobody'."),
        ({"kind": "service"}, "Only an administrator issues service tokens"),
        ({"scope": "all"}, "'all' is not one of"),
        ({"products": " , "}, "Nothing stands between the commas. Name at least one"),
    ],
)
def test_a_token_that_may_not_be_is_refused(typed: dict[str, str], message: str) -> None:
    known = {"purpose": "Script", "scope": "read", "days": "30"}

    page = visitor("analyst").send(address("apitoken_add"), **(known | typed))

    assert message in page
    assert not ApiToken.objects.exists()
    assert page.fields["purpose"] == "Script"
    assert ApiToken.objects.count() == 0


def test_a_token_is_revoked_by_its_owner_and_seen_by_nobody_else() -> None:
    analyst = visitor("analyst")
    analyst.send(address("apitoken_add"), purpose="Script", scope="read", days="30")
    token = ApiToken.objects.get()

    stranger = visitor("quality")
    assert stranger.open(address("apitoken_change", token)).status == 404
    assert stranger.send(address("apitoken_revoke", token)).status == 404
    assert "Script" not in stranger.open(address("apitoken_changelist"))
    assert "The token is revoked." in analyst.send(address("apitoken_revoke", token))
    assert "∅ Revoked" in analyst.open(address("apitoken_changelist"))


def test_an_administrator_sees_and_revokes_every_token() -> None:
    visitor("analyst").send(address("apitoken_add"), purpose="Script", scope="read", days="30")
    token = ApiToken.objects.get()

    admin = visitor("admin")

    assert "Script" in admin.open(address("apitoken_changelist"))
    assert "The token is revoked." in admin.send(address("apitoken_revoke", token))


def test_the_password_is_nowhere_on_the_pages_of_an_account() -> None:
    page = visitor("auditor").open(address("user_change", people().analyst))

    assert people().analyst.password not in page.html
    assert PASSWORD not in page.html
