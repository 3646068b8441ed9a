"""A person's browser between this site and the provider."""

from __future__ import annotations

import http.client
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.test import Client

from products.models import SignIn, User
from tests.admin.pages import Page

CALLBACK = "/admin/sso/callback/"


class Browser:
    def __init__(self, account: User | None = None) -> None:
        self.client = Client(REMOTE_ADDR="192.0.2.9", headers={"user-agent": "Lab PC"})
        if account is not None:
            self.client.force_login(account)

    def begin(self, address: str = "/admin/sso/", **query: str) -> str:
        """Where this site sends the browser."""
        return str(self.client.get(address, query)["Location"])

    def at_provider(self, address: str) -> dict[str, str]:
        """What the provider sends back with the browser."""
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=5)
        connection.request("GET", f"{parts.path}?{parts.query}")
        location = connection.getresponse().headers["Location"]
        connection.close()
        return {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}

    def back(self, sent: dict[str, str]) -> Page:
        return Page(self.client.get(CALLBACK, sent))

    def sign_in(self, **query: str) -> Page:
        return self.back(self.at_provider(self.begin(**query)))

    @property
    def account(self) -> Any:
        """Whose session it is, None for nobody's."""
        return self.client.session.get("_auth_user_id")


def attempts() -> list[tuple[str, bool, str]]:
    rows = SignIn.objects.filter(kind="sign_in").order_by("recorded_at")
    return [(row.username, row.succeeded, row.method) for row in rows]


def query_of(address: str) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
