"""Runs and what they rest on, entered and read over the API."""

from __future__ import annotations

from typing import Any

import pytest

from products.domain.sources import TissueKind
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.records import (
    MEDIA,
    STERILITY,
    VIABILITY,
    ZONE,
    instrument,
    lot,
    media_lot,
    now,
    opened_run,
    sample,
    source,
    submitted_run,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]
LOT = "EV-26-001"


@pytest.fixture
def analyst() -> ApiClient:
    lot(criteria=[VIABILITY, STERILITY])
    return client_of("analyst")


def counts(live: str, dead: str) -> dict[str, Any]:
    return {"readings": [{"name": "live", "value": live}, {"name": "dead", "value": dead}]}


def test_every_reading_ever_saved_is_shown(analyst: ApiClient) -> None:
    run = opened_run().number
    analyst.post(f"runs/{run}/readings/", counts("196", "4"))

    read = made(analyst.post(f"runs/{run}/readings/", counts("197", "4")))

    assert [(row["value"], row["is_current"]) for row in read["readings"]] == [
        ("196", False),
        ("4", True),
        ("197", True),
    ]


def test_readings_are_kept_and_submitted_in_one_request(analyst: ApiClient) -> None:
    run = opened_run().number
    analyst.post(f"runs/{run}/readings/", {"readings": [{"name": "live", "value": "196"}]})
    dead = {"readings": [{"name": "dead", "value": "4"}]}

    read = made(analyst.post(f"runs/{run}/submit/", dead))

    assert [row["value"] for row in read["readings"]] == ["196", "4"]
    assert (read["state"], read["results"][0]["verdict"]) == ("submitted", "pass")


def test_a_reading_that_is_refused_submits_and_keeps_nothing(analyst: ApiClient) -> None:
    run = opened_run().number

    refused = analyst.post(f"runs/{run}/submit/", counts("196", "many"))

    assert refusal(refused) == (422, "unreadable_value")
    assert made(analyst.get(f"runs/{run}/"))["readings"] == []
    assert made(analyst.get(f"runs/{run}/"))["state"] == "saved"


def test_a_sterility_run_keeps_media_vessels_and_supporting_records(analyst: ApiClient) -> None:
    instrument()
    media_lot()
    at = now().isoformat()
    opened = analyst.post(
        f"samples/{sample(stage=STERILITY.stage).number}/runs/",
        {"purpose": "release", "criterion": "sterility", "instrument": "NTA-7"}
        | {"performed_at": at, "performed_zone": ZONE}
        | {"media": [{"material": "FTM", "number": "M-1"}]},
    )
    vessels = [
        {"name": "growth", "value": "no growth", "vessel": f"{medium}-{role}", "medium": medium}
        | {"role": role, "read_at": at}
        for medium in MEDIA
        for role in ("product", "negative_control")
    ]
    support = {"kind": "growth_promotion", "document_number": "GP-1", "outcome": "passed"}
    run = made(opened)["number"]
    analyst.post(
        f"runs/{run}/readings/",
        {"readings": vessels, "supports": [support | {"signed_by": "Rita Romero"}]},
    )

    read = made(analyst.post(f"runs/{run}/submit/"))

    assert opened.headers["Location"] == f"/api/v1/runs/{run}/"
    assert read["media"] == ["FTM M-1"]
    assert (read["results"][0]["verdict"], read["results"][0]["final"]) == ("interim", False)
    assert read["results"][0]["final_at"] > at[:19]
    assert len(read["readings"]) == 4
    assert read["supports"][0]["document_number"] == "GP-1"


def test_a_run_is_discarded_with_a_reason_and_stays_listed(analyst: ApiClient) -> None:
    run = opened_run().number

    refused = analyst.post(f"runs/{run}/discard/")
    made(analyst.post(f"runs/{run}/discard/", {"reason": "Wrong sample"}))

    assert refusal(refused) == (422, "reason_missing")
    listed = made(analyst.get("runs/", {"state": "discarded", "lot": LOT}))["results"]
    assert [(row["number"], row["discard_reason"]) for row in listed] == [(run, "Wrong sample")]


def test_what_the_address_names_and_is_missing_is_not_found(analyst: ApiClient) -> None:
    for path in ("samples/NOPE/", "runs/NOPE/", "investigations/NOPE/", "donors/D-9999/"):
        assert refusal(analyst.get(path)) == (404, "not_found")
    assert refusal(analyst.post("runs/NOPE/submit/")) == (404, "not_found")
    assert refusal(analyst.post("runs/NOPE/readings/", {"readings": []})) == (404, "not_found")


def test_an_investigation_is_opened_by_quality(analyst: ApiClient) -> None:
    run = submitted_run().run.number

    opened = client_of("quality").post(
        f"runs/{run}/investigations/", {"reason": "Made on the wrong sample"}
    )

    assert made(opened)["kind"] == "deviation"
    read = made(analyst.get(f"investigations/{made(opened)['number']}/"))
    assert (read["run"], read["conclusion"]) == (run, None)


def test_a_review_leaves_a_run_out_and_names_the_others(analyst: ApiClient) -> None:
    first = submitted_run().run.number
    left_out = submitted_run(purpose="information").run.number

    review = made(client_of("reviewer").sign(f"lots/{LOT}/reviews/", runs=[first]))

    assert (review["lot"], review["runs"]) == (LOT, [first])
    assert made(analyst.get(f"runs/{first}/"))["results"][0]["review"]["comment"] == ""
    assert made(analyst.get(f"runs/{left_out}/"))["results"][0]["review"] is None


