"""The extra `sso`: without it everything else runs; with it the settings are looked at hard."""

from __future__ import annotations

import pytest
from django.core.exceptions import ImproperlyConfigured

from qcsite.sso import check_provider, is_safe_address
from tests.qcsite.test_settings import run

PROVIDER = {
    "SSO_ISSUER": "https://id.example.org/realm",
    "SSO_CLIENT_ID": "exolot",
    "SSO_CLIENT_SECRET": "x",
}
WITHOUT_DATABASE = {"EXOLOT_CLUSTER": "none"}
BLOCK = """
import sys
sys.modules.update(dict.fromkeys(["allauth", "requests", "jwt", "oauthlib"]))
"""
SHOW = """
import os
os.environ["DJANGO_SETTINGS_MODULE"] = "qcsite.settings"
import django
django.setup()
from django.conf import settings
from django.core.checks import run_checks
from django.urls import get_resolver
print("checks", [str(found) for found in run_checks()])
print("sso", "sso" in get_resolver().namespace_dict, settings.SSO_NAME)
unmade = [name for name, module in settings.MIGRATION_MODULES.items() if module is None]
print("allauth", unmade, [name for name in settings.INSTALLED_APPS if "allauth" in name])
"""


def test_without_the_extra_everything_else_runs() -> None:
    done = run("-W", "error", "-c", BLOCK + SHOW, **WITHOUT_DATABASE)

    assert done.stdout.splitlines() == ["checks []", "sso False ", "allauth ['knox'] []"], (
        done.stderr
    )


def test_with_a_provider_its_pages_are_there_and_no_table_is_asked_for() -> None:
    done = run("-W", "error", "-c", SHOW, **PROVIDER, **WITHOUT_DATABASE)

    assert done.stdout.splitlines() == [
        "checks []",
        "sso True id.example.org",
        "allauth ['knox', 'account', 'socialaccount'] ['allauth.account', 'allauth.socialaccount']",
    ], done.stderr


def test_a_provider_without_the_extra_is_refused_by_name() -> None:
    done = run("-c", BLOCK + SHOW, **PROVIDER, **WITHOUT_DATABASE)

    assert "the extra sso is not installed: pip install" in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("issuer", "client_id", "secret", "message"),
    [
        ("http://id.example.org", "x", "x", "SSO_ISSUER is 'http://id.example.org'"),
        ("https://id.example.org", "", "x", "SSO_CLIENT_ID is not"),
        ("https://id.example.org", "x", "", "SSO_CLIENT_SECRET is not"),
    ],
)
def test_a_provider_that_cannot_be_trusted_is_refused(
    issuer: str, client_id: str, secret: str, message: str
) -> None:
    with pytest.raises(ImproperlyConfigured, match=message):
        check_provider(issuer, client_id, secret)


@pytest.mark.parametrize(
    ("address", "is_safe"),
    [
        ("https://id.example.org/realm/", True),
        ("http://127.0.0.1:8080", True),
        ("http://localhost:8080", True),
        ("http://127.0.0.1.example.org", False),
        ("https://", False),
        ("https://id.example.org/?a=b", False),
        ("https://id.example.org/#a", False),
        ("https://me@id.example.org/", False),
        ("https://[id.example.org", False),
        ("ftp://id.example.org", False),
        ("id.example.org", False),
        ("", False),
    ],
)
def test_an_address_of_the_provider_has_tls_or_is_on_this_machine(
    address: str, is_safe: bool
) -> None:
    assert is_safe_address(address) is is_safe
