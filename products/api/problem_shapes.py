"""How refusals look, and what each status means (RFC 9457)."""

from __future__ import annotations

from rest_framework import serializers


class BlockShape(serializers.Serializer[None]):
    rule = serializers.CharField(help_text="R01 and so on; HOLD for holds.")
    code = serializers.CharField(help_text="Stable; one per cause.")
    message = serializers.CharField()
    record = serializers.CharField(help_text="What it is about.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field of the answer
        help_text="The text that the rule rests on."
    )
    clears = serializers.CharField(help_text="What would clear it.")


class FieldErrorShape(serializers.Serializer[None]):
    field = serializers.CharField(help_text="Path of the field; empty for the whole body.")
    code = serializers.CharField()
    message = serializers.CharField()


class DecidedShape(serializers.Serializer[None]):
    lot = serializers.CharField()
    number = serializers.IntegerField(help_text="Counts the decisions on the lot.")
    kind = serializers.CharField(help_text="As in the lot's `decisions`.")
    meaning = serializers.CharField(help_text="What the signature stands for.")
    basis = serializers.CharField(help_text="Read the decision with it only.")
    printed_name = serializers.CharField(help_text="Who decided.")
    signed_at = serializers.DateTimeField()
    zone = serializers.CharField(help_text="In which it was signed.")
    final = serializers.BooleanField(help_text="No other decision follows.")


class ProblemShape(serializers.Serializer[None]):
    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField(help_text="What is wrong, of which record, what clears it.")
    code = serializers.CharField(help_text="Stable snake_case code.")
    instance = serializers.CharField()  # type: ignore[assignment]  # a field of the answer
    request_id = serializers.CharField()
    field = serializers.CharField(required=False)
    errors = FieldErrorShape(  # type: ignore[assignment]  # a field of the answer
        many=True, required=False
    )
    blocks = BlockShape(many=True, required=False)
    decided = DecidedShape(required=False)


PROBLEMS = {
    400: "The body is not JSON (of a file: no form), the cursor is not one of this list, there is "
    "no such order, field or expansion, the Idempotency-Key is none, or `as_of` is no instant or "
    "is not taken here.",
    401: "No token, or one that is expired, revoked or unknown.",
    403: "The role, the scope, or the separation of duties does not allow it.",
    404: "There is no such record.",
    409: "The records as they stand contradict it; with `blocks` when a release is refused, with "
    "`decided` when somebody else decided on the lot first.",
    411: "The body is sent in chunks, without a Content-Length.",
    412: "The lot has changed since it was read, and nobody decided on it; or the signature policy "
    "that is accepted is not the one in force.",
    413: "The body is larger than 1 MB, or the file than 25 MB.",
    415: "The body is not sent as application/json (a file: multipart/form-data).",
    422: "A value cannot be read or is not allowed.",
    428: "`If-Match` is missing.",
    429: "The account has sent as many requests as are answered within a minute, or is being sent "
    "as many files as are at once. `Retry-After` says in how many seconds to ask again.",
    503: "What an auditor is answered could not be recorded, and is not given.",
}
