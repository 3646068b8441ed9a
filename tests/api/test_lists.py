"""Lists: every filter, order and page size shows the same rows as a look at all of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.actions.holds import place_hold
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.api.description import description
from tests.api.test_roles import corrected
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    context,
    counted,
    donor,
    instrument,
    lot,
    now,
    people,
    product,
    sample,
    source,
    submitted_run,
    today,
    value,
)
from tests.sealing import seal, sign_head

pytestmark = pytest.mark.django_db
Row = dict[str, Any]
Meets = Callable[[Row], bool]


@pytest.fixture
def auditor() -> ApiClient:
    return client_of("auditor")


@pytest.fixture
def lots() -> None:
    """Lots that differ in all that lists are asked for."""
    days = [today() - timedelta(days=back) for back in (9, 3, 3, 0)]
    lot("A-1", criteria=[VIABILITY, ENDOTOXIN], made_on=days[0], expires="2031-01-31")
    donor("D-0099")
    source("PL-1", kind="placenta", donor="D-0099")
    product("EXO-2", name="Other")
    approved_specification("EXO-2", [VIABILITY])
    lot("B-1", product="EXO-2", sources=["PL-1"], made_on=days[1], expires="2030-01")
    lot("C-1", sources=[], parents=["A-1"], made_on=days[2], expires="")
    lot("A-2", made_on=days[3], expires="2030-06-30")


@pytest.fixture
def house(lots: None) -> None:
    """Samples, runs and results, too."""
    place_hold(context(people().quality), lot="B-1")
    instrument("CC-2")
    hours = [now() - timedelta(hours=back) for back in (5, 4, 4, 2)]
    submitted_run(lot="A-1", performed_at=hours[0])
    submitted_run(ENDOTOXIN, value("0.30", "[EU]/mL"), lot="A-1", performed_at=hours[1])
    failing = submitted_run(
        VIABILITY, counted("882", "118"), lot="B-1", instrument="CC-2", performed_at=hours[2]
    )
    corrected(failing)
    submitted_run(lot="A-2", code="", method="VIA-01", purpose="information", by=people().analyst2)
    sample("C-1", drawn_at=hours[3])


@dataclass(frozen=True)
class Asked:
    """A list, what names a row, its filters with what each finds, and its orders as sort keys."""

    address: str
    name: Callable[[Row], Any]
    filters: Mapping[tuple[str, str], Meets]
    orders: Mapping[str, Callable[[Row], Any]]


def is_of(field: str, word: str) -> Meets:
    return lambda row: row[field] == word


def has_block(field: str, word: str) -> Meets:
    return lambda row: any(block[field] == word for block in row["blocks"])


def at(row: Row, field: str) -> datetime:
    return datetime.fromisoformat(row[field])


def asked_of_lots() -> Asked:
    middle = f"{today() - timedelta(days=3)}"
    return Asked(
        "lots/",
        lambda row: row["number"],
        {
            ("status", "on_hold"): is_of("status", "on_hold"),
            ("status", "quarantined"): is_of("status", "quarantined"),
            ("product", "exo-2"): is_of("product", "EXO-2"),
            ("block", "hold_open"): has_block("code", "hold_open"),
            ("block", "result_missing"): has_block("code", "result_missing"),
            ("rule", "R01"): has_block("rule", "R01"),
            ("tissue", "placenta"): lambda row: row["tissues"][0]["kind"] == "placenta",
            ("donor", "D-0042"): lambda row: row["number"] != "B-1",
            ("number", "a-"): lambda row: row["number"].startswith("A-"),
            ("person", "analyst2"): lambda row: True,
            ("made_from", middle): lambda row: row["made_on"] >= middle,
            ("made_to", middle): lambda row: row["made_on"] <= middle,
            ("expires_from", "2030-06-01"): lambda row: (row["expires"]["on"] or "") >= "2030-06",
            ("expires_to", "2030-12-31"): lambda row: (row["expires"]["on"] or "9") < "2031",
        },
        {
            "made": lambda row: row["made_on"],
            "number": lambda row: row["number"],
            "expires": lambda row: row["expires"]["on"] or "9999-12-31",
        },
    )


def asked_of_runs() -> Asked:
    middle = now() - timedelta(hours=4, minutes=30)
    return Asked(
        "runs/",
        lambda row: row["number"],
        {
            **asked_of_every_run(),
            ("verdict", "fail"): lambda row: any(
                result["verdict"] == "fail" and result["standing"] == "counts"
                for result in row["results"]
            ),
            ("performed_from", middle.isoformat()): lambda row: at(row, "performed_at") >= middle,
            ("performed_until", middle.isoformat()): lambda row: at(row, "performed_at") < middle,
        },
        {"performed": lambda row: row["performed_at"], "number": lambda row: row["number"]},
    )


def asked_of_results() -> Asked:
    middle = now() - timedelta(hours=4, minutes=30)
    return Asked(
        "results/",
        lambda row: (row["run"], row["version"]),
        {
            **asked_of_every_run(),
            ("verdict", "fail"): is_of("verdict", "fail"),
            ("verdict", "pass"): is_of("verdict", "pass"),
            ("counts", "true"): is_of("standing", "counts"),
            ("counts", "false"): lambda row: row["standing"] != "counts",
            ("final", "true"): lambda row: row["final"],
            ("reviewed", "true"): lambda row: row["review"] is not None,
            ("invalidated", "false"): lambda row: row["invalidated_by"] is None,
            ("performed_from", middle.isoformat()): lambda row: at(row, "performed_at") >= middle,
        },
        {},
    )


def asked_of_every_run() -> dict[tuple[str, str], Meets]:
    return {
        ("lot", "a-1"): is_of("lot", "A-1"),
        ("lot", "b-1"): is_of("lot", "B-1"),
        ("product", "EXO-2"): is_of("product", "EXO-2"),
        ("status", "on_hold"): is_of("lot", "B-1"),
        ("tissue", "placenta"): is_of("lot", "B-1"),
        ("donor", "D-0099"): is_of("lot", "B-1"),
        ("rule", "HOLD"): is_of("lot", "B-1"),
        ("block", "hold_open"): is_of("lot", "B-1"),
        ("stage", "parent_cells"): is_of("stage", "parent_cells"),
        ("criterion", "viability"): is_of("criterion", "viability"),
        ("category", "viability"): is_of("category", "viability"),
        ("category", "safety"): is_of("category", "safety"),
        ("method", "via-01"): is_of("method", "VIA-01"),
        ("instrument", "CC-2"): is_of("instrument", "CC-2"),
        ("purpose", "information"): is_of("purpose", "information"),
        ("state", "submitted"): is_of("state", "submitted"),
        ("person", "analyst2"): is_of("purpose", "information"),
        ("from_paper", "false"): lambda row: True,
    }


def asked_of_samples() -> Asked:
    middle = now() - timedelta(hours=1)
    return Asked(
        "samples/",
        lambda row: row["number"],
        {
            ("lot", "a-1"): is_of("lot", "A-1"),
            ("status", "on_hold"): is_of("lot", "B-1"),
            ("stage", "final_container"): is_of("stage", "final_container"),
            ("person", "analyst"): lambda row: True,
            ("drawn_from", middle.isoformat()): lambda row: at(row, "drawn_at") >= middle,
            ("drawn_until", middle.isoformat()): lambda row: at(row, "drawn_at") < middle,
        },
        {"drawn": lambda row: row["drawn_at"], "number": lambda row: row["number"]},
    )


def walk(client: ApiClient, address: str, query: dict[str, Any]) -> list[Row]:
    """Every row of every page."""
    rows, page = [], made(client.get(address, query))
    rows += page["results"]
    while page["next"]:
        page = made(client.get(page["next"]))
        rows += page["results"]
    return rows


def selected(rows: list[Row], asked: Asked, chosen: set[tuple[str, str]], order: str) -> list[Any]:
    """The same selection and order, by a look at ``rows``, which are the newest first."""
    by_name: dict[str, list[Meets]] = {}
    for pair in chosen:
        by_name.setdefault(pair[0], []).append(asked.filters[pair])
    found = [
        row for row in rows[::-1] if all(any(meets(row) for meets in of) for of in by_name.values())
    ]
    if order not in {"newest", "oldest"}:
        found.sort(key=asked.orders[order.removeprefix("-")])
    is_down = order == "newest" or order.startswith("-")
    return [asked.name(row) for row in (found[::-1] if is_down else found)]


@pytest.mark.usefixtures("house")
def test_any_walk_shows_what_a_look_at_all_rows_finds(auditor: ApiClient) -> None:
    seal()
    then = sign_head().sealed_at.isoformat()

    for of in (asked_of_lots, asked_of_runs, asked_of_results, asked_of_samples):
        compare(auditor, of(), then)


def compare(auditor: ApiClient, asked: Asked, then: str) -> None:
    """``then`` is the instant of a seal, at which all was as it is now."""
    rows = walk(auditor, asked.address, {"order": "newest"})
    orders = [
        *("newest", "oldest"),
        *(f"{way}{name}" for name in asked.orders for way in ("", "-")),
    ]
    single = {"made_from", "made_to", "expires_from", "expires_to", "drawn_from", "drawn_until"}
    single |= {"performed_from", "performed_until", "counts"}
    for pair, meets in asked.filters.items():
        found = [asked.name(row) for row in walk(auditor, asked.address, dict([pair]))]
        past = walk(auditor, asked.address, dict([pair, ("as_of", then)]))
        assert sorted(found) == sorted(asked.name(row) for row in rows if meets(row)), pair
        assert [asked.name(row) for row in past] == found, pair

    @settings(max_examples=6, deadline=None, database=None)
    @given(
        chosen=st.sets(st.sampled_from(sorted(asked.filters)), max_size=3).filter(
            lambda pairs: not any([name for name, _ in pairs].count(of) > 1 for of in single)
        ),
        order=st.sampled_from(orders),
        size=st.integers(2, 7),
    )
    def walked(chosen: set[tuple[str, str]], order: str, size: int) -> None:
        query: dict[str, Any] = {"order": order, "page_size": size, "count": 1000}
        for name, word in chosen:
            query.setdefault(name, []).append(word)
        found = walk(auditor, asked.address, query)
        wanted = selected(rows, asked, chosen, order)
        counted_rows = made(auditor.get(asked.address, query))["count"]

        assert [asked.name(row) for row in found] == wanted
        assert counted_rows == {"rows": len(wanted), "more": False}

    walked()


@pytest.mark.usefixtures("house")
def test_failing_results_on_an_instrument_between_dates_are_one_question(
    auditor: ApiClient,
) -> None:
    question = {
        "verdict": "fail",
        "category": "viability",
        "instrument": "cc-2",
        "performed_from": (now() - timedelta(days=1)).isoformat(),
        "performed_until": now().isoformat(),
    }

    (found,) = made(auditor.get("results/", question))["results"]

    assert (found["lot"], found["verdict"], found["instrument"]) == ("B-1", "fail", "CC-2")
    assert (found["standing"], found["limit"]) == ("counts", "≥ 90.0 %")
    assert found["links"]["lot"] == "/api/v1/lots/B-1/"


@pytest.mark.usefixtures("lots")
def test_lots_are_found_by_when_something_on_record_of_them_changed(auditor: ApiClient) -> None:
    before = now()
    place_hold(context(people().quality), lot="A-2")
    after = now()
    place_hold(context(people().quality), lot="B-1")

    def found(**query: datetime) -> list[str]:
        asked = {name: at.isoformat() for name, at in query.items()}
        return [row["number"] for row in made(auditor.get("lots/", asked))["results"]]

    assert sorted(found(changed_from=before)) == ["A-2", "B-1"]
    assert found(changed_from=before, changed_until=after) == ["A-2"]
    assert found(changed_from=after) == ["B-1"]
    assert len(found(changed_until=before)) == 4


REFUSED: list[tuple[str, dict[str, Any], int, str]] = [
    ("lots/", {"order": "colour"}, 400, "unknown_choice"),
    ("lots/", {"fields": "number,colour"}, 400, "unknown_choice"),
    ("lots/", {"fields": ""}, 400, "unknown_choice"),
    ("lots/", {"expand": "colour"}, 400, "unknown_choice"),
    ("lots/A-1/", {"fields": "colour"}, 400, "unknown_choice"),
    ("donors/", {"expand": "results"}, 422, "unknown_parameter"),
    ("lots/", {"colour": "red"}, 422, "unknown_parameter"),
    ("lots/", {"order": ["made", "number"]}, 422, "repeated_parameter"),
    ("lots/", {"made_from": ["2026-01-01", "2026-02-01"]}, 422, "repeated_parameter"),
    ("lots/", {"count": "0"}, 422, "invalid_value"),
    ("lots/", {"count": "10001"}, 422, "invalid_value"),
    ("lots/", {"count": "all"}, 422, "invalid_value"),
    ("lots/", {"expand": "results", "page_size": "101"}, 422, "invalid_value"),
    ("lots/", {"status": "blue"}, 422, "invalid_value"),
    ("lots/", {"status": ["released", "blue"]}, 422, "invalid_value"),
    ("lots/", {"status": ["released", ""]}, 422, "invalid_value"),
    ("lots/", {"number": [f"A-{n}" for n in range(51)]}, 422, "invalid_value"),
    ("lots/", {"number": "\x00"}, 422, "invalid_value"),
    ("runs/", {"from_paper": "maybe"}, 422, "invalid_value"),
    ("runs/", {"performed_from": "2026-11-30"}, 422, "invalid_value"),
    ("runs/", {"performed_from": "2026-11-30T10:00:00"}, 422, "invalid_value"),
]


def test_what_a_list_cannot_answer_is_refused_and_never_passed_over(auditor: ApiClient) -> None:
    for address, query, status, code in REFUSED:
        assert (address, query, refusal(auditor.get(address, query))) == (
            *(address, query),
            (status, code),
        )


OF_A_LIST = {"order", "fields", "expand", "count", "format", "pack", "cursor", "page_size", "as_of"}


def test_a_filter_without_a_value_is_refused_in_every_list() -> None:
    """It would choose everything. Of a closed list the words are named."""
    quality, asked = client_of("quality"), 0
    for address, item in description()["paths"].items():
        parameters = {one["name"]: one for one in item.get("get", {}).get("parameters", ())}
        if "order" not in parameters or "{" in address:
            continue
        for name in parameters.keys() - OF_A_LIST:
            schema = parameters[name]["schema"]
            words = schema.get("items", schema).get("enum", [])
            told = problem(quality.get(address, {name: ["", " "][asked % 2]}))
            asked += 1
            assert (told["status"], told["errors"][0]["field"]) == (422, name), address
            assert all(word in told["errors"][0]["message"] for word in words), address
            assert "" not in words
            assert words or schema.get("items", schema)["minLength"] == 1, (address, name)
    assert asked > 150


def test_a_cursor_without_a_value_begins_nothing_anew(auditor: ApiClient) -> None:
    assert refusal(auditor.get("lots/", {"cursor": ""})) == (400, "invalid_cursor")


def test_who_asks_for_what_there_is_not_is_told_what_there_is(auditor: ApiClient) -> None:
    told = problem(auditor.get("lots/", {"fields": "number,colour"}))

    assert told["detail"].startswith("fields takes number, product, status,")
    assert told["field"] == "fields"


@pytest.mark.usefixtures("lots")
def test_a_cursor_holds_for_its_order_and_its_filters_alone(auditor: ApiClient) -> None:
    following = made(auditor.get("lots/", {"page_size": "1", "order": "number"}))["next"]

    assert made(auditor.get(f"{following}&fields=number"))["results"] == [{"number": "A-2"}]
    assert refusal(auditor.get(f"{following}&status=on_hold")) == (400, "invalid_cursor")
    assert refusal(auditor.get(following.replace("order=number", "order=made"))) == (
        400,
        "invalid_cursor",
    )


@pytest.mark.usefixtures("lots")
def test_only_what_is_asked_for_is_shown_and_counted(auditor: ApiClient) -> None:
    (row, *_) = made(auditor.get("lots/", {"fields": "status, number", "order": "number"}))[
        "results"
    ]
    one = auditor.get("lots/A-1/", {"fields": "number"})

    assert row == {"number": "A-1", "status": "quarantined"}
    assert made(one) == {"number": "A-1"}
    assert one.headers["ETag"] == auditor.etag("A-1")

    # A count stops where it is told to.
    assert made(auditor.get("lots/", {"count": "3"}))["count"] == {"rows": 3, "more": True}
    assert made(auditor.get("lots/", {"count": "4"}))["count"] == {"rows": 4, "more": False}
