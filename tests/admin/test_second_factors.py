"""Your second factor, in the admin: enrolled, listed, given with signatures, removed."""

from __future__ import annotations

import re

import pytest
from pytest_django import Settings

from products.models import ApiToken, Factor, Hold, PasskeyUse
from products.queries.factors import kinds_held, secret_of
from tests.accounts import PASSWORD
from tests.admin.pages import Page, Visitor, address, the_lot, visitor
from tests.authenticators import SoftwareKey
from tests.factors import App, Authenticator, app_of, enrolled_passkey, new_app
from tests.records import lot, people

pytestmark = pytest.mark.django_db
HOME = "/admin/second-factor/"
HOST = "testserver"


@pytest.fixture
def analyst() -> Visitor:
    return visitor("analyst")


def shown_secret(page: Page) -> str:
    found = re.search(r'<p class="secret">([A-Z2-7 ]+)</p>', page.html)
    assert found is not None
    return found[1].replace(" ", "")


def test_an_app_is_enrolled_on_two_pages(analyst: Visitor) -> None:
    shown = analyst.send(f"{HOME}app/", name="Pocket", password=PASSWORD)
    factor = Factor.objects.get()
    app = App(factor, secret_of(factor) or b"")
    waiting = analyst.open(HOME)
    done = analyst.send(f"{HOME}app/{factor.pk}/", second_factor=app.code())

    assert "no-store" in shown.response.headers["Cache-Control"]
    assert len(shown_secret(shown)) == 32
    assert "<svg" in shown.html
    assert "Waits for its first code" in waiting
    assert shown_secret(shown) not in waiting.html + done.html
    assert "Pocket is your second factor from now on." in done
    assert kinds_held(people().analyst.pk) == {"totp"}


def test_a_refusal_shows_neither_password_nor_code(analyst: Visitor) -> None:
    app = app_of("analyst")
    code = app.wrong_code()

    page = analyst.send(f"{HOME}app/", name="B", password="wrong pass", second_factor=code)

    assert "The password or the second factor is not that of analyst" in page.errors["password"][0]
    assert page.fields["name"] == "B"
    assert code not in page.html
    assert "wrong pass" not in page.html


def test_a_wrong_first_code_is_asked_for_again(analyst: Visitor) -> None:
    app = new_app("analyst")

    page = analyst.send(f"{HOME}app/{app.factor.pk}/", second_factor=app.wrong_code())

    assert "not the code that the app shows now" in page.errors["second_factor"][0]


def test_without_a_key_the_page_says_why_no_app_is_enrolled(
    analyst: Visitor, settings: Settings
) -> None:
    settings.FACTOR_KEYS = []

    page = analyst.open(HOME)
    assert "Not possible now: Enrol an authenticator app: this installation has no key" in page


def test_who_has_to_have_one_and_has_none_is_told(analyst: Visitor, settings: Settings) -> None:
    lot()
    settings.SIGNERS_NEED_SECOND_FACTOR = True

    page = analyst.sign(address("lot_hold", the_lot()))

    assert "without one you sign nothing" in analyst.open(HOME)
    assert "you have enrolled none" in page
    assert "Enrol one" in page.errors["__all__"][0]
    assert not Hold.objects.exists()


def test_a_signature_takes_the_code_and_is_not_made_twice(analyst: Visitor) -> None:
    lot()
    app = app_of("analyst")
    where = address("lot_hold", the_lot())

    without = analyst.sign(where)
    signed = analyst.sign(where, second_factor=app.code())

    assert "has a second factor. Give it too" in without.errors["second_factor"][0]
    assert "is on hold" in signed
    assert Hold.objects.count() == 1


def test_the_code_field_is_for_codes_alone(analyst: Visitor) -> None:
    lot()
    app_of("analyst")

    html = analyst.open(address("lot_hold", the_lot())).html

    field = re.search(r'<input[^>]*name="second_factor"[^>]*>', html)
    assert field is not None
    assert 'autocomplete="one-time-code"' in field[0]
    assert 'inputmode="numeric"' in field[0]


def test_who_has_no_factor_is_asked_for_none(analyst: Visitor) -> None:
    lot()

    assert 'name="second_factor"' not in analyst.open(address("lot_hold", the_lot())).html


