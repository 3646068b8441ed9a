"""Every refusal as a problem document (RFC 9457), with the stable code of its cause."""

from __future__ import annotations

import logging
import re
import uuid
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from http import HTTPStatus
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.core.signals import got_request_exception
from django.http import Http404
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import set_rollback

from products.actions.once import Answer
from products.domain.dispositions import MEANINGS, DecisionMade
from products.domain.errors import (
    ClockError,
    ConfigurationError,
    ConflictError,
    DecidedMeanwhileError,
    DomainError,
    InvalidInstantError,
    InvalidValueError,
    NotComparableError,
    NotFoundError,
    NotPermittedError,
    ReleaseBlockedError,
    StaleVersionError,
    UnknownReferenceError,
)

PROBLEM = "application/problem+json"
REQUEST_ID = "X-Request-ID"

# The nearest class in the error's own line of ancestors decides.
STATUSES: Mapping[type[DomainError], HTTPStatus] = {
    DomainError: HTTPStatus.UNPROCESSABLE_ENTITY,
    InvalidValueError: HTTPStatus.UNPROCESSABLE_ENTITY,
    UnknownReferenceError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotComparableError: HTTPStatus.UNPROCESSABLE_ENTITY,
    NotFoundError: HTTPStatus.NOT_FOUND,
    NotPermittedError: HTTPStatus.FORBIDDEN,
    ConflictError: HTTPStatus.CONFLICT,
    StaleVersionError: HTTPStatus.PRECONDITION_FAILED,
    ClockError: HTTPStatus.SERVICE_UNAVAILABLE,
    ConfigurationError: HTTPStatus.SERVICE_UNAVAILABLE,
}

logger = logging.getLogger(__name__)


class InvalidCursorError(DomainError):
    """A cursor that this server did not sign for this list."""

    code = "invalid_cursor"


class UnknownChoiceError(DomainError):
    """An order, a field or an expansion that a list does not have."""

    code = "unknown_choice"

    @classmethod
    def of(cls, parameter: str, unknown: Iterable[str], known: Iterable[str]) -> UnknownChoiceError:
        return cls(
            f"{parameter} takes {', '.join(known)}. There is no "
            f"{', '.join(repr(word[:40]) for word in unknown)} here.",
            field=parameter,
        )


class TooManyRowsError(DomainError):
    """More rows than the file that was asked for can hold."""

    code = "too_many_rows"


class TooManyFilesError(DomainError):
    """More files of one account at once than are sent (RFC 6585, 4)."""

    code = "too_many_files"
    retry_after_s = 10


class NoPastError(DomainError):
    """`as_of` at an address that does not show its records as of an instant, or with a change."""

    code = "no_past"


class PreconditionRequiredError(DomainError):
    """A decision on a lot without the ETag of what was decided upon (RFC 6585, 3)."""

    code = "precondition_required"


class LengthRequiredError(DomainError):
    """A body sent in chunks, of which the server would see nothing (RFC 9110, 15.5.12)."""

    code = "length_required"


class MalformedJsonError(DomainError):
    """The body cannot be read as JSON."""

    code = "malformed_json"


class MalformedBodyError(DomainError):
    """A form that cannot be read, or that has a field twice."""

    code = "malformed_body"


class BodyTooLargeError(DomainError):
    """More than is taken at once (RFC 9110, 15.5.14)."""

    code = "body_too_large"


class AccessNotRecordedError(DomainError):
    """An answer to an auditor that could not be recorded, and is therefore not given."""

    code = "access_not_recorded"


class InvalidIdempotencyKeyError(DomainError):
    """An Idempotency-Key that is empty, too long or not printable."""

    code = "invalid_idempotency_key"


class AnsweredBeforeError(Exception):
    """Not a refusal: the request was answered before, and its first answer is given again."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


OWN_STATUSES: Mapping[type[DomainError], HTTPStatus] = {
    InvalidCursorError: HTTPStatus.BAD_REQUEST,
    InvalidInstantError: HTTPStatus.BAD_REQUEST,
    UnknownChoiceError: HTTPStatus.BAD_REQUEST,
    NoPastError: HTTPStatus.BAD_REQUEST,
    PreconditionRequiredError: HTTPStatus.PRECONDITION_REQUIRED,
    LengthRequiredError: HTTPStatus.LENGTH_REQUIRED,
    MalformedJsonError: HTTPStatus.BAD_REQUEST,
    MalformedBodyError: HTTPStatus.BAD_REQUEST,
    InvalidIdempotencyKeyError: HTTPStatus.BAD_REQUEST,
    AccessNotRecordedError: HTTPStatus.SERVICE_UNAVAILABLE,
    TooManyFilesError: HTTPStatus.TOO_MANY_REQUESTS,
    BodyTooLargeError: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
}

CODES_OF_FRAMEWORK: Mapping[type[exceptions.APIException], str] = {
    exceptions.ParseError: "malformed_json",
    exceptions.AuthenticationFailed: "authentication_failed",
    exceptions.NotAuthenticated: "not_authenticated",
    exceptions.PermissionDenied: "not_permitted",
    exceptions.NotFound: "not_found",
    exceptions.MethodNotAllowed: "method_not_allowed",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.UnsupportedMediaType: "unsupported_media_type",
    exceptions.Throttled: "throttled",
}


def request_id_of(request: Request) -> str:
    """The client's own id for this request where it sent a usable one, else a new one."""
    known: str = getattr(request._request, "exolot_request_id", "")  # noqa: SLF001  # one per request
    if known:
        return known
    sent = request.headers.get(REQUEST_ID, "")
    chosen = sent if re.fullmatch(r"[A-Za-z0-9._-]{1,64}", sent) else str(uuid.uuid4())
    request._request.exolot_request_id = chosen  # type: ignore[attr-defined]  # noqa: SLF001  # kept for the answer
    return chosen


