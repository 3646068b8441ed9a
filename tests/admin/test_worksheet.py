"""The worksheet: one grid over open runs of several lots, judged as a submit would judge them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import TestCase, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from pytest_django import DjangoDbBlocker

from products.actions.laboratories import register_laboratory
from products.actions.readings import save_readings
from products.actions.runs import discard_run, open_run
from products.actions.specification_changes import change_lot_specification
from products.domain.calculations import Formula, ReadingFacts
from products.domain.criteria import Category, Criterion, LimitKind, Stage
from products.domain.roles import ROLE_PERMISSIONS, Permission, Role
from products.models import Investigation, Reading, Result, Run
from products.queries import worksheet_choices
from tests.accounts import ACCOUNTS
from tests.admin.pages import Page, Visitor, typed_now, visitor
from tests.conftest import CHEAP_HASHERS
from tests.records import (
    PURITY,
    STERILITY,
    UNPROVEN_ENDOTOXIN,
    approved_method,
    approved_specification,
    calibrated,
    context,
    lot,
    opened_run,
    people,
    product,
    sample,
    submitted_run,
    today,
)

pytestmark = pytest.mark.django_db

SECOND = "EV-26-002"
LOOSE = replace(PURITY, lower="1.0E8")
"""Of another product, which asks for less."""
CONTENT = Criterion(
    code="content",
    attribute="Protein content",
    category=Category.GENERAL,
    stage=Stage.BULK,
    method="BCA-125",
    kind=LimitKind.LOWER,
    lower="1.0",
    unit="ug/mL",
)


@dataclass
class Sheet:
    """A worksheet on somebody's screen."""

    who: Visitor
    runs: list[str]

    @property
    def url(self) -> str:
        return f"{reverse('admin:worksheet_sheet')}?{'&'.join(f'run={run}' for run in self.runs)}"

    def open(self) -> Page:
        return Page(self.who.client.get(self.url))

    def send(self, then: str = "save", **typed: Any) -> Page:
        """Without JavaScript: the whole form, as the page offers it but for what is typed."""
        body = seen_by(self.open()) | {"then": then} | spelled(typed)
        return self.post(body)

    def post(self, body: dict[str, Any]) -> Page:
        return Page(self.who.client.post(self.url, body, follow=True))

    def ask(self, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """What the script asks while somebody types."""
        answer = self.who.client.post(reverse(f"admin:worksheet_{name}"), {"run": self.runs} | body)
        found: dict[str, Any] = answer.json()["runs"]
        return found


def spelled(typed: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("__", ":"): value for name, value in typed.items()}


def seen_by(page: Page) -> dict[str, Any]:
    """What the page holds: the texts of its cells, and what was seen of each run."""
    held = {}
    for group in page.response.context["groups"]:
        held[group.seen_name] = str(group.item.seen)
        held |= {cell.name: cell.text for cell in group.row.cells.values()}
    return held


def cells(run: Run, *particles: str, dilution: str = "100", protein: str = "500") -> dict[str, str]:
    typed = {f"{run.number}:particles:{at}": text for at, text in enumerate(particles, 1)}
    return typed | {f"{run.number}:dilution:1": dilution, f"{run.number}:protein:1": protein}


class Records(TestCase):
    """Made once for all tests of this file, in a transaction that stays open around them."""

    databases = "__all__"

    @classmethod
    def setUpTestData(cls) -> None:
        approved_method("BCA-125", formula=Formula.MEAN, unit="ug/mL", replicates=125)
        lot(criteria=[PURITY, UNPROVEN_ENDOTOXIN, STERILITY, CONTENT])
        product("EXO-2", name="Placenta EV")
        lot(SECOND, criteria=[LOOSE], product="EXO-2")
        opened_run(PURITY, sample=sample(stage=Stage.FINAL_CONTAINER).number)
        opened_run(LOOSE, lot=SECOND)


@pytest.fixture(scope="module", autouse=True)
def _records(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock(), override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        Records.setUpClass()
    yield
    with django_db_blocker.unblock():
        Records.tearDownClass()
        Records.doClassCleanups()


@pytest.fixture
def strict() -> Run:
    """An open run of a lot that asks for 3.0E8 particles per microgram."""
    return Run.objects.select_related("sample").get(lot__number="EV-26-001")


@pytest.fixture
def loose() -> Run:
    """Of a lot of another product, under another specification."""
    return Run.objects.get(lot__number=SECOND)


@pytest.fixture
def sheet(strict: Run, loose: Run) -> Sheet:
    return Sheet(visitor("analyst"), [strict.number, loose.number])


def planning(*keys: str) -> str:
    picks = "&".join(f"pick={key}" for key in keys)
    return f"{reverse('admin:worksheet_plan')}?method=PUR-01&{picks}"


def test_a_method_is_chosen_then_samples_of_several_lots_and_their_runs_are_opened(
    strict: Run, loose: Run
) -> None:
    for run in (strict, loose):
        discard_run(context(people().analyst, "Begun too early"), run=run.number)
    analyst = visitor("analyst")
    start = analyst.open(reverse("admin:worksheet"), method="PUR-01")
    keys = [one.key for one in start.response.context["candidates"]]
    stated = {"performed_at": typed_now(), "performed_zone": "UTC", "instrument": "nta-7"}

    opened = analyst.send(planning(*keys), **stated)
    again = analyst.send(planning(*keys), **stated)

    assert "without those discarded or retracted" in start
    assert sorted(keys) == ["EV-26-001-S1~purity", "EV-26-002-S1~purity"]
    assert "Runs opened: 2. Nothing is judged before you submit." in opened
    assert "≥ 3.0E8 particles/µg" in opened
    assert "≥ 1.0E8 particles/µg" in opened
    assert "has run EV-26-002-S1-R2 already" in again
    made = Run.objects.filter(state="saved").order_by("number")
    assert [run.number for run in made] == ["EV-26-001-S1-R2", "EV-26-002-S1-R2"]


def test_what_can_be_opened_is_opened_and_the_rest_is_named(strict: Run, loose: Run) -> None:
    discard_run(context(people().analyst, "Begun too early"), run=loose.number)
    plan = planning("EV-26-001-S1~purity", "EV-26-002-S1~purity")

    page = visitor("analyst").send(
        plan, performed_at=typed_now(), performed_zone="UTC", instrument="NTA-7"
    )

    assert "Runs opened: 1." in page
    assert f"No run on sample {strict.sample.number}: Criterion purity of lot" in page


def standing(run: Run) -> tuple[str, str, Any]:
    run = Run.objects.select_related("lot").get(pk=run.pk)
    return run.state, run.lot.release_status, run.lot.blocks


def test_readings_are_kept_and_nothing_is_judged_before_submit(sheet: Sheet, strict: Run) -> None:
    before = standing(strict)

    saved = sheet.send(**cells(strict, "1.0E9", "1.0E9"))

    assert "Readings saved: 4." in saved
    assert "Saved, no result yet" in saved
    assert "1 reading missing." in saved
    assert Reading.objects.filter(run=strict).count() == 4
    assert not Result.objects.exists()
    assert standing(strict) == before


def test_each_lot_is_judged_by_its_own_specification(sheet: Sheet, strict: Run, loose: Run) -> None:
    low = ("1.0E9", "1.0E9", "1.0E9")
    typed = cells(strict, *low) | cells(loose, *low)

    judged = sheet.ask("judge", typed)

    assert judged[strict.number]["verdict"]["kind"] == "fail"
    assert judged[loose.number]["verdict"]["word"] == "Pass"
    assert not Reading.objects.exists()
    submitted = sheet.send("submit", submit=[strict.number, loose.number], **typed)
    assert "Submitted as performed by you: 1 fail, 1 pass." in submitted
    assert {result.run.number: result.verdict for result in Result.objects.all()} == {
        strict.number: "fail",
        loose.number: "pass",
    }
    assert Investigation.objects.get().run == strict
    assert {result.performed_by for result in Result.objects.all()} == {people().analyst.person}


def test_only_ticked_runs_are_submitted(sheet: Sheet, strict: Run, loose: Run) -> None:
    whole = ("4.9E9", "5.0E9", "5.1E9")

    sheet.send("submit", submit=[strict.number], **cells(strict, *whole), **cells(loose, *whole))

    assert [result.run for result in Result.objects.all()] == [strict]
    assert Reading.objects.filter(run=loose).count() == 5
    assert "Tick the runs" in sheet.send("submit")


def test_a_run_with_empty_cells_is_not_submitted_by_a_tick(sheet: Sheet, strict: Run) -> None:
    page = sheet.send("submit", submit=[strict.number], **cells(strict, "4.9E9", "5.0E9"))

    assert f"Run {strict.number} is not submitted: 1 missing, the first is Particles" in page
    assert not Result.objects.exists()
    assert Reading.objects.filter(run=strict).count() == 4


@pytest.mark.parametrize(
    ("typed", "message"),
    [
        ("5,0E9", "decimal"),
        ("ND", "'ND'"),
        ("1e400", "1e400"),
        ("~5", "'~5'"),
        ("5 0", "'5 0'"),
        ("5" * 101, "at most 100 characters"),
    ],
)
def test_what_cannot_be_read_is_named_at_its_cell_and_kept(
    sheet: Sheet, strict: Run, typed: str, message: str
) -> None:
    page = sheet.send("submit", submit=[strict.number], **cells(strict, "4.9E9", typed, "5.1E9"))

    [group] = [one for one in page.response.context["groups"] if one.item.run == strict]
    cell = group.row.cells["particles", 2]
    assert message in cell.error
    assert cell.text == typed
    assert group.mark.word == "Not readable"
    assert set(Reading.objects.values_list("text", flat=True)) == {"4.9E9", "5.1E9", "100", "500"}
    assert not Result.objects.exists()


def test_a_saved_reading_is_replaced_and_not_removed(sheet: Sheet, strict: Run) -> None:
    first = f"{strict.number}:particles:1"
    sheet.send(**{first: "4.9E9"})

    cleared = sheet.send(**{first: ""})
    replaced = sheet.send(**{first: " 4.8E9 "})

    assert "Saved as '4.9E9': a saved reading is replaced by another, not removed." in cleared
    assert "Readings saved: 1." in replaced
    assert [row.text for row in Reading.objects.order_by("sequence")] == ["4.9E9", "4.8E9"]
    assert "Nothing had changed." in sheet.send()


def test_who_saves_second_is_told_and_nothing_is_lost(sheet: Sheet, strict: Run) -> None:
    one, two = f"{strict.number}:particles:1", f"{strict.number}:particles:2"
    before = seen_by(sheet.open())
    other = Sheet(visitor("analyst2"), sheet.runs)
    other.send(**{one: "4.9E9", two: "5.0E9"})

    stale = before | {one: "4.7E9", "then": "save"}
    told = sheet.post(stale | {f"{strict.number}:dilution:1": "100"})

    group = told.response.context["groups"][0]
    assert told.status == 409
    assert "saved '4.9E9' at" in group.row.cells["particles", 1].note
    assert group.row.cells["particles", 1].text == "4.7E9"
    assert group.row.cells["particles", 2].text == "5.0E9"
    assert "Changed meanwhile by" in told
    texts = Reading.objects.filter(run=strict).order_by("sequence").values_list("text", flat=True)
    assert list(texts) == ["4.9E9", "5.0E9", "100"]
    sheet.post(seen_by(told) | {"then": "save"})
    assert list(texts.all()) == ["4.9E9", "5.0E9", "100", "4.7E9"]


def test_what_the_script_saves_is_told_in_the_same_way(sheet: Sheet, strict: Run) -> None:
    one = f"{strict.number}:particles:1"
    seen = {f"{strict.number}:seen": "0.0"}
    first = sheet.ask("save", seen | {one: "4.9E9"})[strict.number]
    second = sheet.ask("save", seen | {one: "4.8E9"})[strict.number]
    third = sheet.ask("save", {f"{strict.number}:seen": second["seen"], one: "4.8E9"})

    assert first["seen"] == "1.0"
    assert first["status"]["word"] == "Saved, no result yet"
    assert second["cells"][one]["conflict"] is True
    assert "You, in another window, saved '4.9E9'" in second["cells"][one]["note"]
    assert third[strict.number]["cells"][one]["saved"] == "4.8E9"


def test_a_run_that_was_closed_meanwhile_refuses_and_keeps_what_was_typed(
    sheet: Sheet, strict: Run
) -> None:
    held = seen_by(sheet.open())
    discard_run(context(people().analyst2, "Wrong vial"), run=strict.number)

    page = sheet.post(held | cells(strict, "4.9E9") | {"then": "save"})

    assert f"Run {strict.number} was discarded: Wrong vial" in page
    assert "4.9E9" in page.html
    assert not Reading.objects.exists()


def test_a_submitted_run_is_shown_and_takes_nothing(sheet: Sheet, strict: Run) -> None:
    whole = cells(strict, "4.9E9", "5.0E9", "5.1E9")
    sheet.send("submit", submit=[strict.number], **whole)

    page = sheet.open()
    refused = sheet.send(**{f"{strict.number}:particles:1": "9E9"})
    twice = sheet.send("submit", submit=[strict.number])

    assert "✓ Pass" in page
    assert f"{strict.number}:particles:1" not in page.html
    assert f"The result of run {strict.number} is final (pass)" in refused
    assert f"Run {strict.number} is submitted already." in twice
    assert Result.objects.count() == 1


VERDICTS = {
    "0.10": "pass",
    "0.25": "fail",
    "0.249": "fail",
    "<0.05": "pass",
    "<0.5": "indeterminate",
    ">0.5": "fail",
    "-1.5": "pass",
}


def test_the_verdict_shown_is_the_one_that_the_submit_makes() -> None:
    """Of values, censored values and values that no assay gives; and of what the limit rounds."""
    drawn = "EV-26-001-S1"
    runs = {
        text: opened_run(UNPROVEN_ENDOTOXIN, sample=drawn, purpose="information").number
        for text in VERDICTS
    }
    free = open_run(
        context(people().analyst),
        sample=drawn,
        purpose="information",
        method="END-02",
        performed_at=Run.objects.latest("recorded_at").performed_at,
        performed_zone="UTC",
        instrument="NTA-7",
    )
    runs["7"] = free.number
    sheet = Sheet(visitor("analyst"), list(runs.values()))
    typed = {f"{run}:value:1": text for text, run in runs.items()}

    judged = sheet.ask("judge", typed)
    sheet.send("submit", submit=list(runs.values()), **typed)

    shown = {
        run: (found["verdict"]["kind"], found["verdict"]["text"]) for run, found in judged.items()
    }
    made = {row.run.number: (row.verdict, row.explanation) for row in Result.objects.all()}
    assert shown == made
    assert {text: made[runs[text]][0] for text in VERDICTS} | {"7": made[free.number][0]} == (
        VERDICTS | {"7": "report_only"}
    )


def test_the_limit_is_that_of_the_specification_which_the_lot_is_bound_to_now(
    sheet: Sheet, loose: Run
) -> None:
    """Not of the one that the run was opened under."""
    version = approved_specification("EXO-2", [replace(LOOSE, lower="9.0E8")]).version
    quality = context(people().quality, "The process became more capable")
    change_lot_specification(quality, lot=SECOND, version=version)
    typed = cells(loose, "4.9E9", "5.0E9", "5.1E9") | {f"{loose.number}:protein:1": "1000"}

    found = sheet.ask("judge", typed)[loose.number]["verdict"]
    page = sheet.send("submit", submit=[loose.number], **typed)

    result = Result.objects.get()
    assert (found["kind"], found["text"]) == (result.verdict, result.explanation)
    assert found["kind"] == "fail"
    assert "≥ 9.0E8 particles/µg" in page


def test_a_scatter_of_replicates_and_a_value_below_the_loq_are_judged_alike(
    sheet: Sheet, strict: Run, loose: Run
) -> None:
    typed = cells(strict, "<4.9E9", "5.0E9", "5.1E9")
    typed |= cells(loose, "4.9E9", "5.0E9", "5.1E9", protein="<1")

    judged = sheet.ask("judge", typed)
    sheet.send("submit", submit=[strict.number, loose.number], **typed)

    for result in Result.objects.all():
        found = judged[result.run.number]["verdict"]
        assert (found["kind"], found["text"]) == (result.verdict, result.explanation)
    assert Result.objects.count() == 2


@pytest.mark.parametrize("username", [name for name, _, _ in ACCOUNTS])
def test_only_who_may_record_fills_in_worksheets(username: str) -> None:
    role = next(role for name, _, role in ACCOUNTS if name == username)
    client = visitor(username).client

    refused = {
        page
        for page in ("", "_plan", "_bench", "_sheet", "_judge", "_save")
        if client.post(reverse(f"admin:worksheet{page}")).status_code == 403
    }

    may = Permission.RECORD in ROLE_PERMISSIONS[Role(role)]
    assert len(refused) == (0 if may else 6)


def test_the_page_asks_as_often_for_500_cells_as_for_a_few() -> None:
    drawn = sample(stage=Stage.BULK).number
    runs = [opened_run(CONTENT, sample=drawn, purpose="information").number for _ in range(4)]
    full = [ReadingFacts("value", "1.1", replicate=at) for at in range(1, 126)]
    for run in runs:
        save_readings(context(people().analyst), run=run, readings=full)

    few = asked_of(runs[:1])
    many = asked_of(runs)

    assert many == few


def asked_of(runs: list[str]) -> tuple[int, int]:
    sheet = Sheet(visitor("analyst"), runs)
    with CaptureQueriesContext(connection) as opening:
        page = sheet.open()
    assert page.html.count("data-col=") == 125 * len(runs)
    assert len(page.html) < 250 * 125 * len(runs) + 20_000
    with CaptureQueriesContext(connection) as judging:
        sheet.ask("judge", seen_by(page))
    return len(opening), len(judging)


def test_who_records_is_told_what_would_block_release(strict: Run, loose: Run) -> None:
    calibrated(valid_until=today() - timedelta(days=1))
    sheet = Sheet(visitor("analyst"), [strict.number, loose.number])

    page = sheet.open()

    assert "Instrument not calibrated." in page
    assert f"Run {strict.number} of {today()} cannot be relied on" in page
    assert "Record the passed calibration that covers the day." in page
    assert "Readings saved: 5." in sheet.send(**cells(strict, "4.9E9", "5.0E9", "5.1E9"))


def test_runs_that_make_no_worksheet_are_refused_by_name(strict: Run) -> None:
    analyst = visitor("analyst")
    other = opened_run(UNPROVEN_ENDOTOXIN, sample=strict.sample.number)
    code = register_laboratory(context(people().analyst), code="LAB", name="Lab", address="X").code
    outside = opened_run(
        PURITY, purpose="information", sample=strict.sample.number, laboratory=code
    )

    mixed = Page(analyst.client.get(Sheet(analyst, [strict.number, other.number]).url, follow=True))
    elsewhere = Page(analyst.client.get(Sheet(analyst, [outside.number]).url, follow=True))
    none = Page(analyst.client.get(reverse("admin:worksheet_sheet"), follow=True))
    many = Page(analyst.client.get(Sheet(analyst, ["X"] * 61).url, follow=True))
    unknown = Sheet(analyst, ["NOPE"]).open()

    assert "a worksheet has one method version" in mixed
    assert f"Run {outside.number} was made by Lab: its report is entered on the page" in elsewhere
    assert "Choose at least one run." in none
    assert analyst.client.post(reverse("admin:worksheet_judge")).json() == {
        "error": "Choose at least one run."
    }
    assert "A worksheet takes 60 runs; 61 were named." in many
    assert unknown.status == 404


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("", "Choose a method first."),
        ("method=%00", "No record's number holds a null character."),
        ("method=PUR-01&pick=%00~purity", "No record's number holds a null character."),
        ("method=PUR-01", "Choose at least one sample."),
        ("method=PUR-01&pick=NOPE~purity", "Method PUR-01 is not asked for on NOPE, purity"),
        ("method=PUR-01&" + "pick=X&" * 61, "A worksheet takes 60 runs; 61 samples were chosen."),
    ],
)
def test_samples_that_make_no_worksheet_are_refused_by_name(query: str, message: str) -> None:
    page = visitor("analyst").client.get(f"{reverse('admin:worksheet_plan')}?{query}", follow=True)

    assert message in Page(page)


