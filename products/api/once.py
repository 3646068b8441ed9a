"""`Idempotency-Key`: which request this is, and whether it was answered before."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from products.actions.once import LONGEST_KEY, Answer, Once, open_request
from products.api.errors import AnsweredBeforeError, InvalidIdempotencyKeyError
from products.models import User

IDEMPOTENCY_KEY = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
KEPT_HEADERS = ("Content-Type", "ETag", "Location", "Cache-Control")
_OPENED = "exolot_once"
_KEY = rf'(?:"([ !#-\[\]-~]{{1,{LONGEST_KEY}}})"|([!#-\[\]-~]{{1,{LONGEST_KEY}}}))'
KEY_SHAPE = {"type": "string", "pattern": f"^{_KEY}$"}


def ask_once(
    request: Request, shape: type[serializers.Serializer[Any]], *, is_signed: bool
) -> Once | None:
    """The request as one to be carried out once; None for an unsigned one without a key.

    Raises:
        InvalidIdempotencyKeyError: a key that cannot be one.
        AnsweredBeforeError: the request was carried out before.
        ConflictError, InvalidValueError: as of `open_request`.
    """
    key = _key_of(request)
    if not key and not is_signed:
        return None
    secret = {name for name, field in shape().fields.items() if field.write_only}
    assert isinstance(request.user, User)
    asked = open_request(request.user, key, _sha256_of(request, secret))
    if isinstance(asked, Answer):
        raise AnsweredBeforeError(asked)
    setattr(request._request, _OPENED, asked)  # noqa: SLF001  # one per request
    return asked


def opened(request: Request) -> Once | None:
    """What `ask_once` opened for this request."""
    found: Once | None = getattr(request._request, _OPENED, None)  # noqa: SLF001  # one per request
    return found


def answer_of(response: HttpResponse) -> Answer:
    """A rendered answer as it is kept."""
    return Answer(
        response.status_code,
        {name: response[name] for name in KEPT_HEADERS if response.has_header(name)},
        response.content.decode(),
    )


def answered_again(answer: Answer) -> HttpResponse:
    """The first answer, byte for byte."""
    return HttpResponse(
        answer.body.encode(), status=answer.status, headers={**answer.headers, REPLAYED: "true"}
    )


def _key_of(request: Request) -> str:
    """As a string of RFC 8941, in quotes, or bare as many clients send it; empty without one."""
    sent = request.headers.get(IDEMPOTENCY_KEY)
    if sent is None:
        return ""
    found = re.fullmatch(_KEY, sent.strip())
    if found is None:
        raise InvalidIdempotencyKeyError(
            f"The Idempotency-Key is not one: 1 to {LONGEST_KEY} printable ASCII characters, such "
            'as a UUID, in quotes ("8e03978e-40d5-43e8-bc93-6f9e0f8e0b2c") or without.'
        )
    return str(found[1] or found[2])


def _sha256_of(request: Request, secret: set[str]) -> str:
    """Of all that the request asks for: address, lot as read, body; never of a password."""
    sent = request.data
    if isinstance(sent, Mapping):
        sent = {name: sent[name] for name in sent if name not in secret}
    asked = [
        request.method,
        request.get_full_path(),
        request.headers.get("If-Match", ""),
        sent,
    ]
    text = json.dumps(asked, sort_keys=True, separators=(",", ":"), default=_file_or_text)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _file_or_text(value: object) -> str:
    if not isinstance(value, UploadedFile):
        return str(value)
    sha256 = hashlib.sha256(value.read()).hexdigest()
    value.seek(0)
    return f"{value.name} {sha256}"
