"""The main job in a real browser: three people take a lot from its tests to its release."""

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
SIZES = ((1440, 900), (390, 844))
SCHEMES = ("light", "dark")
MINUTES = "%Y-%m-%dT%H:%M"


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
def signed_in(browser: Browser, server: str, username: str, watch: Watch) -> Iterator[Page]:
    context = browser.new_context(base_url=server, timezone_id=ZONE)
    page = context.new_page()
    watch.listen(page)
    page.goto("/admin/login/")
    page.get_by_label("Account").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    yield page
    context.close()


def open_lot(page: Page) -> None:
    page.goto("/admin/products/lot/")
    page.get_by_role("link", name=NUMBER, exact=True).click()
    expect(page.get_by_role("heading", name=f"Lot {NUMBER}")).to_be_visible()


def open_run(
    page: Page, criterion: str, sample_number: str, performed: datetime, media: Sequence[str] = ()
) -> None:
    open_lot(page)
    page.get_by_role("link", name="Open a run").click()
    page.get_by_label("Sample").select_option(sample_number)
    page.get_by_label("Criterion", exact=True).select_option(criterion)
    page.get_by_label("Performed at").fill(f"{performed.astimezone(ZoneInfo(ZONE)):{MINUTES}}")
    page.get_by_label("Instrument").fill("NTA-7")
    for label, named in zip(("Media or reagent lot", "A second one"), media, strict=False):
        page.get_by_label(label).fill(named)
    if now() - performed > timedelta(hours=24):
        page.get_by_label("Reason for a late entry").fill("Entered after the incubation")
    page.get_by_role("button", name="Open the run").click()
    expect(page.get_by_text("is open. Enter its readings.")).to_be_visible()


def submit(page: Page) -> None:
    page.get_by_role("button", name="Save and submit as performed by me").click()
    expect(page.get_by_text("is submitted: pass.")).to_be_visible()


def sign(page: Page, button: str, reason: str) -> None:
    page.get_by_label("Reason", exact=True).fill(reason)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name=button).click()


def record_viability(page: Page) -> None:
    open_run(page, "viability", f"{NUMBER}-S1", now())
    page.get_by_label("Live cells counted").fill("982")
    page.get_by_label("Dead cells counted").fill("18")
    submit(page)


def record_purity(page: Page) -> None:
    open_run(page, "purity", f"{NUMBER}-S2", now())
    for replicate, particles in enumerate(("4.9E9", "5.0E9", "5.1E9"), 1):
        page.get_by_label(f"Particles per mL as measured, replicate {replicate}").fill(particles)
    page.get_by_label("Dilution factor").fill("100")
    page.get_by_label("Total protein").fill("500")
    submit(page)


def record_sterility(page: Page) -> None:
    media = ("FTM lot M-1", "SCDM lot M-1")
    open_run(page, "sterility", f"{NUMBER}-S2", now() - timedelta(days=8), media)
    page.get_by_label("Read at").fill(f"{now().astimezone(ZoneInfo(ZONE)):{MINUTES}}")
    for vessel in ("FTM-P1", "FTM-NC", "SCDM-P1", "SCDM-NC"):
        page.get_by_label(f"Growth in vessel {vessel}").select_option("no growth")
    for document in ("growth promotion of the media lots", "method suitability for this product"):
        group = page.locator(".card", has_text=f"Document of {document}")
        group.get_by_label(f"Document of {document}").fill("REC-1")
        group.get_by_label("Dated").fill("2026-01-05")
        group.get_by_label("Outcome").select_option("passed")
        group.get_by_label("Signed by").fill("Rita Romero")
    submit(page)


def inspect(page: Page, where: str) -> list[str]:
    """What accessibility rules, or a page wider than its window, say against the page."""
    found = []
    for width, height in SIZES:
        page.set_viewport_size({"width": width, "height": height})
        for scheme in SCHEMES:
            # Without motion: a colour half-way from light to dark is nobody's contrast.
            page.emulate_media(
                color_scheme="dark" if scheme == "dark" else "light", reduced_motion="reduce"
            )
            for violation in Axe().run(page).response["violations"]:
                html = [node["html"] for node in violation["nodes"][:2]]
                found.append(f"{where} {width} {scheme}: {violation['id']} {html}")
        wide = page.evaluate(
            "document.documentElement.scrollWidth - document.documentElement.clientWidth"
        )
        if wide > 0:
            found.append(f"{where} {width}: {wide} pixels too wide")
    return found


def test_a_lot_is_tested_reviewed_and_released(laboratory: str, browser: Browser) -> None:
    watch, faults = Watch(), []

    stranger = browser.new_page()
    watch.listen(stranger)
    stranger.goto(f"{laboratory}/admin/login/")
    faults += inspect(stranger, "login")
    with signed_in(browser, laboratory, "analyst", watch) as page:
        faults += inspect(page, "home")
        record_viability(page)
        faults += inspect(page, "run")
        record_purity(page)
        record_sterility(page)
        page.goto("/admin/products/lot/")
        faults += inspect(page, "lots")
        open_lot(page)
        faults += inspect(page, "lot")
        expect(page.locator(".cannot b", has_text="Release:")).to_be_visible()
    with signed_in(browser, laboratory, "reviewer", watch) as page:
        open_lot(page)
        page.get_by_role("link", name="Review results").click()
        faults += inspect(page, "review")
        for box in page.get_by_role("checkbox").all():
            box.check()
        sign(page, "Sign the review", "Readings agree with the printouts")
        expect(page.get_by_text("3 results are reviewed.")).to_be_visible()
    with signed_in(browser, laboratory, "quality", watch) as page:
        open_lot(page)
        page.get_by_role("link", name="Release", exact=True).click()
        faults += inspect(page, "release")
        for box in page.get_by_role("checkbox").all():
            box.check()
        sign(page, "Sign and release", "All criteria are met")
        expect(page.get_by_text(f"Lot {NUMBER} was released on")).to_be_visible()
        expect(page.locator(".badge-released").first).to_be_visible()
        page.get_by_role("link", name="Audit trail of the lot").click()
        expect(page.get_by_text("decision: before: None → after: Released")).to_be_visible()
        faults += inspect(page, "audit trail")

    assert faults == [], "\n".join(faults)
    assert watch.complaints == []


def test_a_wrong_password_leaves_the_form_as_it_was(laboratory: str, browser: Browser) -> None:
    watch = Watch()

    with signed_in(browser, laboratory, "quality", watch) as page:
        open_lot(page)
        page.get_by_role("link", name="Reject").click()
        page.get_by_label("Reason", exact=True).fill("Breached")
        page.get_by_label("Your password").fill("not it")
        page.get_by_role("button", name="Sign and reject").click()

        expect(page.get_by_text("The password is not that of quality")).to_be_visible()
        expect(page.get_by_label("Reason", exact=True)).to_have_value("Breached")
        expect(page.get_by_label("Your password")).to_have_value("")
    assert watch.complaints == []
