"""Every way in which the provider's answer, or its silence, is not enough to come in."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from pytest_django import Settings

from tests.admin.sso.browser import Browser, attempts, query_of
from tests.admin.sso.provider import (
    CLIENT_SECRET,
    KEY_ID,
    TestProvider,
    published,
    serving,
)

pytestmark = pytest.mark.django_db


# Claims, and nobody gets in.
UNPROVED: list[dict[str, Any]] = [
    {"iss": "https://other.example.org"},
    {"iss": None},
    {"aud": "another client"},
    {"aud": ["exolot", "another client"]},
    {"aud": None},
    {"azp": "another client"},
    {"exp": 1_700_000_000},
    {"exp": None},
    {"iat": None},
    {"iat": 9_999_999_999},
    {"nonce": "of another sign-in"},
    {"nonce": None},
    {"sub": None},
    {"sub": ""},
]


@pytest.mark.parametrize("claims", UNPROVED, ids=str)
def test_a_token_that_does_not_fit_opens_nothing(
    linked: TestProvider, claims: dict[str, Any]
) -> None:
    linked.claims = claims
    browser = Browser()

    page = browser.sign_in()

    assert page.status == 403
    assert "does not prove who you are. The attempt is recorded." in page
    assert browser.account is None
    assert attempts() == [("", False, "provider")]


def test_a_state_serves_once(linked: TestProvider) -> None:
    browser = Browser()
    sent = browser.at_provider(browser.begin())
    browser.back(sent)
    browser.client.logout()

    page = browser.back(sent)

    assert "did not begin in this browser, was finished before" in page
    assert browser.account is None


def change_state(sent: dict[str, str]) -> dict[str, str]:
    return sent | {"state": sent["state"][::-1]}


def leave_state_out(sent: dict[str, str]) -> dict[str, str]:
    return {"code": sent["code"]}


@pytest.mark.parametrize("change", [change_state, leave_state_out])
def test_a_state_that_this_session_did_not_make_is_refused(
    linked: TestProvider, change: Callable[[dict[str, str]], dict[str, str]]
) -> None:
    browser = Browser()
    sent = browser.at_provider(browser.begin())

    page = browser.back(change(sent))

    assert (page.status, browser.account) == (403, None)
    assert "/token" not in linked.paths()


def test_an_answer_of_another_session_is_refused(linked: TestProvider) -> None:
    """Somebody sends a victim the link that ends a sign-in of their own."""
    theirs, victim = Browser(), Browser()
    sent = theirs.at_provider(theirs.begin())
    victim.begin()

    assert victim.back(sent).status == 403
    assert victim.account is None


@pytest.mark.parametrize("checks_pkce", [True, False])
def test_a_code_of_another_session_is_refused(linked: TestProvider, checks_pkce: bool) -> None:
    """By the provider, which checks PKCE; where it does not, by the nonce."""
    linked.checks_pkce = checks_pkce
    victim, thief = Browser(), Browser()
    stolen = victim.at_provider(victim.begin())["code"]
    sent = thief.at_provider(thief.begin())

    page = thief.back(sent | {"code": stolen})

    assert (page.status, thief.account) == (403, None)
    assert "does not prove who you are" in page


def test_a_code_serves_once(linked: TestProvider) -> None:
    first, second = Browser(), Browser()
    sent = first.at_provider(first.begin())
    first.back(sent)

    again = second.at_provider(second.begin()) | {"code": sent["code"]}

    assert second.back(again).status == 403
    assert second.account is None


def test_an_answer_in_the_name_of_another_issuer_is_refused(linked: TestProvider) -> None:
    browser = Browser()
    sent = browser.at_provider(browser.begin()) | {"iss": "https://other.example.org"}

    assert browser.back(sent).status == 403
    assert "/token" not in linked.paths()


def test_who_cancels_at_the_provider_is_told_what_else_to_do(linked: TestProvider) -> None:
    browser = Browser()
    state = browser.at_provider(browser.begin())["state"]

    page = browser.back({"state": state, "error": "access_denied"})

    assert "Lab login did not confirm who you are. Try again, or sign in with your account" in page


def json_of(body: Any) -> tuple[int, dict[str, str], bytes]:
    return 200, {"Content-Type": "application/json"}, json.dumps(body).encode()


DISCOVERY = "/.well-known/openid-configuration"


@pytest.mark.parametrize(
    ("path", "said"),
    [
        (DISCOVERY, (500, {}, b"")),
        (DISCOVERY, (200, {}, b"<html>")),
        (DISCOVERY, json_of([])),
    ],
)
def test_without_the_provider_people_are_sent_to_the_password(
    linked: TestProvider, path: str, said: tuple[int, dict[str, str], bytes]
) -> None:
    linked.said = {path: said}

    answer = Browser().client.get("/admin/sso/")

    assert answer.status_code == 503
    assert "does not answer as it should. Sign in with your account" in answer.content.decode()


@pytest.mark.parametrize(
    ("path", "said", "status"),
    [
        ("/token", (500, {}, b""), 403),
        ("/token", (500, {"Content-Type": "text/html"}, b""), 403),
        ("/token", json_of({"access_token": "opaque"}), 403),
        ("/token", json_of(["access_token"]), 403),
        ("/token", (200, {}, b"access_token"), 403),
        ("/keys", (500, {}, b""), 503),
        ("/keys", json_of([]), 403),
        ("/keys", json_of({"keys": []}), 403),
        ("/keys", json_of({"keys": 1}), 403),
    ],
)
def test_a_provider_that_fails_halfway_opens_nothing(
    linked: TestProvider, path: str, said: tuple[int, dict[str, str], bytes], status: int
) -> None:
    linked.said = {path: said}
    browser = Browser()

    page = browser.sign_in()

    assert (page.status, browser.account) == (status, None)


def test_what_is_another_issuers_is_not_believed(linked: TestProvider) -> None:
    linked.described = {"issuer": "https://other.example.org"}

    assert Browser().client.get("/admin/sso/").status_code == 503


@pytest.mark.parametrize("path", [DISCOVERY, "/keys"])
def test_a_provider_that_leads_elsewhere_is_not_followed(linked: TestProvider, path: str) -> None:
    answer = linked.description() if path == DISCOVERY else {"keys": [published()]}
    linked.said = {path: (302, {"Location": "/moved"}, b""), "/moved": json_of(answer)}
    browser = Browser()

    if path == DISCOVERY:
        assert browser.client.get("/admin/sso/").status_code == 503
    else:
        assert browser.sign_in().status == 503
    assert browser.account is None


def test_a_certificate_that_nobody_vouches_for_is_refused(
    provider: TestProvider, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(tmp_path / "certificate.pem") as behind_tls:
        settings.SSO_ISSUER = behind_tls.issuer

        assert Browser().client.get("/admin/sso/").status_code == 503
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "certificate.pem"))
        assert Browser().client.get("/admin/sso/").status_code == 302


def by_another_key(claims: dict[str, Any]) -> str:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, other, "RS256", headers={"kid": KEY_ID})


def by_nobody(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, "", "none", headers={"kid": KEY_ID})


def by_the_shared_secret(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, CLIENT_SECRET.ljust(32), "HS256", headers={"kid": KEY_ID})


@pytest.mark.parametrize("sign", [by_another_key, by_nobody, by_the_shared_secret])
def test_a_token_that_the_provider_did_not_sign_opens_nothing(
    linked: TestProvider, sign: Callable[[dict[str, Any]], str]
) -> None:
    """Although it comes from where the provider's tokens come from."""
    linked.sign = sign
    browser = Browser()

    assert browser.sign_in().status == 403
    assert browser.account is None


