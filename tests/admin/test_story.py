"""The main job at the pages: from donor to release, each step by the person whose step it is."""

from __future__ import annotations

from datetime import timedelta

import pytest

from products.actions.readings import save_readings, submit_run
from products.models import (
    Donor,
    Investigation,
    Lot,
    Method,
    MethodVersion,
    Product,
    Reading,
    Result,
    Run,
    RunSupport,
    Sample,
    SpecificationVersion,
    TissueSource,
)
from tests.admin.pages import LATER, Page, address, the_lot, typed_now, visitor
from tests.records import (
    ENDOTOXIN,
    PURITY,
    STERILITY,
    UNPROVEN_ENDOTOXIN,
    VIABILITY,
    calibrated,
    context,
    instrument,
    lot,
    media_lot,
    now,
    opened_run,
    people,
    product,
    submitted_run,
    today,
    trained,
    value,
)
from tests.records import vessels as vessels_read

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


def test_a_lot_is_made_tested_reviewed_and_released() -> None:
    analyst, quality, reviewer = visitor("analyst"), visitor("quality"), visitor("reviewer")
    maker = str(people().analyst2.person_id)

    quality.send(address("donor_add"), code="D-0042")
    quality.sign(
        address("donor_determine", Donor.objects.get()),
        outcome="eligible",
        determined_on=f"{today()}",
        establishment="Northside Cord Bank",
        summary_of_records="SOR-17",
    )
    analyst.send(
        address("tissuesource_add"),
        number="UC-1",
        donor="d-0042",
        kind="umbilical_cord",
        form="tissue",
        recovered_at=typed_now(),
        recovery_zone="UTC",
    )
    quality.send(
        address("product_add"),
        code="EXO-9",
        name="Cord EV",
        basis="us_ind",
        basis_reference="IND 9",
        storage="-80 C",
    )
    quality.send(
        address("method_add"), code="VIA-9", name="Dye", attribute="Viability", category="viability"
    )
    method = Method.objects.get()
    quality.send(
        address("method_draft", method),
        document="SOP-9",
        formula="viability",
        unit="%",
        replicates="1",
    )
    approved = quality.sign(address("method_approve", method), version="1")
    quality.send(
        address("specificationversion_add"),
        product="EXO-9",
        document="SPEC-9",
        effective_from=f"{now() - timedelta(days=1):%Y-%m-%d}",
        **criterion_row(),
    )
    quality.sign(address("specificationversion_approve", SpecificationVersion.objects.get()))
    analyst.send(
        address("lot_add"),
        number="L-1",
        product="EXO-9",
        made_on=f"{now() - timedelta(days=1):%Y-%m-%d}",
        vials="10",
        sources="UC-1",
        expires="2099-12",
        made_by=maker,
    )
    drawn = analyst.send(
        address("lot_draw_sample", the_lot("L-1")),
        stage="parent_cells",
        container="Tube",
        drawn_at=typed_now(),
        drawn_zone="UTC",
    )
    analyst.send(address("instrument_add"), code="CC-1", model="Counter", serial_number="7")
    calibrated("CC-1")
    trained(people().analyst, MethodVersion.objects.get())
    analyst.send(
        address("lot_open_run", the_lot("L-1")),
        criterion="via",
        performed_at=typed_now(),
        performed_zone="UTC",
        instrument="CC-1",
    )
    submitted = analyst.send(
        address("run_readings", Run.objects.get()), live_1="982", dead_1="18", then="submit"
    )
    reviewed = reviewer.sign(address("lot_review", the_lot("L-1")), runs=["L-1-S1-R1"])
    released = quality.sign(address("lot_release", the_lot("L-1")), reason="All criteria are met")

    assert "Version 1 of VIA-9 is approved." in approved
    assert "Sample L-1-S1 is recorded." in drawn
    assert "Run L-1-S1-R1 is submitted: pass." in submitted
    assert "1 result is reviewed." in reviewed
    assert "Lot L-1 was released on" in released
    assert (TissueSource.objects.count(), Product.objects.count()) == (1, 1)
    assert Lot.objects.get().decision == "released"


def criterion_row(**changes: str) -> dict[str, str]:
    """The rows of the specification's form with one that is filled."""
    row = {
        "code": "via",
        "attribute": "Viability of the parent cells",
        "category": "viability",
        "stage": "parent_cells",
        "method": "VIA-9",
        "kind": "lower",
        "lower": "90.0",
        "unit": "%",
        "rounding": "usp",
        "required": "on",
    } | changes
    counts = {"criteria-TOTAL_FORMS": "1", "criteria-INITIAL_FORMS": "0"}
    return counts | {f"criteria-0-{name}": typed for name, typed in row.items()}


