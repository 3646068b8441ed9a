#!/usr/bin/env python3
"""Play the tutorial in a browser, on a demo that was just begun, and take its pictures.

    EXOLOT_CLUSTER=demo EXOLOT_PG_DIR=/tmp/shown .venv/bin/python manage.py demo --port 8010
    .venv/bin/python docs/tools/screenshots.py http://127.0.0.1:8010 /tmp/shown/demo-logins

The pictures go to `docs/images`: light, 1440 pixels wide, one of a telephone; as PNG of at most 256
colours, none above 150 kB. The lot of the tutorial can be registered once in a demo.
"""

from __future__ import annotations

import base64
import json
import struct
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from playwright.sync_api import Browser, Page, expect, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "images"
CHROMIUM = "/usr/bin/chromium"
WIDE = (1440, 900)
PHONE = (390, 844)
MOST_BYTES = 150_000
ZONE = "America/New_York"
LOT = "AMF-018"
FEW_COLOURS = """async source => {
  const image = new Image();
  image.src = "data:image/png;base64," + source;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width, image.height);
  const context = canvas.getContext("2d");
  context.drawImage(image, 0, 0);
  const data = new Uint32Array(context.getImageData(0, 0, image.width, image.height).data.buffer);
  const counts = new Map();
  for (const colour of data) counts.set(colour, (counts.get(colour) || 0) + 1);
  const palette = [...counts].sort((a, b) => b[1] - a[1]).slice(0, 256).map(pair => pair[0]);
  const channels = palette.map(c => [c & 255, c >> 8 & 255, c >> 16 & 255]);
  const nearest = new Map(palette.map((colour, place) => [colour, place]));
  const place = colour => {
    let found = nearest.get(colour);
    if (found === undefined) {
      const [r, g, b] = [colour & 255, colour >> 8 & 255, colour >> 16 & 255];
      let least = Infinity;
      channels.forEach((c, n) => {
        const far = (c[0] - r) ** 2 + (c[1] - g) ** 2 + (c[2] - b) ** 2;
        if (far < least) { least = far; found = n; }
      });
      nearest.set(colour, found);
    }
    return found;
  };
  const bytes = Uint8Array.from(data, place);
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768)
    text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return {width: image.width, height: image.height, palette: channels, pixels: btoa(text)};
}"""


class Studio:
    """Takes pictures of pages of the demo at ``url``; ``passwords`` are by account."""

    def __init__(self, browser: Browser, url: str, passwords: dict[str, str]) -> None:
        self.browser, self.url, self.passwords = browser, url, passwords
        self.desk = browser.new_page()

    @contextmanager
    def signed_in(self, account: str, size: tuple[int, int] = WIDE) -> Iterator[Page]:
        context = self.browser.new_context(
            base_url=self.url,
            timezone_id=ZONE,
            viewport={"width": size[0], "height": size[1]},
            color_scheme="light",
            reduced_motion="reduce",
        )
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.goto("/admin/login/")
        page.get_by_label("Account").fill(account)
        page.get_by_label("Password").fill(self.passwords[account])
        page.get_by_role("button", name="Sign in").click()
        expect(page.get_by_role("heading", name="Home")).to_be_visible()
        yield page
        context.close()

    def take(self, page: Page, name: str, *, top: str = "", height: int = 0) -> None:
        """What the window shows; ``top`` is the selector of what is to be at its upper edge."""
        if height:
            size = page.viewport_size
            assert size is not None
            page.set_viewport_size({"width": size["width"], "height": height})
        page.evaluate("window.scrollTo(0, 0)")
        if top:
            page.locator(top).first.evaluate(
                "e => window.scrollTo(0, e.getBoundingClientRect().top + window.scrollY - 12)"
            )
        shown = base64.b64encode(page.screenshot()).decode()
        content = png_of(self.desk.evaluate(FEW_COLOURS, shown))
        assert len(content) <= MOST_BYTES, f"{name} has {len(content)} bytes"
        (IMAGES / f"{name}.png").write_bytes(content)
        if height:
            page.set_viewport_size({"width": WIDE[0], "height": WIDE[1]})


def png_of(image: dict[str, object]) -> bytes:
    """An indexed PNG; its rows are not filtered, which suits flat colours."""
    width, height = image["width"], image["height"]
    assert isinstance(width, int)
    assert isinstance(height, int)
    pixels = base64.b64decode(str(image["pixels"]))
    rows = b"".join(b"\0" + pixels[at : at + width] for at in range(0, width * height, width))
    palette = bytes(channel for colour in image["palette"] for channel in colour)  # type: ignore[attr-defined]  # a list
    parts = (
        (b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)),
        (b"PLTE", palette),
        (b"IDAT", zlib.compress(rows, 9)),
        (b"IEND", b""),
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in parts
    )


def open_lot(page: Page, number: str) -> None:
    page.get_by_placeholder("Scan or type a number").fill(number)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name=f"Lot {number}")).to_be_visible()


def sign(page: Page, studio: Studio, account: str, button: str, reason: str) -> None:
    page.get_by_label("Reason", exact=True).fill(reason)
    page.get_by_label("Your password").fill(studio.passwords[account])
    page.get_by_role("button", name=button).click()


def minute() -> str:
    return f"{datetime.now(UTC).astimezone(ZoneInfo(ZONE)):%Y-%m-%dT%H:%M}"


