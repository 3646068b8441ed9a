"""The list of lots and the page of one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from products.actions.dispositions import reject_lot, release_lot
from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.actions.lots import register_lot
from products.actions.reviews import review_results
from products.models import Lot
from products.queries.worklists import lots_by_number
from tests.admin.pages import Page, address, the_lot, visitor
from tests.records import (
    ENDOTOXIN,
    PURITY,
    STERILITY,
    VIABILITY,
    approved_specification,
    context,
    determine,
    lot,
    now,
    opened_run,
    people,
    product,
    sample,
    source,
    submitted_run,
    today,
    value,
)

pytestmark = pytest.mark.django_db
BASIS = "investigational, under a US IND (IND 12345)"


def listed(**query: str) -> set[str]:
    page = visitor("auditor").open(address("lot_changelist"), **query)
    return {row.number for row in page.response.context["cl"].result_list}


def lot_page(number: str = "EV-26-001", reader: str = "auditor") -> Page:
    return visitor(reader).open(address("lot_change", the_lot(number)))


def released(number: str = "EV-26-001") -> None:
    lot(number)
    run = submitted_run(lot=number).run.number
    review_results(context(people().reviewer), lot=number, runs=[run])
    release_lot(context(people().quality, "All criteria are met"), lot=number)


def test_each_status_stands_beside_its_basis() -> None:
    released()
    lot("EV-26-002")

    page = visitor("auditor").open(address("lot_changelist"))

    assert f"✓ Released {BASIS}" in page
    assert f"□ Quarantine {BASIS}" in page


def test_the_list_gives_the_main_reason_and_how_many_more() -> None:
    lot(sources=[], expires="")

    page = visitor("auditor").open(address("lot_changelist"))

    assert "has no tissue source, so its donor is unknown. and 2 more" in page


def test_reasons_that_time_outdated_are_to_be_judged_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lot(expires=f"{today() + timedelta(days=1)}")
    later = now() + timedelta(days=3)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)

    page = visitor("auditor").open(address("lot_changelist"))

    assert "To be judged again." in page
    assert f"Expired {BASIS}" in page


@pytest.mark.parametrize("how_many", [2, 30])
def test_the_list_takes_ten_queries_however_long_it_is(
    how_many: int, django_assert_max_num_queries: Any
) -> None:
    lot()
    for number in range(how_many - 1):
        register_lot(
            context(people().analyst),
            number=f"EV-27-{number}",
            product="EXO-1",
            made_on=today(),
            vials=1,
            sources=["UC-0042"],
        )
    reader = visitor("auditor")

    with django_assert_max_num_queries(10):
        page = reader.open(address("lot_changelist"))

    assert len(page.response.context["cl"].result_list) == how_many


def test_the_list_is_cut_into_pages_of_fifty() -> None:
    lot()

    page = visitor("auditor").open(address("lot_changelist"))

    assert page.response.context["cl"].list_per_page == 50


def test_a_lot_is_found_by_its_number_and_by_how_it_begins() -> None:
    for number in ("EV-26-001", "EV-26-0012", "XX-1_1", "XX-1A1"):
        lot(number)

    assert listed(q="EV-26-001") == {"EV-26-001", "EV-26-0012"}
    assert listed(q=" ev-26-0012 ") == {"EV-26-0012"}
    assert listed(q="XX-1_") == {"XX-1_1"}
    assert listed(q="26-001") == set()


def test_the_search_can_use_the_index_of_numbers() -> None:
    query = str(lots_by_number(Lot.objects.all(), "ev-26").query)

    assert "UPPER" in query
    assert "LIKE EV-26%" in query


def test_filters_narrow_the_list() -> None:
    released("EV-26-001")
    lot("EV-26-002")
    place_hold(context(people().analyst), lot="EV-26-002")
    product("EXO-2")
    approved_specification("EXO-2")
    source("PL-1", kind="placenta")
    lot("EV-26-003", product="EXO-2", sources=["PL-1"], expires=f"{today() + timedelta(days=9)}")

    assert listed(status="released") == {"EV-26-001"}
    assert listed(status="on_hold") == {"EV-26-002"}
    assert listed(product="EXO-2") == {"EV-26-003"}
    assert listed(tissue="placenta") == {"EV-26-003"}
    assert listed(expiring="30") == {"EV-26-003"}
    assert listed(status="quarantined", tissue="umbilical_cord") == set()


def test_a_rejected_lot_does_not_expire_soon() -> None:
    lot(expires=f"{today() + timedelta(days=9)}")
    reject_lot(context(people().quality), lot="EV-26-001")

    assert listed(expiring="30") == set()


def test_the_page_of_a_lot_begins_with_where_it_stands() -> None:
    lot(sources=[], expires="")

    page = lot_page()

    assert (
        f"Lot EV-26-001 is in quarantine under the basis “{BASIS}”: 3 reasons speak against "
        "release." in page
    )


def test_one_reason_is_not_many() -> None:
    lot()

    assert "1 reason speaks against release." in lot_page()


def test_the_page_says_who_released_a_lot_and_when() -> None:
    released()

    page = lot_page()

    assert "Lot EV-26-001 was released on 20" in page
    assert f"(America/New_York) by Quentin Quality under the basis “{BASIS}”." in page
    assert "Approved for release Quentin Quality" in page
    assert "All criteria are met" in page


def test_the_page_says_why_a_lot_was_rejected() -> None:
    lot()
    reject_lot(context(people().quality, "The container was breached"), lot="EV-26-001")

    page = lot_page()

    assert "was rejected on 20" in page
    assert "Reason: The container was breached" in page


def test_a_lot_on_hold_says_that_it_had_been_released() -> None:
    released()
    place_hold(context(people().analyst, "Label damaged"), lot="EV-26-001")

    page = lot_page()

    assert "Lot EV-26-001 is on hold under" in page
    assert "having been released on" in page
    assert "Label damaged" in page


def test_an_expired_lot_says_so() -> None:
    lot(made_on=today() - timedelta(days=9), expires=f"{today() - timedelta(days=2)}")

    assert "Lot EV-26-001 has expired (" in lot_page()


def test_every_reason_has_what_clears_it_and_its_source() -> None:
    lot(sources=[], expires="")

    page = lot_page()

    assert "What clears it: Register the tissue source and the lot with it." in page
    assert "rule R09 · 21 CFR 1271.45(c) and 1271.60 where part 1271 applies" in page


def test_results_stand_beside_their_limits_by_category() -> None:
    lot(criteria=[VIABILITY, PURITY, ENDOTOXIN, STERILITY])
    submitted_run(VIABILITY)
    submitted_run(ENDOTOXIN, value("9"))
    submitted_run(STERILITY)

    page = lot_page()

    assert "Viability (parent cells) / vesicle integrity" in page
    assert "≥ 90.0 % 98.2 % ✓ Pass" in page
    assert "✕ Fail 9 EU/mL, compared rounded to 9.00, does not meet" in page
    assert "◔ Interim can be final" in page
    assert "No run yet. Method PUR-01." in page
    assert "INV-EV-26-001-1" in page


def test_a_late_entry_says_so_beside_its_value() -> None:
    lot()
    submitted_run(performed_at=now() - timedelta(days=3), late_reason="The network was down")

    page = lot_page()

    assert "entered late" in page
    assert "The network was down" in page


def test_a_run_for_no_criterion_and_a_discarded_one_stay_listed() -> None:
    lot()
    opened_run(purpose="information", code="", method="VIA-01")
    analyst = visitor("analyst")
    run = opened_run()
    analyst.send(address("run_discard", run), reason="Wrong vial")

    page = lot_page()

    assert "Runs for no criterion" in page
    assert "∅ Discarded Wrong vial" in page


def test_signatures_of_review_conclusion_and_lifted_hold_are_listed() -> None:
    lot(criteria=[ENDOTOXIN])
    run = submitted_run(ENDOTOXIN, value("9")).run
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run.number])
    conclude_investigation(
        context(people().quality),
        investigation="INV-EV-26-001-1",
        outcome="invalidated",
        cause="Pipette out of calibration",
        evidence="CAL-12",
    )
    place_hold(context(people().analyst), lot="EV-26-001")
    lift_hold(context(people().quality, "Cleared by QA"), lot="EV-26-001", hold=1)

    page = lot_page()

    for words in (
        f"Reviewed Rita Romero {run.number}"[:21],
        "⊖ Invalidated Pipette out of calibration CAL-12",
        "Hold lifted Quentin Quality",
        "Investigation concluded Quentin Quality",
    ):
        assert words in page


def test_a_donor_without_determination_is_undetermined() -> None:
    lot()
    determine(outcome="ineligible")

    page = lot_page()

    assert "D-0042 ✕ Ineligible" in page


def test_the_analyst_may_not_release_and_reads_why() -> None:
    lot()

    page = lot_page(reader="quality")

    assert "Release: 1 reason speaks against release, listed above." in page
    assert "Open a run: " in page


def test_who_made_the_lot_reads_that_another_person_releases() -> None:
    lot(made_by=people().quality.person_id)
    run = submitted_run().run.number
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run])

    page = lot_page(reader="quality")

    assert "Release: Quentin Quality made lot EV-26-001." in page


def test_who_may_release_finds_the_link() -> None:
    lot()
    run = submitted_run().run.number
    review_results(context(people().reviewer), lot="EV-26-001", runs=[run])

    page = lot_page(reader="quality")

    assert address("lot_release", the_lot()) in page.html
    assert "no reason speaks against release, which quality decides" in page


def test_home_counts_lots_and_lists_what_waits_for_each_role() -> None:
    lot()
    sample()
    submitted_run()
    opened_run(purpose="information")
    lot("EV-26-002")
    run = submitted_run(lot="EV-26-002").run.number
    review_results(context(people().reviewer), lot="EV-26-002", runs=[run])

    assert "2 □ Quarantine 2 investigational, under a US IND" in visitor("auditor").open("/admin/")
    assert "Lots ready for your decision 1 EV-26-002" in visitor("quality").open("/admin/")
    assert "Runs to review 1 EV-26-001-S2-R1" in visitor("reviewer").open("/admin/")
    assert "not submitted 1 EV-26-001-S3-R1" in visitor("analyst").open("/admin/")


def test_the_history_of_a_lot_names_who_did_what() -> None:
    lot()

    page = visitor("auditor").open(address("lot_history", the_lot()))

    assert "lot.register" in page
    assert "analyst" in page


def test_a_quality_record_is_no_demonstration() -> None:
    assert "DEMO DATA" not in visitor("auditor").open("/admin/")
