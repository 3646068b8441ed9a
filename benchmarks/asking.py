"""Whole requests to the product as a server runs it, in this process."""

from __future__ import annotations

import io
import sys
from collections.abc import Iterator
from contextlib import closing
from typing import Any

from django.core.handlers.wsgi import WSGIHandler
from django.test import Client

from products.models import User
from tests.api.clients import token_for


class Asking:
    """Sends requests of one account: to the API with its token, to the admin with its session."""

    def __init__(self, account: User) -> None:
        self.handler = WSGIHandler()
        browser = Client()
        browser.force_login(account)
        cookies = "; ".join(f"{name}={cookie.value}" for name, cookie in browser.cookies.items())
        self.headers = {
            "HTTP_AUTHORIZATION": f"Bearer {token_for(account, 'read')}",
            "HTTP_COOKIE": cookies,
        }

    def get(self, address: str) -> bytes:
        return b"".join(self.parts(address))

    def parts(self, address: str) -> Iterator[bytes]:
        """Raises RuntimeError for any answer but 200."""
        path, _, query = address.partition("?")
        answered: list[str] = []

        def start(status: str, headers: list[tuple[str, str]], error: Any = None) -> Any:
            answered.append(status)

        response = self.handler(self._environ(path, query), start)
        with closing(response):
            if not answered[0].startswith("200"):
                raise RuntimeError(f"{address}: {answered[0]} {b''.join(response).decode()}")
            yield from response

    def _environ(self, path: str, query: str) -> dict[str, Any]:
        is_api = path.startswith("/api/")
        kept = "HTTP_AUTHORIZATION" if is_api else "HTTP_COOKIE"
        return {
            "REQUEST_METHOD": "GET",
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "SCRIPT_NAME": "",
            "SERVER_NAME": "localhost",
            "SERVER_PORT": "80",
            "SERVER_PROTOCOL": "HTTP/1.1",
            "REMOTE_ADDR": "127.0.0.1",
            "wsgi.url_scheme": "http",
            "wsgi.input": io.BytesIO(),
            "wsgi.errors": sys.stderr,
            kept: self.headers[kept],
        }
