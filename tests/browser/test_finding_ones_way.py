"""Home and the box for a number, by keyboard alone: at every width, light and dark."""

from __future__ import annotations

from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, Request, expect

from products.models import Run
from tests.admin.pages import address
from tests.browser.keyboard import go_to
from tests.browser.test_story import Watch, inspect, signed_in
from tests.records import lot, opened_run

LIGHTEST = 150 * 1024


def focused(page: Page) -> str:
    return str(page.evaluate("document.activeElement.id || document.activeElement.textContent"))


def weight_of_first_visit(browser: Browser, server: str) -> tuple[int, set[str]]:
    """Bytes that home brings to a browser that has nothing yet, and the hosts that it asks."""
    sizes: list[int] = []
    hosts: set[str] = set()
    with signed_in(browser, server, "analyst", Watch()) as page:
        cookies = page.context.cookies()
    context = browser.new_context(base_url=server)
    context.add_cookies([{"name": c["name"], "value": c["value"], "url": server} for c in cookies])

    def weigh(request: Request) -> None:
        size = request.sizes()
        sizes.append(size["responseBodySize"] + size["responseHeadersSize"])
        hosts.add(str(urlsplit(request.url).hostname))

    page = context.new_page()
    page.on("requestfinished", weigh)
    page.goto("/admin/", wait_until="networkidle")
    context.close()
    return sum(sizes), hosts


def test_a_day_begins_at_home_and_every_record_is_a_number_away(
    committed_db: str, server: str, browser: Browser
) -> None:
    lot()
    run = opened_run()
    watch = Watch()

    weight, hosts = weight_of_first_visit(browser, server)
    assert 10_000 < weight <= LIGHTEST
    assert hosts == {"localhost"}

    with signed_in(browser, server, "analyst", watch) as page:
        page.set_viewport_size({"width": 1440, "height": 900})
        _the_content_is_a_tab_away(page)
        _keys_lead_to_the_box(page, run)
        _keys_are_listed_and_switched_off(page)
        faults = inspect(page, "keys")
        page.keyboard.press("Escape")
        faults += inspect(page, "home")
        page.goto("/admin/waiting/runs-to-submit/")
        faults += inspect(page, "list of work")
        go_to(page, "ev-26")
        expect(page.get_by_text("These begin with it")).to_be_visible()
        faults += inspect(page, "found")

    assert faults == [], "\n".join(faults)
    assert watch.complaints == []


def _the_content_is_a_tab_away(page: Page) -> None:
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Runs you saved and have not submitted")).to_be_focused()
    outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
    assert outline == "solid"


def _keys_lead_to_the_box(page: Page, run: Run) -> None:
    page.wait_for_load_state()
    page.keyboard.press("/")
    expect(page.get_by_label("Go to a record")).to_be_focused()
    page.keyboard.type(f"{run.number.lower()}\n")
    expect(page.get_by_role("heading", name=f"Run {run.number}")).to_be_visible()
    page.goto(address("donor_add"))
    code = page.get_by_label("Code")
    code.focus()
    page.keyboard.type("D-0/7?")
    expect(code).to_have_value("D-0/7?")
    go_to(page, "EV-26-001")
    expect(page.get_by_role("heading", name="Lot EV-26-001", exact=True)).to_be_visible()
    page.goto("/admin/")


def _keys_are_listed_and_switched_off(page: Page) -> None:
    """Ends with the list open and the keys on."""
    keys = page.get_by_role("dialog", name="Keyboard")
    single = keys.get_by_role("checkbox", name="Keys of one character")
    page.keyboard.press("?")
    expect(keys.get_by_role("button", name="Close")).to_be_focused()
    single.focus()
    page.keyboard.press("Space")
    page.keyboard.press("Escape")
    expect(keys).to_be_hidden()
    page.keyboard.press("?")
    page.keyboard.press("/")
    expect(keys).to_be_hidden()
    assert focused(page) != "go-to"
    page.keyboard.press("Control+k")
    assert focused(page) == "go-to"
    page.goto("/admin/keyboard/")
    expect(page.get_by_role("checkbox", name="Keys of one character")).not_to_be_checked()
    page.get_by_role("checkbox", name="Keys of one character").focus()
    page.keyboard.press("Space")
    page.goto("/admin/")
    page.keyboard.press("?")
    expect(single).to_be_checked()
