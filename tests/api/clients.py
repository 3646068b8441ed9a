"""Clients of the API as people have them: a token of their own, and nothing else."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client
from knox.models import get_digest_token

from products.actions.naming import begin, end
from products.actions.tokens import issue_token
from products.models import ApiToken, User
from tests.accounts import PASSWORD
from tests.api.description import check
from tests.records import context, now, people

BASE = "/api/v1"


def token_for(account: User, scope: str = "write") -> str:
    """The secret of a new personal token."""
    _, secret = issue_token(
        context(account), kind="personal", scope=scope, purpose="Tests", days=30
    )
    return secret


def stored_token(account: User, **changes: Any) -> str:
    """The secret of a token as no action would issue it today: expired, revoked, another kind."""
    digest, secret = _digest_and_secret()
    stored = {
        "created": now(),
        "expiry": now() + timedelta(days=1),
        "scope": "write",
        "kind": "personal",
        "purpose": "Tests",
        "issued_by": account,
    } | changes
    with transaction.atomic():
        begin("system.test", context(account))
        ApiToken.objects.create(digest=digest, token_key=secret[:15], user=account, **stored)
        end()
    return secret


class ApiClient:
    """Sends and reads JSON, and holds every answer against the OpenAPI description.

    CSRF is checked, so that a test would see where it is asked for.
    """

    def __init__(self, token: str = "") -> None:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self.http = Client(enforce_csrf_checks=True, headers=headers)

    def get(self, path: str, query: dict[str, str] | None = None, **headers: str) -> Any:
        address = path if path.startswith(("http", "/")) else f"{BASE}/{path}"
        response = self.http.get(address, query, headers=_named(headers))
        check("get", response.wsgi_request.path, response)
        return response

    def post(self, path: str, body: object = None, **headers: str) -> Any:
        text = body if isinstance(body, str | bytes) else json.dumps(body or {})
        response = self.http.post(
            f"{BASE}/{path}", text, content_type="application/json", headers=_named(headers)
        )
        check("post", response.wsgi_request.path, response)
        return response

    def sign(self, path: str, *, reason: str = "As the procedure says", **body: object) -> Any:
        """Post under the tests' password, and with the ETag of the lot that is decided on."""
        headers = {}
        if lot := self.lot_of(path):
            headers["if_match"] = self.etag(lot)
        return self.post(path, {"reason": reason, "password": PASSWORD, **body}, **headers)

    def attach(self, name: str, content: bytes, **fields: str) -> Any:
        """Post a file with the fields beside it, as a form."""
        form = fields | {"file": SimpleUploadedFile(name, content)}
        response = self.http.post(f"{BASE}/evidence/", form)
        check("post", f"{BASE}/evidence/", response)
        return response

    def lot_of(self, path: str) -> str:
        """The lot that an address decides on, empty when it is none."""
        if path.startswith("lots/"):
            return path.split("/")[1]
        if path.startswith("amendments/"):
            return str(self.get("/".join([*path.split("/")[:2], ""])).json().get("lot", "NOPE"))
        return ""

    def etag(self, lot: str) -> str:
        return str(self.get(f"lots/{lot}/").headers.get("ETag", '"none"'))


def client_of(username: str, scope: str = "") -> ApiClient:
    """A client of one of the tests' accounts; auditors and administrators only read."""
    account: User = getattr(people(), username)
    reads = username in {"auditor", "admin"}
    return ApiClient(token_for(account, scope or ("read" if reads else "write")))


def problem(response: Any) -> dict[str, Any]:
    """The problem document of a refusal."""
    assert response.headers["Content-Type"] == "application/problem+json", response.content
    found: dict[str, Any] = json.loads(response.content)
    assert found["status"] == response.status_code
    return found


def refusal(response: Any) -> tuple[int, str]:
    return response.status_code, problem(response)["code"]


def made(response: Any) -> dict[str, Any]:
    """The answer to what should have succeeded."""
    assert response.status_code in {200, 201}, response.content
    body: dict[str, Any] = response.json()
    return body


def _digest_and_secret() -> tuple[str, str]:
    digest, secret = get_digest_token()
    return digest, secret


def _named(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}
