"""Documents, second signatures and conclusions: each part is confirmed, what differs is marked."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from products.actions.amendments import correct_run
from products.actions.methods import draft_method_version
from products.actions.second_signatures import sign_second
from products.actions.specifications import draft_specification
from products.admin import donors
from products.admin.confirming_runs import items_of_amendment, items_of_conclusion
from products.domain.criteria import Criterion
from products.domain.lots import seconds_text
from products.models import (
    Amendment,
    Conclusion,
    Donor,
    Investigation,
    Method,
    MethodVersion,
    Run,
    SecondSignature,
    SpecificationVersion,
)
from products.queries.amendment_page import amendment_page
from products.queries.run_page import run_page
from tests.admin.pages import Page, address, visitor
from tests.records import (
    ENDOTOXIN,
    METHODS,
    STERILITY,
    VIABILITY,
    ZONE,
    approved_specification,
    context,
    lot,
    now,
    people,
    product,
    submitted_run,
    today,
    value,
    vessels,
)

pytestmark = pytest.mark.django_db
TIGHTER = replace(VIABILITY, lower="95.0")
ALSO = replace(VIABILITY, code="again", attribute="Viability once more")


def marked(page: Page) -> dict[str, str]:
    """Of each item how it differs from what it follows."""
    return {item.label: item.flag for item in page.response.context["form"].items}


def drafted(*criteria: Criterion) -> SpecificationVersion:
    product()
    return draft_specification(
        context(people().quality),
        product="EXO-1",
        document="SPEC-002",
        effective_from=today(),
        criteria=criteria,
        change_reason="More capable",
    )


def method_draft(**changes: object) -> MethodVersion:
    stated = METHODS["VIA-01"] | {"document": "SOP-2"} | changes
    return draft_method_version(context(people().analyst), method="VIA-01", **stated)


def test_a_specification_is_approved_when_each_criterion_and_its_change_is_confirmed() -> None:
    approved_specification("EXO-1", [VIABILITY, ENDOTOXIN])
    draft = drafted(TIGHTER, ALSO)
    quality, where = visitor("quality"), address("specificationversion_approve", draft)

    offered = quality.open(where)
    refused = quality.sign(where, confirmed=[], reason="Agreed")

    assert marked(offered) == {
        "the document": "",
        "Viability of the parent cells (viability)": "Changed since version 1",
        "endotoxin, removed": "Removed since version 1",
        "Viability once more (again)": "Added since version 1",
    }
    assert "Lower limit: 90.0 → 95.0" in offered
    assert "Tightened: some results that passed before would not pass now." in offered
    assert "≥ 95.0 %; compared rounded, USP rounding;" in offered
    assert "Why it follows version 1: More capable." in offered
    assert "you have not confirmed the document; Viability of the parent cells" in refused
    assert refused.fields["reason"] == "Agreed"
    assert "Specification EXO-1 v2 is approved." in quality.sign(where)


def test_a_first_specification_differs_from_nothing() -> None:
    page = visitor("quality").open(address("specificationversion_approve", drafted(VIABILITY)))

    assert set(marked(page).values()) == {""}


def test_the_reason_of_a_draft_is_shown_though_nothing_was_approved_before_it() -> None:
    drafted(VIABILITY)

    page = visitor("quality").open(address("specificationversion_approve", drafted(TIGHTER)))

    assert "Why it was drafted: More capable." in page


def test_a_method_version_is_approved_whole_beside_the_one_before() -> None:
    draft = method_draft(minimum_count=200)
    quality, where = visitor("quality"), address("method_approve", draft.method)

    offered = quality.open(where)
    refused = quality.sign(where, confirmed=[])

    assert marked(offered) == {
        "Document": "Changed since version 1",
        "Calculation": "",
        "Limits of the method": "Changed since version 1",
    }
    assert "Was: SOP-VIA-01 → SOP-2" in offered
    assert "you have not confirmed Document; Calculation; Limits of the method" in refused
    assert "Version 2 of VIA-01 is approved." in quality.sign(where)


def test_no_version_is_signed_but_the_one_that_was_confirmed() -> None:
    """However its number is written; with a number of no version, nothing was there to confirm."""
    draft = method_draft()
    quality, where = visitor("quality"), address("method_approve", draft.method)

    for typed in (" 2", "02", "\N{ARABIC-INDIC DIGIT TWO}", "9" * 5000):
        page = quality.sign(where, version=typed, confirmed=[])
        assert "Nothing is signed: method VIA-01 has no version of that number" in page

    assert draft.version == 2
    assert MethodVersion.objects.get(pk=draft.pk).state == "draft"


def test_only_the_version_that_was_shown_is_signed() -> None:
    first, second = method_draft(), method_draft(document="SOP-3")
    quality, where = visitor("quality"), address("method_approve", first.method)
    shown = quality.open(where, version=f"{first.version}")
    confirmed = [item.key for item in shown.response.context["form"].items]

    other = quality.sign(where, version=f"{second.version}", confirmed=confirmed)
    own = quality.sign(f"{where}?version={first.version}")

    assert "Other versions that are draft" in shown
    assert "you have not confirmed Document" in other
    assert f"Version {first.version} of VIA-01 is approved." in own
    assert MethodVersion.objects.get(pk=second.pk).state == "draft"


def test_a_version_to_be_retired_is_shown_whole() -> None:
    lot()
    page = visitor("quality").open(address("method_retire", Method.objects.get(code="VIA-01")))

    assert "Retire version 1 of method VIA-01" in page
    assert "SOP-VIA-01" in page
    assert page.response.context["form"].items == []


def corrected() -> Amendment:
    """A failing result whose correction waits."""
    lot(criteria=[ENDOTOXIN])
    return correct_run(
        context(people().analyst, "Decimal point lost"),
        run=submitted_run(ENDOTOXIN, value("9")).run.number,
        readings=value("0.09"),
        source_document="Notebook 7, page 12",
    )


def test_a_second_signature_confirms_each_change_and_its_reason() -> None:
    reviewer, where = visitor("reviewer"), address("amendment_sign", corrected())

    offered = reviewer.open(where)
    refused = reviewer.sign(where, confirmed=[], outcome="confirmed", comment="Page 12")

    found = marked(offered)
    assert found["the result"] == "Changed since version 1"
    assert found["INV-EV-26-001-1"] == found["the reason and the source"] == ""
    assert "Result: fail, 9.00 EU/mL → pass, 0.09 EU/mL" in offered
    assert "Version 1 counts until a second person confirms; version 2 is proposed." in offered
    assert [label for label, flag in found.items() if flag == "Changed since entry"] == [
        "Endotoxin in the diluted test solution, replicate 1"
    ]
    assert "Decimal point lost. Source document Notebook 7, page 12." in offered
    assert "you have not confirmed the result; " in refused
    assert refused.fields["comment"] == "Page 12"
    assert not SecondSignature.objects.exists()
    assert "is confirmed" in reviewer.sign(where, outcome="confirmed", comment="Page 12")


def test_a_conclusion_confirms_the_result_its_readings_and_what_was_corrected() -> None:
    amendment = corrected()
    quality = visitor("quality")
    where = address("investigation_conclude", Investigation.objects.get())

    offered = quality.open(where)
    refused = quality.sign(where, confirmed=[], outcome="confirmed", cause="None found")

    assert marked(offered) == {
        "the result, version 1": "",
        "the raw readings of run EV-26-001-S1-R1": "",
        "AM-EV-26-001-1": "Proposed",
    }
    assert "is investigated Version 1 Verdict ✕ Fail Reported 9.00 EU/mL" in offered
    assert "fail, 9.00 EU/mL" in offered
    assert "waits for its second signature. Reason: Decimal point lost" in offered
    assert "you have not confirmed the result, version 1; the raw readings" in refused
    assert refused.fields["cause"] == "None found"
    assert not Conclusion.objects.exists()

    sign_second(
        context(people().reviewer),
        amendment=amendment.number,
        outcome="refused",
        comment="The notebook says 9",
    )
    assert marked(quality.open(where))["AM-EV-26-001-1"] == "Refused"


def corrected_looks() -> tuple[Amendment, list[datetime]]:
    """Two looks at one vessel that were corrected alike; and when they were. The first had been
    taken out, and put back.
    """
    lot(criteria=[STERILITY])
    started = now() - timedelta(days=8)
    times = [started + timedelta(days=day) for day in (1, 2, 7.5)]
    run = submitted_run(
        STERILITY,
        [reading for at in times for reading in vessels(at)],
        performed_at=started,
        late_reason="Entered after the holidays",
    ).run
    first, second = looks = [
        next(one for one in vessels(at, "growth") if one.vessel == "FTM-product")
        for at in times[:2]
    ]
    before = replace(first, text="no growth")
    made = Amendment()
    for readings, removed in (([], [before]), ([before], []), (looks, [])):
        made = correct_run(
            context(people().analyst),
            run=run.number,
            readings=readings,
            removed=removed,
            source_document="Notebook 7, page 12",
        )
    return made, [first.read_at or started, second.read_at or started]


def test_each_look_at_a_vessel_is_confirmed_with_the_time_of_reading() -> None:
    amendment, times = corrected_looks()
    told = [f"FTM-product · FTM · product, read {seconds_text(at, ZONE)}" for at in times]

    items = [*items_of_amendment(amendment_page(amendment))]
    concluded = [*items_of_conclusion(Investigation.objects.get(), run_page(Run.objects.get()))]

    assert [item.label for item in items if "FTM-product" in item.label] == [
        f"Growth, {place}" for place in told
    ]
    assert len({item.key for item in items}) == len(items)
    readings = concluded[1].told
    # What was taken out and put back is not listed as a value.
    assert f"Growth, {told[0]}: growth (replaces no growth, no growth);" in readings
    assert f"Growth, {told[1]}: growth (replaces no growth);" in readings
    assert concluded[-1].flag == "Changed since entry"


def test_a_determination_is_signed_with_the_lots_in_sight_that_it_decides_on() -> None:
    lot()

    page = visitor("quality").open(address("donor_determine", Donor.objects.get(code="D-0042")))

    assert "Lots that are judged again" in page
    assert "EV-26-001" in page
    assert "Northside Cord Bank" in page
    assert "not listed here" not in page


def test_of_many_lots_that_a_determination_decides_on_the_first_are_listed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(donors, "MOST_LOTS", 1)
    lot()
    lot("EV-26-002")

    page = visitor("quality").open(address("donor_determine", Donor.objects.get(code="D-0042")))

    assert "EV-26-001" in page
    assert "EV-26-002" not in page
    assert "The first 1 by number. Judged again too, and not listed here: 1." in page
