"""Culture vessels on a worksheet, a look at a time, and runs that repeat others."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
from django.http import QueryDict
from django.test import RequestFactory
from django.urls import reverse

from products.actions.investigations import conclude_investigation
from products.actions.laboratories import register_laboratory
from products.actions.readings import save_readings, submit_run
from products.actions.specification_changes import change_lot_specification
from products.admin.worksheet_choosing import UnfitError, look_in
from products.admin.worksheet_rows import row_of
from products.domain.calculations import ReadingFacts
from products.domain.criteria import Stage
from products.domain.readings import VesselRole
from products.models import Investigation, Reading, Result, Run
from products.queries.runs import place_of
from products.queries.worksheet_choices import open_runs
from tests.admin.pages import Page, Visitor, typed_now, visitor
from tests.admin.test_worksheet import Sheet, seen_by
from tests.plans import plan_of
from tests.records import (
    ENDOTOXIN,
    STERILITY,
    approved_method,
    approved_specification,
    context,
    lot,
    now,
    opened_run,
    people,
    sample,
    submitted_run,
    value,
    vessels,
)

pytestmark = pytest.mark.django_db
SECOND = "EV-26-002"


class LookSheet(Sheet):
    """A worksheet of a look at the vessels, a minute ago unless told."""

    def __init__(self, who: Visitor, runs: list[str], **stated: Any) -> None:
        super().__init__(who, runs)
        self.stated: dict[str, Any] = {
            "read_at": f"{now() - timedelta(minutes=1):%Y-%m-%dT%H:%M}",
            "read_zone": "UTC",
            "products": 1,
            "controls": 1,
        } | stated

    @property
    def url(self) -> str:
        return f"{super().url}&{urlencode(self.stated)}"

    def ask(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        address = f"{reverse(f'admin:worksheet_{name}')}?{urlencode(self.stated)}"
        answer = self.who.client.post(address, {"run": self.runs} | body)
        found: dict[str, Any] = answer.json()["runs"]
        return found

    def filled(self, word: str = "no growth", but: dict[str, str] | None = None) -> dict[str, Any]:
        """Every vessel with ``word``, but for those named."""
        groups = self.open().response.context["groups"]
        cells = [cell for group in groups for cell in group.row.cells.values()]
        return {cell.name: (but or {}).get(cell.reading.vessel, word) for cell in cells}


def minute_of(sheet: LookSheet) -> datetime:
    return datetime.fromisoformat(sheet.stated["read_at"]).replace(tzinfo=UTC)


@pytest.fixture
def run() -> Run:
    """A sterility run that incubates since an hour and was not looked at."""
    lot(criteria=[STERILITY, ENDOTOXIN])
    return opened_run(
        STERILITY, performed_at=now() - timedelta(hours=1), performed_zone="Asia/Tokyo"
    )


def submitted_vessels(run: Run) -> list[ReadingFacts]:
    """Read under names of the person's own, as its incubation began."""
    early = vessels(run.performed_at)
    save_readings(context(people().analyst), run=run.number, readings=early)
    submit_run(context(people().analyst), run=run.number)
    return early


@pytest.fixture
def sheet(run: Run) -> LookSheet:
    return LookSheet(visitor("analyst"), [run.number])


def test_the_vessels_of_several_lots_are_read_at_one_time(sheet: LookSheet, run: Run) -> None:
    lot(SECOND)
    other = opened_run(STERILITY, lot=SECOND, performed_at=now() - timedelta(hours=1))
    sheet.runs.append(other.number)

    page = sheet.send("submit", submit=sheet.runs, **sheet.filled())

    assert "Readings saved: 8." in page
    assert "Submitted as performed by you: 2 interim." in page
    read = Reading.objects.filter(run=run)
    assert {row.vessel for row in read} == {"FTM-P1", "FTM-NC", "SCDM-P1", "SCDM-NC"}
    assert {f"{row.read_at:%Y-%m-%dT%H:%M}" for row in Reading.objects.all()} == {
        sheet.stated["read_at"]
    }


def test_growth_in_one_vessel_is_judged_at_once_and_the_other_lot_is_not(
    sheet: LookSheet, run: Run
) -> None:
    typed = sheet.filled(but={"SCDM-P1": "growth"})

    judged = sheet.ask("judge", typed)[run.number]
    sheet.send("submit", submit=[run.number], **typed)

    result = Result.objects.get()
    assert judged["verdict"]["kind"] == result.verdict == "fail"
    assert judged["verdict"]["text"] == result.explanation
    assert Investigation.objects.get().run == run


