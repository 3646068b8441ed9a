"""A session ends while somebody types: after sign-in what was typed is back, for nobody else."""

from __future__ import annotations

from playwright.sync_api import Browser, Page, expect

from tests.accounts import PASSWORD
from tests.admin.pages import address
from tests.browser.test_story import Watch, signed_in

TYPED = "D-0777"


def sign_in_again(page: Page, username: str) -> None:
    page.wait_for_load_state()  # The page at the door notes first that something is kept.
    page.get_by_label("Account").fill(username)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def type_and_be_signed_out(page: Page, server: str) -> None:
    """As after 30 minutes: the session is over when the form is sent."""
    page.goto(server + address("donor_add"))
    page.get_by_label("Code").fill(TYPED)
    page.context.clear_cookies(name="sessionid")
    page.get_by_role("button", name="Register the donor").click()
    expect(page.get_by_role("button", name="Sign in")).to_be_visible()


def test_what_was_typed_is_back_after_sign_in(server: str, browser: Browser) -> None:
    watch = Watch()
    with signed_in(browser, server, "analyst", watch) as page:
        type_and_be_signed_out(page, server)

        sign_in_again(page, "analyst")

        expect(page.get_by_text("What you had typed is back")).to_be_visible()
        expect(page.get_by_label("Code")).to_have_value(TYPED)
        page.get_by_role("button", name="Register the donor").click()
        expect(page.get_by_text(f"Donor {TYPED} is registered.")).to_be_visible()
        page.goto(server + address("donor_add"))
        expect(page.get_by_label("Code")).to_have_value("")
    assert watch.complaints == []


def test_nobody_else_sees_what_was_typed_and_no_password_is_kept(
    server: str, browser: Browser
) -> None:
    with signed_in(browser, server, "analyst", Watch()) as page:
        page.goto(server + "/admin/password_change/")
        page.get_by_label("Present password").fill(PASSWORD)
        kept = page.evaluate("sessionStorage.getItem('exolot.typed') || ''")
        assert PASSWORD not in kept
        type_and_be_signed_out(page, server)

        sign_in_again(page, "quality")

        expect(page.get_by_label("Code")).to_be_visible()
        page.wait_for_load_state()
        expect(page.get_by_label("Code")).to_have_value("")
        assert page.evaluate("sessionStorage.getItem('exolot.typed')") is None
