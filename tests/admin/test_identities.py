"""Where no provider is set, nothing offers one."""

from __future__ import annotations

import pytest

from products.actions.identities import link_identity
from tests.admin.pages import Visitor, address, visitor
from tests.records import context, people

pytestmark = pytest.mark.django_db


def test_without_a_provider_no_page_offers_one() -> None:
    admin = visitor("admin")

    assert "Sign in with" not in Visitor().open("/admin/login/")
    assert "Linked identities" not in admin.open("/admin/")
    assert "Link an identity" not in admin.open(address("identitylink_changelist"))
    assert admin.open(address("identitylink_add")).status == 404
    for path in ("", "callback/", "link/", "link/confirm/"):
        assert admin.open(f"/admin/sso/{path}").status == 404


def test_links_of_a_former_provider_are_still_shown_and_undone() -> None:
    row = link_identity(
        context(people().admin),
        username="analyst",
        issuer="https://id.example.org",
        subject="a-1",
    )

    shown = visitor("analyst").open(address("identitylink_change", row))

    assert "https://id.example.org" in shown
    assert "Undo the link" in shown