def test_a_null_character_names_no_run_and_begins_no_sample() -> None:
    client = visitor("analyst").client

    run = client.get(reverse("admin:worksheet_sheet"), {"run": "\0"}, follow=True)
    sample = client.get(reverse("admin:worksheet"), {"method": "PUR-01", "q": "\0"}, follow=True)
    saved = client.post(reverse("admin:worksheet_save"), {"run": "\0"})

    assert "No record's number holds a null character." in Page(run)
    assert "No record's number holds a null character." in Page(sample)
    assert (saved.status_code, list(saved.json())) == (400, ["error"])


def test_a_blank_worksheet_names_samples_limits_and_units(sheet: Sheet, strict: Run) -> None:
    analyst = visitor("analyst")
    sheet.send(**cells(strict, "4.9E9"))
    bench = reverse("admin:worksheet_bench")

    of_runs = Page(analyst.client.get(bench, {"run": sheet.runs}))
    of_samples = Page(
        analyst.client.get(bench, {"method": "PUR-01", "pick": f"{strict.sample.number}~purity"})
    )

    for page in (of_runs, of_samples):
        for words in (strict.sample.number, "PUR-01 v1", "≥ 3.0E8", "Analyst", "Printed by Anna"):
            assert words in page
        assert "4.9E9" not in page.html
    assert f"run {strict.number}" in of_runs
    assert strict.number not in of_samples.html


