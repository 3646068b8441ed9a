"""`?as_of=`: what the API shows of records as they stood at a past instant."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import wraps
from http import HTTPStatus
from typing import Any, Concatenate, ParamSpec
from urllib.parse import urlencode

from django.utils import timezone
from rest_framework.request import Request
from rest_framework.response import Response

from products.api.errors import NoPastError
from products.api.surface import AS_OF, Body, View
from products.domain.errors import InvalidInstantError
from products.domain.instants import parse_instant
from products.queries.as_of import Moment, moment
from products.queries.past import records_at

Named = ParamSpec("Named")
Reads = Callable[Concatenate[Any, Request, datetime, Named], Response]
Handler = Callable[Concatenate[Any, Request, Named], Response]


def then_too(handler: Reads[Named]) -> Handler[Named]:
    """A GET that is told the instant: now, or the one of `?as_of=` with the records of then."""

    @wraps(handler)
    def answer(view: View, request: Request, *args: Named.args, **named: Named.kwargs) -> Response:
        then = asked_moment(request)
        if then is None:
            return handler(view, request, timezone.now(), *args, **named)
        if "If-Match" in request.headers:
            raise NoPastError(
                "If-Match is for decisions on a lot as it stands. Nothing is decided on a past "
                "answer: read the lot without as_of and send that ETag.",
                field="If-Match",
            )
        with records_at(then):
            return _sealed(request, handler(view, request, then.at, *args, **named), then)

    answer.has_past = True  # type: ignore[attr-defined]  # read by `View.initial`
    return answer  # type: ignore[return-value]  # a view may be any


def asked_moment(request: Request) -> Moment | None:
    """The moment that `?as_of=` names; None without it.

    Raises:
        InvalidInstantError: it is no instant with an offset, or there is more than one.
        NotSealedYetError, NotFoundError: as of `moment`.
    """
    texts = request.query_params.getlist(AS_OF)
    if not texts:
        return None
    if len(texts) > 1:
        raise InvalidInstantError("as_of is given more than once. State one instant.", field=AS_OF)
    return moment(parse_instant(texts[0], field=AS_OF))


def _sealed(request: Request, response: Response, then: Moment) -> Response:
    """The answer with the seal that it rests on, and an ETag of what it says."""
    if response.streaming:
        return response  # a file, which says it in its head
    del response["ETag"]
    if response.status_code == HTTPStatus.NOT_MODIFIED:
        return response
    seal = then.checkpoint
    response.data = {
        "as_of": then.at,
        "checkpoint": {"number": seal.number, "size": seal.size, "sealed_at": seal.sealed_at},
        **linked(response.data, then.at),
    }
    view = request.parser_context["view"]
    renderer = view.get_renderers()[0]
    digest = hashlib.sha256(renderer.render(response.data)).hexdigest()[:32]
    tag = f'"as-of-{digest}"'
    if is_known(request, tag):
        return Response(status=304, headers={"ETag": tag})
    response["ETag"] = tag
    return response


def linked(body: Mapping[str, Any], at: datetime) -> Body:
    """``body`` with links that stay at the instant."""
    query = urlencode({AS_OF: at.isoformat()})
    if "results" in body and isinstance(body["results"], list):
        return {**body, "results": [linked(row, at) for row in body["results"]]}
    if "links" not in body:
        return dict(body)
    return {**body, "links": {name: f"{to}?{query}" for name, to in body["links"].items()}}


def is_known(request: Request, tag: str) -> bool:
    """Whether If-None-Match says that the client holds this answer (RFC 9110, 13.1.2)."""
    asked = [part.strip() for part in request.headers.get("If-None-Match", "").split(",")]
    return tag in [part.removeprefix("W/") for part in asked] or asked == ["*"]
