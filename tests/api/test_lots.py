"""Lots over the API: rows, filters, pages, and the ETag of one."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.actions.holds import place_hold
from tests.api.clients import ApiClient, client_of, made, refusal
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    counted,
    donor,
    lot,
    people,
    product,
    sample,
    source,
    submitted_run,
    today,
    value,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


def numbers(client: ApiClient, **query: str) -> list[str]:
    return [row["number"] for row in made(client.get("lots/", query))["results"]]


def test_a_row_says_where_a_lot_stands_under_which_basis_and_why(auditor: ApiClient) -> None:
    lot()

    row = made(auditor.get("lots/"))["results"][0]

    assert (row["number"], row["product"]) == (LOT, "EXO-1")
    assert (row["status"], row["status_label"]) == ("quarantined", "Quarantine")
    assert row["basis"] == "investigational, under a US IND (IND 12345)"
    assert [block["code"] for block in row["blocks"]] == ["result_missing"]
    assert row["to_be_judged_again"] is False
    assert row["tissues"] == [{"kind": "umbilical_cord", "label": "Umbilical cord"}]
    assert row["expires"]["text"] == f"{today() + timedelta(days=365)} (America/New_York)"
    assert row["links"]["evaluation"] == f"/api/v1/lots/{LOT}/evaluation/"


# Of auditors: a transaction, named, with one row.
TO_RECORD_READING = 5


def test_a_list_asks_the_database_as_often_for_twenty_as_for_one(auditor: ApiClient) -> None:
    lists = ("lots/", "runs/", "samples/", "investigations/", "sources/", "donors/", "methods/")
    submitted_run(lot=lot().number)
    one = {address: queries_of(auditor, address) for address in lists}
    for number in range(2, 21):
        submitted_run(lot=lot(f"EV-26-{number:03}").number)
        source(f"UC-1{number:03}", donor=f"D-1{number:03}")

    twenty = {address: queries_of(auditor, address) for address in lists}

    assert twenty == one
    assert one["lots/"] == 4 + TO_RECORD_READING


def queries_of(client: ApiClient, address: str) -> int:
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address).status_code == 200
    return len(queries)


def test_a_list_never_counts_all_rows(auditor: ApiClient) -> None:
    lot()

    with CaptureQueriesContext(connection) as queries:
        auditor.get("lots/", {"page_size": "1"})

    assert not [query for query in queries if "COUNT(" in query["sql"].upper()]


def test_pages_follow_one_another_newest_made_first(auditor: ApiClient) -> None:
    for number, days in ((1, 2), (2, 0), (3, 2), (4, 1), (5, 2)):
        lot(f"EV-26-00{number}", made_on=today() - timedelta(days=days))
    read, address = [], "/api/v1/lots/?page_size=2"
    while address:
        response = auditor.get(address)
        page = made(response)
        read += [row["number"] for row in page["results"]]
        link = response.headers.get("Link", "")
        assert link == (f'<{page["next"]}>; rel="next"' if page["next"] else "")
        address = page["next"]

    assert read == [f"EV-26-00{number}" for number in (2, 4, 5, 3, 1)]


def test_a_page_compares_rows_as_one_value(auditor: ApiClient) -> None:
    lot()
    lot("EV-26-002")
    following = made(auditor.get("lots/", {"page_size": "1"}))["next"]

    with CaptureQueriesContext(connection) as queries:
        auditor.get(following)

    text = next(q["sql"] for q in queries if 'FROM "products_lot"' in q["sql"])
    assert '("products_lot"."made_on", "products_lot"."id") < (' in text


def test_a_page_keeps_its_filters(auditor: ApiClient) -> None:
    for number in ("EV-26-001", "XX-26-001", "EV-26-002"):
        lot(number)

    following = made(auditor.get("lots/", {"number": "ev-", "page_size": "1"}))["next"]

    assert [row["number"] for row in made(auditor.get(following))["results"]] == ["EV-26-001"]


@pytest.fixture
def house() -> None:
    """Two lots that differ in everything that a filter asks for, and one made from the first."""
    lot("A-1", made_on=today() - timedelta(days=10), expires="2031-01-31")
    donor("D-0099")
    source("PL-1", kind="placenta", donor="D-0099")
    product("EXO-2", name="Other")
    approved_specification("EXO-2", [VIABILITY, ENDOTOXIN])
    lot("B_1", product="EXO-2", sources=["PL-1"], expires="2030-01-31")
    lot("C-1", sources=[], parents=["A-1"], expires="")
    place_hold(context(people().quality), lot="B_1")


FILTERS: list[tuple[dict[str, str], list[str]]] = [
    ({}, ["A-1", "B_1", "C-1"]),
    ({"status": "on_hold"}, ["B_1"]),
    ({"status": "quarantined"}, ["A-1", "C-1"]),
    ({"product": "exo-2"}, ["B_1"]),
    ({"tissue": "placenta"}, ["B_1"]),
    ({"tissue": "umbilical_cord"}, ["A-1", "C-1"]),
    ({"tissue": "decidua"}, []),
    ({"donor": "d-0042"}, ["A-1", "C-1"]),
    ({"donor": "D-1234"}, []),
    ({"block": "hold_open"}, ["B_1"]),
    ({"block": "expiry_unknown"}, ["C-1"]),
    ({"number": "a-"}, ["A-1"]),
    ({"number": "_"}, []),
    ({"number": "%"}, []),
    ({"expires_before": "2030-02-01"}, ["B_1"]),
    ({"status": "quarantined", "number": "c"}, ["C-1"]),
]


@pytest.mark.usefixtures("house")
def test_each_filter_finds_its_lots(auditor: ApiClient) -> None:
    for query, found in FILTERS:
        assert (query, sorted(numbers(auditor, **query))) == (query, found)


@pytest.mark.usefixtures("house")
def test_lots_are_found_by_the_day_they_were_made(auditor: ApiClient) -> None:
    day = f"{today() - timedelta(days=5)}"

    assert numbers(auditor, made_to=day) == ["A-1"]
    assert sorted(numbers(auditor, made_from=day)) == ["B_1", "C-1"]


@pytest.mark.usefixtures("house")
def test_a_lot_shows_the_tissues_of_its_whole_genealogy(auditor: ApiClient) -> None:
    read = made(auditor.get("lots/c-1/"))

    assert [tissue["kind"] for tissue in read["tissues"]] == ["umbilical_cord"]
    assert [(row["number"], row["status"]) for row in read["parents"]] == [("A-1", "quarantined")]


@pytest.mark.usefixtures("house")
def test_a_lot_number_with_a_slash_has_an_address(auditor: ApiClient) -> None:
    lot("UC/26/1")

    address = made(auditor.get("lots/", {"number": "UC"}))["results"][0]["links"]["self"]

    assert made(auditor.get(address))["number"] == "UC/26/1"


def test_a_hold_is_shown_with_who_placed_and_lifted_it() -> None:
    lot()
    quality = client_of("quality")

    placed = made(quality.sign(f"lots/{LOT}/holds/", reason="Freezer alarm"))
    lifted = made(quality.sign(f"lots/{LOT}/holds/1/lift/", reason="Alarm was false"))

    assert (placed["status"], placed["holds"][0]["reason"]) == ("on_hold", "Freezer alarm")
    assert placed["holds"][0]["lifted"] is None
    assert lifted["status"] == "quarantined"
    assert lifted["holds"][0]["lifted"]["reason"] == "Alarm was false"
    assert [decision["kind"] for decision in lifted["decisions"]] == ["hold", "lift_hold"]


def test_an_unknown_hold_is_not_found() -> None:
    lot()

    assert refusal(client_of("quality").sign(f"lots/{LOT}/holds/7/lift/")) == (404, "not_found")


def test_a_lot_is_rejected_for_good() -> None:
    lot()
    quality = client_of("quality")

    assert made(quality.sign(f"lots/{LOT}/reject/"))["status"] == "rejected"
    assert refusal(quality.sign(f"lots/{LOT}/release/")) == (409, "wrong_status")


def test_a_study_stands_in_place_of_an_expiry() -> None:
    lot(expires="")

    read = made(client_of("quality").sign(f"lots/{LOT}/stability-study/", study="STAB-7"))

    assert read["expires"]["text"] == "none: under stability study STAB-7 (signed)"
    assert read["stability_study"]["printed_name"] == "Quentin Quality"


def test_the_etag_holds_until_something_is_recorded(auditor: ApiClient) -> None:
    lot()
    tag = auditor.etag(LOT)

    same = auditor.get(f"lots/{LOT}/", if_none_match=tag)
    sample()
    other = auditor.get(f"lots/{LOT}/", if_none_match=tag)

    assert (same.status_code, same.content) == (304, b"")
    assert same.headers["ETag"] == tag
    assert other.status_code == 200
    assert other.headers["ETag"] != tag
    assert other.headers["Cache-Control"] == "private, no-cache"


def test_the_etag_after_a_decision_is_that_of_the_next_read() -> None:
    lot()
    quality = client_of("quality")

    held = quality.sign(f"lots/{LOT}/holds/")

    assert held.headers["ETag"] == quality.etag(LOT)


def test_an_evaluation_has_every_rule_with_its_source_and_reasons(auditor: ApiClient) -> None:
    lot()

    evaluation = made(auditor.get(f"lots/{LOT}/evaluation/"))

    assert [rule["rule"] for rule in evaluation["rules"]] == [
        *("R09", "R13", "R01", "R04", "R05", "R07", "R14", "R15", "R02", "R19"),
        *("R03", "R16", "R20", "R18", "HOLD", "R25", "R29", "R26"),
    ]
    broken = [rule for rule in evaluation["rules"] if rule["outcome"] == "broken"]
    assert [rule["rule"] for rule in broken] == ["R01"]
    assert broken[0]["blocks"] == evaluation["blocks"]
    assert broken[0]["source"] == "Site policy; 21 CFR 211.192 where part 211 applies"
    assert evaluation["judged_at"].endswith("Z")
    assert evaluation["basis"] == "investigational, under a US IND (IND 12345)"


def test_results_stand_beside_their_limits_by_category(auditor: ApiClient) -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN])
    run = submitted_run(ENDOTOXIN, value("0.30", "[EU]/mL"))
    submitted_run(VIABILITY, code="", method="VIA-01", purpose="information")

    safety, viability = made(auditor.get(f"lots/{LOT}/results/"))["categories"]

    shown = safety["criteria"][0]
    assert (shown["limit"], shown["required"]) == ("< 0.25 EU/mL", True)
    assert shown["runs"][0]["number"] == run.run.number
    version = shown["runs"][0]["results"][0]
    assert (version["verdict"], version["reported"], version["unit"]) == ("fail", "0.30", "[EU]/mL")
    assert version["investigation"] == f"INV-{LOT}-1"
    assert version["review"] is None
    assert [(line["criterion"], len(line["runs"])) for line in viability["criteria"]] == [
        ("viability", 0),
        (None, 1),
    ]


def test_an_invalidated_result_names_the_conclusion() -> None:
    lot()
    quality = client_of("quality")
    failing = submitted_run(VIABILITY, counted("80", "20")).run.number

    made(
        quality.sign(
            f"investigations/INV-{LOT}-1/conclude/",
            outcome="invalidated",
            cause="Stain had expired",
            evidence="DEV-12",
        )
    )

    run = made(quality.get(f"runs/{failing}/"))
    assert run["invalidated_by"]["cause"] == "Stain had expired"
    assert run["results"][0]["verdict"] == "fail"
    for asked in ({"invalidated": "true"}, {"verdict": "invalidated"}, {"verdict": "fail"}):
        (result,) = made(quality.get("results/", asked))["results"]
        assert result["invalidated_by"] == run["invalidated_by"]
    assert made(quality.get("results/", {"invalidated": "false"}))["results"] == []
    opened = made(quality.get("investigations/", {"open": "true"}))["results"]
    concluded = made(quality.get("investigations/", {"open": "false"}))["results"]
    assert (opened, len(concluded)) == ([], 1)
