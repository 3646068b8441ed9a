"""No value of any field of any body is a server error."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from products.actions.base import ACTIONS
from products.domain.roles import ROLE_PERMISSIONS
from tests.accounts import PASSWORD
from tests.api.clients import BASE, ApiClient, stored_token
from tests.api.description import fields_of
from tests.api.test_roles import ACCOUNTS, house, requests
from tests.records import people

pytestmark = pytest.mark.django_db
__all__ = ["house"]
NASTY: tuple[Any, ...] = (
    None,
    [{}],
    2**63,
    "\x00",
    "\ud800",
    "x" * 5000,
    "0001-01-01T00:00:00+14:00",
    "9999-12-31",
)
NOT_TRIED = {"password", "old"}
"""A few wrong passwords lock the account, and then nothing is tried any more."""


def somebody_who_may(action: str) -> str:
    permission = ACTIONS[action].permission
    return next(
        username
        for username in ("analyst", "quality", "admin", "reviewer")
        if permission in {None, *ROLE_PERMISSIONS[ACCOUNTS[username]]}
    )


def bodies(path: str, body: dict[str, Any], parts: str) -> Iterator[dict[str, Any]]:
    """``body`` with each field in turn, of its own and of its parts, as no client should send."""
    for field in sorted(fields_of(path) - NOT_TRIED):
        yield from (body | {field: value} for value in NASTY)
    for part in body.get(parts, ())[:1]:
        for field in sorted(part):
            yield from (body | {parts: [part | {field: value}]} for value in NASTY)


def as_form(body: dict[str, Any]) -> dict[str, Any]:
    """Each field as a form can carry it; a file beside them."""
    fields = {key: f"{value}".encode("utf-8", "surrogatepass") for key, value in body.items()}
    return {"file": SimpleUploadedFile("x.txt", b"text")} | fields


PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "run.correct": ("readings", {"name": "live", "value": "9", "replicate": 1, "read_at": None}),
    "run.save": ("readings", {"name": "live", "value": "9", "replicate": 1, "read_at": None}),
    "run.submit": ("readings", {"name": "live", "value": "9", "replicate": 1, "read_at": None}),
    "specification.draft": (
        "criteria",
        {"code": "A", "attribute": "A", "category": "purity", "stage": "bulk", "method": "VIA-01"}
        | {"kind": "lower", "lower": "1", "unit": "%", "allowed_words": []},
    ),
}


@pytest.mark.usefixtures("house")
def test_no_value_is_a_server_error() -> None:
    tried = 0
    for action, (path, body) in requests().items():
        client = ApiClient(stored_token(getattr(people(), somebody_who_may(action))))
        parts, part = PARTS.get(action, ("", {}))
        known = {"reason": "x", **body} | ({parts: [part]} if parts else {})
        if ACTIONS[action].signed:
            known |= {"password": PASSWORD}
        for sent in bodies(path, known, parts):
            lot = client.lot_of(path)
            tag = {"if_match": client.etag(lot)} if lot else {}
            response = (
                client.http.post(f"{BASE}/{path}", as_form(sent))
                if action == "evidence.attach"
                else client.post(path, sent, **tag)
            )
            assert response.status_code < 500, (action, sent, response.content)
            tried += 1

    assert tried > 1000
