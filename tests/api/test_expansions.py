"""What comes with rows on demand: the same as at its own address, in a fixed number of queries."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.clients import ApiClient, client_of, made, refusal
from tests.records import ENDOTOXIN, VIABILITY, lot, submitted_run
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db
EVERYTHING = {
    "lots/": "results,evaluation",
    "runs/": "readings,supports",
}


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def queries_of(client: ApiClient, address: str, query: dict[str, str]) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, query).status_code == 200
    return len(queries)


def test_what_is_expanded_is_what_its_own_address_shows(auditor: ApiClient) -> None:
    lot("EV-1", criteria=[VIABILITY, ENDOTOXIN])
    lot("EV-2", sources=[], parents=["EV-1"])
    run = submitted_run(lot="EV-1").run.number
    asked = {"expand": "results,evaluation"}

    rows = made(auditor.get("lots/", asked))["results"]

    for row in rows:
        address = f"lots/{row['number']}/"
        alone = made(auditor.get(address, asked))
        results = made(auditor.get(f"{address}results/"))["categories"]
        evaluation = made(auditor.get(f"{address}evaluation/"))
        assert row["results"] == alone["results"] == results
        assert without_time(row) == without_time(alone) == without_time({"evaluation": evaluation})
    (shown,) = made(auditor.get("runs/", {"expand": "readings,supports"}))["results"]
    assert shown == made(auditor.get(f"runs/{run}/"))
    (shown,) = made(auditor.get("runs/", {"expand": "readings", "fields": "number"}))["results"]
    assert sorted(shown) == ["number", "readings"]


def without_time(row: dict[str, Any]) -> dict[str, Any]:
    return {name: of for name, of in row["evaluation"].items() if name != "judged_at"}


def test_lists_with_all_that_comes_with_them_cost_as_many_queries_for_many_as_for_one(
    auditor: ApiClient,
) -> None:
    def counted() -> dict[str, int]:
        found = {
            address: queries_of(auditor, address, {"expand": expand, "count": "10"})
            for address, expand in EVERYTHING.items()
        }
        return found | {
            address: queries_of(auditor, address, {"count": "10"})
            for address in ("results/", "reviews/", "holds/", "decisions/")
        }

    lot("EV-0")
    submitted_run(lot="EV-0")
    one = counted()
    for number in range(1, 5):
        lot(f"EV-{number}", sources=[], parents=["EV-0"])
        submitted_run(lot=f"EV-{number}")

    assert counted() == one


def test_an_evaluation_is_never_one_of_a_past_instant(auditor: ApiClient) -> None:
    lot("EV-1")
    seal()
    asked = {"as_of": sign_head().sealed_at.isoformat()}

    (row,) = made(auditor.get("lots/", asked | {"expand": "results", "count": "5"}))["results"]
    refused = [
        refusal(auditor.get(address, asked | {"expand": "evaluation"}))
        for address in ("lots/", "lots/EV-1/")
    ]

    assert row["results"] == made(auditor.get("lots/EV-1/results/", asked))["categories"]
    assert refused == [(400, "no_past")] * 2
    assert refusal(auditor.get("lots/", asked | {"changed_from": asked["as_of"]})) == (
        400,
        "no_past",
    )


def test_what_is_judged_at_this_moment_is_answered_anew(auditor: ApiClient) -> None:
    lot("EV-1")
    tag = auditor.etag("EV-1")

    plain = auditor.get("lots/EV-1/", {"expand": "results"}, if_none_match=tag)
    judged = auditor.get("lots/EV-1/", {"expand": "evaluation"}, if_none_match=tag)

    assert (plain.status_code, judged.status_code) == (304, 200)
