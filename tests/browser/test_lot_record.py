"""The page of a lot in a real browser: looked at, printed, and left through a mark of a chart."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.admin.pages import the_lot
from tests.browser.printed import words_of_pages
from tests.browser.test_story import Watch, inspect, signed_in
from tests.records import ENDOTOXIN, STERILITY, approved_specification, lot, submitted_run, value


def lots() -> None:
    approved_specification("EXO-1", [ENDOTOXIN, STERILITY])
    for number, reading in (("EV-26-001", "9"), ("EV-26-002", "<0.05")):
        lot(number)
        submitted_run(ENDOTOXIN, value(reading), lot=number)


def printed(page: Page) -> list[str]:
    return words_of_pages(page.pdf(prefer_css_page_size=True))


def test_a_lot_is_read_printed_as_one_record_and_left_through_a_chart(
    committed_db: str, server: str, browser: Browser
) -> None:
    lots()
    watch = Watch()

    with signed_in(browser, server, "quality", watch) as page:
        page.goto(f"/admin/products/lot/{the_lot('EV-26-002').pk}/change/")
        pages = printed(page)
        page.get_by_text("The same values as a table").click()
        faults = inspect(page, "lot")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.locator(".trend a", has_text="EV-26-001: 9.00, fail").click()
        expect(page.get_by_role("heading", name="Lot EV-26-001")).to_be_visible()
        page.goto(f"{page.url.replace('change', 'release')}")
        page.get_by_role("button", name="Sign and release").click()
        expect(page.get_by_text("you have not confirmed Sterility results")).to_be_visible()
        faults += inspect(page, "unconfirmed")

    assert faults == [], "\n".join(faults)
    assert watch.complaints == []
    assert len(pages) > 1
    for number, words in enumerate(pages, 1):
        assert f"Page{number}of{len(pages)}" in words
        assert "LotEV-26-002" in words
        assert "PrintedbyQuentinQualityat20" in words
        assert "(America/New_York)" in words
        assert "Whatyoumaydo" not in words
        assert "Signout" not in words
    whole = "".join(pages)
    assert "9.00✕fail" in whole, "what is folded on the screen is open on paper"
    assert "Timeline" in whole
