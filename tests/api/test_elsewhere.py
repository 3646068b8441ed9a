"""Results made elsewhere or before: outside laboratories, paper, and parent lots."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from products.domain.criteria import SatisfiedBy
from tests.api.clients import ApiClient, client_of, made, refusal
from tests.outside import SCAN, SITE, go_live, laboratory, paper_result, transcribed
from tests.records import (
    VIABILITY,
    ZONE,
    approved_specification,
    lot,
    now,
    product,
    sample,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
YEAR = timedelta(days=365)


@pytest.fixture
def analyst() -> ApiClient:
    lot()
    return client_of("analyst")


def codes(client: ApiClient, number: str = LOT) -> set[str]:
    return {block["code"] for block in made(client.get(f"lots/{number}/"))["blocks"]}


def opening(**changes: Any) -> dict[str, Any]:
    known = {"purpose": "release", "criterion": "viability", "performed_zone": ZONE}
    return known | {"performed_at": now().isoformat()} | changes


def report(evidence: str) -> dict[str, Any]:
    known = {"report_number": "R-118", "reported_on": f"{today()}", "signed_by": "Dr. L. Labor"}
    return known | {"system": "NC-202", "controls": "acceptable", "evidence": evidence}


def test_an_outside_result_rests_on_its_report_and_the_reviewer_who_compared_it(
    analyst: ApiClient,
) -> None:
    quality, reviewer = client_of("quality"), client_of("reviewer")
    made(analyst.post("laboratories/", {"code": "CTL-1", "name": "Lab", "address": "Basel"}))
    days = {"qualified_from": f"{today() - YEAR}", "qualified_until": f"{today() + YEAR}"}
    qualified = made(quality.sign("laboratories/ctl-1/qualify/", document="QAG-003", **days))
    opened = analyst.post(f"samples/{sample().number}/runs/", opening(laboratory="CTL-1"))
    run = made(opened)["number"]
    file = made(analyst.attach("report.pdf", SCAN, kind="run", key=run))["id"]
    value = {"name": "reported", "value": "98.2", "unit": "%"}
    made(analyst.post(f"runs/{run}/readings/", {"readings": [value]}))

    early = analyst.post(f"runs/{run}/submit/")
    recorded = made(analyst.post(f"runs/{run}/report/", report(file)))
    made(analyst.post(f"runs/{run}/submit/"))
    without = reviewer.sign(f"lots/{LOT}/reviews/", runs=[run])
    made(reviewer.sign(f"lots/{LOT}/reviews/", runs=[run], compared={run: file}))

    assert qualified["qualifications"][0]["signature"]["printed_name"] == "Quentin Quality"
    assert (made(opened)["instrument"], made(opened)["laboratory"]) == (None, "CTL-1")
    assert refusal(early) == (409, "report_missing")
    assert recorded["reports"][0]["evidence"]["id"] == file
    assert (recorded["reports"][0]["report_number"], recorded["reports"][0]["controls"]) == (
        "R-118",
        "acceptable",
    )
    assert refusal(without) == (422, "comparison_missing")
    read = made(analyst.get("runs/", {"laboratory": "ctl-1"}))["results"][0]
    assert read["results"][0]["review"]["compared_with"]["id"] == file
    assert codes(analyst) == set()
    assert made(analyst.get("laboratories/"))["results"] == [qualified]


def test_a_report_that_contradicts_itself_is_refused(analyst: ApiClient) -> None:
    laboratory()
    opened = analyst.post(f"samples/{sample().number}/runs/", opening(laboratory="CTL-1"))
    run = made(opened)["number"]
    file = made(analyst.attach("report.pdf", SCAN, kind="run", key=run))["id"]
    elsewhere = made(analyst.attach("report.pdf", SCAN, kind="lot", key=LOT))["id"]

    def sent(**changes: Any) -> tuple[int, str]:
        return refusal(analyst.post(f"runs/{run}/report/", report(file) | changes))

    assert sent(controls="fine") == (422, "invalid_value")
    assert sent(reported_on=f"{today() + YEAR}") == (422, "in_future")
    assert sent(evidence=elsewhere) == (422, "invalid_value")
    assert sent(ended_on=f"{today() + YEAR}") == (422, "invalid_value")


def test_a_run_needs_an_instrument_a_laboratory_or_paper(analyst: ApiClient) -> None:
    refused = analyst.post(f"samples/{sample().number}/runs/", opening())

    assert refusal(refused) == (422, "invalid_value")


def test_paper_counts_once_a_second_person_has_verified_it(analyst: ApiClient) -> None:
    quality, reviewer = client_of("quality"), client_of("reviewer")
    declared = made(quality.sign(f"sites/{SITE}/go-live/", on=f"{today()}"))
    run = paper_result().run.number
    scan = made(analyst.attach("page.pdf", SCAN, kind="run", key=run))["id"]
    paper = {"kind": "run", "key": run, "signatory": "P. Pfeiffer", "evidence": scan}
    dated = f"{today() - timedelta(days=2)}"

    late = analyst.post("transcriptions/", paper | {"dated_on": f"{today()}"})
    number = made(analyst.post("transcriptions/", paper | {"dated_on": dated}))["number"]
    unverified = codes(analyst)
    waiting = made(analyst.get("transcriptions/", {"waiting": "true", "lot": LOT}))["results"]
    signed = reviewer.sign(f"transcriptions/{number}/verify/", outcome="confirmed")

    assert declared["go_live_on"] == f"{today()}"
    assert made(analyst.get("sites/"))["results"] == [declared]
    assert refusal(late) == (422, "not_before_go_live")
    assert "paper_unverified" in unverified
    assert [row["record"] for row in waiting] == [f"Run {run}"]
    assert made(signed)["verification"]["signature"]["printed_name"] == "Rita Romero"
    assert "paper_unverified" not in codes(analyst)
    read = made(analyst.get("runs/", {"from_paper": "true"}))["results"][0]
    assert (read["transcription"]["signatory"], read["transcription"]["dated_on"]) == (
        "P. Pfeiffer",
        dated,
    )
    assert made(analyst.get("transcriptions/", {"waiting": "true"}))["results"] == []


def test_documents_show_the_paper_that_they_were_in_force_on(analyst: ApiClient) -> None:
    go_live()
    transcribed("method", "VIA-01 v1")
    transcribed("specification", "EXO-1 v1")

    method = made(analyst.get("methods/via-01/"))["versions"][0]
    specification = made(analyst.get("specifications/EXO-1/1/"))

    for document in (method, specification):
        assert document["transcription"]["signatory"] == "P. Pfeiffer"
        assert document["transcription"]["verification"] is None


def test_an_inherited_result_names_the_lot_that_it_was_measured_on(analyst: ApiClient) -> None:
    run = submitted_run().run.number
    product("EXO-2")
    approved_specification("EXO-2", [replace(VIABILITY, satisfied_by=SatisfiedBy.PARENT)])
    lot("EV-26-002", product="EXO-2", parents=[LOT])

    criterion = made(analyst.get("lots/EV-26-002/results/"))["categories"][0]["criteria"][0]

    assert (criterion["satisfied_by"], criterion["runs"]) == ("parent", [])
    assert [(row["lot"], row["number"]) for row in criterion["inherited"]] == [(LOT, run)]
    assert made(analyst.get("lots/EV-26-002/"))["parents"] == [
        {"number": LOT, "status": "quarantined", "status_label": "Quarantine"}
    ]