def test_samples_are_found_by_lot_and_stage(analyst: ApiClient) -> None:
    number = sample().number

    of_lot = made(analyst.get(f"lots/{LOT}/samples/"))["results"]
    of_stage = made(analyst.get("samples/", {"lot": LOT, "stage": "parent_cells"}))["results"]

    assert of_lot == of_stage == [made(analyst.get(f"samples/{number}/"))]


def test_a_donor_is_a_code_and_an_eligibility_and_nothing_else(analyst: ApiClient) -> None:
    made(analyst.post("donors/", {"code": "D-0100"}))

    assert made(analyst.get("donors/d-0100/")) == {
        "code": "D-0100",
        "eligibility": "undetermined",
        "determined_on": None,
    }
    eligible = made(analyst.get("donors/", {"outcome": "eligible"}))["results"]
    assert [set(row) for row in eligible] == [{"code", "eligibility", "determined_on"}]


@pytest.mark.parametrize("code", ["Jane Doe", "1980-02-03", "123-45-6789", "MRN123"])
def test_a_code_that_may_name_a_person_is_refused(analyst: ApiClient, code: str) -> None:
    assert refusal(analyst.post("donors/", {"code": code})) == (422, "donor_code_refused")


def test_a_cell_bank_names_the_tissue_it_was_made_from(analyst: ApiClient) -> None:
    source()
    bank = {"number": "MCB-1", "donor": "D-0042", "kind": TissueKind.UMBILICAL_CORD}
    made(
        analyst.post(
            "sources/",
            bank
            | {"form": "master_cell_bank", "made_from": "UC-0042"}
            | {"recovered_at": now().isoformat(), "recovery_zone": ZONE},
        )
    )

    read = made(analyst.get("sources/MCB-1/"))

    assert (read["form"], read["made_from"]) == ("master_cell_bank", "UC-0042")


def test_media_lots_are_registered_and_found_by_material(analyst: ApiClient) -> None:
    for material in ("FTM", "SCDM"):
        body = {"material": material, "number": "7", "manufacturer": "Merck"}
        made(analyst.post("media-lots/", body | {"expires_on": "2030-01-31"}))

    found = made(analyst.get("media-lots/", {"material": "scdm"}))["results"]

    assert [row["number"] for row in found] == ["7"]
    first = made(analyst.get("media-lots/", {"page_size": "1"}))
    second = made(analyst.get(first["next"]))
    assert [row["material"] for row in first["results"] + second["results"]] == ["FTM", "SCDM"]


def test_instruments_are_listed_by_code(analyst: ApiClient) -> None:
    instrument("ZV-2")
    instrument("NTA-7")

    assert [row["code"] for row in made(analyst.get("instruments/"))["results"]] == [
        "NTA-7",
        "ZV-2",
    ]


def test_a_retired_method_names_both_signatures(analyst: ApiClient) -> None:
    made(client_of("quality").sign("methods/VIA-01/versions/1/retire/", reason="Replaced"))

    version = made(analyst.get("methods/via-01/"))["versions"][0]

    assert version["state"] == "retired"
    assert (version["approval"]["meaning"], version["retirement"]["reason"]) == (
        "Approved",
        "Replaced",
    )


def test_an_unknown_version_is_not_found(analyst: ApiClient) -> None:
    quality = client_of("quality")

    for path in ("methods/VIA-01/versions/9/approve/", "specifications/EXO-1/9/approve/"):
        assert refusal(quality.sign(path)) == (404, "not_found")
    assert refusal(analyst.get("specifications/EXO-1/9/")) == (404, "not_found")
    assert refusal(analyst.get("products/NOPE/")) == (404, "not_found")
    assert refusal(analyst.get("methods/NOPE/")) == (404, "not_found")
    assert refusal(analyst.get("sources/NOPE/")) == (404, "not_found")


def test_a_specification_shows_its_limits_as_people_read_them(analyst: ApiClient) -> None:
    read = made(analyst.get("specifications/exo-1/1/"))

    assert [(row["code"], row["limit"]) for row in read["criteria"]] == [
        ("viability", "≥ 90.0 %"),
        ("sterility", "no growth"),
    ]
    assert read["approval"]["printed_name"] == "Quentin Quality"
    listed = made(analyst.get("specifications/", {"product": "EXO-1"}))["results"]
    assert [row["version"] for row in listed] == [1]
    assert made(analyst.get("products/exo-1/"))["latest_specification"] == 1
    ours = made(analyst.get("products/", {"basis": "us_ind"}))["results"]
    assert [row["basis_text"] for row in ours] == ["investigational, under a US IND (IND 12345)"]


def test_a_word_that_is_not_of_the_list_is_named(analyst: ApiClient) -> None:
    refused = analyst.post(
        f"lots/{LOT}/samples/",
        {"stage": "freezer", "container": "x", "drawn_at": now().isoformat(), "drawn_zone": ZONE},
    )

    assert problem(refused)["errors"][0]["message"] == (
        "'freezer' is not one of: parent_cells, harvest, bulk, final_container."
    )