def test_the_questions_of_the_script_change_nothing_by_a_link(sheet: Sheet) -> None:
    for name in ("judge", "save"):
        assert sheet.who.client.get(reverse(f"admin:worksheet_{name}")).status_code == 405


def test_no_more_runs_are_listed_than_a_worksheet_takes_and_the_page_says_so(
    monkeypatch: pytest.MonkeyPatch, strict: Run
) -> None:
    drawn = strict.sample.number
    other = opened_run(PURITY, purpose="information", sample=drawn)
    code = register_laboratory(context(people().analyst), code="LAB", name="Lab", address="X").code
    for _ in range(2):
        opened_run(PURITY, purpose="information", sample=drawn, laboratory=code)
    analyst, start = visitor("analyst"), reverse("admin:worksheet")
    begins = {"method": "PUR-01", "q": "ev-26-001"}
    said = "are shown: name how the lot or sample begins to find others."

    monkeypatch.setattr(worksheet_choices, "MOST_RUNS", 2)
    all_runs = analyst.open(start, **begins)
    monkeypatch.setattr(worksheet_choices, "MOST_RUNS", 1)
    first = analyst.open(start, **begins)

    listed = all_runs.response.context["runs"]
    assert [one.number for one in listed] == [strict.number, other.number]
    assert said not in all_runs
    assert len(first.response.context["runs"]) == len(first.response.context["outside"]) == 1
    assert first.html.count(f"The first 1 {said}") == 2


def test_an_open_run_is_found_again_under_its_method(strict: Run) -> None:
    drawn = strict.sample.number
    submitted = submitted_run(PURITY, purpose="information", sample=drawn).run.number

    page = visitor("analyst2").open(reverse("admin:worksheet"), method="PUR-01", q="ev-26-001")

    assert [run.number for run in page.response.context["runs"]] == [strict.number]
    assert submitted in page
    assert "Worksheet" in visitor("analyst").open(reverse("admin:index"))
    assert reverse("admin:worksheet") not in visitor("auditor").open(reverse("admin:index")).html
