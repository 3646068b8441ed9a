"""What every address of the API shares: who asks, what was sent, and how an action is called."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any, NoReturn

from django.conf import settings
from django.utils import timezone
from rest_framework import serializers
from rest_framework.exceptions import Throttled
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import JSONParser
from rest_framework.permissions import BasePermission, IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from products.actions.base import Context
from products.actions.once import close_request, keep_answer
from products.api.errors import (
    REQUEST_ID,
    AccessNotRecordedError,
    AnsweredBeforeError,
    LengthRequiredError,
    MalformedJsonError,
    NoPastError,
    request_id_of,
)
from products.api.once import answer_of, answered_again, ask_once, opened
from products.api.preconditions import NOTHING_SEEN, seen_to_decide, seen_to_record
from products.api.quotas import QUOTAS
from products.api.reach import InReach
from products.api.recording import is_recorded, record_answer
from products.domain.accounts import TokenKind, TokenScope
from products.domain.errors import (
    InvalidValueError,
    NotFoundError,
    NotPermittedError,
)
from products.domain.roles import Permission, permissions_of
from products.models import ApiToken, User
from products.queries.people import roles_of

AS_OF = "as_of"
# What asks for a list as a file.
FORMAT = "format"
READS = frozenset({"GET", "HEAD", "OPTIONS"})

Body = dict[str, object]


class JsonBodyParser(JSONParser):
    """RFC 8259 and no more: a name that occurs twice would leave open which value was meant."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            return json.loads(
                stream.read().decode("utf-8"),
                object_pairs_hook=_once,
                parse_constant=_refuse_constant,
            )
        except (ValueError, RecursionError) as error:
            raise MalformedJsonError(f"The body is not JSON: {error}.") from error


class OnlyJson(BaseContentNegotiation):
    """There is one representation, so that no Accept header is refused."""

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:
        kind = (request.content_type or "").split(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == kind), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, renderer.media_type or ""


class HasScope(BasePermission):
    """A token of scope read changes nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in READS and token_of(request).scope != TokenScope.WRITE:
            raise NotPermittedError(
                "This token may only read. Use a token of scope write.", code="scope"
            )
        return True


class MayRead(BasePermission):
    """Every role reads; an account without a role sees nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = actor_of(request)
        if Permission.READ not in permissions_of(roles_in(request)):
            raise NotPermittedError(
                f"{actor.username} has no role that may read. An administrator grants roles."
            )
        return True


class View(APIView):
    """The base of every address: token, scope and role first, then the body as JSON.

    What `accept` opened is closed with the answer, which is kept where the client gave a key.

    With JSON alone to parse, the framework reads bodies through Django, which refuses large ones.
    """

    permission_classes = [IsAuthenticated, HasScope, MayRead, InReach]
    parser_classes = [JsonBodyParser]
    content_negotiation_class = OnlyJson
    http_method_names = ["get", "head", "post"]
    is_file = False

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if isinstance(request.user, User):
            take_of_quota(request)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        if handler := getattr(self, (request.method or "").lower(), None):
            refuse_as_of(request, handler)
        if request.method in READS and (self.is_file or FORMAT in request.query_params):
            self.record(request, HTTPStatus.OK)
            request.is_recorded = True  # type: ignore[attr-defined]  # told to `finalize_response`

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, AnsweredBeforeError):
            return answered_again(exc.answer)  # type: ignore[return-value]  # any answer will do
        return super().handle_exception(exc)

    def finalize_response(
        self, request: Request, response: Response, *args: Any, **kwargs: Any
    ) -> Response:
        answer: Response = super().finalize_response(request, response, *args, **kwargs)
        answer.headers.setdefault(REQUEST_ID, request_id_of(request))
        answer.headers.setdefault("Cache-Control", "private, no-cache")
        for name, value in getattr(request, "quota_headers", {}).items():
            answer.headers[name] = value
        settle(request, answer)
        return self.recorded(request, answer)

    def recorded(self, request: Request, answer: Response) -> Response:
        """The answer; of an auditor once it is recorded, and a refusal where it is not."""
        is_known = getattr(request, "is_recorded", False) and answer.status_code == HTTPStatus.OK
        try:
            if isinstance(request.auth, ApiToken) and not is_known:
                self.record(request, answer.status_code)
        except AccessNotRecordedError as error:
            return super().finalize_response(request, self.handle_exception(error))
        return answer

    def record(self, request: Request, status: int) -> None:
        """That an auditor is answered. A file is recorded before it is begun: what it is read in
        takes no row. Raises AccessNotRecordedError.
        """
        is_begun = getattr(request, "is_recorded", False)
        if is_recorded(roles_in(request), status, is_begun=is_begun):
            record_answer(request, context_from(request), token_of(request), self.kwargs, status)


def take_of_quota(request: Request) -> None:
    """Raises Throttled when the account has sent as many requests as are answered."""
    account = actor_of(request)
    left = QUOTAS.take(account.pk, settings.API_REQUESTS_PER_MINUTE)
    request.quota_headers = left.headers  # type: ignore[attr-defined]  # put on the answer
    if not left.is_allowed:
        raise Throttled(
            left.reset_in,
            f"{account.username} has sent as many requests as are answered within a minute "
            f"({left.quota}).",
        )


