"""Through the provider to the door: who gets in, where to, and what that does not open."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.urls import URLResolver, get_resolver
from pytest_django import Settings

from products.actions.accounts import create_account, create_person, set_active
from products.actions.identities import link_identity, unlink_identity
from products.actions.tokens import issue_token
from products.models import IdentityLink, SignIn, User
from tests.accounts import FIRST_PASSWORD, PASSWORD
from tests.admin.pages import Page, address, the_lot
from tests.admin.sso.browser import Browser, attempts, query_of
from tests.admin.sso.provider import (
    REDIRECT_URI,
    TestProvider,
)
from tests.factors import app_of
from tests.records import context, lot, people

pytestmark = pytest.mark.django_db


def unlink(why: str) -> None:
    held = IdentityLink.objects.get(undone__isnull=True)
    unlink_identity(context(people().admin, why), link=held.pk)


def test_a_linked_person_gets_in_and_it_is_recorded(linked: TestProvider) -> None:
    browser = Browser()

    page = browser.sign_in()

    assert (page.status, page.response["Location"]) == (302, "/admin/")
    assert browser.account == str(people().analyst.pk)
    assert browser.client.get("/admin/").status_code == 200
    row = SignIn.objects.get(kind="sign_in")
    assert (row.user, row.succeeded, row.method) == (people().analyst, True, "provider")
    assert (row.address, row.user_agent) == ("192.0.2.9", "Lab PC")


def test_who_has_a_second_factor_is_asked_for_it_after_the_provider(linked: TestProvider) -> None:
    app = app_of("analyst")
    browser = Browser()

    page = browser.sign_in()
    assert page.response["Location"] == "/admin/login/second-factor/"
    assert "_auth_user_id" not in browser.client.session
    assert browser.client.get("/admin/")["Location"].startswith("/admin/login/")
    answer = browser.client.post("/admin/login/second-factor/", {"second_factor": app.code()})

    assert (answer.status_code, answer["Location"]) == (302, "/admin/")
    assert browser.account == str(people().analyst.pk)
    rows = SignIn.objects.filter(address="192.0.2.9").order_by("recorded_at")
    assert [(row.kind, row.method, row.succeeded) for row in rows] == [
        ("password", "provider", True),
        ("sign_in", "provider", True),
    ]


def test_the_provider_is_asked_for_a_code_with_state_nonce_and_pkce(linked: TestProvider) -> None:
    asked = query_of(Browser().begin())

    assert asked["response_type"] == "code"
    assert asked["redirect_uri"] == REDIRECT_URI
    assert set(asked["scope"].split()) == {"openid", "profile", "email"}
    assert asked["code_challenge_method"] == "S256"
    assert min(len(asked["state"]), len(asked["nonce"]), len(asked["code_challenge"])) >= 16
    assert "max_age" not in asked


def test_nothing_of_allauth_is_stored_and_userinfo_is_not_asked(linked: TestProvider) -> None:
    """Its tables do not exist: a query of one would have failed."""
    Browser().sign_in()

    assert linked.paths() == [
        "/.well-known/openid-configuration",
        "/authorize",
        "/token",
        "/keys",
    ]


def test_signing_in_gives_the_session_a_new_key(linked: TestProvider) -> None:
    browser = Browser()
    sent = browser.at_provider(browser.begin())
    before = browser.client.session.session_key

    browser.back(sent)

    assert browser.client.session.session_key != before


def test_who_was_signed_in_before_leaves_nothing(linked: TestProvider) -> None:
    browser = Browser(people().quality)
    session = browser.client.session
    session["kept"] = "by quality"
    session.save()

    browser.sign_in()

    assert browser.account == str(people().analyst.pk)
    assert "kept" not in browser.client.session


def test_a_provider_that_takes_the_secret_in_the_form_gets_it_there(linked: TestProvider) -> None:
    linked.described = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    browser = Browser()

    browser.sign_in()

    assert browser.account
    assert "client_secret" in linked.asked[-2][1]


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "a-2"},
        {"sub": "analyst"},
        {"sub": "a-2", "email": "analyst@example.org", "preferred_username": "analyst"},
    ],
    ids=str,
)
def test_an_identity_that_nobody_linked_opens_nothing(
    linked: TestProvider, claims: dict[str, Any]
) -> None:
    """Least of all by a name or an e-mail address."""
    linked.claims = claims
    accounts = User.objects.count()
    browser = Browser()

    page = browser.sign_in()

    assert "is linked to no account here, or the account is closed" in page
    assert (page.status, browser.account) == (403, None)
    assert attempts() == [(claims["sub"], False, "provider")]
    assert User.objects.count() == accounts


def test_a_subject_of_another_issuer_opens_nothing(provider: TestProvider) -> None:
    link_identity(
        context(people().admin),
        username="analyst",
        issuer="https://other.example.org",
        subject="a-1",
    )
    browser = Browser()

    assert browser.sign_in().status == 403
    assert browser.account is None


def test_a_closed_account_is_refused_with_the_words_for_an_unknown_one(
    linked: TestProvider,
) -> None:
    set_active(context(people().admin), username="analyst", is_active=False)
    browser = Browser()

    closed = browser.sign_in()
    linked.claims = {"sub": "a-2"}
    unknown = Browser().sign_in()

    assert (closed.words, closed.status) == (unknown.words, unknown.status)
    assert browser.account is None
    assert attempts()[0] == ("analyst", False, "provider")


def test_an_unknown_host_begins_nothing(linked: TestProvider) -> None:
    """The provider would send the code there."""
    answer = Browser().client.get("/admin/sso/", headers={"host": "evil.example.org"})

    assert answer.status_code == 400
    assert linked.paths() == []


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/admin/products/lot/", "/admin/products/lot/"),
        ("https://evil.example.org/", "/admin/"),
        ("//evil.example.org/", "/admin/"),
        ("/\\evil.example.org/", "/admin/"),
        ("javascript:alert(1)", "/admin/"),
        ("", "/admin/"),
    ],
)
def test_who_got_in_is_led_to_a_page_of_this_site(
    linked: TestProvider, asked: str, led_to: str
) -> None:
    assert Browser().sign_in(next=asked).response["Location"] == led_to


@pytest.mark.parametrize("site", ["cross-site", "same-site"])
def test_another_site_cannot_begin_a_sign_in(linked: TestProvider, site: str) -> None:
    browser = Browser()

    answer = browser.client.get("/admin/sso/", headers={"sec-fetch-site": site})

    assert answer["Location"] == "/admin/login/"
    assert linked.paths() == []


def test_the_sign_in_page_offers_the_provider_and_stays_where_one_was(
    provider: TestProvider,
) -> None:
    answer = Browser().client.get("/admin/login/?next=/admin/products/lot/?q=1%26p=2")

    html = answer.content.decode()
    assert "Sign in with Lab login</a>" in html
    assert 'href="/admin/sso/?next=%2Fadmin%2Fproducts%2Flot%2F%3Fq%3D1%26p%3D2"' in html
    assert "form-action 'self'" in answer["Content-Security-Policy"]


def test_a_given_password_is_changed_before_anything_else_all_the_same(
    provider: TestProvider,
) -> None:
    person = create_person(context(people().admin), printed_name="Nora New")
    create_account(
        context(people().admin),
        username="nora",
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=["Analyst"],
    )
    link_identity(context(people().admin), username="nora", issuer=provider.issuer, subject="a-1")
    browser = Browser()
    browser.sign_in()

    assert browser.client.get("/admin/")["Location"] == "/admin/password_change/"


def test_the_idle_session_ends_as_always(linked: TestProvider) -> None:
    browser = Browser()
    browser.sign_in()

    assert browser.client.session.get_expiry_age() == 30 * 60
    assert browser.client.cookies["sessionid"]["httponly"]


def test_a_session_ends_with_the_link_that_opened_it(linked: TestProvider) -> None:
    by_provider, by_password = Browser(), Browser(people().analyst)
    by_provider.sign_in()
    half = Browser()
    assert by_provider.client.get("/admin/").status_code == 200

    app = app_of("analyst")
    half.sign_in()
    unlink("Left the company")

    assert by_provider.client.get("/admin/")["Location"].startswith("/admin/login/")
    assert by_provider.client.get("/admin/products/lot/")["Location"].startswith("/admin/login/")
    code = {"second_factor": app.code()}
    assert half.client.post("/admin/login/second-factor/", code)["Location"] == "/admin/login/"
    assert half.account is None
    assert by_password.client.get("/admin/").status_code == 200


def test_a_new_link_opens_no_session_of_the_one_that_was_undone(linked: TestProvider) -> None:
    browser = Browser()
    browser.sign_in()
    unlink("Wrong person")

    link_identity(context(people().admin), username="analyst", issuer=linked.issuer, subject="a-1")

    assert browser.client.get("/admin/").status_code == 302
    browser.sign_in()
    assert browser.client.get("/admin/").status_code == 200


def test_a_session_by_the_provider_whose_link_nobody_knows_is_not_open(
    linked: TestProvider,
) -> None:
    browser = Browser()
    browser.sign_in()
    session = browser.client.session
    del session["exolot.signed_in_link"]
    session.save()

    assert browser.client.get("/admin/").status_code == 302


@pytest.mark.parametrize("issuer", ["", "https://other.example.org"])
def test_a_session_ends_when_its_provider_is_set_no_more(
    linked: TestProvider, issuer: str, settings: Settings
) -> None:
    browser = Browser()
    browser.sign_in()

    settings.SSO_ISSUER = issuer

    assert browser.client.get("/admin/").status_code == 302


def test_signing_out_here_claims_nothing_of_the_provider(linked: TestProvider) -> None:
    browser = Browser()
    browser.sign_in()

    page = Page(browser.client.post("/admin/logout/"))

    assert "You are signed out here. Lab login was not told." in page
    assert browser.account is None
    linked.asked.clear()
    assert Browser(people().analyst).client.post("/admin/logout/").status_code == 200
    assert linked.asked == []


def test_who_came_through_the_provider_signs_only_with_the_own_password(
    provider: TestProvider,
) -> None:
    """21 CFR 11.200(a)(1): both components are the signature's own."""
    link_identity(
        context(people().admin), username="quality", issuer=provider.issuer, subject="a-1"
    )
    lot()
    browser = Browser()
    browser.sign_in()
    page = address("lot_reject", the_lot())
    body = {"reason": "Contaminated", "lot_version": str(the_lot().version)}

    for password in ("", "opaque", "anna@example.org"):
        browser.client.post(page, {**body, "password": password})
    assert the_lot().release_status != "rejected"

    browser.client.post(page, {**body, "password": PASSWORD})
    assert the_lot().release_status == "rejected"


def test_no_token_of_the_provider_opens_the_api(linked: TestProvider) -> None:
    token = linked.sign(linked.id_claims())
    browser = Browser()
    browser.sign_in()

    for headers in ({}, {"authorization": f"Bearer {token}"}, {"authorization": "Bearer opaque"}):
        assert browser.client.get("/api/v1/lots/", headers=headers).status_code == 401
    _, own = issue_token(
        context(people().analyst), kind="personal", scope="read", purpose="x", days=1
    )
    with_own = browser.client.get("/api/v1/lots/", headers={"authorization": f"Bearer {own}"})
    assert with_own.status_code == 200


def views(found: list[Any]) -> Iterator[Any]:
    for entry in found:
        if isinstance(entry, URLResolver):
            yield from views(entry.url_patterns)
        else:
            yield entry.callback


def test_no_page_of_allauth_is_mounted(provider: TestProvider) -> None:
    modules = {view.__module__ for view in views(get_resolver().url_patterns)}

    assert "products.admin.sso.views" in modules
    assert [name for name in modules if name.startswith("allauth")] == []