def test_a_provider_that_does_not_answer_in_time_is_not_waited_for(
    linked: TestProvider, settings: Settings
) -> None:
    settings.SOCIALACCOUNT_REQUESTS_TIMEOUT = 0.2
    linked.delay = 0.6

    answer = Browser().client.get("/admin/sso/")

    assert answer.status_code == 503


@pytest.mark.parametrize("name", ["authorization_endpoint", "token_endpoint", "jwks_uri"])
def test_a_provider_without_tls_is_not_spoken_to(linked: TestProvider, name: str) -> None:
    linked.described = {name: "http://id.example.org/x"}

    assert Browser().client.get("/admin/sso/").status_code == 503


@pytest.mark.parametrize("asked_ago", [None, 4000, True, "soon"])
def test_a_provider_has_to_say_when_it_asked_the_person_where_that_is_set(
    linked: TestProvider, settings: Settings, asked_ago: Any
) -> None:
    settings.SSO_MAX_AGE_MINUTES = 30
    now = linked.id_claims()["iat"]
    linked.claims = {"auth_time": now - 4000 if asked_ago == 4000 else asked_ago}
    browser = Browser()

    assert query_of(browser.begin())["max_age"] == "1800"
    assert browser.sign_in().status == 403


def test_a_person_whom_the_provider_asked_of_late_gets_in(
    linked: TestProvider, settings: Settings
) -> None:
    settings.SSO_MAX_AGE_MINUTES = 30
    linked.claims = {"auth_time": linked.id_claims()["iat"] - 1700}
    browser = Browser()
    browser.sign_in()

    assert browser.account
