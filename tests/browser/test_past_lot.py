"""The page of a lot as of an instant in a real browser: asked for by keyboard, at every width."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, expect

from products.models import Checkpoint, Lot
from tests.admin.test_lots import released
from tests.browser.keyboard import press
from tests.browser.test_story import Watch, inspect, signed_in
from tests.records import ZONE
from tests.sealing import seal, sign_head


def sealed() -> Checkpoint:
    seal()
    return sign_head()


def test_the_past_of_a_lot_is_asked_for_by_keyboard_and_shown_without_faults(
    committed_db: str, server: str, browser: Browser
) -> None:
    released()
    head = sealed()
    local = head.sealed_at.astimezone(ZoneInfo(ZONE))
    watch = Watch()

    with signed_in(browser, server, "quality", watch) as page:
        page.goto(f"/admin/products/lot/{Lot.objects.get().pk}/change/")
        page.get_by_label("As of").focus()
        for keys in (f"{local:%m%d%Y}", f"{local:%I%M%S%p}"):
            page.keyboard.type(keys)
            page.keyboard.press("Tab")
        # The browser's own calendar is on the way.
        press(page, page.get_by_role("button", name="Show what was on record"))

        # To the second, this is before the seal.
        expect(page.get_by_role("alert")).to_contain_text("No checkpoint was made at or before")
        faults = inspect(page, "refused")
        page.goto(f"{page.url.split('?')[0]}?as_of={head.sealed_at.isoformat()}")
        expect(page.get_by_text("Nothing can be changed here.")).to_be_visible()
        faults += inspect(page, "past")
        page.get_by_role("link", name="Back to now").click()
        expect(page.get_by_role("link", name="Place a hold")).to_be_visible()

    assert faults == []
    assert [said for said in watch.complaints if "400" not in said] == []
