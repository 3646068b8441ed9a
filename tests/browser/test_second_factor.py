"""A second factor in a real browser: an app and a passkey are enrolled, open the door and sign."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from products.domain.factors import secret_text
from products.models import Factor, Hold, Lot, PasskeyUse, SignIn
from products.queries.factors import secret_of
from tests.accounts import PASSWORD
from tests.admin.pages import address
from tests.browser.test_story import Watch, inspect
from tests.factors import App
from tests.records import lot, people

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
def page(server: str, browser: Browser) -> Iterator[Page]:
    """A page whose browser holds an authenticator, and that complains of nothing."""
    watch = Watch()
    context = browser.new_context(base_url=server)
    page = context.new_page()
    watch.listen(page)
    session = context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
    yield page
    context.close()
    assert watch.complaints == []


def to_the_door(page: Page) -> None:
    page.goto("/admin/login/")
    page.get_by_label("Account").fill("analyst")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def test_an_app_and_a_passkey_are_enrolled_and_sign(page: Page) -> None:
    faults = []
    lot()
    to_the_door(page)
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.goto("/admin/second-factor/")
    page.get_by_role("link", name="Enrol an authenticator app").click()
    page.get_by_label("Name", exact=True).fill("Work telephone")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Show the secret").click()
    expect(page.get_by_label("Code of your app")).to_be_visible()
    faults += inspect(page, "new app")
    factor = Factor.objects.get()
    secret = secret_of(factor)
    assert secret is not None
    shown = page.locator(".secret").inner_text().replace(" ", "")
    assert shown == secret_text(secret)
    app = App(factor, secret)
    page.get_by_label("Code of your app").fill(app.code())
    page.get_by_role("button", name="Confirm the app").click()
    expect(page.get_by_text("is your second factor from now on")).to_be_visible()

    page.get_by_role("link", name="Enrol a passkey").click()
    page.get_by_label("Name", exact=True).fill("This device")
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_label("Code of your app").fill(app.code())
    page.wait_for_load_state()  # The button asks the authenticator once its script has run.
    page.get_by_role("button", name="Make the passkey").click()
    expect(page.get_by_text("This device is your second factor")).to_be_visible()
    faults += inspect(page, "overview")

    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()
    to_the_door(page)
    expect(page.get_by_role("button", name="Use your passkey")).to_be_visible()
    faults += inspect(page, "door")
    page.get_by_role("button", name="Use your passkey").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()

    page.goto(address("lot_hold", Lot.objects.get()))
    page.get_by_label("Reason").fill("A deviation")
    page.get_by_label("Your password").fill(PASSWORD)
    faults += inspect(page, "sign")
    page.get_by_role("button", name="Sign with your passkey").click()
    expect(page.get_by_text(f"Lot {Lot.objects.get().number} is on hold.")).to_be_visible()
    assert Hold.objects.count() == 1
    assert PasskeyUse.objects.count() == 3
    kinds = SignIn.objects.filter(user=people().analyst, succeeded=True).order_by("recorded_at")
    assert [row.kind for row in kinds][-3:] == ["password", "sign_in", "signature"]
    assert faults == [], "\n".join(faults)