def test_a_later_look_keeps_the_vessels_and_is_judged_with_the_earlier_ones(
    sheet: LookSheet, run: Run
) -> None:
    early = submitted_vessels(run)

    page = sheet.open()
    sheet.send("submit", submit=[run.number], **sheet.filled())

    [group] = page.response.context["groups"]
    assert sorted(line.label for line in group.lines) == sorted(one.vessel for one in early)
    assert "no growth" in group.lines[0].under[1]
    assert group.mark.kind == "interim"
    assert Reading.objects.filter(run=run).count() == 2 * len(early)
    assert Result.objects.latest("version").version == 2
    again = sheet.send("submit", submit=[run.number])
    assert "is submitted already, with all that is saved" in again


def test_a_look_is_saved_as_one_goes_and_found_again_under_its_time(
    sheet: LookSheet, run: Run
) -> None:
    [first, *_] = sheet.filled()
    sheet.ask("save", {first: "no growth", f"{run.number}:seen": "0.0"})

    same, other = sheet.open(), LookSheet(sheet.who, sheet.runs, products=2).open()

    [group] = same.response.context["groups"]
    assert [cell.saved for cell in group.row.cells.values()] == ["no growth", "", "", ""]
    assert group.mark.text == "3 readings missing."
    assert len(other.response.context["groups"][0].lines) == 6
    assert not Result.objects.exists()


def test_who_else_read_a_vessel_is_told_at_that_vessel(sheet: LookSheet, run: Run) -> None:
    mine = seen_by(sheet.open()) | sheet.filled()
    theirs = LookSheet(visitor("analyst2"), sheet.runs)
    [name] = [
        name for name, word in theirs.filled(but={"FTM-P1": "growth"}).items() if word == "growth"
    ]
    theirs.ask("save", {name: "growth", f"{run.number}:seen": "0.0"})

    page = sheet.post(mine | {"then": "save"})

    [group] = page.response.context["groups"]
    told = {cell.reading.vessel: cell.note for cell in group.row.cells.values() if cell.is_conflict}
    assert list(told) == ["FTM-P1"]
    assert "saved 'growth' at" in told["FTM-P1"]
    assert Reading.objects.get(run=run, vessel="FTM-P1").text == "growth"


def test_what_was_typed_for_a_vessel_that_is_gone_is_named_and_the_rest_saved(run: Run) -> None:
    sheet = LookSheet(visitor("analyst"), [run.number], products=2)
    mine = seen_by(sheet.open()) | sheet.filled(but={"FTM-P2": "growth"})
    theirs = LookSheet(visitor("analyst2"), sheet.runs)
    theirs.send("submit", submit=[run.number], **theirs.filled())
    mine[f"{run.number}:growth:0123456789ab"] = "growth"

    asked = sheet.ask("save", mine)[run.number]
    page = sheet.post(mine | {"then": "submit", "submit": run.number})

    lost = (
        f"The vessels of run {run.number} changed meanwhile. Of those that are no longer here was "
        "not saved: 'growth' in FTM-P2, 'no growth' in SCDM-P2, 'growth' in a cell. "
        "Enter it on the page of the run."
    )
    [group] = page.response.context["groups"]
    assert asked["status"] | {"kind": "", "glyph": ""} == {
        "kind": "",
        "glyph": "",
        "word": "Not all saved",
        "text": lost,
    }
    assert (group.row.lost, group.row.not_submitted) == (lost, lost)
    assert Result.objects.count() == 1


def test_of_a_vessel_that_is_gone_only_what_was_typed_is_named(sheet: LookSheet, run: Run) -> None:
    """Not an empty cell, and not the reading that somebody removed meanwhile."""
    who = context(people().analyst)
    save_readings(who, run=run.number, readings=vessels(minute_of(sheet)))
    page = sheet.open()
    shown = page.response.context["groups"][0].row
    removed = copy(shown.item.readings[0])
    removed.sequence, removed.removed, removed.text = 99, True, ""
    item = replace(shown.item, readings=(*shown.item.readings, removed))
    gone = next(cell.name for cell in shown.cells.values() if cell.place == place_of(removed))
    sent = seen_by(page) | {f"{run.number}:growth:0123456789ab": " "}

    untouched, changed = row_of(item, who, sent), row_of(item, who, sent | {gone: "growth"})

    assert sent[gone] == "no growth"
    assert untouched.lost == ""
    assert f"not saved: 'growth' in {removed.vessel}." in changed.lost


