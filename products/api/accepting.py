"""How a body becomes the Context and the parameters of an action, once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from products.actions.base import Context
from products.actions.once import close_request, keep_answer
from products.api.asking import context_from
from products.api.bodies import ActionBody, ConfirmedBody, SignedBody
from products.api.errors import LengthRequiredError
from products.api.once import answer_of, ask_once, opened
from products.api.preconditions import NOTHING_SEEN, seen_to_decide, seen_to_record


def accept(
    request: Request,
    shape: type[ActionBody],
    *,
    deciding_on: str | Mapping[str, str] = "",
    **recording_on: object,
) -> tuple[Context, dict[str, Any]]:
    """The Context of the request and its body's own fields, as keywords for an action.

    ``deciding_on`` is the number of a lot that is decided on, or look-ups of it, for which
    ``If-Match`` is required; ``recording_on`` are look-ups of a lot that is recorded on, for which
    it is honoured.

    Raises:
        ValidationError: the body does not have the shape.
        LengthRequiredError: the body comes in chunks.
        PreconditionRequiredError, DecidedMeanwhileError, StaleVersionError, NotFoundError: as of
            `seen_to_decide` and `seen_to_record`.
        AnsweredBeforeError: the request was carried out before; it carries the first answer.
        ConflictError, InvalidValueError: as of `open_request`.
    """
    if request.headers.get("Transfer-Encoding") and not request.headers.get("Content-Length"):
        raise LengthRequiredError("Send the body in one piece, with its Content-Length.")
    asked = ask_once(request, shape, is_signed=issubclass(shape, SignedBody))
    seen = NOTHING_SEEN
    if deciding_on:
        lot = {"number__iexact": deciding_on} if isinstance(deciding_on, str) else deciding_on
        seen = seen_to_decide(request, **lot)
    elif recording_on:
        seen = seen_to_record(request, **recording_on)
    body = shape(data=request.data)
    body.is_valid(raise_exception=True)
    given = dict(body.validated_data)
    # Where it confirms, the password is the actor's; elsewhere it is a value like any other.
    password = given.pop("password") if issubclass(shape, ConfirmedBody) else ""
    context = context_from(
        request,
        reason=given.pop("reason"),
        password=password,
        second_factor=given.pop("second_factor", ""),
    )
    return replace(
        context, expected_version=seen.version, expected_decision=seen.decision, once=asked
    ), given


def settle(request: Request, answer: Response) -> None:
    """Keep the answer to a request that was carried out under a key, and close the request."""
    once = opened(request)
    if once is None:
        return
    try:
        # What is shown once, such as a new token, is not kept.
        is_kept = "no-store" not in answer.headers.get("Cache-Control", "")
        if once.key and is_kept and answer.status_code < HTTPStatus.BAD_REQUEST:
            keep_answer(replace(context_from(request), once=once), answer_of(answer.render()))
    finally:
        close_request(once)
