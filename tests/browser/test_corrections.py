"""A failing value is corrected in a real browser: by its analyst, then by a second person."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from tests.admin.pages import address
from tests.browser.test_story import Watch, inspect, sign, signed_in
from tests.records import ENDOTOXIN, lot, submitted_run, value


@dataclass(frozen=True)
class Failed:
    """A server with a run that failed: 9 EU/mL where 0.09 was read."""

    server: str
    run: str
    lot: str


@pytest.fixture
def failed(demo_db: str, server: str) -> Failed:
    lot(criteria=[ENDOTOXIN])
    run = submitted_run(ENDOTOXIN, value("9")).run
    return Failed(server, address("run_change", run), address("lot_change", run.lot))


def test_a_failing_value_goes_only_with_a_second_signature(
    failed: Failed, browser: Browser, tmp_path: Path
) -> None:
    notebook = tmp_path / "page 12.txt"
    notebook.write_text("Endotoxin 0.09 EU/mL")
    watch, faults = Watch(), []

    with signed_in(browser, failed.server, "analyst", watch) as page:
        page.goto(failed.run)
        page.get_by_role("link", name="Attach a file").click()
        page.get_by_label("File").set_input_files(notebook)
        page.get_by_role("button", name="Attach the file").click()
        expect(page.get_by_text("page 12.txt is attached to run")).to_be_visible()
        page.get_by_role("link", name="Correct readings").click()
        expect(page.get_by_role("heading", name="Correct readings of run")).to_be_visible()
        faults += inspect(page, "correct")
        page.get_by_label("Corrected: Endotoxin in the diluted test solution, replicate 1").fill(
            "0.09"
        )
        page.get_by_label("What went wrong").select_option("transcription_error")
        page.get_by_label("Evidence file").select_option(index=1)
        sign(page, "Sign the correction", "Decimal point lost")
        expect(page.get_by_text("AM-EV-26-001-1 is signed.")).to_be_visible()
        expect(page.get_by_text("counts until a second person signs", exact=True)).to_be_visible()
        faults += inspect(page, "waiting")
    with signed_in(browser, failed.server, "reviewer", watch) as page:
        page.get_by_role("link", name="AM-EV-26-001-1", exact=True).click()
        page.get_by_role("link", name="Sign as second person").click()
        expect(page.get_by_role("heading", name="Sign AM-EV-26-001-1")).to_be_visible()
        faults += inspect(page, "second")
        with page.expect_download() as download:
            page.get_by_role("link", name="Download").click()
        assert Path(download.value.path()).read_text() == "Endotoxin 0.09 EU/mL"
        for box in page.get_by_role("checkbox").all():
            box.check()
        page.get_by_label("Outcome").select_option("confirmed")
        sign(page, "Sign as second person", "Compared with the notebook")
        expect(page.get_by_text("your signature is recorded")).to_be_visible()
        page.goto(failed.lot)
        page.emulate_media(media="print")
        expect(page.locator(".version", has_text="Version 1:").first).to_be_visible()
        page.emulate_media(media="screen")
        faults += inspect(page, "lot")

    assert faults == [], "\n".join(faults)
    assert watch.complaints == []