def test_saved_readings_are_kept_and_not_judged() -> None:
    lot()
    run = opened_run()

    page = visitor("analyst").send(address("run_readings", run), live_1="982", dead_1="18")

    assert f"The readings of run {run.number} are saved, not judged." in page
    assert "Nothing is judged before the run is submitted." in page
    assert Result.objects.count() == 0


def test_saved_readings_are_submitted_later() -> None:
    lot()
    run = opened_run()
    analyst = visitor("analyst")
    analyst.send(address("run_readings", run), live_1="98", dead_1="18")

    page = analyst.send(address("run_submit", run), reason="Counted twice")

    assert "is submitted: fail." in page
    assert "remark: Counted twice" in page
    assert Investigation.objects.get().number in page


def test_a_run_without_readings_is_not_submitted() -> None:
    lot()

    page = visitor("analyst").send(address("run_submit", opened_run()))

    assert "has no readings. Save its readings, then submit it." in page


def test_a_final_run_takes_no_readings_and_says_why() -> None:
    lot()
    run = submitted_run().run

    page = visitor("analyst").open(address("run_change", run))

    assert "Enter readings: its result is final (pass)." in page
    assert "Discard: the run is submitted" in page


def test_every_replicate_of_a_ratio_is_typed_with_dilution_and_protein() -> None:
    lot(criteria=[PURITY])
    run = opened_run(PURITY)

    page = visitor("analyst").send(
        address("run_readings", run),
        particles_1="4.9E9",
        particles_2="5.0E9",
        particles_3="5.1E9",
        dilution_1="100",
        protein_1="500",
        then="submit",
    )

    assert "is submitted: pass." in page
    assert Reading.objects.count() == 5


def test_the_unit_typed_beside_a_value_is_kept() -> None:
    lot(criteria=[UNPROVEN_ENDOTOXIN])
    run = opened_run(UNPROVEN_ENDOTOXIN)

    page = visitor("analyst").send(
        address("run_readings", run), value_1="2.0", value_1_unit="[EU]", then="submit"
    )

    assert "is submitted: not comparable." in page
    assert Reading.objects.get().unit == "[EU]"


def sterility_run() -> Run:
    lot(criteria=[STERILITY])
    media_lot()
    media_lot("SCDM")
    instrument()
    started = now() - timedelta(days=8)
    return opened_run(STERILITY, performed_at=started, late_reason="Entered after the holidays")


def vessels(**changes: str) -> dict[str, str]:
    """All four vessels without growth, now, with both supporting records."""
    typed = {f"vessel_{number}_growth": "no growth" for number in range(4)}
    for kind in ("growth_promotion", "suitability"):
        typed |= {
            f"{kind}_document_number": "REC-1",
            f"{kind}_dated_on": "2026-01-05",
            f"{kind}_outcome": "passed",
            f"{kind}_signed_by": "Rita Romero",
        }
    return typed | {"read_at": f"{now():{LATER}}", "read_zone": "UTC"} | changes


def test_a_sterility_run_offers_a_vessel_of_each_kind_for_each_medium() -> None:
    page = visitor("analyst").open(address("run_readings", sterility_run()))

    named = [value for name, value in page.fields.items() if name.endswith("_name") and value]
    assert named == ["FTM-P1", "FTM-NC", "SCDM-P1", "SCDM-NC"]


def test_a_sterility_run_is_read_and_passes_after_its_incubation() -> None:
    run = sterility_run()

    page = visitor("analyst").send(address("run_readings", run), then="submit", **vessels())

    assert "is submitted: pass." in page
    assert Reading.objects.count() == 4
    assert RunSupport.objects.count() == 2


def test_supports_that_did_not_change_are_not_recorded_again() -> None:
    run = sterility_run()
    analyst = visitor("analyst")
    analyst.send(address("run_readings", run), **vessels())

    analyst.send(address("run_readings", run), suitability_signed_by="Ben Baker")

    assert RunSupport.objects.count() == 3


def test_vessels_are_read_at_a_stated_time() -> None:
    run = sterility_run()

    page = visitor("analyst").send(address("run_readings", run), **vessels(read_at=""))

    assert page.errors["read_at"] == ["State when the vessels were read."]
    assert page.fields["vessel_0_growth"] == "no growth"


