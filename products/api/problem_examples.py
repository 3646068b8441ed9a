"""Examples of every problem, and what every answer says of quotas, put into the description."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from rest_framework.request import Request

from products.api.errors import PROBLEM

LIST, PAST, READ, ACT, DECIDE, FILE = "list", "past", "read", "act", "decide", "file"
EVERYWHERE = frozenset({READ, ACT})
BLOCK = {
    "rule": "R01",
    "code": "result_missing",
    "message": "There is no result for viability.",
    "record": "viability",
    "source": "Site policy; 21 CFR 211.192 where part 211 applies",
    "clears": "Submit a run for this criterion.",
}
DECIDED = {
    "lot": "UC-26-014",
    "number": 2,
    "kind": "hold",
    "meaning": "Put on hold",
    "basis": "investigational, under a US IND (IND 12345)",
    "printed_name": "Quentin Quality",
    "signed_at": "2026-11-30T19:00:00Z",
    "zone": "America/New_York",
    "final": False,
}


@dataclass(frozen=True, slots=True)
class Example:
    """``of`` says which kinds of requests meet with it."""

    status: int
    code: str
    detail: str
    of: frozenset[str] = EVERYWHERE
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def value(self) -> dict[str, Any]:
        return {
            "type": f"urn:problem-type:exolot:{self.code}",
            "title": self.code.replace("_", " ").capitalize(),
            "status": self.status,
            "detail": self.detail,
            "code": self.code,
            "instance": "/api/v1/lots/UC-26-014/",
            "request_id": "0199a7c2-0000-4000-8000-000000000000",
            **self.more,
        }


def _of(*kinds: str) -> frozenset[str]:
    return frozenset(kinds)


EXAMPLES = (
    Example(
        400,
        "invalid_cursor",
        "This cursor was not made by this list under these filters and in this order. Begin at "
        "the first page, and follow the links as they are.",
        _of(LIST),
    ),
    Example(
        400,
        "unknown_choice",
        "fields takes number, status. There is no 'colour' here.",
        _of(LIST),
        {"field": "fields"},
    ),
    Example(
        400,
        "invalid_instant",
        "'2026-11-30' is no instant. Write day, time and offset from UTC.",
        _of(PAST),
        {"field": "as_of"},
    ),
    Example(
        400,
        "no_past",
        "What this address shows is not kept by instants.",
        _of(READ),
        {"field": "as_of"},
    ),
    Example(400, "malformed_json", "The body is not JSON: a name occurs twice.", _of(ACT)),
    Example(400, "malformed_body", "The form has a field twice.", _of(FILE)),
    Example(401, "not_authenticated", "Authentication credentials were not provided."),
    Example(403, "not_permitted", "anna has no role that may do this.", EVERYWHERE),
    Example(403, "scope", "This token may only read. Use a token of scope write.", _of(ACT)),
    Example(404, "not_found", "There is no lot 'UC-26-041'.", EVERYWHERE, {"field": "lot"}),
    Example(
        404,
        "before_first_checkpoint",
        "No checkpoint was made at or before 2020-01-01T00:00:00+00:00: what stood then cannot be "
        "shown under a seal.",
        _of(PAST),
        {"field": "as_of"},
    ),
    Example(
        409,
        "not_sealed_yet",
        "Nothing is sealed up to 2026-11-30T19:00:00+00:00 yet. Ask for an earlier instant, or "
        "again after the next seal.",
        _of(READ),
        {"field": "as_of"},
    ),
    Example(409, "wrong_status", "UC-26-014 is rejected, for good.", _of(ACT)),
    Example(
        409,
        "release_blocked",
        "UC-26-014 cannot be released: there is no result for viability.",
        _of(DECIDE),
        {"blocks": [BLOCK]},
    ),
    Example(
        409,
        "decided_meanwhile",
        "Quentin Quality put UC-26-014 on hold since you read it. Read it again.",
        _of(DECIDE),
        {"decided": DECIDED},
    ),
    Example(411, "length_required", "Send the body in one piece, with its Content-Length."),
    Example(412, "stale_version", "UC-26-014 has changed since you read it. Read it again."),
    Example(413, "body_too_large", "The body is larger than this server takes (1 MB)."),
    Example(415, "unsupported_media_type", 'Unsupported media type "text/plain" in request.'),
    Example(
        422,
        "unknown_parameter",
        "There is no parameter 'colour' here. Known are: status, product, cursor.",
        _of(READ),
        {"field": "colour"},
    ),
    Example(
        422,
        "invalid_value",
        "made_on: Date has wrong format. Use one of these formats instead: YYYY-MM-DD.",
        _of(ACT),
        {
            "field": "made_on",
            "errors": [
                {"field": "made_on", "code": "invalid", "message": "Date has wrong format."}
            ],
        },
    ),
    Example(428, "precondition_required", "State in If-Match which lot as read you decide on."),
    Example(
        429,
        "throttled",
        "anna has sent as many requests as are answered within a minute (1200). Send again in 8 "
        "seconds.",
    ),
    Example(
        429,
        "too_many_files",
        "As many files are being sent to anna as may be at once (4). Ask again when one of them "
        "has come or is broken off.",
        _of(LIST),
    ),
    Example(
        503,
        "access_not_recorded",
        "The answer is not given, because it could not be recorded that you asked. Try again in a "
        "while, and tell the administrator if it lasts.",
    ),
)


HEADERS = {
    "RateLimit-Policy": (
        "string",
        "How many requests (q) an account may send within how many seconds (w).",
    ),
    "RateLimit": (
        "string",
        "How many of them are left (r), and in how many seconds (t) all are there again.",
    ),
    "Retry-After": ("integer", "Seconds after which requests are answered again."),
}


def add_examples(
    result: dict[str, Any], generator: SchemaGenerator, request: Request | None, public: bool
) -> dict[str, Any]:
    """A hook of the description: examples and headers stand once, and are named where they hold."""
    names = [f"{example.code}.{index}" for index, example in enumerate(EXAMPLES)]
    result["components"]["examples"] = {
        name: {"summary": example.code, "value": example.value}
        for name, example in zip(names, EXAMPLES, strict=True)
    }
    result["components"]["headers"] = {
        name: {"schema": {"type": kind}, "description": text}
        for name, (kind, text) in HEADERS.items()
    }
    for item in result["paths"].values():
        for method, operation in item.items():
            kinds = _kinds(method, operation)
            for status, answer in operation["responses"].items():
                answer["headers"] = {
                    name: {"$ref": f"#/components/headers/{name}"}
                    for name in HEADERS
                    if name != "Retry-After" or status == "429"
                }
                content = answer.get("content", {}).get(PROBLEM)
                if content is not None:
                    content["examples"] = {
                        example.code: {"$ref": f"#/components/examples/{name}"}
                        for name, example in zip(names, EXAMPLES, strict=True)
                        if example.status == int(status) and example.of & kinds
                    }
    return result


def _kinds(method: str, operation: dict[str, Any]) -> frozenset[str]:
    """What kind of request the operation is, as `Example.of` calls it."""
    asked = {parameter["name"]: parameter for parameter in operation.get("parameters", ())}
    kinds = {ACT if method == "post" else READ}
    kinds |= {LIST} if "order" in asked else set()
    kinds |= {PAST} if "as_of" in asked else set()
    kinds |= {DECIDE} if asked.get("If-Match", {}).get("required") else set()
    if "multipart/form-data" in operation.get("requestBody", {}).get("content", {}):
        kinds.add(FILE)
    return frozenset(kinds)
