"""How long what the provider says of itself is kept, and what is never kept."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
from pytest_django import Settings

from tests.admin.sso.browser import Browser
from tests.admin.sso.provider import TestProvider

pytestmark = pytest.mark.django_db
DISCOVERY = "/.well-known/openid-configuration"


@pytest.fixture
def discovery(provider: TestProvider) -> Any:
    """Imported here: its models need the applications of a site with a provider."""
    return import_module("products.admin.sso.discovery")


def read(provider: TestProvider) -> int:
    """How often the description was fetched."""
    return provider.paths().count(DISCOVERY)


def begins() -> int:
    return Browser().client.get("/admin/sso/").status_code


def test_the_description_serves_several_sign_ins(linked: TestProvider) -> None:
    for _ in range(3):
        assert Browser().sign_in().status == 302

    assert read(linked) == 1


def test_the_description_is_read_anew_after_some_minutes(
    linked: TestProvider, discovery: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "KEPT_FOR_S", 0)

    assert [begins(), begins()] == [302, 302]

    assert read(linked) == 2


def test_a_description_that_is_too_old_does_not_stand_in_for_a_silent_provider(
    linked: TestProvider, discovery: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discovery, "KEPT_FOR_S", 0)
    assert begins() == 302

    linked.said = {DISCOVERY: (500, {}, b"")}

    assert begins() == 503


@pytest.mark.parametrize(
    "said", [(500, {}, b""), (200, {}, b"[" * 100_000), (200, {}, b" " * 300_000 + b"{}")]
)
def test_a_failure_is_not_kept(
    linked: TestProvider, said: tuple[int, dict[str, str], bytes]
) -> None:
    linked.said = {DISCOVERY: said}
    assert begins() == 503

    linked.said = {}

    assert begins() == 302


def test_the_description_of_another_issuer_is_not_used(
    linked: TestProvider, settings: Settings
) -> None:
    assert begins() == 302

    settings.SSO_ISSUER = linked.issuer.replace("127.0.0.1", "localhost")

    assert begins() == 503


def test_after_an_answer_that_proves_nobody_the_description_is_read_anew(
    linked: TestProvider,
) -> None:
    linked.said = {"/keys": (404, {}, b"")}
    assert Browser().sign_in().status == 503

    linked.said = {}
    linked.described = {"jwks_uri": f"{linked.issuer}/keys"}

    assert Browser().sign_in().status == 302
    assert read(linked) == 2


def test_a_description_that_its_reader_changes_is_kept_as_it_was(
    linked: TestProvider, discovery: Any
) -> None:
    address = linked.issuer + DISCOVERY
    discovery.DISCOVERY.description(address).clear()

    assert discovery.DISCOVERY.description(address)["issuer"] == linked.issuer
    assert read(linked) == 1
