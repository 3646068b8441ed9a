"""Bodies with a file: multipart/form-data, of one file and a few words beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import SuspiciousOperation
from django.utils.datastructures import MultiValueDict
from rest_framework import exceptions
from rest_framework.parsers import DataAndFiles, MultiPartParser

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
        _check_once(parsed)
        return parsed


def _check_once(form: DataAndFiles[Any, Any]) -> None:
    """What is sent twice would leave open which value was meant."""
    sent = Counter(name for part in (form.data, form.files) for name in _names(part))
    if twice := next((name for name, times in sent.items() if times > 1), ""):
        for file in (file for _, files in form.files.lists() for file in files):
            file.close()
        raise MalformedBodyError(f"The field {twice} occurs twice in the form.")


def _names(part: MultiValueDict[str, Any]) -> Iterator[str]:
    return (name for name, values in part.lists() for _ in values)


def too_large() -> BodyTooLargeError:
    return BodyTooLargeError(
        f"The file is larger than this server takes ({LARGEST // 1024**2} MB). Attach a smaller "
        "one, or several parts."
    )
