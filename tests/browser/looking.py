"""Looking at a page as its rules do: widths, themes, keyboard, weight, what the browser says."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import BrowserContext, CDPSession, ConsoleMessage, Page

HEAVIEST = 150 * 1024
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
View = tuple[tuple[int, int], Literal["light", "dark"]]
VIEWS: tuple[View, ...] = (((1440, 900), "light"), ((390, 844), "dark"))
OTHER_VIEWS: tuple[View, ...] = (((1440, 900), "dark"), ((390, 844), "light"))
"""Those of the walks: a page that is walked through is seen in all four."""
LOOKED_IN = (*OTHER_VIEWS, *VIEWS) if os.environ.get("EXOLOT_VIEWS") == "all" else VIEWS
FRAME = (".skip", ".top", ".side", "#keys")
"""What is alike on every page of a role: looked at on the first, and not again."""
AXE = """([frame, rules]) => axe
  .run({exclude: frame.map(one => [one])},
    {resultTypes: ["violations"], runOnly: {type: "tag", values: rules}})
  .then(found => found.violations.map(one => one.id + " " + one.nodes.slice(0, 3)
    .map(node => node.html.slice(0, 160) + " " + node.failureSummary.slice(0, 200)).join(" | ")))"""
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
LISTEN = Path(__file__).with_name("keyboard.js").read_text()
TAB = {"type": "rawKeyDown", "key": "Tab", "code": "Tab", "windowsVirtualKeyCode": 9}
AT_ONCE, MOST_TABS = 20, 400
OK = 200


def show(page: Page, view: View) -> None:
    """Without motion: a colour half-way from light to dark is nobody's contrast."""
    (width, height), theme = view
    page.set_viewport_size({"width": width, "height": height})
    page.emulate_media(color_scheme=theme, reduced_motion="reduce")


class Looker:
    """One tab of a browser. The cache is off: every visit is the first."""

    def __init__(self, context: BrowserContext) -> None:
        self.page: Page = context.new_page()
        self.devtools: CDPSession = context.new_cdp_session(self.page)
        self.devtools.send("Network.enable")
        self.devtools.send("Network.setCacheDisabled", {"cacheDisabled": True})
        self.devtools.on("Network.requestWillBeSent", self._asked)
        self.devtools.on("Network.loadingFinished", self._came)
        self.page.on("console", self._said)
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.said: list[str] = []
        self.hosts: set[str] = set()
        self.weight = 0
        self.frame: tuple[str, ...] = ()

    def faults(self, path: str, status: int) -> Iterator[str]:
        """What is wrong with the page at ``path``, which is answered with ``status``."""
        self.said, self.hosts, self.weight = [], set(), 0
        show(self.page, VIEWS[0])
        answer = self.page.goto(path)
        if answer is None or answer.status != status:
            yield f"answered {answer and answer.status}"
        if urlsplit(self.page.url).path != urlsplit(path).path:
            yield f"leads to {self.page.url}"
        if self.weight > HEAVIEST:
            yield f"weighs {self.weight} bytes"
        if self.hosts != {"localhost"}:
            yield f"asks {self.hosts}"
        self.page.evaluate(AXE_SCRIPT)
        for size, theme in LOOKED_IN:
            show(self.page, (size, theme))
            for violation in self.page.evaluate(AXE, [self.frame, RULES]):
                yield f"{theme} {size[0]}: {violation}"
            if (wide := self.page.evaluate(TOO_WIDE)) > 0:
                yield f"{theme} {size[0]}: {wide} pixels too wide"
        yield from self._by_keyboard()
        self.frame = FRAME
        # That an answer is none of the best is said by the browser itself.
        yield from (one for one in self.said if status == OK or f"status of {status}" not in one)

    def _by_keyboard(self) -> Iterator[str]:
        wanted = self.page.evaluate(LISTEN, self.frame)
        for _ in range(MOST_TABS // AT_ONCE):
            for _ in range(min(AT_ONCE, wanted + 1)):
                self.devtools.send("Input.dispatchKeyEvent", TAB)
            if self.page.evaluate("keysAreThrough()"):
                break
        yield from self.page.evaluate("keysFoundWrong()")

    def _said(self, message: ConsoleMessage) -> None:
        self.said.append(f"{message.type}: {message.text}")

    def _asked(self, event: dict[str, Any]) -> None:
        url = urlsplit(event["request"]["url"])
        if url.scheme != "data":
            self.hosts.add(str(url.hostname))

    def _came(self, event: dict[str, Any]) -> None:
        self.weight += int(event["encodedDataLength"])
