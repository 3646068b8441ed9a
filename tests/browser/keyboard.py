"""Somebody at a keyboard, without a mouse: what Tab does not reach cannot be used."""

from __future__ import annotations

from datetime import datetime

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 400
IS_FOCUSED = "element => element === document.activeElement"
CHOSEN = "element => [element.value, element.selectedOptions[0].text]"
IN_PARTS = "%m%d%Y|%I%M%p"
"""As a browser of American English asks for a time; the year does not say that it is over."""


def reach(page: Page, wanted: Locator) -> None:
    """Tab to an element, from where the keyboard is."""
    expect(wanted).to_be_visible()
    page.wait_for_load_state()
    for _ in range(MOST_TABS):
        if wanted.evaluate(IS_FOCUSED):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab does not lead to {wanted}")


def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    reach(page, wanted)
    page.keyboard.press(key)


def enter(page: Page, wanted: Locator, text: str) -> None:
    """In place of what stands there."""
    reach(page, wanted)
    page.keyboard.press("Control+a")
    page.keyboard.type(text)


def enter_time(page: Page, wanted: Locator, at: datetime) -> None:
    reach(page, wanted)
    day, time = at.strftime(IN_PARTS).split("|")
    page.keyboard.type(day)
    page.keyboard.press("ArrowRight")
    page.keyboard.type(time)


def choose(page: Page, wanted: Locator, option: str) -> None:
    """An option, by what it says or by what it stands for."""
    reach(page, wanted)
    page.keyboard.press("Home")
    for _ in range(wanted.locator("option").count()):
        if option in wanted.evaluate(CHOSEN):
            return
        page.keyboard.press("ArrowDown")
    raise AssertionError(f"{wanted} offers no {option}")


def go_to(page: Page, number: str) -> None:
    """The record of that number, through the box on every page."""
    page.wait_for_load_state()  # The keys lead there once their script has run.
    page.keyboard.press("Control+k")
    expect(page.get_by_label("Go to a record")).to_be_focused()
    page.keyboard.type(f"{number}\n")
