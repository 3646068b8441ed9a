"""What happens to a lot after its release: recalls, changes, other specification versions."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.api.clients import ApiClient, client_of, made, refusal
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    approved_specification,
    counted,
    lot,
    submitted_run,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
TIGHTER = replace(VIABILITY, lower="99.0")


@pytest.fixture
def quality() -> ApiClient:
    """Of a house with one released lot, which rests on one result."""
    lot()
    run = submitted_run().run.number
    made(client_of("reviewer").sign(f"lots/{LOT}/reviews/", runs=[run]))
    client = client_of("quality")
    made(client.sign(f"lots/{LOT}/release/"))
    return client


def test_a_released_lot_is_recalled_for_good(quality: ApiClient) -> None:
    recalled = made(quality.sign(f"lots/{LOT}/recall/", reason="Complaint C-7"))
    again = quality.sign(f"lots/{LOT}/recall/")

    assert (recalled["status"], recalled["status_label"]) == ("recalled", "Recalled")
    assert [row["kind"] for row in recalled["decisions"]] == ["release", "recall"]
    assert refusal(again) == (409, "wrong_status")
    assert made(client_of("auditor").get("lots/", {"status": "recalled"}))["results"]


def test_a_lot_that_was_never_released_is_not_recalled(quality: ApiClient) -> None:
    lot("EV-26-002")

    assert refusal(quality.sign("lots/EV-26-002/recall/")) == (409, "wrong_status")


def test_a_change_after_release_is_listed_holds_and_is_acknowledged(quality: ApiClient) -> None:
    run = made(quality.get("runs/", {"lot": LOT}))["results"][0]["number"]
    before = made(quality.get(f"lots/{LOT}/changes-since-release/"))
    right = [{"name": "live", "value": "985"}]
    amended = client_of("analyst").sign(
        f"runs/{run}/correct/", readings=right, source_document="Notebook 7"
    )
    made(amended)
    made(client_of("reviewer").sign(f"lots/{LOT}/reviews/", runs=[run]))

    held = made(quality.get(f"lots/{LOT}/"))
    changes = made(quality.get(f"lots/{LOT}/changes-since-release/"))
    seen = made(quality.sign(f"lots/{LOT}/acknowledge/", reason="Looked at it"))
    nothing = quality.sign(f"lots/{LOT}/acknowledge/")

    assert (before["was_released"], before["every"]) == (True, [])
    assert held["status"] == "on_hold"
    assert held["holds"][0]["caused_by"] == "run.correct"
    assert "changed_after_release" in {block["code"] for block in held["blocks"]}
    assert changes["every"] == changes["new"]
    assert {row["record"] for row in changes["new"]} >= {f"run {run}"}
    assert [row["number"] for row in seen["acknowledgements"]] == [1]
    assert refusal(nothing) == (409, "wrong_status")
    later = made(quality.get(f"lots/{LOT}/changes-since-release/"))
    assert f"run {run}" not in {row["record"] for row in later["new"]}
    assert f"run {run}" in {row["record"] for row in later["every"]}


def test_a_lot_that_was_not_released_has_no_changes_since(quality: ApiClient) -> None:
    lot("EV-26-002")

    assert made(quality.get("lots/EV-26-002/changes-since-release/")) == {
        "lot": "EV-26-002",
        "was_released": False,
        "every": [],
        "new": [],
    }


def test_both_verdicts_are_shown_after_a_change_of_specification(quality: ApiClient) -> None:
    lot("EV-26-002")
    run = submitted_run(lot="EV-26-002", readings=counted("982", "18")).run.number
    approved_specification(criteria=[TIGHTER])

    changed = made(quality.sign("lots/EV-26-002/change-specification/", reason="CR-17", version=2))

    change = changed["specification_changes"][0]
    assert (change["from_version"], change["to_version"], change["justification"]) == (
        1,
        2,
        "CR-17",
    )
    assert changed["specification_version"] == 2
    judgements = made(quality.get(f"runs/{run}/"))["results"][0]["judgements"]
    assert [(row["specification_version"], row["verdict"]) for row in judgements] == [
        (1, "pass"),
        (2, "fail"),
    ]
    for verdict in ("pass", "fail"):
        found = made(quality.get("results/", {"verdict": verdict, "lot": "EV-26-002"}))["results"]
        assert [row["run"] for row in found] == [run]
    runs = made(quality.get("runs/", {"verdict": "fail", "lot": "EV-26-002"}))["results"]
    assert [row["number"] for row in runs] == [run]
    criterion = made(quality.get("lots/EV-26-002/results/"))["categories"][0]["criteria"][0]
    assert (criterion["limit"], [row["number"] for row in criterion["runs"]]) == ("≥ 99.0 %", [run])
    same = quality.sign("lots/EV-26-002/change-specification/", version=2)
    unknown = quality.sign("lots/EV-26-002/change-specification/", version=9)
    assert (refusal(same)[0], refusal(unknown)) == (409, (422, "unknown_reference"))


def test_two_versions_are_compared_criterion_by_criterion(quality: ApiClient) -> None:
    approved_specification(criteria=[TIGHTER, ENDOTOXIN])

    compared = made(quality.get("specifications/exo-1/compare/", {"from": "1", "to": "2"}))

    assert (compared["from_version"]["version"], compared["to_version"]["version"]) == (1, 2)
    assert compared["to_version"]["change_reason"] != ""
    assert [(row["code"], row["kind"]) for row in compared["criteria"]] == [
        ("viability", "changed"),
        ("endotoxin", "added"),
    ]
    assert compared["criteria"][0]["fields"] == [
        {"name": "lower", "label": "Lower limit", "before": "90.0", "after": "99.0"}
    ]
    assert compared["criteria"][0]["effect"].startswith("Tightened")


@pytest.mark.parametrize("query", [{}, {"from": "1"}, {"from": "1", "to": "two"}])
def test_a_comparison_names_two_versions(quality: ApiClient, query: dict[str, str]) -> None:
    refused = quality.get("specifications/EXO-1/compare/", query)
    unknown = quality.get("specifications/EXO-1/compare/", {"from": "1", "to": "9"})

    assert refusal(refused) == (422, "invalid_value")
    assert refusal(unknown) == (404, "not_found")


def test_an_official_hold_names_the_document_that_lifts_it(quality: ApiClient) -> None:
    held = made(quality.sign(f"lots/{LOT}/holds/", kind="official", reference="FDA-2026-7"))
    without = quality.sign(f"lots/{LOT}/holds/1/lift/")
    lifted = made(quality.sign(f"lots/{LOT}/holds/1/lift/", reference="FDA letter of 3 May"))

    assert (held["holds"][0]["kind"], held["holds"][0]["reference"]) == ("official", "FDA-2026-7")
    assert {block["code"] for block in held["blocks"]} >= {"official_hold_open"}
    assert without.status_code == 422
    assert lifted["holds"][0]["lift_reference"] == "FDA letter of 3 May"
    assert lifted["status"] == "released"
