"""The main job over the API: record, review, release; an auditor reads the status and why."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.clients import ApiClient, client_of, made
from tests.records import people

pytestmark = pytest.mark.django_db

ZONE = "America/New_York"
CRITERIA = [
    {
        "code": "PURITY",
        "attribute": "Particles per protein",
        "category": "purity",
        "stage": "final_container",
        "method": "NTA",
        "kind": "lower",
        "lower": "3.0E8",
        "unit": "{particles}/ug",
    },
    {
        "code": "VIABILITY",
        "attribute": "Viability",
        "category": "viability",
        "stage": "parent_cells",
        "method": "TB",
        "kind": "lower",
        "lower": "90",
        "unit": "%",
    },
]
NTA = {
    "readings": [
        {"name": "particles", "value": "4.9E9", "replicate": 1},
        {"name": "particles", "value": "5.0E9", "replicate": 2},
        {"name": "particles", "value": "5.1E9", "replicate": 3},
        {"name": "dilution", "value": "100"},
        {"name": "protein", "value": "500"},
    ]
}
COUNTS = {"readings": [{"name": "live", "value": "196"}, {"name": "dead", "value": "4"}]}


def prepare(analyst: ApiClient, quality: ApiClient) -> None:
    """Donor, source, instrument, product, methods and an approved specification."""
    made(analyst.post("donors/", {"code": "D-0077"}))
    made(
        quality.sign(
            "donors/D-0077/determinations/",
            outcome="eligible",
            determined_on="2026-01-05",
            establishment="Northside Cord Bank",
            summary_of_records="SOR-77",
        )
    )
    source = {"number": "WJ-77", "donor": "D-0077", "kind": "whartons_jelly"}
    made(
        analyst.post(
            "sources/",
            source | {"recovered_at": "2026-01-02T08:00:00-05:00", "recovery_zone": ZONE},
        )
    )
    instrument = {"code": "NS-1", "model": "NanoSight", "serial_number": "7"}
    made(analyst.post("instruments/", instrument))
    calibrated = {"calibrated_on": "2026-01-05", "valid_until": "2030-01-05", "document": "CAL-1"}
    made(analyst.post("instruments/NS-1/calibrations/", calibrated | {"outcome": "passed"}))
    made(
        analyst.post(
            "products/",
            {"code": "WJEV", "name": "WJ EV", "basis": "us_ind", "basis_reference": "IND 12345"}
            | {"storage": "-80 C", "label_claim": "1.0E11", "fill_volume_ml": "1.0"},
        )
    )
    for code, formula, unit, category, family, replicates in (
        ("NTA", "particle_to_protein", "{particles}/ug", "purity", "nta", 3),
        ("TB", "viability", "%", "viability", "", 1),
    ):
        method = {"code": code, "name": code, "attribute": code, "category": category}
        method["family"] = family
        made(analyst.post("methods/", method))
        version = {"document": f"SOP-{code}", "formula": formula, "unit": unit}
        made(analyst.post(f"methods/{code}/versions/", version | {"replicates": replicates}))
        made(quality.sign(f"methods/{code}/versions/1/approve/"))
        trained: dict[str, Any] = {
            "method": code,
            "version": 1,
            "trained_on": "2026-01-05",
            "document": "TRN-1",
        }
        person = str(people().analyst.person_id)
        made(quality.sign("trainings/", person=person, **trained))
    drafted = {"product": "WJEV", "document": "SPEC-1", "effective_from": "2026-01-01"}
    made(analyst.post("specifications/", drafted | {"criteria": CRITERIA}))
    made(quality.sign("specifications/WJEV/1/approve/"))


def record(analyst: ApiClient, stage: str, criterion: str, readings: dict[str, Any]) -> str:
    """A sample of the stage, and a submitted run on it; its number."""
    at = datetime.now(UTC)
    drawn = {"stage": stage, "container": "Cryovial", "drawn_at": at.isoformat()}
    sample = made(analyst.post("lots/WJ-26-001/samples/", drawn | {"drawn_zone": ZONE}))
    opened = {"purpose": "release", "criterion": criterion, "instrument": "NS-1"}
    performed = {"performed_at": at.isoformat(), "performed_zone": ZONE}
    run = made(analyst.post(f"samples/{sample['number']}/runs/", opened | performed))
    made(analyst.post(f"runs/{run['number']}/readings/", readings))
    submitted = made(analyst.post(f"runs/{run['number']}/submit/"))
    assert submitted["results"][-1]["verdict"] == "pass"
    return str(run["number"])


def test_a_lot_is_recorded_reviewed_released_and_read_by_an_auditor() -> None:
    analyst, quality = client_of("analyst"), client_of("quality")
    prepare(analyst, quality)
    lot = {"number": "WJ-26-001", "product": "WJEV", "made_on": "2026-02-02", "vials": 40}
    made(analyst.post("lots/", lot | {"sources": ["WJ-77"], "expires": "2030-01"}))
    runs = [
        record(analyst, "final_container", "PURITY", NTA),
        record(analyst, "parent_cells", "VIABILITY", COUNTS),
    ]

    made(client_of("reviewer").sign("lots/WJ-26-001/reviews/", runs=runs))
    made(quality.sign("lots/WJ-26-001/release/"))

    auditor = client_of("auditor")
    read = auditor.get("lots/wj-26-001/").json()
    assert (read["status"], read["blocks"]) == ("released", [])
    assert read["basis"] == "investigational, under a US IND (IND 12345)"
    assert read["decisions"][0]["signature"]["printed_name"] == "Quentin Quality"
    evaluation = auditor.get("lots/WJ-26-001/evaluation/").json()
    assert {rule["outcome"] for rule in evaluation["rules"]} == {"met", "decided_at_signing"}
    categories = auditor.get("lots/WJ-26-001/results/").json()["categories"]
    shown = categories[0]["criteria"][0]
    assert shown["limit"] == "≥ 3.0E8 particles/µg"
    assert shown["runs"][0]["results"][0]["review"]["signature"]["printed_name"] == "Rita Romero"