def test_vessels_are_not_read_in_the_hour_that_came_twice() -> None:
    run = sterility_run()
    typed = vessels(read_at="2025-11-02T01:30", read_zone="America/New_York")

    page = visitor("analyst").send(address("run_readings", run), **typed)

    assert "showed this time twice" in page.errors["read_at"][0]


def test_a_reading_changed_after_submit_needs_a_reason_and_shows_what_it_replaced() -> None:
    run = sterility_run()
    analyst = visitor("analyst")
    read_at = f"{run.performed_at + timedelta(hours=1):{LATER}}"
    analyst.send(address("run_readings", run), then="submit", **vessels(read_at=read_at))
    changed = vessels(read_at=read_at, vessel_0_growth="growth")

    refused = analyst.send(address("run_readings", run), **changed)
    taken = analyst.send(address("run_readings", run), reason="Misread", **changed)

    assert "State why the reading changes." in refused.errors["reason"][0]
    assert "replaces no growth (Anna Alvarez" in taken
    assert "reason: Misread" in taken


def test_a_sample_drawn_by_another_person_names_that_person() -> None:
    lot()

    visitor("analyst").send(
        address("lot_draw_sample", the_lot()),
        container="Tube",
        drawn_at=typed_now(),
        drawn_zone="UTC",
        drawn_by=str(people().analyst2.person_id),
    )

    assert Sample.objects.get().drawn_by == people().analyst2.person


def test_an_investigation_is_concluded_and_the_run_repeated() -> None:
    lot(criteria=[ENDOTOXIN])
    first = submitted_run(ENDOTOXIN, value("9")).run
    found = Investigation.objects.get()
    quality, analyst = visitor("quality"), visitor("analyst")
    where = address("investigation_conclude", found)

    refused = quality.sign(where, outcome="invalidated", cause="Pipette")
    concluded = quality.sign(where, outcome="invalidated", cause="Pipette", evidence="CAL-12")
    repeated = analyst.send(
        address("lot_open_run", the_lot()),
        purpose="repeat",
        repeats=first.number,
        criterion="endotoxin",
        performed_at=typed_now(),
        performed_zone="UTC",
        instrument="NTA-7",
    )

    assert "evidence is empty" in refused.errors["evidence"][0]
    assert refused.fields["cause"] == "Pipette"
    assert "is concluded: invalidated." in concluded
    assert "is open. Enter its readings." in repeated


def test_no_outcome_is_chosen_for_the_signer() -> None:
    lot(criteria=[ENDOTOXIN])
    submitted_run(ENDOTOXIN, value("9"))

    quality = visitor("quality")
    concluded = quality.sign(address("investigation_conclude", Investigation.objects.get()))
    determined = quality.sign(address("donor_determine", Donor.objects.get()))

    assert "'' is not one of: confirmed, invalidated" in concluded.errors["outcome"][0]
    assert "'' is not one of: eligible" in determined.errors["outcome"][0]


def test_a_lot_is_held_and_the_hold_lifted() -> None:
    lot()

    held = visitor("analyst").sign(address("lot_hold", the_lot()), reason="Label damaged")
    lifted = visitor("quality").sign(address("lot_lift_hold", the_lot()), reason="Relabelled")

    assert "Lot EV-26-001 is on hold." in held
    assert "Hold 1 of lot EV-26-001 is lifted." in lifted


def test_a_stability_study_stands_in_place_of_an_expiry() -> None:
    lot(expires="")

    page = visitor("quality").sign(address("lot_declare_study", the_lot()), study="STAB-4")

    assert "Lot EV-26-001 is under stability study STAB-4." in page
    assert "none: under stability study STAB-4 (signed)" in page


def test_a_method_version_is_retired() -> None:
    lot()
    method = Method.objects.get()

    page = visitor("quality").sign(address("method_retire", method), version="1")

    assert "Version 1 of VIA-01 is retired." in page
    assert "Retire a version: no version is approved." in page


def test_a_version_that_is_no_number_is_refused() -> None:
    lot()

    page = visitor("quality").sign(address("method_retire", Method.objects.get()), version="one")

    assert "method VIA-01 has no version of that number that is approved" in page


def specification(**row: str) -> Page:
    lot()
    return visitor("quality").send(
        address("specificationversion_add"),
        product="EXO-1",
        document="SPEC-002",
        effective_from="2026-01-01",
        change_reason="The process became more capable",
        **criterion_row(**({"method": "VIA-01"} | row)),
    )


