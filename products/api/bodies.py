"""What is sent: bodies that are JSON and no more, and fields that are what they say."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NoReturn

from django.utils import timezone
from rest_framework import serializers
from rest_framework.parsers import JSONParser

from products.api.errors import MalformedJsonError


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


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name occurs twice in one object")
    return found


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON value")
