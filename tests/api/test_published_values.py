"""Values printed in two papers, entered over the API and judged by the limits of a third.

SCRT2022 and OMICS-S6-002 print what was observed without limits; WJSC2025 prints limits for
parent cells.
"""

from __future__ import annotations

import csv
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.api.clients import ApiClient, client_of, made
from tests.records import ZONE, instrument, source

pytestmark = pytest.mark.django_db
PUBLISHED = Path(__file__).parents[1] / "data" / "published_lots"
LIMITS = "ev_wjsc2025_MSC_EV_spec.csv"
SCRT2022 = "cells_scrt2022_hUCMSC_4batches_observed.csv"
OMICS = "cells_omics_S6002_hUCMSC_single_lot_observed.csv"
UNITS = {"": "", "%": "%", "EU/mL": "[EU]/mL", "EU (no denominator printed)": "[EU]"}
KINDS = {"qual": "word", ">=": "lower", "<": "upper", "<=": "upper"}


def rows(name: str) -> list[dict[str, str]]:
    with (PUBLISHED / name).open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def criterion(row: dict[str, str]) -> dict[str, Any]:
    is_strict = row["operator"] == "<"
    return {
        "code": row["attribute"],
        "attribute": row["attribute"],
        "category": "viability" if row["attribute"] == "viability" else "safety",
        "stage": "parent_cells",
        "method": row["attribute"].upper(),
        "kind": KINDS[row["operator"]],
        "lower": row["limit_low"],
        "upper": row["limit_high"],
        "upper_strict": is_strict,
        "compare_on": "unrounded" if is_strict else "",
        "unit": UNITS[row["unit"]],
        "allowed_words": [row["limit_as_printed"]] if row["operator"] == "qual" else [],
    }


@pytest.fixture
def analyst() -> ApiClient:
    """An analyst of a house whose product has the parent-cell criteria of WJSC2025 in force."""
    analyst, quality = client_of("analyst"), client_of("quality")
    criteria = [
        criterion(row)
        for row in rows(LIMITS)
        if row["stage"] == "parent_cells"
        and row["attribute"] in {"sterility", "endotoxin", "mycoplasma", "viability"}
    ]
    for item in criteria:
        code = item["method"]
        method = {"code": code, "name": item["attribute"], "attribute": item["attribute"]}
        made(analyst.post("methods/", method | {"category": item["category"]}))
        formula = "word" if item["kind"] == "word" else "value"
        drafted = {"document": "WJSC2025, table 1", "formula": formula}
        unit = {"unit": item["unit"] or "{word}"}
        made(analyst.post(f"methods/{code}/versions/", drafted | unit))
        made(quality.sign(f"methods/{code}/versions/1/approve/"))
    made(
        analyst.post(
            "products/",
            {"code": "UCMSC", "name": "Parent cells", "basis": "research_use_only"}
            | {"storage": "-196 C"},
        )
    )
    specification = {"product": "UCMSC", "document": "doi 10.4252/wjsc.v17.i10.110445, table 1"}
    made(
        analyst.post(
            "specifications/",
            specification | {"effective_from": "2026-01-01", "criteria": criteria},
        )
    )
    made(quality.sign("specifications/UCMSC/1/approve/"))
    source()
    instrument()
    return analyst


@pytest.mark.parametrize(
    ("paper", "attribute", "entered", "verdict"),
    [
        (SCRT2022, "viability", ("98.2", "%"), "pass"),
        (SCRT2022, "endotoxin", ("<0.5", "[EU]/mL"), "pass"),
        (OMICS, "endotoxin", ("2.0", "[EU]"), "not_comparable"),
    ],
)
def test_published_values_are_judged_by_published_limits(
    analyst: ApiClient, paper: str, attribute: str, entered: tuple[str, str], verdict: str
) -> None:
    printed = next(row for row in rows(paper) if row["attribute"] == attribute)
    # The grammar of values has no inner spaces: "< 0.5" is typed as <0.5.
    value, unit = printed["observed"].replace(" ", ""), UNITS[printed["unit"]]
    now = datetime.now(UTC).isoformat()
    lot = {"number": printed["source_id"], "product": "UCMSC", "made_on": "2026-01-05"}
    made(analyst.post("lots/", lot | {"vials": 1, "sources": ["UC-0042"]}))
    drawn = {"stage": "parent_cells", "container": "Bag", "drawn_at": now, "drawn_zone": ZONE}
    sample = made(analyst.post(f"lots/{printed['source_id']}/samples/", drawn))["number"]
    opened = {"purpose": "release", "criterion": attribute, "instrument": "NTA-7"}
    performed = {"performed_at": now, "performed_zone": ZONE}
    run = made(analyst.post(f"samples/{sample}/runs/", opened | performed))["number"]
    reading = {"name": "value", "value": value, "unit": unit}
    made(analyst.post(f"runs/{run}/readings/", {"readings": [reading]}))

    result = made(analyst.post(f"runs/{run}/submit/"))["results"][-1]

    assert (value, unit) == entered
    assert result["verdict"] == verdict
