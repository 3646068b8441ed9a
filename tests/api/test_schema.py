"""The OpenAPI description: valid, complete and served. `clients` checks every answer by it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.test import Client
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]  # it has no types

from products.actions.base import ACTIONS
from products.api.problem_examples import EXAMPLES
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


def test_every_problem_has_examples_that_are_as_it_is_described() -> None:
    components = description()["components"]
    for method, path, operation in operations():
        for status, answer in operation["responses"].items():
            assert {"RateLimit", "RateLimit-Policy"} <= set(answer["headers"]), (method, path)
            content = answer.get("content", {}).get("application/problem+json")
            if content is None:
                continue
            named = [part["$ref"].split("/")[-1] for part in content["examples"].values()]
            assert named, (method, path, status)
            found = [components["examples"][name]["value"] for name in named]
            assert {str(value["status"]) for value in found} == {status}, (method, path)
        assert "Retry-After" in operation["responses"]["429"]["headers"], (method, path)

    problem = {"$ref": "#/components/schemas/ProblemShape", "components": components}
    for example in components["examples"].values():
        Draft202012Validator(problem).validate(example["value"])


def test_examples_name_codes_that_there_are() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs/reference/errors.md").read_text()

    assert [example.code for example in EXAMPLES if f"`{example.code}`" not in page] == []


def test_what_a_list_takes_is_described_with_its_words() -> None:
    lots = description()["paths"]["/api/v1/lots/"]["get"]
    asked = {parameter["name"]: parameter for parameter in lots["parameters"]}

    assert "expires" in asked["order"]["schema"]["enum"]
    assert asked["order"]["description"] == "-made unless told."
    assert "released" in asked["status"]["schema"]["items"]["enum"]
    assert "expand" in asked
    assert {"fields", "count", "cursor", "page_size", "changed_from"} <= set(asked)


def test_a_body_takes_the_fields_that_are_listed_and_no_other() -> None:
    for name, schema in description()["components"]["schemas"].items():
        if name.endswith("Request") and "properties" in schema:
            assert schema["additionalProperties"] is False, name


@pytest.mark.parametrize(
    ("sent", "fits"),
    [("number", True), ("number,status", True), ("", False), ("number,", False), ("x", False)],
)
def test_which_fields_may_be_asked_for_is_described(sent: str, *, fits: bool) -> None:
    lots = description()["paths"]["/api/v1/lots/"]["get"]
    (fields,) = [each for each in lots["parameters"] if each["name"] == "fields"]

    assert Draft202012Validator(fields["schema"]).is_valid(sent) is fits


def test_where_a_client_may_hold_the_answer_304_is_described() -> None:
    answers = {
        path: set(item["get"]["responses"])
        for path, item in description()["paths"].items()
        if "get" in item
    }

    assert "304" in answers["/api/v1/lots/{lot}/"] & answers["/api/v1/evidence/{evidence}/content/"]


def test_a_policy_that_is_no_longer_in_force_is_described_as_stale() -> None:
    accepting = description()["paths"]["/api/v1/signature-policies/accept/"]["post"]

    assert "412" in accepting["responses"]


def test_below_the_api_an_address_with_a_line_break_is_answered_with_a_problem() -> None:
    answer = Client().get(f"{BASE}/lots/%0A/")

    assert answer.headers["Content-Type"] == "application/problem+json"