class UnknownAddress(View):
    schema = None
    # It shows nothing to anybody.
    permission_classes = [IsAuthenticated, HasScope, MayRead]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> NoReturn:
        super().initial(request, *args, **kwargs)
        raise NotFoundError(
            f"There is nothing at {request.path}. Addresses end with a slash; they are listed "
            "under /api/v1/schema/."
        )


class Text(serializers.CharField):
    """Text only: a JSON number would lose the digits that were entered (98.20, 5.0E10)."""

    default_error_messages = {"not_text": 'Send this as text, in quotes ("98.20").'}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("not_text")
        return str(super().to_internal_value(data))


class Instant(serializers.DateTimeField):
    """RFC 3339 with an offset: without one nobody knows which instant is meant."""

    default_error_messages = {
        "zone_missing": "State the offset from UTC, as in 2026-11-30T14:00:00-05:00."
    }

    def enforce_timezone(self, value: Any) -> Any:
        if timezone.is_naive(value):
            self.fail("zone_missing")
        return super().enforce_timezone(value)


class ActionBody(serializers.Serializer[None]):
    """What every action takes beside its own fields. Unknown fields are refused, not skipped."""

    reason = Text(
        required=False,
        allow_blank=True,
        default="",
        max_length=1000,
        help_text="Why, as shown in the audit trail.",
    )

    def to_internal_value(self, data: Any) -> Any:
        refuse_unknown_fields(data, self.fields)
        return super().to_internal_value(data)


def second_factor(help_text: str, *, required: bool = False) -> Text:
    """A code as a field. A passkey is no field: only a browser answers for one."""
    if required:
        return Text(write_only=True, max_length=100, help_text=help_text)
    return Text(
        required=False,
        allow_blank=True,
        default="",
        write_only=True,
        max_length=100,
        help_text=help_text,
    )


class ConfirmedBody(ActionBody):
    """What is done only by who types the own password now, and gives the second factor if any."""

    password = Text(
        trim_whitespace=False,
        write_only=True,
        max_length=1000,
        help_text="Your own password, typed now (21 CFR 11.200).",
    )
    second_factor = second_factor(
        "A code of your authenticator app, if you have a second factor or the site asks for one."
    )


class SignedBody(ConfirmedBody):
    reason = Text(max_length=1000, help_text="Why, as bound into the signature.")


class Part(serializers.Serializer[None]):
    """An object inside a body."""

    def to_internal_value(self, data: Any) -> Any:
        refuse_unknown_fields(data, self.fields)
        return super().to_internal_value(data)


def several(part: type[Part], *, max_length: int, **options: Any) -> Part:
    """A list of ``part``, of at most ``max_length``."""
    return part(many=True, max_length=max_length, **options)  # type: ignore[call-arg]  # of the list


def refuse_unknown_fields(data: Any, known: Mapping[str, object]) -> None:
    unknown = sorted(set(data) - set(known)) if isinstance(data, Mapping) else []
    if unknown:
        raise serializers.ValidationError(
            {
                name: [
                    serializers.ErrorDetail(
                        f"There is no such field here. Known are: {', '.join(known)}.",
                        code="unknown_field",
                    )
                ]
                for name in unknown
            }
        )


def actor_of(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def roles_in(request: Request) -> list[str]:
    """The roles of who asks, looked up once a request."""
    known: list[str] | None = getattr(request, "exolot_roles", None)
    if known is None:
        known = request.exolot_roles = roles_of(actor_of(request).pk)  # type: ignore[attr-defined]  # kept for the request
    return known


def token_of(request: Request) -> ApiToken:
    assert isinstance(request.auth, ApiToken)
    return request.auth


def context_from(
    request: Request, *, reason: str = "", password: str = "", second_factor: str = ""
) -> Context:
    return Context(
        actor=actor_of(request),
        reason=reason,
        at=timezone.now(),
        request_id=request_id_of(request),
        address=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("User-Agent", "")[:200],
        password=password,
        second_factor=second_factor,
        may_sign=token_of(request).kind == TokenKind.PERSONAL,
    )


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


def refuse_as_of(request: Request, handler: object) -> None:
    """Raises NoPastError where `as_of` would be passed over unseen."""
    if AS_OF not in request.query_params or getattr(handler, "has_past", False):
        return
    raise NoPastError(
        "Nothing is changed as of an instant: send the request without as_of."
        if request.method not in READS
        else "What this address shows is not kept by instants. Lots with their evaluation, "
        "results and samples, runs, results, holds, decisions, reviews, specifications, sources "
        "and donors take as_of.",
        field=AS_OF,
    )


def only_parameters(request: Request, known: Iterable[str]) -> None:
    """Raises InvalidValueError for a parameter that would otherwise be passed over unseen.

    `as_of` was refused before, where it is not taken.
    """
    unknown = sorted(set(request.query_params) - {*known, AS_OF})
    if unknown:
        raise InvalidValueError(
            f"There is no parameter {unknown[0]!r} here. Known are: {', '.join(known)}.",
            code="unknown_parameter",
            field=unknown[0],
        )


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
