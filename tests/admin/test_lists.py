"""The lists of other records: what they show and how they narrow."""

from __future__ import annotations

from typing import Any

import pytest

from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.admin import paging
from products.admin.surface import RecordAdmin
from products.models import Hold, MediaLot
from tests.admin.pages import address, visitor
from tests.records import (
    ENDOTOXIN,
    VIABILITY,
    context,
    donor,
    lot,
    media_lot,
    opened_run,
    people,
    source,
    submitted_run,
    value,
)

pytestmark = [pytest.mark.django_db, pytest.mark.bare]


def listed(name: str, **query: str) -> list[str]:
    page = visitor("auditor").open(address(f"{name}_changelist"), **query)
    return [str(row) for row in page.response.context["cl"].result_list]


def test_runs_are_narrowed_by_state_purpose_and_number() -> None:
    lot()
    submitted = submitted_run().run.number
    saved = opened_run(purpose="information").number

    assert listed("run", state="saved") == [saved]
    assert listed("run", purpose="release") == [submitted]
    assert set(listed("run", q="ev-26-001-S")) == {saved, submitted}
    assert listed("run", q="S1") == []


def test_investigations_are_open_or_concluded() -> None:
    lot(criteria=[ENDOTOXIN])
    submitted_run(ENDOTOXIN, value("9"))

    assert listed("investigation", open="yes") == ["INV-EV-26-001-1"]
    conclude_investigation(
        context(people().quality), investigation="INV-EV-26-001-1", outcome="confirmed"
    )
    assert listed("investigation", open="yes") == []
    assert listed("investigation", open="no") == ["INV-EV-26-001-1"]


def test_holds_are_open_or_lifted() -> None:
    lot()
    place_hold(context(people().analyst), lot="EV-26-001")

    assert listed("hold", open="yes") == ["EV-26-001 hold 1"]
    lift_hold(context(people().quality), lot="EV-26-001", hold=1)
    assert listed("hold", open="no") == ["EV-26-001 hold 1"]


def test_a_forced_hold_names_its_rule_on_its_page() -> None:
    lot()
    place_hold(context(people().analyst, "Label damaged"), lot="EV-26-001")
    lift_hold(context(people().quality, "Relabelled"), lot="EV-26-001", hold=1)

    page = visitor("auditor").open(address("hold_change", Hold.objects.get()))

    assert "under signature by Anna Alvarez" in page
    assert "by Quentin Quality: Relabelled" in page


def test_sources_are_narrowed_by_tissue() -> None:
    source()
    source("PL-1", kind="placenta")

    assert listed("tissuesource", kind="placenta") == ["PL-1"]


def test_donors_show_their_eligibility() -> None:
    donor("D-0001")
    source()

    page = visitor("auditor").open(address("donor_changelist"))

    assert "D-0001 ? Undetermined" in page
    assert "D-0042 ✓ Eligible" in page


def test_specifications_are_narrowed_by_state() -> None:
    lot()

    assert listed("specificationversion", state="approved") == ["EXO-1 v1"]
    assert listed("specificationversion", state="draft") == []


def test_a_media_lot_is_registered_once() -> None:
    media_lot()
    known: dict[str, Any] = {"number": "M-1", "manufacturer": "Merck", "expires_on": "2099-01-01"}

    again = visitor("analyst").send(address("medialot_add"), material="ftm", **known)
    other = visitor("analyst").send(address("medialot_add"), material="SCDM", **known)

    assert again.errors["number"] == ["FTM lot M-1 is registered already."]
    assert "SCDM lot M-1 is registered." in other
    assert MediaLot.objects.count() == 2


def test_an_empty_list_says_so() -> None:
    assert "Nothing is recorded here yet." in visitor("auditor").open(address("run_changelist"))
    assert "Nothing matches." in visitor("auditor").open(address("run_changelist"), q="x")


def test_a_list_asked_with_nonsense_is_refused_and_no_fault() -> None:
    reader = visitor("auditor")

    assert reader.open(address("lot_changelist"), password__startswith="x").status in {302, 400}
    assert reader.open(address("lot_changelist"), p="x").status in {200, 302}
    assert reader.open(address("run_changelist"), q="\x00").status in {200, 302}


def test_a_lot_made_from_another_is_listed_with_its_tissue() -> None:
    lot("EV-26-001")
    lot("EV-26-002", sources=[], parents=["EV-26-001"])

    page = visitor("auditor").open(address("lot_changelist"), q="EV-26-002")

    assert "Umbilical cord" in page
    assert listed("lot", tissue="umbilical_cord") == ["EV-26-002", "EV-26-001"]
    assert listed("lot", tissue="placenta") == []


def test_the_list_shows_the_gravest_reason_and_how_many_more() -> None:
    lot(criteria=[VIABILITY, ENDOTOXIN])
    submitted_run(ENDOTOXIN, value("9"))

    page = visitor("auditor").open(address("lot_changelist"))

    assert "Endotoxin (final container): the result 9.00" in page
    assert "and 3 more" in page


def test_of_more_records_than_are_counted_a_list_says_so_and_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for number in ("EV-1", "EV-2", "EV-3"):
        lot(number)
    assert "3 lots" in visitor("auditor").open(address("lot_changelist"))

    monkeypatch.setattr(paging, "MOST_COUNTED", 2)
    monkeypatch.setattr(RecordAdmin, "list_per_page", 1)
    page = visitor("auditor").open(address("lot_changelist"), p="2")

    assert "2+ lots; no page shows those beyond" in page
    assert visitor("auditor").open(address("lot_changelist"), p="3").status == 302
