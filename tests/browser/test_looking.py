"""The look that is taken at every page finds a focus that nobody sees."""

from __future__ import annotations

from playwright.sync_api import Browser, Page

from tests.browser.looking import LISTEN

SEEN = {
    "the browser's own": "",
    "an outline": "#x:focus { outline: 3px solid blue }",
    "a shadow": "#x:focus { outline: none; box-shadow: 0 0 0 3px blue }",
    "another shadow": "#x { box-shadow: 0 0 0 2px red } #x:focus { box-shadow: 0 0 0 3px blue }",
}
NOT_SEEN = {
    "none": "#x:focus { outline: none }",
    "a clear outline": "#x:focus { outline: 3px solid transparent }",
    "no width": "#x:focus { outline: 0 solid blue }",
    "the outline that it always has": "#x, #x:focus { outline: 3px solid blue }",
    "the shadow that it always has": "#x { box-shadow: 0 0 0 2px red } #x:focus { outline: none }",
    "a clear shadow": "#x:focus { outline: none; box-shadow: 0 0 0 3px rgb(0 0 255 / 0) }",
}


def faults(page: Page, style: str) -> list[str]:
    page.set_content(f"<style>{style}</style><main><input id='x' aria-invalid='true'></main>")
    page.evaluate(LISTEN, [])
    page.keyboard.press("Tab")
    page.evaluate("keysAreThrough()")
    return [str(one) for one in page.evaluate("keysFoundWrong()")]


def test_a_focus_that_looks_as_before_is_not_seen(browser: Browser) -> None:
    page = browser.new_page()

    for name, style in SEEN.items():
        assert faults(page, style) == [], name
    for name, style in NOT_SEEN.items():
        assert [one.split(":")[0] for one in faults(page, style)] == ["focus is not seen"], name