def test_a_passkey_is_enrolled_and_signs(analyst: Visitor) -> None:
    lot()
    key = Authenticator(people().analyst, SoftwareKey(HOST, f"https://{HOST}"))
    none = analyst.send(f"{HOME}passkey/", name="Key", password=PASSWORD)
    done = analyst.send(f"{HOME}passkey/", name="Key", password=PASSWORD, made=key.made().text)
    where = address("lot_hold", the_lot())

    without = analyst.sign(where)
    signed = analyst.sign(where, passkey=key.signed().text)

    assert "No passkey was made" in none.errors["name"][0]
    assert "Key is your second factor" in done
    assert "Give it too" in without.errors["password"][0]
    assert "Sign with your passkey" in without
    assert "is on hold" in signed
    assert PasskeyUse.objects.count() == 2


def test_a_copied_passkey_is_told_to_its_owner(analyst: Visitor) -> None:
    lot()
    _, key = enrolled_passkey("analyst", host=HOST)
    where = address("lot_hold", the_lot())
    analyst.sign(where, passkey=key.signed(counts=5).text)

    analyst.sign(where, passkey=key.signed(counts=-3).text)

    assert "answered on" in analyst.open(HOME)
    assert "as a copy of itself would" in analyst.open(HOME)
    seen = visitor("admin").open(address("user_change", people().analyst))
    assert "as a copy of itself would" in seen


def test_recovery_codes_are_shown_once(analyst: Visitor) -> None:
    app = app_of("analyst")

    shown = analyst.send(f"{HOME}recovery-codes/", password=PASSWORD, second_factor=app.code())

    codes = re.findall(r'<li class="secret">([a-z2-7-]{27})</li>', shown.html)
    assert len(set(codes)) == 10
    assert "no-store" in shown.response.headers["Cache-Control"]
    assert "10 left" in analyst.open(HOME)


def test_its_owner_removes_it(analyst: Visitor) -> None:
    app = app_of("analyst")

    done = analyst.send(
        f"{HOME}{app.factor.pk}/remove/",
        password=PASSWORD,
        second_factor=app.code(),
        reason="New telephone",
    )

    assert "Pocket is removed." in done
    assert "You have no second factor." in done
    assert analyst.open(f"{HOME}{app.factor.pk}/remove/").status == 404


def test_nobody_opens_a_page_of_somebody_elses_factor() -> None:
    app = app_of("analyst")

    assert visitor("analyst2").open(f"{HOME}{app.factor.pk}/remove/").status == 404
    assert visitor("analyst2").open(f"{HOME}app/{app.factor.pk}/").status == 404


def test_an_administrator_sees_and_removes_what_somebody_lost() -> None:
    app = app_of("analyst")
    admin, account = visitor("admin"), people().analyst

    before = admin.open(address("user_change", account))
    listed = admin.open(address("user_changelist"))
    after = admin.send(
        address("user_factor", account), factor=str(app.factor.pk), reason="Lost on the train"
    )

    assert "Second factor yes" in before
    assert "Remove a second factor" in before
    assert "Second factor" in listed
    assert "Pocket (Authenticator app) of analyst is removed." in after
    assert "by Ada Adminson: Lost on the train" in after
    assert "Remove a second factor" not in after


def test_only_administrators_remove_what_another_person_has() -> None:
    app = app_of("admin")
    admin = visitor("admin")

    own = admin.open(address("user_change", people().admin))

    assert "do it under Your second factor" in own
    assert app.factor.name in own
    assert visitor("quality").open(address("user_factor", people().admin)).status == 403


def test_a_token_takes_the_code(analyst: Visitor) -> None:
    app = app_of("analyst")
    typed = {"purpose": "X", "scope": "read", "kind": "personal", "days": "1"}

    refused = analyst.send(address("apitoken_add"), **typed)
    shown = analyst.send(address("apitoken_add"), **typed, second_factor=app.code())

    assert "Give it too" in refused.errors["second_factor"][0]
    assert "only time that the token is shown" in shown
    assert ApiToken.objects.filter(user=people().analyst).count() == 1