def handle(error: Exception, context: dict[str, Any]) -> Response:
    """The problem document for ``error``, whatever it is."""
    set_rollback()
    request: Request = context["request"]
    if isinstance(error, DomainError):
        return _domain_problem(error, request, context.get("kwargs") or {})
    if isinstance(error, RequestDataTooBig):
        return problem(
            request,
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
            "body_too_large",
            "The body is larger than this server takes (1 MB). Send less at once.",
        )
    if isinstance(error, Http404):
        error = exceptions.NotFound()
    if isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, exceptions.APIException):
        return _framework_problem(error, request)
    logger.error("Unexpected error in request %s", request_id_of(request), exc_info=error)
    got_request_exception.send(sender=None, request=request._request)  # noqa: SLF001  # as Django does
    return problem(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        "internal_error",
        "Something went wrong on the server; nothing was changed. Name the request id when you "
        "report it.",
    )


def problem(
    request: Request, status: HTTPStatus, code: str, detail: str, **more: object
) -> Response:
    body: dict[str, object] = {
        "type": f"urn:problem-type:exolot:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status.value,
        "detail": detail,
        "code": code,
        "instance": request.path,
        "request_id": request_id_of(request),
        **more,
    }
    return Response(
        body,
        status=status.value,
        content_type=PROBLEM,
        headers={REQUEST_ID: request_id_of(request), "Cache-Control": "no-store"},
    )


def status_of(error: DomainError) -> HTTPStatus:
    known = {**STATUSES, **OWN_STATUSES}
    return next(known[kind] for kind in type(error).__mro__ if kind in known)


def _domain_problem(error: DomainError, request: Request, named: Mapping[str, object]) -> Response:
    more: dict[str, object] = {}
    if error.field:
        more["field"] = error.field
    if isinstance(error, ReleaseBlockedError):
        more["blocks"] = [asdict(block) for block in error.blocks]
    if isinstance(error, DecidedMeanwhileError):
        more["decided"] = _decided(error.decided)
    # What the address names and does not exist is not found; what the body names is a bad value.
    if isinstance(error, UnknownReferenceError) and error.field in named:
        error = NotFoundError(error.message, field=error.field)
    answer = problem(request, status_of(error), error.code, error.message, **more)
    if isinstance(error, TooManyFilesError):
        answer["Retry-After"] = str(error.retry_after_s)
    return answer


def _decided(made: DecisionMade) -> dict[str, object]:
    return {
        "lot": made.lot,
        "number": made.number,
        "kind": made.kind.value,
        "meaning": MEANINGS[made.kind],
        "basis": made.basis,
        "printed_name": made.printed_name,
        "signed_at": made.signed_at,
        "zone": made.zone,
        "final": made.is_final,
    }


def _framework_problem(error: exceptions.APIException, request: Request) -> Response:
    if isinstance(error, exceptions.ValidationError):
        return _shape_problem(error, request)
    code = next(
        (CODES_OF_FRAMEWORK[kind] for kind in type(error).__mro__ if kind in CODES_OF_FRAMEWORK),
        "refused",
    )
    answer = problem(request, HTTPStatus(error.status_code), code, str(error.detail))
    if challenge := getattr(error, "auth_header", None):
        answer["WWW-Authenticate"] = challenge
    wait = getattr(error, "wait", None)
    if wait is not None:
        answer["Retry-After"] = str(int(wait))
    return answer


def _shape_problem(error: exceptions.ValidationError, request: Request) -> Response:
    errors = list(_flat(error.detail, ""))
    first = errors[0]
    detail = " ".join(
        f"{item['field']}: {item['message']}" if item["field"] else item["message"]
        for item in errors
    )
    code = first["code"] if first["code"] == "unknown_field" else "invalid_value"
    return problem(
        request,
        HTTPStatus.UNPROCESSABLE_ENTITY,
        code,
        detail,
        field=first["field"],
        errors=errors,
    )


def _flat(detail: Any, field: str) -> Iterator[dict[str, str]]:
    """The framework's nested errors as one list, each with the path of its field."""
    if isinstance(detail, Mapping):
        for key, inner in detail.items():
            step = "" if key == "non_field_errors" else str(key)
            yield from _flat(inner, ".".join(part for part in (field, step) if part))
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, Mapping | list)
            yield from _flat(inner, f"{field}.{index}" if nested else field)
    else:
        code = getattr(detail, "code", "invalid")
        yield {"field": field, "code": code, "message": str(detail)}
