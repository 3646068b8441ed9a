"""Registers over the API: equipment, training, roles, rule profiles, notes, panels."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from products.actions.accounts import set_roles
from products.domain.panels import PANELS
from tests.api.clients import ApiClient, client_of, made, problem, refusal
from tests.api.test_lots import queries_of
from tests.outside import go_live, laboratory, scan, transcribed
from tests.records import (
    approved_method,
    calibrated,
    context,
    counted,
    instrument,
    lot,
    media_lot,
    opened_run,
    people,
    person_of,
    product,
    source,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"
YEAR = timedelta(days=365)


def codes(client: ApiClient, number: str = LOT) -> set[str]:
    return {block["code"] for block in made(client.get(f"lots/{number}/"))["blocks"]}


def calibration(**changes: Any) -> dict[str, Any]:
    days = {"calibrated_on": f"{today()}", "valid_until": f"{today() + YEAR}"}
    return days | {"outcome": "passed", "document": "CAL-9"} | changes


def test_a_failed_calibration_reaches_the_lots_that_rest_on_the_instrument() -> None:
    analyst = client_of("analyst")
    lot()
    submitted_run()

    shown = made(
        analyst.post(
            "instruments/nta-7/calibrations/",
            calibration(outcome="failed", unreliable_since=f"{today()}"),
        )
    )

    assert [row["outcome"] for row in shown["calibrations"]] == ["passed", "failed"]
    assert shown["calibrations"][1]["unreliable_since"] == f"{today()}"
    assert made(analyst.get("instruments/NTA-7/")) == shown
    assert "instrument_not_calibrated" in codes(analyst)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"outcome": "fine"}, "outcome"),
        ({"calibrated_on": "9999-01-01"}, "calibrated_on"),
        ({"valid_until": "2000-01-01"}, "valid_until"),
        ({"unreliable_since": "2000-01-01"}, "unreliable_since"),
    ],
)
def test_a_calibration_that_cannot_be_is_refused(changes: dict[str, str], field: str) -> None:
    instrument()

    refused = client_of("analyst").post("instruments/NTA-7/calibrations/", calibration(**changes))

    assert (refused.status_code, problem(refused)["field"]) == (422, field)


def test_a_recalled_medium_reaches_the_lots_that_used_it() -> None:
    analyst = client_of("analyst")
    lot()
    media_lot("DYE", "D-1")
    submitted_run(media=[("DYE", "D-1")])

    without = analyst.post("media-lots/DYE/D-1/recall/", {"document": "RN-4"})
    recalled = made(
        analyst.post("media-lots/dye/d-1/recall/", {"document": "RN-4", "reason": "Impure"})
    )

    assert problem(without)["field"] == "reason"
    assert [(row["document"], row["reason"]) for row in recalled["recalls"]] == [("RN-4", "Impure")]
    assert made(analyst.get("media-lots/DYE/D-1/")) == recalled
    assert "reagent_recalled" in codes(analyst)
    nowhere = analyst.post("media-lots/DYE/D-9/recall/", {"document": "x", "reason": "x"})
    assert nowhere.status_code in {404, 422}


def test_a_training_is_signed_by_another_and_listed() -> None:
    approved_method()
    quality, who = client_of("quality"), person_of(people().reviewer)
    body: dict[str, Any] = {"method": "VIA-01", "version": 1, "document": "TRN-9"}
    body |= {"trained_on": f"{today()}"}

    trained = made(quality.sign("trainings/", person=f"{who.pk}", **body))
    own = quality.sign("trainings/", person=f"{person_of(people().quality).pk}", **body)

    assert (trained["printed_name"], trained["valid_until"]) == ("Rita Romero", None)
    assert made(quality.get("trainings/", {"person": f"{who.pk}"}))["results"] == [trained]
    assert len(made(quality.get("trainings/", {"method": "via-01"}))["results"]) == 3
    assert refusal(own) == (403, "separation_of_duties")
    assert refusal(quality.get("trainings/", {"person": "Rita"})) == (422, "invalid_value")


def test_a_role_signs_only_once_quality_has_signed_for_it() -> None:
    set_roles(context(people().admin), username="analyst2", roles=["Reviewer"])
    quality = client_of("quality")

    def of(**query: str) -> list[tuple[str, bool]]:
        rows = made(quality.get("role-grants/", {"username": "Analyst2", **query}))["results"]
        return [(row["role"], row["signs"]) for row in rows]

    before = of()
    approved = made(quality.sign("accounts/analyst2/approve-role/", role="Reviewer"))
    again = quality.sign("accounts/analyst2/approve-role/", reason="Again", role="Reviewer")

    assert before == [("Reviewer", False), ("Analyst", False)]
    assert approved["approval"]["printed_name"] == "Quentin Quality"
    assert (approved["granted_by"], approved["signs"]) == ("Ada Adminson", True)
    assert of(held="true") == of(signs="true") == [("Reviewer", True)]
    assert of(held="false") == of(role="Analyst") == [("Analyst", False)]
    assert refusal(again) == (409, "wrong_status")
    revoked = made(quality.get("role-grants/", {"username": "analyst2", "held": "false"}))
    assert revoked["results"][0]["revoked_by"] == "Ada Adminson"


def test_a_rule_that_a_profile_leaves_out_says_who_signed_for_it() -> None:
    quality = client_of("quality")
    lot(product=product("RUO", basis="research_use_only").code)

    before = made(quality.get("products/RUO/profile/"))
    assigned = made(quality.sign("products/ruo/profile/", profile="research_use_only"))
    refused = quality.sign("products/RUO/profile/", profile="phase_1_ind")

    assert (before["in_force"]["profile"], before["assignments"]) == ("strict", [])
    assert assigned["in_force"]["leaves_out"] == ["R09", "R15", "R25"]
    assert assigned["assignments"][0]["signature"]["printed_name"] == "Quentin Quality"
    assert refusal(refused) == (422, "profile_not_allowed")
    rules = made(quality.get(f"lots/{LOT}/evaluation/"))["rules"]
    noted = {row["rule"]: row["note"] for row in rules if row["outcome"] == "not_required"}
    assert set(noted) == {"R09", "R15", "R25"}
    assert "signed by Quentin Quality" in noted["R09"]
    assert made(quality.get(f"lots/{LOT}/"))["profile"] == assigned["in_force"]
    assert made(quality.get("products/RUO/"))["rule_profile"] == "research_use_only"


def test_notes_are_added_and_never_edited() -> None:
    lot()
    run = opened_run().number
    lot("EV-26-002")
    analyst = client_of("analyst")

    of_lot = made(analyst.post(f"lots/{LOT}/notes/", {"text": "Bag 2 was leaking"}))
    of_run = made(analyst.post(f"lots/{LOT}/notes/", {"text": "Counted twice", "run": run}))
    other = analyst.post("lots/EV-26-002/notes/", {"text": "x", "run": run})
    nothing = analyst.post(f"lots/{LOT}/notes/", {"text": " "})

    assert made(analyst.get(f"lots/{LOT}/notes/"))["results"] == [of_run, of_lot]
    assert made(analyst.get(f"lots/{LOT}/notes/", {"run": run}))["results"] == [of_run]
    assert of_lot["recorded_by"] == "Anna Alvarez"
    assert problem(other)["field"] == "run"
    assert problem(nothing)["field"] == "text"
    assert refusal(analyst.get("lots/NOPE/notes/")) == (404, "not_found")


def test_panels_name_what_is_tested_and_never_a_limit() -> None:
    panels = made(client_of("auditor").get("criteria-panels/"))["panels"]

    assert [panel["code"] for panel in panels] == [panel.code for panel in PANELS]
    assert "lower" not in panels[0]["templates"][0]


def test_a_method_states_its_family_and_what_makes_an_endotoxin_test_valid() -> None:
    analyst = client_of("analyst")
    method = {"code": "LAL", "name": "LAL", "attribute": "Endotoxin", "category": "safety"}
    version = {"document": "SOP-9", "formula": "endotoxin_kinetic", "unit": "[EU]/mL"}
    settings = {"sensitivity": "0.005", "min_recovery_percent": "50"}
    settings |= {"max_recovery_percent": "200", "min_correlation": "0.980"}

    made(analyst.post("methods/", method | {"family": "other"}))
    read = made(analyst.post("methods/LAL/versions/", version | settings))

    assert read["family"] == "other"
    assert {key: read["versions"][0][key] for key in settings} == settings
    assert made(analyst.get("methods/", {"family": "other"}))["results"] == [read]


def test_new_lists_ask_the_database_as_often_for_twenty_as_for_one() -> None:
    auditor, analyst = client_of("auditor"), client_of("analyst")
    lot()
    go_live()
    lists = (
        *("amendments/", "evidence/", "laboratories/", "transcriptions/", "instruments/"),
        *("media-lots/", "trainings/", "role-grants/", f"lots/{LOT}/notes/", "products/"),
    )

    def add(number: int) -> None:
        run = submitted_run(purpose="information", readings=counted("882", "118")).run.number
        right = [{"name": "live", "value": "982"}]
        made(analyst.sign(f"runs/{run}/correct/", readings=right, source_document="N 7"))
        scan("run", run)
        laboratory(f"LAB-{number}")
        transcribed("source", source(f"UC-2{number:03}").number)
        instrument(f"NTA-{number}")
        calibrated(f"NTA-{number}")
        media_lot("DYE", f"D-{number}")
        approved_method(f"M-{number}")
        made(analyst.post(f"lots/{LOT}/notes/", {"text": "x", "run": run}))
        product(f"EXO-{number + 2}")

    add(1)
    one = {address: queries_of(auditor, address) for address in lists}
    for number in range(2, 6):
        add(number)

    assert {address: queries_of(auditor, address) for address in lists} == one