def test_a_reading_of_a_submitted_look_changes_on_the_run_s_own_page(
    sheet: LookSheet, run: Run
) -> None:
    typed = sheet.filled()
    sheet.send("submit", submit=[run.number], **typed)

    page = sheet.send(**(typed | {min(typed): "growth"}))

    assert "change it on the run's own page, which asks for a reason" in page
    assert not Reading.objects.filter(text="growth").exists()


@pytest.mark.parametrize(
    ("stated", "message"),
    [
        ({"read_at": ""}, "State when the vessels were read. Vessels read at: This field"),
        ({"read_at": "2999-01-01T10:00"}, "that is to come"),
        ({"read_zone": "Mars/Olympus"}, "There is no time zone called 'Mars/Olympus'"),
        ({"read_at": "2026-03-08T02:30", "read_zone": "America/New_York"}, "skipped this time"),
        ({"read_zone": "\0"}, "Time zone: Null characters are not allowed."),
        ({"read_at": "0001-01-01T00:00", "read_zone": "Asia/Tokyo"}, "No clock of Asia/Tokyo"),
        ({"read_at": "9999-12-31T23:59"}, "read at 9999-12-31 23:59 (UTC): that is to come."),
        ({"products": 0}, "Product vessels: From 1 to 12."),
    ],
)
def test_a_look_without_a_time_that_was_is_refused_and_kept(
    run: Run, stated: dict[str, Any], message: str
) -> None:
    sheet = LookSheet(visitor("analyst"), [run.number], **stated)

    page = Page(sheet.who.client.get(sheet.url, follow=True))

    assert message in page
    assert page.response.context["look"].data["read_at"] == sheet.stated["read_at"]
    assert f'value="{run.number}" checked' in page.html


def test_a_refused_look_leads_back_to_its_method_whatever_its_code(run: Run) -> None:
    run.method_version.method.code = "S&T"

    with pytest.raises(UnfitError) as refused:
        look_in(RequestFactory().get("/", {"read_zone": "UTC"}), run)

    assert QueryDict(refused.value.query).dict() == {"read_zone": "UTC", "method": "S&T"}


def test_a_vessel_read_before_its_incubation_is_refused_at_its_cell(run: Run) -> None:
    early = f"{run.performed_at - timedelta(days=1):%Y-%m-%dT%H:%M}"
    sheet = LookSheet(visitor("analyst"), [run.number], read_at=early)

    page = sheet.send(**sheet.filled())

    assert "was read before its incubation began" in page
    assert not Reading.objects.exists()


def test_open_and_incubating_runs_are_found_under_their_method_and_outside_ones_named(
    sheet: LookSheet, run: Run
) -> None:
    sheet.send("submit", submit=[run.number], **sheet.filled())
    code = register_laboratory(context(people().analyst), code="LAB", name="Lab", address="X").code
    elsewhere = opened_run(
        STERILITY, purpose="information", sample=run.sample.number, laboratory=code, media=()
    )

    page = sheet.who.open(reverse("admin:worksheet"), method="STE-01")

    assert [one.number for one in page.response.context["runs"]] == [run.number]
    assert [one.number for one in page.response.context["outside"]] == [elsewhere.number]
    assert reverse("admin:products_run_report", args=[elsewhere.pk]) in page.html


OPTIONAL = replace(STERILITY, code="sterility-2", required=False)


def test_every_run_that_incubates_is_listed_and_no_other() -> None:
    """Also where no lot says that it waits for the result."""
    hour = now() - timedelta(hours=1)
    lot(criteria=[STERILITY, OPTIONAL])
    for number in (2, 3, 4, 5):
        lot(f"EV-26-00{number}")
    required, information, optional, unbound, ended = (
        opened_run(criterion, lot=f"EV-26-00{number}", purpose=purpose, performed_at=hour)
        for number, criterion, purpose in (
            (1, STERILITY, "release"),
            (2, STERILITY, "information"),
            (3, OPTIONAL, "release"),
            (4, STERILITY, "release"),
            (5, STERILITY, "information"),
        )
    )
    incubating = [required, information, optional, unbound]
    for run in incubating:
        submitted_vessels(run)
    sheet = LookSheet(visitor("analyst"), [ended.number])
    sheet.send("submit", submit=sheet.runs, **sheet.filled("growth"))
    without = approved_specification(criteria=[OPTIONAL]).version
    quality = context(people().quality, "The process became more capable")
    change_lot_specification(quality, lot=unbound.lot.number, version=without)

    found = open_runs(approved_method("STE-01"))

    assert Result.objects.get(run=ended).final
    assert [one.number for one in found] == [one.number for one in incubating]
    assert "products_run_method_version" not in plan_of(found)


