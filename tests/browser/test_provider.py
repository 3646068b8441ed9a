"""Signing in through a provider with a real browser, by the keyboard, under the site's policy."""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests.accounts import PASSWORD
from tests.admin.pages import address
from tests.admin.sso.conftest import _provider, provider
from tests.admin.sso.provider import TestProvider
from tests.browser.test_story import Watch

__all__ = ["_provider", "provider"]


def test_a_person_links_an_identity_and_comes_in_by_it(
    server: str, browser: Browser, provider: TestProvider
) -> None:
    provider.redirect_uri = f"{server}/admin/sso/callback/"
    watch = Watch()
    page = browser.new_context(base_url=server).new_page()
    watch.listen(page)

    page.goto("/admin/sso/callback/?state=x")
    expect(page.get_by_role("alert")).to_contain_text("did not begin in this browser")
    assert Axe().run(page).response["violations"] == []
    watch.complaints.clear()  # the browser's own line about the status 403

    page.goto("/admin/login/")
    page.get_by_label("Account").fill("analyst")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Home")).to_be_visible()
    page.goto(address("identitylink_changelist"))
    page.get_by_role("link", name="Link your own identity at Lab login").click()
    expect(page.get_by_text("Lab login says that you are anna@example.org")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Link this identity").click()
    expect(page.get_by_text("Lab login now opens the account analyst.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Signed out")).to_be_visible()

    page.goto(address("donor_changelist"))
    page.get_by_label("Password").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Sign in with Lab login")).to_be_focused()
    assert Axe().run(page).response["violations"] == []
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Donors")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("Lab login was not told.")).to_be_visible()
    assert Axe().run(page).response["violations"] == []
    assert watch.complaints == []
