"""The worksheet in a real browser, by keyboard alone: paste, verdicts, a sign-out, two people."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.urls import reverse
from playwright.sync_api import Browser, Locator, Page, Route, expect

from products.actions.readings import save_readings
from products.actions.runs import open_run
from products.domain.calculations import ReadingFacts
from tests.browser.test_kept import sign_in_again
from tests.browser.test_story import Watch, inspect, signed_in
from tests.records import (
    PURITY,
    approved_method,
    context,
    lot,
    now,
    opened_run,
    people,
    product,
)

PASTE = """text => {
  const data = new DataTransfer();
  data.setData("text/plain", text);
  document.activeElement.dispatchEvent(
    new ClipboardEvent("paste", {clipboardData: data, bubbles: true, cancelable: true}));
}"""
FIRST, SECOND = "EV-26-001-S1-R1", "EV-26-002-S1-R1"
WORDS = ("no growth", "growth", "gone")
A4_LANDSCAPE = b"/MediaBox [0 0 841"


@pytest.fixture
def sheet(server: str) -> str:
    """The address of a worksheet over two lots of two products."""
    lot(criteria=[PURITY])
    product("EXO-2", name="Placenta EV")
    loose = replace(PURITY, lower="1.0E8")
    lot("EV-26-002", criteria=[loose], product="EXO-2")
    runs = [opened_run(PURITY), opened_run(loose, lot="EV-26-002")]
    return f"{server}{reverse('admin:worksheet_sheet')}?" + "&".join(f"run={run}" for run in runs)


def row(page: Page, run: str) -> Locator:
    return page.locator(f"tbody[data-run='{run}']")


def press(page: Page, *keys: str) -> None:
    """Names of keys are pressed, other texts typed."""
    for key in keys:
        if key[0].isdigit() or key in WORDS:
            page.keyboard.type(key)
        else:
            page.keyboard.press(key)


@contextmanager
def held_back(page: Page) -> Iterator[Callable[[], None]]:
    """What is sent to be saved stays under way; called, it waits until something is."""
    held: list[Route] = []
    is_over = False

    def hold(route: Route) -> None:
        if is_over:
            route.continue_()
        else:
            held.append(route)

    def wait() -> None:
        for _ in range(200):
            if held:
                return
            page.wait_for_timeout(50)
        raise AssertionError("Nothing was sent to be saved within ten seconds.")

    page.route("**/sheet/save/", hold)
    yield wait
    is_over = True
    for route in held:
        route.continue_()


def fill_in_by_keys(page: Page) -> None:
    first = row(page, FIRST)
    first.get_by_label("Particles per mL as measured, replicate 1").focus()
    press(page, "4.9E9", "Enter", "5.0E9", "ArrowDown", "5.1E9", "ArrowRight", "100")
    press(page, "Tab", "500")
    expect(first.locator("[data-verdict]")).to_contain_text("✓ Pass")
    press(page, "ArrowDown")
    expect(first.locator("[data-status]")).to_contain_text("Saved, no result yet")


def type_on_while_it_is_saved(page: Page) -> None:
    first = row(page, FIRST)
    press(page, "ArrowUp")
    with held_back(page) as saving:
        press(page, "600", "ArrowDown")
        saving()
        press(page, "ArrowUp", "End", "1")
    press(page, "ArrowDown")
    expect(first.locator("[data-status]")).to_contain_text("Saved, no result yet")
    expect(first.get_by_label("Total protein")).to_have_value("6001")
    # So much protein fails; 500 is what was measured.
    press(page, "ArrowUp", "500", "ArrowDown")


def paste_a_block(page: Page) -> None:
    second = row(page, SECOND)
    press(page, "ArrowLeft", "ArrowLeft")
    page.evaluate(PASTE, "1.0E9\t100\t500\r\n1,0E9\r\n1.0E9\t7\r\n")
    expect(second.locator("[data-verdict]")).to_contain_text("Not readable")
    expect(second.locator("[data-status]")).to_contain_text("Not all saved")
    expect(second.get_by_label("replicate 2")).to_have_value("1,0E9")
    expect(page.get_by_text("Without a cell, and left out: 7.")).to_be_visible()


def be_signed_out_and_come_back(page: Page) -> None:
    second = row(page, SECOND)
    page.context.clear_cookies(name="sessionid")
    second.get_by_label("replicate 2").fill("1.1E9")
    press(page, "Tab")
    expect(page.get_by_text("You were signed out. What you typed is kept")).to_be_visible()
    page.get_by_role("link", name="Sign in again").press("Enter")
    expect(page.get_by_label("Account")).to_be_focused()
    sign_in_again(page, "analyst")
    expect(second.get_by_label("replicate 2")).to_have_value("1.1E9")
    expect(second.locator("[data-verdict]")).to_contain_text("✓ Pass")
    expect(second.locator("[data-status]")).to_contain_text("Saved, no result yet")


def meet_another(page: Page) -> None:
    second = row(page, SECOND)
    dilution = [ReadingFacts("dilution", "200")]
    save_readings(context(people().analyst2), run=SECOND, readings=dilution)
    second.get_by_label("Dilution factor").fill("150")
    press(page, "Tab")
    expect(second).to_contain_text("Ben Baker saved '200' at")
    expect(second.locator("[data-status]")).to_contain_text("Changed by somebody else")
    page.get_by_role("button", name="Save, do not judge yet").press("Enter")
    expect(page.get_by_text("Readings saved: 1.")).to_be_visible()


def script_listens(page: Page) -> Locator:
    """The button that the script shows, once it listens to keys."""
    button = page.get_by_role("button", name="Tick every complete run")
    expect(button).to_be_visible()
    return button


def read_vessels(page: Page, server: str) -> None:
    """Each by the first letter of what is seen or by the whole word, and saved as one goes."""
    approved_method("STE-01")
    run = open_run(
        context(people().analyst),
        sample="EV-26-001-S1",
        purpose="information",
        method="STE-01",
        performed_at=now() - timedelta(minutes=9),
        performed_zone="UTC",
        instrument="NTA-7",
    )
    page.goto(f"{server}{reverse('admin:worksheet')}?method=STE-01")
    page.get_by_label("Vessels read at").fill(f"{now() - timedelta(minutes=1):%Y-%m-%dT%H:%M}")
    page.get_by_label("Time zone").fill("UTC")
    page.get_by_role("button", name="Go on with the ticked runs").press("Enter")
    page.wait_for_url("**/worksheet/sheet/*")
    script_listens(page)
    other_vessels_are_read_meanwhile(page, run.number)
    page.get_by_label("Growth in vessel A").focus()
    expect(page.get_by_label("Growth in vessel A")).to_have_value("no growth")
    press(page, "Enter", "n", "Enter", "g", "n", "Enter", "no growth", "Tab")
    for vessel in ("FTM-NC", "SCDM-P1", "SCDM-NC"):
        expect(page.get_by_label(f"Growth in vessel {vessel}")).to_have_value("no growth")
    expect(row(page, run.number).locator("[data-verdict]")).to_contain_text("Interim")
    expect(row(page, run.number).locator("[data-status]")).to_contain_text("Saved, no result yet")


def other_vessels_are_read_meanwhile(page: Page, run: str) -> None:
    """What is typed into a vessel that is no longer there stays to be seen, and says so."""
    at = datetime.fromisoformat(parse_qs(urlsplit(page.url).query)["read_at"][0])
    theirs = ReadingFacts(
        "growth",
        "no growth",
        vessel="A",
        medium="FTM",
        role="product",
        read_at=at.replace(tzinfo=UTC),
    )
    save_readings(context(people().analyst2), run=run, readings=[theirs])
    gone = page.get_by_label("Growth in vessel FTM-P1")
    gone.focus()
    for typed in WORDS:
        press(page, typed)
        expect(gone).to_have_value(typed)
        press(page, "Escape")
    gone.evaluate("cell => { cell.dataset.words += '|not readable'; }")
    press(page, "n", "o", "t")
    expect(gone).to_have_value("not readable")
    press(page, "growth", "Tab")
    expect(row(page, run)).to_contain_text("this vessel is no longer among those of the run")
    expect(row(page, run).locator("[data-status]")).to_contain_text("'growth' in FTM-P1")
    expect(gone).to_have_value("growth")
    page.reload()
    script_listens(page)


def test_a_day_at_the_worksheet(sheet: str, server: str, browser: Browser) -> None:
    watch, faults = Watch(), []
    with signed_in(browser, server, "analyst", watch) as page:
        page.goto(sheet)
        fill_in_by_keys(page)
        type_on_while_it_is_saved(page)
        paste_a_block(page)
        faults += inspect(page, "worksheet")
        faults += narrow(page)
        be_signed_out_and_come_back(page)
        meet_another(page)
        script_listens(page).press("Enter")
        page.get_by_role("button", name="Save and submit the ticked runs").press("Enter")
        expect(page.get_by_text("Submitted as performed by you: 2 pass.")).to_be_visible()
        expect(page.locator("input[data-col]")).to_have_count(0)
        page.get_by_role("link", name="Blank for the bench").press("Enter")
        page.wait_for_url("**/worksheet/bench/*")
        expect(page.get_by_role("button", name="Print")).to_be_visible()
        faults += inspect(page, "bench")
        printed = page.pdf(prefer_css_page_size=True)
        page.goto(f"{server}{reverse('admin:worksheet')}?method=PUR-01")
        faults += inspect(page, "start")
        page.get_by_label("EV-26-002-S1").press("Space")
        page.get_by_role("button", name="Plan a worksheet").press("Enter")
        expect(page.get_by_role("button", name="Open 1 run")).to_be_visible()
        faults += inspect(page, "plan")
        read_vessels(page, server)

    assert printed.count(A4_LANDSCAPE) == len(re.findall(rb"/Type /Page\b(?!s)", printed)) >= 1
    assert faults == [], "\n".join(faults)
    assert watch.complaints == []


def test_without_scripts_no_button_is_shown_that_needs_them(
    sheet: str, server: str, browser: Browser
) -> None:
    with signed_in(browser, server, "analyst", Watch(), scripts=False) as page:
        page.goto(sheet)
        expect(page.get_by_role("button", name="Save, do not judge yet")).to_be_visible()
        expect(page.get_by_role("button", name="Tick every complete run")).to_be_hidden()


def narrow(page: Page) -> list[str]:
    """On a telephone the grid scrolls in its own box, with the samples in sight."""
    page.set_viewport_size({"width": 390, "height": 844})
    box, stays = page.locator(".sheetbox"), page.locator("tbody .stays").first
    box.evaluate("box => { box.scrollLeft = 400; }")
    found = {
        "the page scrolls sideways": page.evaluate("document.documentElement.scrollWidth") > 390,
        "the box does not scroll": box.evaluate("box => box.scrollLeft") < 300,
        "the sample is out of sight": (stays.bounding_box() or {"x": -1})["x"] < 0,
    }
    page.set_viewport_size({"width": 1440, "height": 900})
    return [fault for fault, is_so in found.items() if is_so]