def register(studio: Studio) -> None:
    today = datetime.now(UTC).astimezone(ZoneInfo(ZONE)).date()
    with studio.signed_in("analyst") as page:
        studio.take(page, "home-analyst")
        page.goto("/admin/products/lot/")
        studio.take(page, "lots")
        page.get_by_role("link", name="Register a lot").click()
        page.get_by_label("Lot number").fill(LOT)
        page.get_by_label("Product").fill("AMF")
        page.get_by_label("Made on").fill(f"{today}")
        page.get_by_label("Vials").fill("120")
        page.get_by_label("Expiry").fill(f"{today + timedelta(days=182)}")
        page.get_by_label("Tissue sources").fill("TS-0306")
        studio.take(page, "register-lot")
        page.get_by_role("button", name="Register the lot").click()
        expect(page.get_by_role("heading", name=f"Lot {LOT}")).to_be_visible()
        page.get_by_role("link", name="Draw a sample").click()
        page.get_by_label("Stage").select_option("final_container")
        page.get_by_label("Container").fill("3 final vials")
        page.get_by_label("Drawn at").fill(minute())
        page.get_by_role("button", name="Record the sample").click()
        expect(page.get_by_text(f"{LOT}-S1").first).to_be_visible()


READINGS: dict[str, tuple[str, dict[str, str]]] = {
    "NTA": (
        "NTA-01",
        {
            "Particles per mL as measured, replicate 1": "2.44E7",
            "Particles per mL as measured, replicate 2": "2.51E7",
            "Particles per mL as measured, replicate 3": "2.39E7",
            "Dilution factor": "100",
        },
    ),
    "WB": ("IMG-01", {"Result": "positive"}),
    "LAL": (
        "LAL-01",
        {
            "Endotoxin in the diluted test solution, replicate 1": "<0.005",
            "Endotoxin in the diluted test solution, replicate 2": "<0.005",
            "Endotoxin in the spiked test solution, replicate 1": "0.48",
            "Endotoxin in the spiked test solution, replicate 2": "0.51",
            "Endotoxin added as spike": "0.50",
            "Endotoxin in the negative control": "<0.005",
            "Correlation r of the standard curve": "-0.997",
            "Dilution factor": "10",
        },
    ),
}
"""By method: the instrument, and what is typed into the worksheet."""


def measure(studio: Studio) -> None:
    with studio.signed_in("analyst2") as page:
        for method, (instrument, readings) in READINGS.items():
            page.goto(f"/admin/worksheet/?method={method}")
            page.get_by_label(f"{LOT}-S1").check()
            page.get_by_role("button", name="Plan a worksheet").click()
            page.get_by_label("Performed at").fill(minute())
            page.get_by_label("Instrument").fill(instrument)
            page.get_by_role("button", name="Open 1 run").click()
            for label, text in readings.items():
                page.get_by_label(label).fill(text)
                page.keyboard.press("Tab")
            expect(page.locator("[data-verdict]").first).to_contain_text("Pass")
            expect(page.locator("[data-status]").first).to_contain_text("Saved, no result yet")
            if method == "NTA":
                studio.take(page, "worksheet", height=820)
            page.get_by_role("button", name="Tick every complete run").click()
            page.get_by_role("button", name="Save and submit the ticked runs").click()
            expect(page.get_by_text("Submitted as performed by you: 1 pass.")).to_be_visible()


def look_over(studio: Studio) -> None:
    with studio.signed_in("reviewer") as page:
        studio.take(page, "home-reviewer")
        open_lot(page, LOT)
        page.get_by_role("link", name="Review results").click()
        for box in page.get_by_role("checkbox").all()[:3]:
            box.check()
        studio.take(page, "review", height=1000)
        sign(page, studio, "reviewer", "Sign the review", "Readings agree with the printouts")
        expect(page.get_by_text("3 results are reviewed.")).to_be_visible()


def decide(studio: Studio) -> None:
    with studio.signed_in("quality") as page:
        studio.take(page, "home-quality")
        open_lot(page, LOT)
        page.get_by_role("link", name="Release", exact=True).click()
        for box in page.get_by_role("checkbox").all():
            box.check()
        studio.take(page, "release", top=".card:has(input[type=checkbox])", height=620)
        sign(page, studio, "quality", "Sign and release", "Meets its specification")
        expect(page.get_by_text(f"Lot {LOT} was released on")).to_be_visible()
        studio.take(page, "released")


def look_into(studio: Studio) -> None:
    with studio.signed_in("quality") as page:
        open_lot(page, "AMF-016")
        studio.take(page, "lot", height=1000)
        studio.take(page, "trends", top="#trends", height=412)
    with studio.signed_in("auditor") as page:
        open_lot(page, LOT)
        page.get_by_role("link", name="Audit trail of the lot").click()
        studio.take(page, "audit-trail")
    with studio.signed_in("administrator") as page:
        studio.take(page, "home-administrator")
    with studio.signed_in("analyst", PHONE) as page:
        studio.take(page, "phone")


def main() -> None:
    url, logins = sys.argv[1:]
    passwords = json.loads(Path(logins).read_text("utf-8"))["passwords"]
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        studio = Studio(browser, url, passwords)
        for part in (register, measure, look_over, decide, look_into):
            part(studio)
        browser.close()


if __name__ == "__main__":
    main()
