"""Who read what: the answer to an auditor is recorded before it is given, or not given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, urlencode

from django.db import DatabaseError
from rest_framework.request import Request

from products.actions.accesses import record_access
from products.actions.base import Context
from products.api.errors import AccessNotRecordedError
from products.domain.roles import Role
from products.models import ApiToken

# No address takes such a parameter; who sends a secret in one does not find it kept.
SECRET = re.compile(r"token|secret|passw|credential|authori[sz]|api.?key|signature", re.IGNORECASE)
LEFT_OUT = "(left out)"


def is_recorded(roles: list[str], status: int, *, is_begun: bool) -> bool:
    """Whether an answer is: every one to an auditor but that there were too many of them. Where a
    file was recorded as given (``is_begun``), also that it was not.
    """
    return Role.AUDITOR in roles and (is_begun or status != 429)  # noqa: PLR2004  # RFC 6585, 4


def record_answer(
    request: Request,
    context: Context,
    token: ApiToken,
    named: Mapping[str, object],
    status: int,
) -> None:
    """Record an answer; ``named`` are the records in the address.

    Raises:
        AccessNotRecordedError: the database does not take it.
    """
    try:
        record_access(
            context,
            token=token,
            method=request.method or "",
            path=request.path,
            query=_without_secrets(request.META.get("QUERY_STRING", "")),
            kind=request.path.removeprefix("/api/v1/").split("/")[0],
            record="/".join(str(name) for name in named.values()),
            status=status,
        )
    except DatabaseError as error:
        raise AccessNotRecordedError(
            "The answer is not given, because it could not be recorded that you asked. Try again "
            "in a while, and tell the administrator if it lasts."
        ) from error


def _without_secrets(query: str) -> str:
    """The query as it was sent, but for the values of parameters that sound like a secret's."""
    pairs = parse_qsl(query, keep_blank_values=True)
    if not any(SECRET.search(name) for name, _ in pairs):
        return query
    return urlencode([(name, LEFT_OUT if SECRET.search(name) else value) for name, value in pairs])
