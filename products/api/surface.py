"""The base of every address of the API: token, scope and role first, then what is asked."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from typing import Any, NoReturn

from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.permissions import IsAuthenticated
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from products.api.accepting import settle
from products.api.asking import (
    READS,
    HasScope,
    MayRead,
    context_from,
    roles_in,
    take_of_quota,
    token_of,
)
from products.api.bodies import JsonBodyParser
from products.api.errors import (
    REQUEST_ID,
    AccessNotRecordedError,
    AnsweredBeforeError,
    NoPastError,
    request_id_of,
)
from products.api.once import answered_again
from products.api.reach import InReach
from products.api.recording import is_recorded, record_answer
from products.domain.errors import InvalidValueError, NotFoundError
from products.models import ApiToken, User

AS_OF = "as_of"
# What asks for a list as a file.
FORMAT = "format"

Body = dict[str, object]


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
