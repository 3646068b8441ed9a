"""The main job in a real browser, by keyboard alone: three people take a lot from its tests to its
release.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ConsoleMessage, Page, expect

from products.domain.criteria import Stage
from tests.accounts import PASSWORD
from tests.browser.keyboard import choose, enter, enter_time, go_to, press
from tests.browser.looking import OTHER_VIEWS, TOO_WIDE, show
from tests.records import (
    PURITY,
    STERILITY,
    VIABILITY,
    ZONE,
    instrument,
    lot,
    media_lot,
    now,
    people,
    sample,
    time_is,
)

NUMBER = "EV-26-001"


@pytest.fixture
def laboratory(demo_db: str, server: str) -> str:
    """The server's address, with a lot of three weeks ago whose tests are still to be recorded.

    A sterility test incubates for a week, so only a demonstration, where records may have a past,
    can have one done by a method that was approved before it.
    """
    with time_is(now() - timedelta(days=21)):
        lot(criteria=[PURITY, STERILITY, VIABILITY], made_by=people().analyst2.person_id)
        sample(stage=Stage.PARENT_CELLS)
        sample(stage=Stage.FINAL_CONTAINER)
        instrument()
        media_lot("FTM")
        media_lot("SCDM")
    return server


@dataclass
class Watch:
    """What the browser complained of."""

    complaints: list[str] = field(default_factory=list)

    def listen(self, page: Page) -> None:
        page.on("console", self._console)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _console(self, message: ConsoleMessage) -> None:
        self.complaints.append(f"{message.type}: {message.text}")


@contextmanager
def signed_in(
    browser: Browser, server: str, username: str, watch: Watch, *, scripts: bool = True
) -> Iterator[Page]:
    context = browser.new_context(
        base_url=server, timezone_id=ZONE, locale="en-US", java_script_enabled=scripts
    )
    page = context.new_page()
    watch.listen(page)
    page.goto("/admin/login/")
    enter(page, page.get_by_label("Account"), username)
    enter(page, page.get_by_label("Password"), PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    yield page
    context.close()


def open_lot(page: Page) -> None:
    go_to(page, NUMBER)
    expect(page.get_by_role("heading", name=f"Lot {NUMBER}", exact=True)).to_be_visible()


def open_run(
    page: Page, criterion: str, sample_number: str, performed: datetime, media: Sequence[str] = ()
) -> None:
    open_lot(page)
    press(page, page.get_by_role("link", name="Open a run"))
    expect(page.get_by_role("heading", name=f"Open a run on lot {NUMBER}")).to_be_visible()
    choose(page, page.get_by_label("Sample"), sample_number)
    choose(page, page.get_by_label("Criterion", exact=True), criterion)
    enter_time(page, page.get_by_label("Performed at"), performed.astimezone(ZoneInfo(ZONE)))
    enter(page, page.get_by_label("Instrument"), "NTA-7")
    for label, named in zip(("Media or reagent lot", "A second one"), media, strict=False):
        enter(page, page.get_by_label(label), named)
    if now() - performed > timedelta(hours=24):
        late = page.get_by_label("Reason for a late entry")
        enter(page, late, "Entered after the incubation")
    press(page, page.get_by_role("button", name="Open the run"))
    expect(page.get_by_text("is open. Enter its readings.")).to_be_visible()


def submit(page: Page) -> None:
    press(page, page.get_by_role("button", name="Save and submit as performed by me"))
    expect(page.get_by_text("is submitted: pass.")).to_be_visible()


def sign(page: Page, button: str, reason: str) -> None:
    enter(page, page.get_by_label("Reason", exact=True), reason)
    enter(page, page.get_by_label("Your password"), PASSWORD)
    press(page, page.get_by_role("button", name=button))


def tick_everything(page: Page, on: str) -> None:
    expect(page.get_by_role("heading", name=on, exact=True)).to_be_visible()
    page.wait_for_load_state()
    for box in page.get_by_role("checkbox").all():
        press(page, box, "Space")


def record_viability(page: Page) -> None:
    open_run(page, "viability", f"{NUMBER}-S1", now())
    enter(page, page.get_by_label("Live cells counted"), "982")
    enter(page, page.get_by_label("Dead cells counted"), "18")
    submit(page)


def record_purity(page: Page) -> None:
    open_run(page, "purity", f"{NUMBER}-S2", now())
    for replicate, particles in enumerate(("4.9E9", "5.0E9", "5.1E9"), 1):
        label = f"Particles per mL as measured, replicate {replicate}"
        enter(page, page.get_by_label(label), particles)
    enter(page, page.get_by_label("Dilution factor"), "100")
    enter(page, page.get_by_label("Total protein"), "500")
    submit(page)


def record_sterility(page: Page) -> None:
    media = ("FTM lot M-1", "SCDM lot M-1")
    open_run(page, "sterility", f"{NUMBER}-S2", now() - timedelta(days=8), media)
    enter_time(page, page.get_by_label("Read at"), now().astimezone(ZoneInfo(ZONE)))
    for vessel in ("FTM-P1", "FTM-NC", "SCDM-P1", "SCDM-NC"):
        choose(page, page.get_by_label(f"Growth in vessel {vessel}"), "no growth")
    for document in ("growth promotion of the media lots", "method suitability for this product"):
        group = page.locator(".card", has_text=f"Document of {document}")
        enter(page, group.get_by_label(f"Document of {document}"), "REC-1")
        enter(page, group.get_by_label("Dated"), "01052026")
        choose(page, group.get_by_label("Outcome"), "passed")
        enter(page, group.get_by_label("Signed by"), "Rita Romero")
    submit(page)


def inspect(page: Page, where: str) -> list[str]:
    """What accessibility rules, or a page wider than its window, say against the page."""
    page.wait_for_load_state()
    found = []
    for size, theme in OTHER_VIEWS:
        show(page, (size, theme))
        for violation in Axe().run(page).response["violations"]:
            html = [node["html"] for node in violation["nodes"][:2]]
            found.append(f"{where} {size[0]} {theme}: {violation['id']} {html}")
        if (wide := page.evaluate(TOO_WIDE)) > 0:
            found.append(f"{where} {size[0]} {theme}: {wide} pixels too wide")
    return found


def test_a_lot_is_tested_reviewed_and_released(laboratory: str, browser: Browser) -> None:
    watch = Watch()

    with signed_in(browser, laboratory, "analyst", watch) as page:
        record_viability(page)
        record_purity(page)
        record_sterility(page)
        open_lot(page)
        expect(page.locator(".cannot b", has_text="Release:")).to_be_visible()
    with signed_in(browser, laboratory, "reviewer", watch) as page:
        open_lot(page)
        press(page, page.get_by_role("link", name="Review results"))
        tick_everything(page, f"Review results of lot {NUMBER}")
        sign(page, "Sign the review", "Readings agree with the printouts")
        expect(page.get_by_text("3 results are reviewed.")).to_be_visible()
    with signed_in(browser, laboratory, "quality", watch) as page:
        open_lot(page)
        press(page, page.get_by_role("link", name="Release", exact=True))
        tick_everything(page, f"Release lot {NUMBER}")
        sign(page, "Sign and release", "All criteria are met")
        expect(page.get_by_text(f"Lot {NUMBER} was released on")).to_be_visible()
        expect(page.locator(".badge-released").first).to_be_visible()
        press(page, page.get_by_role("link", name="Audit trail of the lot"))
        expect(page.get_by_text("decision: before: None → after: Released")).to_be_visible()

    assert watch.complaints == []


def test_a_wrong_password_leaves_the_form_as_it_was(laboratory: str, browser: Browser) -> None:
    watch = Watch()

    with signed_in(browser, laboratory, "quality", watch) as page:
        open_lot(page)
        press(page, page.get_by_role("link", name="Reject"))
        expect(page.get_by_role("heading", name=f"Reject lot {NUMBER}")).to_be_visible()
        enter(page, page.get_by_label("Reason", exact=True), "Breached")
        enter(page, page.get_by_label("Your password"), "not it")
        press(page, page.get_by_role("button", name="Sign and reject"))

        expect(page.get_by_text("The password is not that of quality")).to_be_visible()
        expect(page.get_by_label("Reason", exact=True)).to_have_value("Breached")
        expect(page.get_by_label("Your password")).to_have_value("")
    assert watch.complaints == []