def test_a_blank_worksheet_has_a_line_for_each_vessel(sheet: LookSheet, run: Run) -> None:
    pick = {"method": "STE-01", "pick": f"{run.sample.number}~sterility"}

    of_samples = sheet.who.open(reverse("admin:worksheet_bench"), **pick)
    of_runs = Page(sheet.who.client.get(sheet.url.replace("/sheet/", "/bench/")))

    for page in (of_samples, of_runs):
        for words in ("FTM-P1", "SCDM-NC", "no growth or growth"):
            assert words in page


def test_a_blank_of_an_incubating_run_names_the_vessels_that_it_has(
    sheet: LookSheet, run: Run
) -> None:
    lot(SECOND)
    other = opened_run(STERILITY, lot=SECOND, performed_at=now() - timedelta(hours=1))
    sheet.runs.append(other.number)
    submitted_vessels(run)

    rows = sheet.who.client.get(sheet.url.replace("/sheet/", "/bench/")).context["rows"]

    groups = sheet.open().response.context["groups"]
    shown = [[line.label for line in group.lines] for group in groups]
    assert [[*row.lines] for row in rows] == shown
    assert shown == [
        [f"{medium}-{role}" for medium in ("FTM", "SCDM") for role in VesselRole],
        ["FTM-P1", "FTM-NC", "SCDM-P1", "SCDM-NC"],
    ]


def test_runs_of_vessels_are_opened_and_led_to_their_first_look() -> None:
    lot(criteria=[STERILITY])
    drawn = sample(stage=Stage.FINAL_CONTAINER).number
    plan = f"{reverse('admin:worksheet_plan')}?method=STE-01&pick={drawn}~sterility"

    page = visitor("analyst").send(
        plan, **STATED | {"performed_at": typed_now(), "purpose": "release"}
    )

    assert "Runs opened: 1. State when you read their vessels, then go on." in page
    assert [one.number for one in page.response.context["runs"]] == [f"{drawn}-R1"]


# Repeats

STATED = {"performed_zone": "UTC", "instrument": "NTA-7", "purpose": "repeat"}


def planned(run: Run, **typed: Any) -> Page:
    """The first repeat is the one that the page proposes."""
    plan = f"{reverse('admin:worksheet_plan')}?method=END-01&pick={run.sample.number}~endotoxin"
    return visitor("analyst").send(plan, **STATED | {"performed_at": typed_now()} | typed)


def endotoxin(run: Run, recovery: str, **changes: Any) -> Run:
    """A run on the same sample with such a recovery of its spike."""
    readings = [
        replace(one, text=recovery) if one.name == "recovery" else one for one in value("9")
    ]
    return submitted_run(ENDOTOXIN, readings, sample=run.sample.number, **changes).run


def test_an_invalid_run_is_repeated_on_a_worksheet_by_a_run_that_names_it(run: Run) -> None:
    first = endotoxin(run, "10")

    page = planned(first)

    made = Run.objects.get(purpose="repeat")
    assert made.repeats == first
    assert [group.row.number for group in page.response.context["groups"]] == [made.number]


def test_a_run_that_was_invalidated_is_repeated_and_one_that_stands_is_not(run: Run) -> None:
    failed = endotoxin(run, "98")
    refused = planned(failed)

    conclude_investigation(
        context(people().quality),
        investigation=Investigation.objects.get().number,
        outcome="invalidated",
        cause="Pipette out of calibration",
        evidence="CAL-7",
    )
    planned(failed)

    assert "A repeat names the invalid run that it repeats." in refused
    assert Run.objects.get(purpose="repeat").repeats == failed


def test_a_run_whose_repeat_stands_is_not_offered_again(run: Run) -> None:
    first = endotoxin(run, "10")
    endotoxin(run, "98", purpose="repeat", repeats=first.number)

    page = visitor("analyst").open(reverse("admin:worksheet"), method="END-01")

    assert "can be repeated" not in page


def test_another_purpose_names_no_run_that_it_repeats(run: Run) -> None:
    first = endotoxin(run, "10")
    start = visitor("analyst").open(reverse("admin:worksheet"), method="END-01")

    planned(first, purpose="release")

    assert f"can be repeated: {first.number}" in start
    assert Run.objects.latest("recorded_at").repeats is None
