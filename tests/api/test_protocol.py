"""Requests that are wrong in themselves: bodies, cursors, preconditions, parameters."""

from __future__ import annotations

import json
from typing import Any

import pytest

from products.models import Run
from tests.accounts import PASSWORD
from tests.api.clients import ApiClient, client_of, problem, refusal
from tests.records import lot, opened_run, sample, today

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture
def analyst() -> ApiClient:
    lot()
    return client_of("analyst")


def described(**changes: Any) -> dict[str, Any]:
    """A lot that could be registered."""
    known = {"number": "EV-26-002", "product": "EXO-1", "made_on": f"{today()}", "vials": 40}
    return known | {"sources": ["UC-0042"]} | changes


def test_a_cursor_that_was_changed_is_refused(analyst: ApiClient) -> None:
    lot("EV-26-003")
    page = analyst.get("lots/", {"page_size": "1"}).json()
    cursor = page["next"].split("cursor=")[1].split("&")[0]

    refused = analyst.get(page["next"].replace(cursor, cursor[:-1] + "A" + cursor[-1]))

    assert refusal(refused) == (400, "invalid_cursor")


def test_a_cursor_of_another_list_is_refused(analyst: ApiClient) -> None:
    for _ in range(2):
        sample()
    following = analyst.get("samples/", {"page_size": "1"}).json()["next"]

    refused = analyst.get(following.replace("/samples/", "/runs/"))

    assert refusal(refused) == (400, "invalid_cursor")


def test_a_body_of_20_megabytes_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", json.dumps(described(number="x" * 20_000_000)))

    assert refusal(refused) == (413, "body_too_large")


def test_a_body_in_chunks_is_refused_and_not_passed_over(analyst: ApiClient) -> None:
    refused = analyst.http.generic(
        "POST", "/api/v1/lots/", content_type="application/json", HTTP_TRANSFER_ENCODING="chunked"
    )

    assert refusal(refused) == (411, "length_required")


@pytest.mark.parametrize(
    "body",
    [
        '{"number": ',
        '{"vials": NaN}',
        '{"number": "A", "number": "B"}',
        b'{"number": "\xff"}',
        "[" * 100_000,
        '{"vials": ' + "9" * 10_000 + "}",
    ],
    ids=["cut", "not a number", "twice", "not UTF-8", "deep", "long number"],
)
def test_malformed_json_is_refused(analyst: ApiClient, body: str | bytes) -> None:
    assert refusal(analyst.post("lots/", body)) == (400, "malformed_json")


def test_a_lone_surrogate_and_a_nul_are_refused(analyst: ApiClient) -> None:
    for text in ("\ud800", "a\x00b"):
        assert analyst.post("lots/", described(number=text)).status_code == 422


def test_a_decision_without_if_match_is_refused(analyst: ApiClient) -> None:
    refused = client_of("quality").post(
        f"lots/{LOT}/release/", {"reason": "Done", "password": PASSWORD}
    )

    assert refusal(refused) == (428, "precondition_required")


@pytest.mark.parametrize("wanted", ["*", ""])
def test_if_match_must_name_what_was_read(analyst: ApiClient, wanted: str) -> None:
    body = {"reason": "Done", "password": PASSWORD}

    refused = client_of("quality").post(f"lots/{LOT}/reject/", body, if_match=wanted)

    assert refusal(refused) == (428, "precondition_required")


def test_a_decision_on_what_has_changed_since_is_refused(analyst: ApiClient) -> None:
    quality = client_of("quality")
    seen = quality.etag(LOT)
    sample()

    refused = quality.post(
        f"lots/{LOT}/reject/", {"reason": "Done", "password": PASSWORD}, if_match=seen
    )

    assert refusal(refused) == (412, "stale_version")


def test_recording_honours_if_match_without_asking_for_it(analyst: ApiClient) -> None:
    seen = analyst.etag(LOT)
    run = opened_run().number

    refused = analyst.post(f"runs/{run}/submit/", if_match=seen)

    assert refusal(refused) == (412, "stale_version")
    assert Run.objects.get(number=run).state == "saved"


def test_an_unknown_field_is_refused(analyst: ApiClient) -> None:
    refused = analyst.post("lots/", described(expiry="2030-01-01"))

    assert refusal(refused) == (422, "unknown_field")
    assert problem(refused)["field"] == "expiry"


def test_an_unknown_parameter_is_refused(analyst: ApiClient) -> None:
    refused = analyst.get("lots/", {"statsu": "released"})

    assert refusal(refused) == (422, "unknown_parameter")


@pytest.mark.parametrize("size", ["0", "501", "-1", "ten", "1" * 30, "²"])
def test_a_page_of_another_size_is_refused(analyst: ApiClient, size: str) -> None:
    assert analyst.get("lots/", {"page_size": size}).status_code == 422


def test_a_filter_that_cannot_be_read_is_refused(analyst: ApiClient) -> None:
    for query in ({"made_from": "yesterday"}, {"status": "fine"}, {"number": "a\x00"}):
        assert refusal(analyst.get("lots/", query)) == (422, "invalid_value")


def test_a_form_instead_of_json_is_refused(analyst: ApiClient) -> None:
    refused = analyst.http.post("/api/v1/lots/", {"number": "A"})

    assert refusal(refused) == (415, "unsupported_media_type")


def test_an_address_that_takes_no_post_says_so(analyst: ApiClient) -> None:
    refused = analyst.post(f"lots/{LOT}/evaluation/")

    assert refusal(refused) == (405, "method_not_allowed")
    assert refused.headers["Allow"] == "GET, HEAD"


def test_an_unknown_address_is_a_problem_too(analyst: ApiClient) -> None:
    assert refusal(analyst.get("nonsense")) == (404, "not_found")
