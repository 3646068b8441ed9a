"""A site with a provider: the settings as `qcsite.settings` makes them when one is named."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.conf import settings
from django.test import override_settings

from products.actions.identities import link_identity
from tests.admin.sso.provider import CLIENT_ID, CLIENT_SECRET, TestProvider, serving
from tests.records import context, people


@pytest.fixture(scope="module")
def _provider() -> Iterator[TestProvider]:
    # Made before a provider is named: the addresses of a site without one are kept for later.
    import_module("qcsite.urls")
    with (
        serving() as provider,
        override_settings(
            SSO_ISSUER=provider.issuer,
            SSO_CLIENT_ID=CLIENT_ID,
            SSO_CLIENT_SECRET=CLIENT_SECRET,
            SSO_NAME="Lab login",
            MIDDLEWARE=[*settings.MIDDLEWARE, *settings.SSO_MIDDLEWARE],
            ROOT_URLCONF="tests.admin.sso.urls",
        ),
        # The applications look at the settings when they are made ready.
        override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, *settings.SSO_APPS]),
    ):
        yield provider


@pytest.fixture
def provider(_provider: TestProvider) -> TestProvider:
    _provider.restore()
    # Its models need the applications that `_provider` installs.
    import_module("products.admin.sso.discovery").DISCOVERY.forget()
    return _provider


@pytest.fixture
def linked(provider: TestProvider) -> TestProvider:
    link_identity(
        context(people().admin), username="analyst", issuer=provider.issuer, subject="a-1"
    )
    return provider
