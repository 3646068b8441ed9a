"""Requests put together at random from the OpenAPI description, and what they are about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import schemathesis
from django.core.handlers.wsgi import WSGIHandler
from django.core.signals import request_finished, request_started
from django.db import close_old_connections, transaction
from hypothesis import strategies as st
from schemathesis import Case, CheckFunction, GenerationMode, checks
from schemathesis.core.parameters import ParameterLocation

from products import models
from products.actions.base import ACTIONS
from products.domain.roles import ROLE_PERMISSIONS
from tests.accounts import PASSWORD
from tests.api.clients import BASE, client_of, stored_token
from tests.api.description import description, fields_of
from tests.api.test_roles import ACCOUNTS, AMENDMENT, furnish, requests
from tests.records import people

SCOPES = ("read", "write")
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
# A few wrong passwords lock the account, and then nothing is tried any more; files are forms.
NOT_SPOILT = {"password", "old", "file"}
READING = {"name": "live", "value": "9", "replicate": 1, "read_at": None}
PARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "run.correct": ("readings", READING),
    "run.save": ("readings", READING),
    "run.submit": ("readings", READING),
    "specification.draft": (
        "criteria",
        {"code": "A", "attribute": "A", "category": "purity", "stage": "bulk", "method": "VIA-01"}
        | {"kind": "lower", "lower": "1", "unit": "%", "allowed_words": []},
    ),
}
NOWHERE = "00000000-0000-0000-0000-000000000000"
# What no description of one request can say: that a record exists, is in such a state, has such a
# version. Refusals of the request as such (400, 411, 413, 415) are none of these.
DEPENDS_ON_RECORDS = ["2xx", "304", "401", "403", "404", "409", "412", "422"]
CONFIG = {
    "checks": {
        "positive_data_acceptance": {"expected-statuses": DEPENDS_ON_RECORDS},
        "negative_data_rejection": {"expected-statuses": ["4xx"]},
    }
}


def described() -> Any:
    """The description with the application behind it: requests go through all of its layers."""
    made = schemathesis.openapi.from_dict(
        description(), config=schemathesis.Config.from_dict(CONFIG)
    )
    made.app = WSGIHandler()
    return made


SCHEMA = described()
OPERATIONS: dict[str, Any] = {
    found.ok().definition.raw["operationId"]: found.ok() for found in SCHEMA.get_all_operations()
}


@dataclass(frozen=True)
class House:
    """What is there to be asked for, and who may ask."""

    tokens: dict[tuple[str, str], str]
    named: dict[str, str]
    posts: dict[str, tuple[str, dict[str, Any]]]
    etag: str


@contextmanager
def one_connection() -> Iterator[None]:
    """Requests leave the connection open, as they do those of the framework's own test client."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


@contextmanager
def furnished() -> Iterator[House]:
    """A transaction with records, undone at the end. Actions see it as that of a test."""
    outer = transaction.atomic()
    outer._from_testcase = True  # type: ignore[attr-defined]  # noqa: SLF001  # as Django's own
    with outer:
        furnish()
        house = House(
            tokens={
                (username, scope): stored_token(getattr(people(), username), scope=scope)
                for username in ACCOUNTS
                for scope in SCOPES
            },
            named=_named(),
            posts=requests(),
            etag=client_of("auditor").etag("EV-26-001"),
        )
        with one_connection():
            yield house
        transaction.set_rollback(True)


@contextmanager
def undone() -> Iterator[None]:
    """What one request does is undone, so that none depends on another."""
    before = transaction.savepoint()
    try:
        yield
    finally:
        transaction.set_rollback(False)
        transaction.savepoint_rollback(before)
        # Else each request is asked within the one before, and keeps a lock until the end.
        transaction.savepoint_commit(before)


def _named() -> dict[str, str]:
    """A record for each name of a placeholder, as far as one was made."""
    return {
        "username": "analyst",
        "amendment": AMENDMENT,
        "entry": str(models.AuditEntry.objects.latest("recorded_at").pk),
        "checkpoint": "1",
        "donor": "D-0042",
        "evidence": NOWHERE,
        "instrument": "NTA-7",
        "investigation": "NOPE",
        "laboratory": "LAB",
        "lot": "EV-26-001",
        "material": "FTM",
        "number": "M-1",
        "method": "VIA-01",
        "product": "EXO-1",
        "run": "EV-26-001-S1-R1",
        "sample": "EV-26-001-S1",
        "signature": str(models.Signature.objects.latest("pk").pk),
        "source": "UC-0042",
        "specification": "1",
        "transcription": "NOPE",
    }


