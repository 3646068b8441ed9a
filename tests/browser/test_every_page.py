"""Every page of the admin in a real browser: for eyes, ears and fingers, at its first visit."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial

import pytest
from django.test import override_settings
from playwright.sync_api import Browser, Route
from pytest_django import DjangoDbBlocker

from tests.browser.conftest import a_browser, a_server
from tests.browser.every_page import Site, Visit, site_of
from tests.browser.looking import Looker
from tests.conftest import CHEAP_HASHERS, Databases, demonstration, own_clone
from tests.permissions.world import world

PARTS = 6


@dataclass
class Open:
    site: Site
    server: str
    browser: Browser


@pytest.fixture(scope="module")
def opened(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[Open]:
    with (
        own_clone(databases, django_db_blocker) as name,
        override_settings(PASSWORD_HASHERS=CHEAP_HASHERS),
    ):
        demonstration(databases, name)
        site = site_of(world())
        with a_server() as server, a_browser() as browser:
            yield Open(site, server, browser)


@pytest.mark.parametrize("part", range(PARTS))
def test_every_page_is_for_everybody_and_every_device(opened: Open, part: int) -> None:
    lookers: dict[str, Looker] = {}
    faults = []

    for visit in opened.site.visits[part::PARTS]:
        if visit.who not in lookers:
            lookers[visit.who] = looker(opened, visit.who)
        looking = lookers[visit.who]
        if visit.body:
            looking.page.route(opened.server + visit.path, partial(shown, opened, visit), times=1)
        faults += [
            f"{visit.path} {visit.who}: {fault}"
            for fault in looking.faults(visit.path, visit.status)
        ]
    for one in lookers.values():
        one.page.context.close()

    assert faults == [], "\n".join(faults)


def looker(opened: Open, who: str) -> Looker:
    context = opened.browser.new_context(base_url=opened.server)
    if session := opened.site.sessions.get(who):
        context.add_cookies([{"name": "sessionid", "value": session, "url": opened.server}])
    return Looker(context)


def shown(opened: Open, visit: Visit, route: Route) -> None:
    headers = {"Content-Security-Policy": opened.site.policy, "Content-Type": "text/html"}
    route.fulfill(status=visit.status, headers=headers, body=visit.body)
