"""What the OpenAPI description says of each address."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from functools import cache
from typing import Any, TypeVar

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import (
    OpenApiExample,
    OpenApiParameter,
    OpenApiResponse,
    extend_schema,
    extend_schema_field,
)
from rest_framework import serializers

from products.api.bodies import SignedBody, Text
from products.api.errors import PROBLEM
from products.api.exports import MEDIA_TYPES
from products.api.listed_shapes import page_of, parameters_of, parameters_of_one, record_of
from products.api.listing import Listing, Shown
from products.api.once import IDEMPOTENCY_KEY, KEY_SHAPE
from products.api.past_shapes import PARAMETER, NowOrThen, now_or_then
from products.api.problem_shapes import PROBLEMS, ProblemShape
from products.api.sending import ZIP_TYPE

Shape = type[serializers.Serializer[Any]]
Handler = TypeVar("Handler", bound=Callable[..., Any])
# Every list comes as a file, too.
OF_FILES = {
    (200, kind.removesuffix("; charset=utf-8")): OpenApiTypes.BINARY
    for kind in (*MEDIA_TYPES.values(), ZIP_TYPE)
}
NOT_MODIFIED = {304: OpenApiResponse(description="It is still as `If-None-Match` says.")}
IF_MATCH = "The ETag of the lot as it was read."
KEY = (
    "1 to 255 printable characters that name this request, such as a UUID. The same request with "
    "the same key is carried out once and gets its first answer again, with "
    "`Idempotent-Replayed: true`; another one with it gets 422, and one that is still being "
    "carried out 409."
)
KEY_OF_SIGNED = f"{KEY} Without a key the same signed request is refused the second time (409)."


def word_of(words: type[StrEnum], *, blank: bool = False, **options: Any) -> Text:
    """A text field for one word of a closed list, named as such in the description."""
    return _word_field(words, blank=blank)(allow_blank=blank, **options)


@cache
def _word_field(words: type[StrEnum], *, blank: bool) -> type[Text]:
    known = [word.value for word in words] + ([""] if blank else [])
    name = f"{words.__name__}{'OrEmpty' if blank else ''}"

    @extend_schema_field({"type": "string", "enum": known}, component_name=name)
    class Word(Text):
        default_error_messages = {
            "unknown_word": f"{{word!r}} is not one of: {', '.join(words)}.",
        }

        def to_internal_value(self, data: Any) -> str:
            text = super().to_internal_value(data)
            if text not in known:
                self.fail("unknown_word", word=text)
            return text

    return Word


def reads(
    operation_id: str,
    summary: str,
    shape: Shape,
    *,
    tag: str,
    named: bool = True,
    checked: bool = False,
    past: Shape | None = None,
    tagged: bool = False,
    chosen: Shown | None = None,
    parameters: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[Handler], Handler]:
    """Describe a GET of one record; ``named`` when its address names a record.

    ``checked`` when it takes parameters whose values may be refused; ``past`` is the shape of the
    record as it stood, where `?as_of=` is taken; ``tagged`` when the answer has an ETag; ``chosen``
    where `fields` and `expand` are.
    """
    if chosen:
        shape_of_now: Shape | NowOrThen = record_of(chosen, has_past=past is not None)
        parameters = [*parameters, *parameters_of_one(chosen)]
    else:
        shape_of_now = now_or_then(shape, past) if past else shape
    return _described(
        operation_id,
        summary,
        tag,
        responses={200: shape_of_now} | (NOT_MODIFIED if tagged or past else {}),
        problems=(
            400,
            401,
            403,
            *((404,) if named or past else ()),
            *((409,) if past else ()),
            *((422,) if checked or past else ()),
        ),
        parameters=[*parameters, *((PARAMETER,) if past else ())],
        examples=examples,
    )


def downloads(
    operation_id: str,
    summary: str,
    media_types: Sequence[str],
    *,
    tag: str,
    may_conflict: bool = False,
    tagged: bool = False,
    parameters: Sequence[OpenApiParameter] = (),
) -> Callable[[Handler], Handler]:
    """Describe a GET of bytes, which are of one of ``media_types``.

    ``may_conflict`` when what is there may not have come far enough to give them; ``tagged`` when
    the answer has an ETag.
    """
    return _described(
        operation_id,
        summary,
        tag,
        responses={(200, media_type): OpenApiTypes.BINARY for media_type in media_types}
        | (NOT_MODIFIED if tagged else {}),
        problems=(400, 401, 403, 404, *((409,) if may_conflict else ()), 422),
        parameters=parameters,
    )


def lists(
    operation_id: str,
    summary: str,
    listing: Listing,
    *,
    tag: str,
    named: bool = False,
    past: bool = False,
) -> Callable[[Handler], Handler]:
    """Describe a GET of a list in pages; ``past`` where `?as_of=` is taken."""
    return _described(
        operation_id,
        summary,
        tag,
        responses={
            200: page_of(listing, has_past=past),
            **OF_FILES,
            **(NOT_MODIFIED if past else {}),
        },
        problems=(
            400,
            401,
            403,
            *((404,) if named or past else ()),
            *((409,) if past else ()),
            422,
        ),
        parameters=[
            *((PARAMETER,) if past else ()),
            *parameters_of(listing),
        ],
    )


def acts(
    action: str,
    operation_id: str,
    summary: str,
    *,
    tag: str,
    request: Shape,
    shape: Shape,
    status: int = 201,
    named: bool = True,
    on_lot: bool = False,
    decides: bool = False,
    may_be_stale: bool = False,
    examples: Sequence[OpenApiExample] = (),
) -> Callable[[Handler], Handler]:
    """Describe a POST that calls ``action``. ``decides``: on a lot, so that it needs If-Match;
    ``may_be_stale``: the body says which version was read.
    """
    problems = [400, 401, 403, *((404,) if named else ()), 409, 411, 413, 415, 422]
    signed = issubclass(request, SignedBody)
    header = [
        OpenApiParameter(
            IDEMPOTENCY_KEY,
            KEY_SHAPE,
            location=OpenApiParameter.HEADER,
            description=KEY_OF_SIGNED if signed else KEY,
        )
    ]
    if may_be_stale:
        problems.append(412)
    if on_lot or decides:
        problems += [412, *((428,) if decides else ())]
        header.append(
            OpenApiParameter(
                "If-Match",
                str,
                location=OpenApiParameter.HEADER,
                required=decides,
                description=IF_MATCH,
            )
        )
    return _described(
        operation_id,
        summary,
        tag,
        responses={status: shape},
        problems=tuple(problems),
        parameters=header,
        examples=examples,
        request=request,
        extensions={"x-action": action},
    )


def _described(
    operation_id: str,
    summary: str,
    tag: str,
    *,
    responses: Mapping[Any, Any],
    problems: Sequence[int],
    parameters: Sequence[OpenApiParameter] = (),
    examples: Sequence[OpenApiExample] = (),
    request: Shape | None = None,
    extensions: dict[str, str] | None = None,
) -> Callable[[Handler], Handler]:
    described = {
        (status, PROBLEM): OpenApiResponse(ProblemShape, description=PROBLEMS[status])
        for status in (*problems, 429, 503)
    }
    decorate: Callable[[Handler], Handler] = extend_schema(
        operation_id=operation_id,
        summary=summary,
        tags=[tag],
        request=request,
        responses={**responses, **described},
        parameters=list(parameters),
        examples=list(examples),
        extensions=extensions,
    )
    return decorate