def strategy(operation: Any, house: House) -> st.SearchStrategy[Case[Any]]:
    """Good and bad requests: of a record that there is or of any; with a body known to be good, one
    that is as described, or one that is not.
    """
    place, body = known(operation, house)
    headers = {"If-Match": house.etag} if asks_for(operation, "If-Match") else {}
    kind = next(iter(operation.definition.raw.get("requestBody", {}).get("content", ())), "")
    kinds = []
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        kinds += [
            operation.as_strategy(mode),
            operation.as_strategy(mode, path_parameters=place, headers=headers),
        ]
    if body is None or kind != "application/json":
        return st.one_of(kinds)
    # Put together directly, which is cheap: as known to be good, and with one value of it spoilt.
    kinds += [
        st.builds(
            partial(operation.Case, path_parameters=place, headers=headers, media_type=kind),
            body=sent,
        )
        for sent in (st.just(body), spoilt(operation, body), spoilt(operation, body))
    ]
    return st.one_of(kinds)


def spoilt(operation: Any, body: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """``body`` with one field, of its own or of its parts, as no client should send it."""
    action = operation.definition.raw["x-action"]
    parts, part = PARTS.get(action, ("", {}))
    own = sorted(fields_of(operation.path.removeprefix(f"{BASE}/")) - NOT_SPOILT)
    values = st.sampled_from(NASTY)
    changed = st.builds(lambda name, value: body | {name: value}, st.sampled_from(own), values)
    if not parts:
        return changed
    return changed | st.builds(
        lambda name, value: body | {parts: [part | {name: value}]},
        st.sampled_from(sorted(part)),
        values,
    )


def not_asked(case: Case[Any], *, is_proven: bool) -> list[CheckFunction]:
    """The checks that do not apply to a request, which is sent once more where one was let in.

    ``is_proven``: that the operation lets in nobody without a token.
    """
    asked = list(case.query.values())
    # The token is always sent, even where the header was left out on purpose.
    is_put_right = case.meta is not None and case.meta.is_negative_at(ParameterLocation.HEADER)
    return [
        *([checks.ignored_auth] if is_proven else []),
        # Only this server makes cursors.
        *([checks.positive_data_acceptance] if "cursor" in case.query else []),
        # A filter without a value is not asked, as by a form whose field is empty.
        *([checks.negative_data_rejection] if is_put_right or _is_empty(asked) else []),
    ]


def _is_empty(values: list[Any]) -> bool:
    return any(
        value in ("", [], None) or (isinstance(value, list) and _is_empty(value))
        for value in values
    )


def known(operation: Any, house: House) -> tuple[dict[str, str], dict[str, Any] | None]:
    names = re.findall(r"\{(\w+)\}", operation.path)
    action = operation.definition.raw.get("x-action")
    if action is None:
        return {name: house.named[name] for name in names}, None
    address, body = house.posts[action]
    pattern = re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>[^/]+)", re.escape(operation.path))
    found = re.fullmatch(pattern, f"{BASE}/{address}")
    assert found, (operation.path, address)
    signed = {"password": PASSWORD, "reason": "x"} if ACTIONS[action].signed else {}
    return found.groupdict(), body | signed


def asks_for(operation: Any, header: str) -> bool:
    return any(
        parameter["name"] == header for parameter in operation.definition.raw.get("parameters", ())
    )


def who_asks(operation: Any) -> st.SearchStrategy[tuple[str, str]]:
    """Any account with either scope, and half of the time one that may."""
    everybody = [(username, scope) for username in ACCOUNTS for scope in SCOPES]
    action = operation.definition.raw.get("x-action")
    if action is None:
        return st.sampled_from(everybody)
    permission = ACTIONS[action].permission
    able = [
        (username, "write")
        for username, role in ACCOUNTS.items()
        if permission in {None, *ROLE_PERMISSIONS[role]}
    ]
    return st.one_of(st.sampled_from(able), st.sampled_from(everybody))
