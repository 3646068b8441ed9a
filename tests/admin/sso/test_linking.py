"""Linking an identity: the provider proves it, the password agrees, the pages show it."""

from __future__ import annotations

from typing import Any

import pytest

from products.models import IdentityLink, SignIn
from tests.accounts import PASSWORD
from tests.admin.pages import Page, address, visitor
from tests.admin.sso import browser as sso
from tests.admin.sso.provider import TestProvider
from tests.records import people

pytestmark = pytest.mark.django_db
CONFIRM = "/admin/sso/link/confirm/"


def proved(browser: sso.Browser) -> Page:
    """Begun at the list, come back from the provider."""
    return browser.back(browser.at_provider(browser.begin("/admin/sso/link/")))


def confirmed(browser: sso.Browser, password: str = PASSWORD) -> Page:
    return Page(browser.client.post(CONFIRM, {"password": password}, follow=True))


def test_a_person_links_an_identity_and_signs_in_with_it(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)

    asked = Page(browser.client.get(proved(browser).response["Location"]))
    done = confirmed(browser)

    assert "Lab login says that you are anna@example.org (subject a-1)" in asked
    assert "sign out there first" in asked
    assert "Lab login now opens the account analyst." in done
    row = IdentityLink.objects.get()
    assert (row.user, row.issuer, row.subject) == (people().analyst, provider.issuer, "a-1")
    assert row.shown_as == "anna@example.org"
    again = sso.Browser()
    again.sign_in()
    assert again.account == str(people().analyst.pk)


def test_an_identity_without_a_name_is_shown_by_its_subject(provider: TestProvider) -> None:
    provider.claims = {"preferred_username": None, "email": None}
    browser = sso.Browser(people().analyst)

    asked = Page(browser.client.get(proved(browser).response["Location"]))

    assert "Lab login says that you are a-1." in asked


def test_a_wrong_password_links_nothing_and_is_recorded(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)
    proved(browser)

    page = confirmed(browser, "wrong")

    assert "Nothing was signed; the attempt is recorded" in page.errors["password"][0]
    assert not IdentityLink.objects.exists()
    assert SignIn.objects.filter(kind="signature", succeeded=False).count() == 1
    assert "now opens the account" in confirmed(browser)


def test_what_was_proved_is_linked_once(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)
    proved(browser)
    confirmed(browser)

    assert "Let Lab login confirm your identity first." in confirmed(browser)
    assert IdentityLink.objects.count() == 1


def test_nobody_links_what_was_not_proved(provider: TestProvider) -> None:
    page = confirmed(sso.Browser(people().analyst))

    assert "Let Lab login confirm your identity first." in page
    assert not IdentityLink.objects.exists()


@pytest.mark.parametrize("change", [{"at": 0.0}, {"account": "somebody else"}])
def test_what_was_proved_long_ago_or_to_another_is_not_linked(
    provider: TestProvider, change: dict[str, Any]
) -> None:
    browser = sso.Browser(people().analyst)
    proved(browser)
    session = browser.client.session
    session["exolot.proved_identity"] |= change
    session.save()

    assert "confirm your identity first" in confirmed(browser)


def test_an_identity_is_not_linked_to_whoever_came_in_between(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)
    sent = browser.at_provider(browser.begin("/admin/sso/link/"))
    session = browser.client.session
    kept = dict(session["socialaccount_states"])
    browser.client.force_login(people().quality)
    session = browser.client.session
    session["socialaccount_states"] = kept
    session.save()

    assert browser.back(sent).status == 403


def test_an_answer_to_linking_signs_nobody_in(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)
    sent = browser.at_provider(browser.begin("/admin/sso/link/"))
    browser.client.logout()

    assert browser.back(sent).status == 403
    assert browser.account is None


@pytest.mark.parametrize("page", ["/admin/sso/link/", CONFIRM])
def test_who_is_not_signed_in_links_nothing(provider: TestProvider, page: str) -> None:
    answer = sso.Browser().client.get(page)

    assert answer["Location"].startswith("/admin/login/")


def test_an_administrator_links_and_undoes_and_the_pages_show_it(provider: TestProvider) -> None:
    admin = visitor("admin")
    listed = admin.open(address("identitylink_changelist"))
    assert "Link your own identity at Lab login" in listed
    assert "Linked identities" in admin.open("/admin/")

    done = admin.send(
        address("identitylink_add"), username="analyst", subject="a-9", reason="Asked in person"
    )
    row = IdentityLink.objects.get()
    assert "analyst is linked." in done
    assert row.issuer == provider.issuer
    shown = visitor("auditor").open(address("identitylink_change", row))
    assert "Ada Adminson" in shown
    assert "Asked in person" in shown
    assert "only its owner or an administrator undoes a link" in shown

    undone = admin.send(address("identitylink_unlink", row), reason="Left")
    assert "The identity no longer opens analyst." in undone
    assert "Undone" in undone
    assert "it was undone." in undone
    assert "Undone" in admin.open(address("identitylink_changelist"))


def test_a_refused_link_keeps_what_was_typed(provider: TestProvider) -> None:
    page = visitor("admin").send(
        address("identitylink_add"), username="nobody", subject="a-9", reason="x"
    )

    assert "There is no account 'nobody'" in page.errors["username"][0]
    assert page.fields["subject"] == "a-9"


def test_the_page_of_an_account_says_how_it_was_opened(provider: TestProvider) -> None:
    browser = sso.Browser(people().analyst)
    proved(browser)
    confirmed(browser)
    sso.Browser().sign_in()

    assert "sign in by the provider" in visitor("admin").open(
        address("user_change", people().analyst)
    )
