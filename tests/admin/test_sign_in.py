"""The door: who gets in, what is recorded of it, and own passwords."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.test import Client

from products.actions.accounts import create_account, create_person
from products.models import Lockout, SignIn, User
from tests.accounts import PASSWORD
from tests.admin.pages import Page, Visitor, account_with, address, visitor
from tests.records import context, now, people

pytestmark = pytest.mark.django_db
NEW = "another long pass phrase"


def signed_in(username: str, password: str = PASSWORD) -> Any:
    client = Client(REMOTE_ADDR="192.0.2.9", headers={"user-agent": "Lab PC"})
    return client.post(
        "/admin/login/?next=/admin/",
        {"username": username, "password": password, "next": "/admin/"},
    )


def test_who_knows_the_password_gets_in_and_it_is_recorded() -> None:
    answer = signed_in("analyst")

    row = SignIn.objects.get(kind="sign_in")
    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert (row.user, row.succeeded, row.kind) == (people().analyst, True, "sign_in")
    assert (row.address, row.user_agent) == ("192.0.2.9", "Lab PC")


@pytest.mark.parametrize(
    ("username", "password"), [("analyst", "wrong"), ("nobody", PASSWORD), ("system", "")]
)
def test_who_does_not_stays_outside_and_it_is_recorded(username: str, password: str) -> None:
    answer = signed_in(username, password or "x")

    assert answer.status_code == 200
    assert "Signing in was refused" in answer.content.decode()
    assert not SignIn.objects.get(kind="sign_in").succeeded


@pytest.mark.parametrize("trait", ["is_active", "is_staff"])
def test_a_closed_account_stays_outside(trait: str) -> None:
    account = account_with("closed", "Analyst", traits={trait: False})

    assert account.check_password(PASSWORD)

    assert "Signing in was refused" in signed_in("closed").content.decode()


def test_an_account_is_locked_after_five_wrong_passwords() -> None:
    signed_in("analyst")
    for _ in range(5):
        signed_in("analyst", "wrong")

    answer = signed_in("analyst")

    assert answer.status_code == 200
    assert "locked for a while after several wrong passwords" in answer.content.decode()
    assert Lockout.objects.get().user == people().analyst


def test_an_address_that_guesses_is_paused_and_locks_nobody() -> None:
    for _ in range(10):
        signed_in("analyst", "wrong")

    answer = signed_in("quality")

    assert answer.status_code == 429
    assert "Signing in from this address is paused for 15 minutes" in answer.content.decode()
    assert not Lockout.objects.exists()


def test_empty_fields_are_no_attempt() -> None:
    answer = signed_in("", "")

    assert answer.status_code == 200
    assert not SignIn.objects.filter(kind="sign_in").exists()


def test_a_name_that_cannot_be_printed_is_recorded_and_no_fault() -> None:
    answer = signed_in("a\u202eb" + "x" * 60)

    assert answer.status_code == 200
    assert SignIn.objects.filter(kind="sign_in").count() == 1


def test_a_session_ends_after_30_minutes_without_a_request() -> None:
    analyst = visitor("analyst")
    analyst.open("/admin/")
    session = Session.objects.get()

    idle = session.expire_date - now()
    Session.objects.update(expire_date=now() - timedelta(seconds=1))

    assert timedelta(minutes=29) < idle <= timedelta(minutes=30)
    assert analyst.open(address("donor_add")).status == 302


def test_signing_out_ends_the_session() -> None:
    analyst = visitor("analyst")

    page = Page(analyst.client.post("/admin/logout/"))

    assert "You are signed out here. To the sign-in page" in page
    assert analyst.open("/admin/").status == 302


def given_account() -> User:
    person = create_person(context(people().admin), printed_name="Nora New")
    return create_account(
        context(people().admin),
        username="nora",
        person=person.pk,
        password="first long pass phrase",
        roles=["Analyst"],
    )


def test_a_given_password_is_changed_before_anything_else() -> None:
    nora = Visitor(given_account())

    before = nora.client.get(address("lot_changelist"))
    changed = nora.send("/admin/password_change/", old="first long pass phrase", new=NEW, again=NEW)
    after = nora.open(address("lot_changelist"))

    assert before["Location"] == "/admin/password_change/"
    assert "Your password is changed." in changed
    assert after.status == 200


@pytest.mark.parametrize(
    ("typed", "field", "message"),
    [
        ({"old": "wrong"}, "old", "The old password is not that of analyst"),
        ({"new": "short", "again": "short"}, "new", "too short"),
        ({"again": "another"}, "again", "The two new passwords differ."),
        ({"new": PASSWORD, "again": PASSWORD}, "new", "The new password is the old one."),
    ],
)
def test_a_bad_change_of_password_is_refused(
    typed: dict[str, str], field: str, message: str
) -> None:
    page = visitor("analyst").send(
        "/admin/password_change/", **({"old": PASSWORD, "new": NEW, "again": NEW} | typed)
    )

    assert message in page.errors[field][0]
    assert NEW not in page.html


def test_the_changed_password_opens_the_door() -> None:
    visitor("analyst").send("/admin/password_change/", old=PASSWORD, new=NEW, again=NEW)

    assert signed_in("analyst", NEW).status_code == 302
    assert signed_in("analyst").status_code == 200
