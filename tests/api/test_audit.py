"""The audit trail and the feed of changes over the API."""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import timedelta
from typing import Any

import pytest

from products.domain.merkle import leaf_hash
from products.models import AuditEntry, Leaf, Lot
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.api.test_lots import queries_of
from tests.records import lot, submitted_run
from tests.sealing import seal

pytestmark = pytest.mark.django_db


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def entries(client: ApiClient, **query: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = made(client.get("audit/", query))["results"]
    return rows


def registration(client: ApiClient) -> dict[str, Any]:
    """The insert of the lot; judging changed it in the same action."""
    return entries(client, action="lot.register", table="products_lot")[-1]


def every_page(client: ApiClient, address: str, **query: str) -> list[dict[str, Any]]:
    answer = made(client.get(address, query))
    rows = list(answer["results"])
    while answer["next"]:
        answer = made(client.get(answer["next"]))
        rows += answer["results"]
    return rows


def test_an_entry_says_who_changed_what_when_why_and_from_where(auditor: ApiClient) -> None:
    lot()

    row = registration(auditor)

    assert (row["actor"], row["actor_printed"]) == ("analyst", "Anna Alvarez (analyst)")
    assert (row["operation"], row["record_name"], row["lots"]) == (
        "insert",
        "EV-26-001",
        ["EV-26-001"],
    )
    assert row["recorded_at"].endswith("Z")
    assert row["ledger_index"] is None


def test_a_difference_has_names_where_the_row_has_keys(auditor: ApiClient) -> None:
    lot()

    row = registration(auditor)

    told = {one["field"]: one for one in row["differences"]}
    assert (told["made_by_id"]["label"], told["made_by_id"]["after"]) == ("made by", "Ben Baker")
    assert told["product_id"]["after"] == "EXO-1"
    assert told["product_id"]["before"] == ""
    one = made(auditor.get(f"audit/{row['id']}/"))
    assert one["before"] is None
    assert one["after"]["made_by_id"] != "Ben Baker"


def test_the_bytes_of_an_entry_have_the_hash_that_the_ledger_holds(auditor: ApiClient) -> None:
    lot()
    seal()
    row = registration(auditor)

    content = auditor.get(row["content"]).content

    assert hashlib.sha256(content).hexdigest() == row["sha256"]
    assert bytes(Leaf.objects.get(index=row["ledger_index"]).hash) == leaf_hash(content)
    assert json.loads(content)["id"] == row["id"]


@pytest.mark.parametrize(
    ("query", "tables"),
    [
        ({"action": "lot.register"}, {"products_lot", "products_lotsource"}),
        ({"table": "products_reading"}, {"products_reading"}),
        ({"actor": "ANALYST", "table": "products_result"}, {"products_result"}),
        ({"actor": "quality", "table": "products_result"}, set()),
        ({"actor": "nobody"}, set()),
        ({"lot": "NOPE"}, set()),
        ({"lot": "EV-26-001", "table": "products_sample"}, {"products_sample"}),
    ],
)
def test_the_trail_is_searched_by(
    auditor: ApiClient, query: dict[str, str], tables: set[str]
) -> None:
    submitted_run(lot=lot().number)

    assert {row["table"] for row in entries(auditor, page_size="500", **query)} == tables


def test_the_trail_is_searched_by_record_and_by_time(auditor: ApiClient) -> None:
    key = str(Lot.objects.get(number=lot().number).pk)
    times = AuditEntry.objects.filter(record_id=key).values_list("recorded_at", flat=True)
    at = max(times)

    assert {row["record"] for row in entries(auditor, record=key)} == {key}
    after = at + timedelta(microseconds=1)
    inside = entries(auditor, record=key, recorded_from=f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
    outside = entries(auditor, record=key, recorded_until=f"{at:%Y-%m-%dT%H:%M:%S.%fZ}")
    later = entries(auditor, record=key, recorded_from=f"{after:%Y-%m-%dT%H:%M:%S.%fZ}")
    assert (len(inside), len(outside), len(later)) == (1, len(times) - 1, 0)


def test_an_instant_without_its_offset_is_refused(auditor: ApiClient) -> None:
    refused = auditor.get("audit/", {"recorded_from": "2026-11-30T14:00:00"})

    assert (refused.status_code, problem(refused)["field"]) == (422, "recorded_from")


def test_a_lot_and_the_lots_that_it_was_made_from_share_their_link(auditor: ApiClient) -> None:
    lot("EV-26-001")
    lot("EV-26-002", parents=["EV-26-001"])

    of_parent = entries(auditor, lot="EV-26-001", table="products_lotparent")
    of_child = entries(auditor, lot="EV-26-002", table="products_lotparent")

    assert of_parent == of_child
    assert of_parent[0]["lots"] == ["EV-26-002", "EV-26-001"]


@pytest.mark.parametrize("query", [{}, {"lot": "EV-26-001"}])
def test_pages_hold_every_entry_once_latest_first(query: dict[str, str]) -> None:
    """Read by quality, whose reading adds no entries."""
    quality = client_of("quality")
    submitted_run(lot=lot("EV-26-001").number)
    lot("EV-26-002", parents=["EV-26-001"])

    small = every_page(quality, "audit/", page_size="7", **query)

    assert small == entries(quality, page_size="500", **query)
    times = [(row["recorded_at"], row["id"]) for row in small]
    assert times == sorted(times, reverse=True)
    assert len(set(times)) == len(times) > 7


def test_pages_take_as_many_queries_however_many_entries_they_hold(auditor: ApiClient) -> None:
    submitted_run(lot=lot().number)
    addresses = [f"audit/?{query}" for query in ("lot=EV-26-001", "table=products_reading")]
    few = [queries_of(auditor, address) for address in addresses]

    for number in range(2, 6):
        submitted_run(lot=lot(f"EV-26-{number:03}").number)
        submitted_run(purpose="information", code="", method="VIA-01")

    assert [queries_of(auditor, address) for address in addresses] == few
    assert few[1] <= 14


@pytest.mark.parametrize("username", ["analyst", "reviewer"])
@pytest.mark.parametrize("address", ["audit/", "changes/"])
def test_the_whole_trail_is_not_for_everybody_who_reads(username: str, address: str) -> None:
    assert refusal(client_of(username).get(address)) == (403, "not_permitted")


@pytest.mark.parametrize("username", ["auditor", "quality", "admin"])
@pytest.mark.parametrize("address", ["audit/", "changes/"])
def test_the_whole_trail_is_for(username: str, address: str) -> None:
    assert client_of(username).get(address).status_code == 200


def test_what_does_not_exist_is_not_found(auditor: ApiClient) -> None:
    nowhere = "0199a7c2-0000-7000-8000-000000000000"

    assert refusal(auditor.get(f"audit/{nowhere}/")) == (404, "not_found")
    assert refusal(auditor.get(f"audit/{nowhere}/content/")) == (404, "not_found")


def test_the_feed_holds_what_is_sealed_and_nothing_else(auditor: ApiClient) -> None:
    sealed = seal()
    lot()

    rows = made(auditor.get("changes/", {"page_size": "500"}))

    assert [row["index"] for row in rows["results"]] == list(range(min(sealed, 500)))
    assert rows["next_after"] == min(sealed, 500) - 1
    for row in rows["results"][:20]:
        content = base64.b64decode(row["entry"], validate=True)
        assert leaf_hash(content).hex() == row["leaf_hash"]
        assert json.loads(content)["id"] == row["id"]


def test_the_feed_waits_at_its_end(auditor: ApiClient) -> None:
    last = seal() - 1

    end = made(auditor.get("changes/", {"after": str(last)}))

    assert (end["results"], end["next_after"]) == ([], last)
    lot()
    seal()
    following = made(auditor.get(end["next"]))
    assert following["results"][0]["index"] == last + 1


@pytest.mark.parametrize("after", ["-2", "x", "1.5", "9" * 19, "\N{FULLWIDTH DIGIT ONE}", ""])
def test_an_index_that_is_none_is_refused(auditor: ApiClient, after: str) -> None:
    refused = auditor.get("changes/", {"after": after})

    assert (refused.status_code, problem(refused)["field"]) == (422, "after")
