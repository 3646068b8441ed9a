"""The OpenAPI description: valid, complete and served. `clients` checks every answer by it."""

from __future__ import annotations

import io
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client

from products.actions.base import ACTIONS
from tests.api.clients import BASE
from tests.api.description import body_of, description

METHODS = ("get", "post")


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method, path, item[method])
        for path, item in description()["paths"].items()
        for method in METHODS
        if method in item
    ]


def test_the_description_is_valid_and_made_without_a_warning(
    capsys: pytest.CaptureFixture[str],
) -> None:
    written = io.StringIO()

    call_command("spectacular", api_version="v1", validate=True, fail_on_warn=True, stdout=written)

    assert written.getvalue().startswith("openapi: 3.1.0")
    assert capsys.readouterr().err == ""


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]

    assert len(set(names)) == len(names) >= 60


def test_every_operation_lists_its_problems() -> None:
    for method, path, operation in operations():
        problems = {
            status
            for status, answer in operation["responses"].items()
            if "application/problem+json" in answer.get("content", {})
        }
        expected = {"401", "403"} | ({"404"} if "{" in path else set())
        if method == "post":
            expected |= {"400", "409", "413", "415", "422"}
        assert expected <= problems, (method, path)


def test_every_post_names_its_action() -> None:
    named = [operation["x-action"] for method, _, operation in operations() if method == "post"]

    assert len(set(named)) == len(named)
    assert set(named) <= set(ACTIONS)


def test_what_is_signed_asks_for_password_and_reason() -> None:
    for method, path, operation in operations():
        if method != "post":
            continue
        body = body_of(operation)
        is_signed = {"password", "reason"} <= set(body.get("required", ()))
        assert is_signed == (ACTIONS[operation["x-action"]].signed), path


def test_decisions_on_a_lot_ask_for_if_match() -> None:
    asked = {
        operation["x-action"]
        for _, _, operation in operations()
        for parameter in operation.get("parameters", ())
        if parameter["name"] == "If-Match" and parameter.get("required")
    }

    assert asked == {
        "lot.release",
        "lot.reject",
        "hold.place",
        "hold.lift",
        "review.sign",
        "lot.declare_stability_study",
        "lot.void",
        "lot.recall",
        "lot.acknowledge_changes",
        "lot.change_specification",
        "amendment.sign_second",
    }


def test_the_token_is_the_only_way_in() -> None:
    schemes = description()["components"]["securitySchemes"]

    assert [(scheme["type"], scheme["scheme"]) for scheme in schemes.values()] == [
        ("http", "bearer")
    ]


def test_a_password_is_never_part_of_an_answer() -> None:
    for name, schema in description()["components"]["schemas"].items():
        if not name.endswith("Request"):
            assert "password" not in schema.get("properties", {}), name


def test_only_the_page_of_the_description_loosens_the_policy() -> None:
    page = Client().get(f"{BASE}/schema/ui/").headers["Content-Security-Policy"]
    other = Client().get(f"{BASE}/schema/").headers["Content-Security-Policy"]

    assert "style-src 'self' 'unsafe-inline'" in page
    assert "script-src" not in page
    assert "unsafe-inline" not in other


def test_the_page_of_the_description_loads_from_this_server_alone() -> None:
    page = Client().get(f"{BASE}/schema/ui/").content.decode()

    assert "https://" not in page
    assert "<script>" not in page
