"""A lot's page as one record: its timeline, its values among the product's lots, its print."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from products.actions.amendments import correct_run
from products.actions.dispositions import acknowledge_changes, release_lot
from products.actions.evidence import attach_evidence
from products.actions.holds import lift_hold, place_hold
from products.actions.investigations import conclude_investigation
from products.actions.lots import declare_stability_study
from products.actions.notes import add_note
from products.actions.readings import submit_run
from products.actions.retractions import retract_run, void_lot
from products.actions.reviews import return_run, review_results
from products.actions.runs import discard_run
from products.actions.second_signatures import sign_second
from products.actions.specification_changes import change_lot_specification
from products.domain.timeline import EventKind
from products.models import Investigation
from products.queries.lot_page import lot_page
from products.queries.lot_trends import lot_trends
from tests.admin.pages import Page, address, the_lot, visitor
from tests.admin.test_decisions import stricter
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    VIABILITY,
    approved_specification,
    context,
    counted,
    lot,
    now,
    opened_run,
    people,
    submitted_run,
    today,
    value,
)

pytestmark = pytest.mark.django_db
NUMBER = "EV-26-001"


def record(number: str = NUMBER) -> Page:
    return visitor("quality").open(address("lot_change", the_lot(number)))


def told(number: str = NUMBER) -> list[str]:
    return [event.what for event in lot_page(the_lot(number), now()).timeline]


def confirm(amendment: str, outcome: str = "confirmed") -> None:
    sign_second(
        context(people().reviewer, "Compared"),
        amendment=amendment,
        outcome=outcome,
        comment="The notebook says so",
    )


def eventful() -> None:
    """A lot to which everything happened that a timeline tells of, but for what ends it."""
    lot(criteria=[ENDOTOXIN, VIABILITY])
    spilled = opened_run(performed_at=now() - timedelta(hours=3))
    discard_run(context(people().analyst, "Spilled"), run=spilled.number)
    failing = submitted_run(ENDOTOXIN, value("9")).run.number
    corrected = correct_run(
        context(people().analyst, "Decimal point lost"),
        run=failing,
        readings=value("0.09"),
        source_document="Notebook 7, page 12",
    )
    confirm(corrected.number)
    counts = submitted_run().run.number
    return_run(context(people().reviewer), run=counts, comment="Look at the dead cells")
    submit_run(context(people().analyst, "They are right"), run=counts)
    review_results(context(people().reviewer), lot=NUMBER, runs=[failing, counts], comment="Agrees")
    attach_evidence(
        context(people().analyst), kind="lot", key=NUMBER, name="label.txt", content=b"EV-26-001"
    )
    add_note(context(people().analyst), lot=NUMBER, text="Freezer moved")
    add_note(context(people().analyst), lot=NUMBER, run=counts, text="Second chamber used")
    place_hold(context(people().quality, "Freezer alarm"), lot=NUMBER)
    lift_hold(context(people().quality, "Alarm was false"), lot=NUMBER, hold=1)
    release_lot(context(people().quality, "All criteria are met"), lot=NUMBER)
    correct_run(
        context(people().analyst, "Typing slip"),
        run=counts,
        readings=counted("972"),
        source_document="Notebook 7, page 12",
    )
    acknowledge_changes(context(people().quality, "Still within limits"), lot=NUMBER)


def test_the_timeline_tells_what_happened_in_order_with_who_when_and_where_to_look() -> None:
    eventful()

    page = record()
    events = lot_page(the_lot(), now()).timeline

    assert [event.what for event in events if event.kind is not EventKind.SAMPLE] == [
        "Made",
        "Run EV-26-001-S1-R1 performed: VIA-01 v1, release",
        "Run EV-26-001-S2-R1 performed: END-01 v1, release",
        "Result of EV-26-001-S2-R1 submitted: fail, 9.00 EU/mL",
        "Investigation INV-EV-26-001-1 opened: out of specification, run EV-26-001-S2-R1",
        "Correction AM-EV-26-001-1 of run EV-26-001-S2-R1: fail, 9.00 EU/mL → pass, 0.09 EU/mL",
        "AM-EV-26-001-1 confirmed by a second person",
        "Investigation INV-EV-26-001-1 concluded: recording error",
        "Run EV-26-001-S3-R1 performed: VIA-01 v1, release",
        "Result of EV-26-001-S3-R1 submitted: pass, 98.2 %",
        "Run EV-26-001-S3-R1 returned to its analyst",
        "Result of EV-26-001-S3-R1 submitted: pass, 98.2 %",
        "Results reviewed: EV-26-001-S2-R1, EV-26-001-S3-R1",
        "File attached: label.txt",
        "Note written",
        "Note written on run EV-26-001-S3-R1",
        "Hold 1 placed",
        "Hold 1 lifted",
        "Approved for release",
        "Correction AM-EV-26-001-2 of run EV-26-001-S3-R1: pass, 98.2 % → pass, 98.2 %",
        "Hold 2 placed",
        "Changes since release acknowledged (1)",
        f"Expiry: last day of use {today() + timedelta(days=365)}",
    ]
    late = next(event for event in events if event.kind is EventKind.RUN)
    assert late.recorded_apart
    assert page.words.count("recorded 20") == 1
    assert f'data-printed-of="Lot {NUMBER}"' in page.html
    assert 'data-printed-by="Printed by Quentin Quality at 20' in page.html
    assert all(event.who for event in events[:-1])
    for words in (
        "Look at the dead cells",
        "Discarded: Spilled",
        "Decimal point lost",
        "Alarm was false",
        "still to come",
    ):
        assert words in page
    subjects = {event.subject for event in events if event.subject}
    models = {"run", "sample", "amendment", "investigation", "hold", "evidence"}
    assert {subject.model for subject in subjects} == models
    assert all(f"/products/{one.model}/{one.key}/" in page.html for one in subjects)
    signed = {event.signature for event in events if event.signature}
    assert len(signed) == 8
    assert all(f"/products/signature/{key}/" in page.html for key in signed)


def test_what_is_rare_stands_in_the_timeline_too() -> None:
    lot("EV-26-000")
    child = lot(parents=["EV-26-000"], expires="", sources=[])
    declare_stability_study(context(people().quality), lot=child.number, study="ST-9")
    place_hold(
        context(people().quality, "Samples first"), lot=NUMBER, kind="official", reference="A-77"
    )
    run = submitted_run(readings=counted("500", "500")).run
    investigation = Investigation.objects.get(run=run)
    conclude_investigation(
        context(people().quality, "Wrong dye"),
        investigation=investigation.number,
        outcome="invalidated",
        cause="Expired dye",
        evidence="DEV-1",
    )
    retracted = retract_run(
        context(people().analyst, "Wrong lot"),
        run=submitted_run(purpose="repeat", repeats=run.number).run.number,
        belongs_to="EV-26-009",
        source_document="Notebook 7",
    )
    version = stricter("80.0").version
    change_lot_specification(context(people().quality, "New version"), lot=NUMBER, version=version)
    void_lot(context(people().quality, "Twice"), lot="EV-26-000")

    found = told()

    for words in (
        "Made from EV-26-000",
        "No expiry: under stability study ST-9",
        "Hold 1 placed for an authority (A-77)",
        f"Investigation {investigation.number} concluded: invalidated",
        (
            f"Retraction of a run {retracted.number} of run {retracted.run} "
            "(waits for a second signature)"
        ),
        f"Bound to specification version {version} in place of 1",
    ):
        assert words in found
    assert "Voiding of a lot AM-EV-26-000-1 (waits for a second signature)" in told("EV-26-000")


def test_the_page_takes_as_many_queries_for_many_runs_and_lots_as_for_few() -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as caught:
            reader.open(address("lot_change", the_lot()))
        return len(caught)

    lot(criteria=[ENDOTOXIN, VIABILITY])
    reader = visitor("quality")
    submitted_run()
    submitted_run(ENDOTOXIN)
    lot("EV-26-002")
    submitted_run(lot="EV-26-002")
    place_hold(context(people().quality), lot=NUMBER)
    reader.open(address("lot_change", the_lot()))
    few = queries()
    lot("EV-26-003")
    submitted_run(lot="EV-26-003")
    submitted_run(purpose="information")
    place_hold(context(people().quality), lot=NUMBER)

    assert queries() == few


def test_a_value_stands_among_those_of_the_other_lots_and_leads_to_them() -> None:
    approved_specification("EXO-1", [ENDOTOXIN, STERILITY])
    for number, reading in ((NUMBER, "<0.05"), ("EV-26-002", "9"), ("EV-26-003", "0.10")):
        lot(number)
        submitted_run(ENDOTOXIN, value(reading), lot=number)

    page = record("EV-26-003")
    chart = page.html[page.html.index('id="trends"') : page.html.index('id="timeline"')]

    assert chart.count("<figure") == 1
    assert "Endotoxin (final container) limit < 0.25 EU/mL" in page
    assert chart.count('href="#hit"') == 3
    for shape in ("below-pass", "fail", "pass"):
        assert f'href="#{shape}"' in chart
    for number in (NUMBER, "EV-26-002"):
        assert chart.count(f'href="../../{the_lot(number).pk}/change/"') == 2
    assert "EV-26-002: 9.00, fail" in page
    assert "9.00 ✕ fail" in page
    assert "<0.05" in page
    assert "EV-26-003 this lot" in page
    assert "style=" not in page.html


def test_lots_of_another_product_and_void_ones_are_not_beside_it() -> None:
    lot("EV-26-002")
    lot()
    lot("EV-26-003")
    voided = void_lot(context(people().quality, "Registered twice"), lot="EV-26-002")
    confirm(voided.number)
    lot("XX-1", product="EXO-2")

    rows = lot_trends(the_lot(), lot_page(the_lot(), now()).facts).rows

    assert [row.facts.number for row in rows] == [NUMBER, "EV-26-003"]


def test_an_older_lot_stands_among_those_made_around_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("products.queries.lot_trends.LOTS", 4)
    for day in range(7):
        lot(f"EV-25-{day}", made_on=today() - timedelta(days=6 - day))

    def numbers(number: str) -> str:
        page = lot_page(the_lot(number), now())
        return "".join(row.facts.number[-1] for row in lot_trends(page.lot, page.facts).rows)

    assert [numbers(f"EV-25-{day}") for day in (6, 4, 3, 1, 0)] == [
        "3456",
        "3456",
        "3456",
        "0123",
        "0123",
    ]
