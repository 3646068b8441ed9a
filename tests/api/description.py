"""The OpenAPI description, and whether an answer is as it says."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import Any

from drf_spectacular.generators import SchemaGenerator
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types


@cache
def description() -> dict[str, Any]:
    generator = SchemaGenerator()  # type: ignore[no-untyped-call]  # it has no types
    made = generator.get_schema(request=None, public=True)  # type: ignore[no-untyped-call]  # ditto
    # As a client gets it: plain JSON.
    plain: dict[str, Any] = json.loads(json.dumps(made, default=str))
    return plain


def check(method: str, path: str, response: Any) -> None:
    """Fails when the description does not list the answer, or says that it looks otherwise."""
    operation = _operation(method.lower(), path)
    if operation is None:
        assert response.status_code in {401, 404, 405, 413}, (method, path, response.status_code)
        return
    if response.status_code == 304:
        return
    listed = operation["responses"]
    assert str(response.status_code) in listed, (method, path, response.content)
    content = listed[str(response.status_code)]["content"]
    kind = response.headers["Content-Type"].removesuffix("; charset=utf-8")
    assert kind in content, (method, path, kind)
    if content[kind]["schema"].get("format") == "binary":
        return
    reference = content[kind]["schema"]["$ref"]
    of_fields = "fields" in response.wsgi_request.GET
    _validator(reference, of_fields=of_fields).validate(json.loads(response.content))


def fields_of(path: str) -> set[str]:
    """The fields that a POST to ``path`` (below the base) takes."""
    operation = _operation("post", f"/api/v1/{path}")
    assert operation is not None
    return set(body_of(operation)["properties"])


def body_of(operation: dict[str, Any]) -> dict[str, Any]:
    """The one shape of what a POST takes, whether as JSON or as a form."""
    (content,) = operation["requestBody"]["content"].values()
    name = content["schema"]["$ref"].split("/")[-1]
    found: dict[str, Any] = description()["components"]["schemas"][name]
    return found


@cache
def _validator(reference: str, *, of_fields: bool) -> Draft202012Validator:
    """Who asked for no fields gets whole records."""
    schema: dict[str, Any] = {"$ref": reference}
    found = description()["components"]["schemas"][reference.rsplit("/", maxsplit=1)[-1]]
    if "anyOf" in found and not of_fields:
        schema = {"anyOf": [part for part in found["anyOf"] if "OfFields" not in part["$ref"]]}
    return Draft202012Validator(schema | {"components": _closed(description())})


@cache
def _templates() -> list[tuple[re.Pattern[str], dict[str, Any]]]:
    return [
        (re.compile(re.sub(r"\\\{\w+\\\}", "[^/]+", re.escape(path)) + r"\Z"), item)
        # What is written out comes before a placeholder, as in the list of addresses.
        for path, item in sorted(
            description()["paths"].items(), key=lambda named: named[0].count("{")
        )
    ]


def _operation(method: str, path: str) -> dict[str, Any] | None:
    found = [
        item[method] for pattern, item in _templates() if pattern.match(path) if method in item
    ]
    return found[0] if found else None


def _closed(described: dict[str, Any]) -> dict[str, Any]:
    """The components, each refusing fields that it does not list."""
    schemas = {
        name: {**schema, "additionalProperties": False} if "properties" in schema else schema
        for name, schema in described["components"]["schemas"].items()
    }
    return {"schemas": schemas}
