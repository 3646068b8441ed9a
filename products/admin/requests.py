"""What a request says: who asks, and the Context under which an action runs for them."""

from __future__ import annotations

import uuid
from typing import cast

from django.http import HttpRequest
from django.utils import timezone

from products.actions.base import Context
from products.domain.passkeys import PasskeyAnswer
from products.models import User
from products.queries.people import Identity, identity_of

_KEPT = "exolot.identity"


def identity_in(request: HttpRequest) -> Identity:
    """Who is signed in, read once per request."""
    kept = request.META.get(_KEPT)
    if kept is None:
        kept = request.META[_KEPT] = identity_of(cast("User", request.user).pk)
    return cast("Identity", kept)


def context_from(
    request: HttpRequest,
    reason: str = "",
    *,
    password: str = "",
    second_factor: str = "",
    passkey: PasskeyAnswer | None = None,
    expected_version: int | None = None,
    expected_decision: int | None = None,
) -> Context:
    return Context(
        actor=cast("User", request.user),
        reason=reason,
        at=timezone.now(),
        request_id=uuid.uuid4().hex,
        address=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        password=password,
        second_factor=second_factor,
        passkey=passkey,
        expected_version=expected_version,
        expected_decision=expected_decision,
    )


def address_of(request: HttpRequest) -> str:
    return str(request.META.get("REMOTE_ADDR", ""))
