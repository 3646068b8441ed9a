"""The door of who has a second factor: nothing is open between the password and the code."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.test import Client
from pytest_django import Settings

from products.actions.accounts import reset_password
from products.actions.factors import remove_factor_of
from products.admin.entering import HALF
from products.domain.factors import secret_text
from products.models import Lockout, SignIn
from tests.accounts import PASSWORD
from tests.admin.pages import Page, address
from tests.factors import App, app_of, enrolled_passkey, new_password, recovery_codes_of
from tests.records import context, now, people

pytestmark = pytest.mark.django_db
SHORT = "tulip-9-cellar"
SECOND = "/admin/login/second-factor/"
WANTED = "/admin/products/lot/?status=released"


@pytest.fixture
def app() -> App:
    return app_of("analyst")


def half_in(where: str = "192.0.2.9") -> Client:
    """After the password."""
    client = Client(REMOTE_ADDR=where)
    answer = client.post(
        "/admin/login/", {"username": "analyst", "password": PASSWORD, "next": WANTED}
    )
    assert answer["Location"] == SECOND
    return client


def give(client: Client, code: str, **more: str) -> Any:
    return client.post(SECOND, {"second_factor": code, **more})


def test_a_password_alone_opens_nothing(app: App) -> None:
    client = half_in()

    assert client.get(address("lot_changelist")).status_code == 302
    assert client.get("/admin/")["Location"].startswith("/admin/login/")
    assert "_auth_user_id" not in client.session
    rows = SignIn.objects.filter(user=people().analyst, succeeded=True, address="192.0.2.9")
    assert [row.kind for row in rows] == ["password"]


def test_the_code_opens_the_door_to_what_was_wanted(app: App) -> None:
    client = half_in()

    answer = give(client, app.code())

    assert (answer.status_code, answer["Location"]) == (302, WANTED)
    assert client.get("/admin/").status_code == 200
    assert HALF not in client.session
    assert SignIn.objects.filter(user=people().analyst, kind="sign_in", succeeded=True).count() == 1


@pytest.mark.parametrize("elsewhere", ["https://example.org/", "//example.org/", "javascript:1"])
def test_no_address_elsewhere_is_gone_on_to(app: App, elsewhere: str) -> None:
    client = Client()
    client.post("/admin/login/", {"username": "analyst", "password": PASSWORD, "next": elsewhere})

    assert give(client, app.code())["Location"] == "/admin/"


def test_a_wrong_code_stays_outside_and_is_not_shown_again(app: App) -> None:
    wrong = app.wrong_code()

    page = Page(give(half_in(), wrong))

    assert page.status == 200
    assert "That did not prove your second factor" in page
    assert wrong not in page.html
    assert not SignIn.objects.filter(user=people().analyst, kind="sign_in", succeeded=True).exists()


def test_nothing_typed_is_no_attempt(app: App) -> None:
    page = Page(give(half_in(), " "))

    assert "Type a code, or use your passkey." in page
    assert not SignIn.objects.filter(kind="sign_in").exists()


def test_a_code_serves_one_door(app: App) -> None:
    first, second, code = half_in(), half_in(), app.code()

    assert give(first, code).status_code == 302
    assert give(second, code).status_code == 200


def test_codes_that_are_guessed_from_outside_pause_the_address_and_lock_nobody(app: App) -> None:
    client, wrong = half_in(), app.wrong_code()
    for _ in range(9):
        give(client, wrong)

    assert give(client, wrong).status_code == 429
    assert give(client, app.code()).status_code == 429
    assert not Lockout.objects.exists()


def test_codes_that_are_guessed_from_a_known_address_lock_the_account(app: App) -> None:
    give(half_in(), app.code())
    client, wrong = half_in(), app.wrong_code()
    for _ in range(4):
        give(client, wrong)
    half_in()

    give(client, wrong)

    assert Lockout.objects.get().user == people().analyst
    assert give(client, app.code()).status_code == 200


def test_the_half_open_door_closes_after_ten_minutes(app: App) -> None:
    client = half_in()
    session = client.session
    session[HALF] = session[HALF] | {"at": (now() - timedelta(minutes=11)).isoformat()}
    session.save()

    answer = client.post(SECOND, {"second_factor": app.code()}, follow=True)

    assert answer.redirect_chain == [("/admin/login/", 302)]
    assert "More than ten minutes passed" in Page(answer)
    assert HALF not in client.session


def test_a_new_password_closes_the_half_open_door(app: App) -> None:
    client = half_in()
    reset_password(context(people().admin), username="analyst", new="given for the second time")

    assert give(client, app.code())["Location"] == "/admin/login/"


def test_without_the_first_step_there_is_no_second() -> None:
    assert Client().get(SECOND)["Location"] == "/admin/login/"


def test_the_session_of_the_first_step_is_not_that_of_before(app: App) -> None:
    client = Client()
    client.get("/admin/login/")
    session = client.session
    session["x"] = 1
    session.save()
    before = session.session_key

    client.post("/admin/login/", {"username": "analyst", "password": PASSWORD})
    between = client.session.session_key
    give(client, app.code())

    assert len({before, between, client.session.session_key}) == 3
    assert not Session.objects.filter(session_key__in=[before, between]).exists()


def test_a_recovery_code_opens_the_door(app: App) -> None:
    codes = recovery_codes_of("analyst", app)

    assert give(half_in(), codes[3])["Location"] == WANTED
    assert give(half_in(), codes[3]).status_code == 200


def test_a_passkey_of_this_address_opens_the_door(app: App) -> None:
    _, key = enrolled_passkey("analyst", app, host="testserver")
    client = half_in()

    assert "Use your passkey" in Page(client.get(SECOND))
    assert give(client, "", passkey=key.signed().text)["Location"] == WANTED


def test_without_the_key_of_the_installation_the_page_says_so(app: App, settings: Settings) -> None:
    settings.FACTOR_KEYS = []

    assert "restores FACTOR_KEY" in Page(give(half_in(), app.code()))


def test_what_another_person_removed_is_told_at_the_next_sign_in(app: App) -> None:
    give(half_in(), app.code())
    remove_factor_of(
        context(people().admin, "Lost on the train"), username="analyst", factor=app.factor.pk
    )

    answer = Client().post(
        "/admin/login/", {"username": "analyst", "password": PASSWORD}, follow=True
    )

    told = "Pocket (Authenticator app) was removed by Ada Adminson: Lost on the train"
    assert f"Since you last signed in: {told}" in Page(answer)
    again = Client().post(
        "/admin/login/", {"username": "analyst", "password": PASSWORD}, follow=True
    )
    assert "Since you last" not in Page(again)


def test_a_short_password_whose_factor_is_gone_opens_the_door_to_a_longer_one(app: App) -> None:
    new_password("analyst", SHORT, PASSWORD)
    remove_factor_of(context(people().admin, "Lost"), username="analyst", factor=app.factor.pk)

    answer = Client().post("/admin/login/", {"username": "analyst", "password": SHORT}, follow=True)

    assert answer.redirect_chain[-1] == ("/admin/password_change/", 302)
    assert "Your password has fewer than 15 characters" in Page(answer)


def test_an_account_whose_last_factor_went_meanwhile_begins_again(app: App) -> None:
    client = half_in()
    remove_factor_of(context(people().admin, "Lost"), username="analyst", factor=app.factor.pk)

    assert give(client, app.code())["Location"] == "/admin/login/"


def test_no_secret_code_or_password_is_logged_or_shown_of_a_context(
    app: App, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    wrong, code = app.wrong_code(), app.code()
    client = half_in()
    give(client, wrong)
    give(client, code)

    said = caplog.text + repr(context(people().analyst, second_factor=code))
    assert "login failure" in said
    hidden = [wrong, code, PASSWORD, secret_text(app.secret), app.factor.secret]
    assert [text for text in hidden if text in said] == []


def test_no_code_is_kept_with_the_attempts_of_an_address(app: App) -> None:
    wrong = app.wrong_code()
    give(half_in(), wrong)

    assert wrong not in str(list(AccessAttempt.objects.values()))
    assert AccessAttempt.objects.exists()