def test_a_strict_limit_shows_which_measured_values_would_fail() -> None:
    page = specification(lower_strict="on", check="yes")

    assert "Compared rounded: of the values next to the limit" in page
    assert "Compared unrounded: of the values next to the limit" in page
    assert SpecificationVersion.objects.count() == 1


def test_a_strict_limit_without_the_choice_is_refused() -> None:
    page = specification(lower_strict="on")

    assert "A strict limit (< or >) needs the choice" in page
    assert page.fields["document"] == "SPEC-002"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ({"unit": "pints"}, "'pints' is not a unit in the table of units"),
        ({"method": "NOPE"}, "There is no method 'NOPE'."),
        ({"kind": "sideways"}, "'sideways' is not a valid LimitKind"),
    ],
)
def test_a_criterion_that_cannot_be_kept_is_refused(row: dict[str, str], message: str) -> None:
    page = specification(**row)

    assert message in page
    assert SpecificationVersion.objects.count() == 1


def test_a_draft_says_what_it_lacks_and_what_its_strict_limits_fail() -> None:
    specification(lower="", lower_strict="on", compare_on="rounded")
    draft = SpecificationVersion.objects.get(version=2)

    page = visitor("quality").sign(address("specificationversion_approve", draft))

    assert "Criterion via: The lower limit is missing." in page
    assert "cannot be approved." in page


def test_a_strict_limit_is_approved_with_its_outcomes_in_view() -> None:
    specification(lower_strict="on", compare_on="unrounded")
    draft = SpecificationVersion.objects.get(version=2)

    page = visitor("quality").open(address("specificationversion_approve", draft))

    assert "Criterion via: Compared unrounded: of the values next to the limit" in page


def test_words_and_report_only_are_drafted() -> None:
    page = specification(
        kind="word", lower="", unit="", allowed_words="clear, colourless", category="general"
    )

    assert "is drafted." in page
    assert "as words" in page


def test_a_signature_names_the_account_that_signs() -> None:
    lot(criteria=[VIABILITY])

    page = visitor("quality").open(address("lot_reject", the_lot()))

    assert 'autocomplete="username" readonly' in page.html
    assert "Your account" in page
    assert "Meaning: Rejected ." in page
    assert context(people().quality).actor.username in page.html


def test_papers_of_a_final_sterility_run_are_entered_late_and_nothing_else() -> None:
    lot(criteria=[STERILITY])
    run = opened_run(STERILITY)
    save_readings(
        context(people().analyst), run=run.number, readings=vessels_read(run.performed_at, "growth")
    )
    submit_run(context(people().analyst), run=run.number)
    analyst = visitor("analyst")

    assert "Enter supporting records" in analyst.open(address("run_change", run))
    page = analyst.open(address("run_readings", run))
    analyst.send(
        address("run_readings", run),
        growth_promotion_document_number="GPT-7",
        growth_promotion_dated_on="2026-01-05",
        growth_promotion_outcome="passed",
        growth_promotion_signed_by="Rita Romero",
    )

    assert not any(name.startswith("vessel_") for name in page.fields)
    assert RunSupport.objects.get().document_number == "GPT-7"


def test_quality_opens_an_investigation_of_a_result_in_the_wrong_unit() -> None:
    lot(criteria=[ENDOTOXIN])
    run = submitted_run(ENDOTOXIN, value("2.0", "[EU]")).run
    quality = visitor("quality")

    page = quality.send(address("run_investigate", run), reason="Unit slip")

    assert "Investigation INV-EV-26-001-1 is open" in page
    assert Investigation.objects.get().kind == "deviation"
    assert "has investigation INV-EV-26-001-1 already" in quality.open(address("run_change", run))


def test_a_specification_has_room_for_as_many_criteria_as_it_needs() -> None:
    product()
    quality = visitor("quality")
    typed = {
        "product": "EXO-1",
        "document": "SPEC-9",
        "effective_from": "2026-01-05",
        "criteria-TOTAL_FORMS": "6",
        "criteria-INITIAL_FORMS": "0",
        "criteria-0-code": "viability",
    }

    page = quality.send(address("specificationversion_add"), more="yes", **typed)

    assert "there is room for more criteria" in page
    assert 'name="criteria-11-code"' in page.html
    assert 'value="viability"' in page.html
    assert not SpecificationVersion.objects.exists()


def test_an_administrator_registers_a_second_site() -> None:
    page = visitor("admin").send(address("site_add"), name="Second site", zone="Europe/Berlin")

    assert "Site Second site is registered." in page
    assert "Europe/Berlin" in page
