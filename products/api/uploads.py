"""Bodies with a file: multipart/form-data, of one file and a few words beside it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from rest_framework import exceptions
from rest_framework.parsers import MultiPartParser

from products.api.errors import BodyTooLargeError, MalformedBodyError
from products.domain.evidence import LARGEST

BESIDE_THE_FILE = 64 * 1024
"""Bytes for boundaries, headers and the other fields."""


class FileBodyParser(MultiPartParser):
    """Each field once. What is too large is refused before it is read."""

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        length = (parser_context or {})["request"].META.get("CONTENT_LENGTH") or "0"
        if int(length) > LARGEST + BESIDE_THE_FILE:
            raise too_large()
        try:
            parsed = super().parse(stream, media_type, dict(parser_context or {}))
        except (exceptions.ParseError, SuspiciousOperation) as error:
            raise MalformedBodyError(f"The body is not a readable form: {error}.") from error
        sent: dict[str, object] = {}
        for part in (parsed.data, parsed.files):
            for name, values in part.lists():
                if name in sent or len(values) > 1:
                    raise MalformedBodyError(f"The field {name} occurs twice in the form.")
                sent[name] = values[0]
        return sent


def too_large() -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The file is larger than this server takes ({LARGEST // 1024**2} MB). Attach a smaller "
        "one, or several parts."
    )
