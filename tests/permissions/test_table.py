"""Every address and method as everybody: what `table.txt` says is what is answered."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

import pytest
from django.test import Client

from products.actions.base import ACTIONS
from products.domain.roles import ROLE_PERMISSIONS, Role
from products.models import AuditEntry
from tests.api.clients import stored_token
from tests.api.test_roles import ACCOUNTS
from tests.permissions.calls import (
    NOTHING,
    PARAMETER,
    PATHS,
    QUERIES,
    WHO,
    Address,
    Everybody,
    actions_by_route,
    addresses,
    cell,
    undone,
)
from tests.permissions.world import world
from tests.records import people

pytestmark = pytest.mark.django_db
TABLE = Path(__file__).with_name("table.txt")
OPEN = {"/api/v1/schema/", "/api/v1/schema/ui/"}
NOWHERE = {"/api/v1/^[\\s\\S]*\\Z": 404}
OTHER_METHODS = ("PUT", "PATCH", "DELETE")
Cells = dict[tuple[str, str], str]


def stated() -> Cells:
    """The cells of each method at each address, in the order of `WHO`."""
    found: Cells = {}
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            route, *cells = line.split()
            for method, row in zip(cells[::2], cells[1::2], strict=True):
                assert (method, route) not in found, line
                found[method, route] = row
    return found


def asked(everybody: Everybody, those: Iterable[Address]) -> Cells:
    return {
        (method, address.route): "".join(
            cell(method, everybody.ask(who, method, address), is_api=address.is_api) for who in WHO
        )
        for address in those
        for method in address.methods
    }


@pytest.mark.parametrize("is_api", [True, False], ids=["api", "pages"])
def test_everybody_is_answered_as_the_table_says(is_api: bool) -> None:
    those = [address for address in addresses() if address.is_api is is_api]
    table = stated()

    found = asked(Everybody(world()), those)

    assert len(found) > 140
    assert {key: (row, table.get(key)) for key, row in found.items() if row != table.get(key)} == {}


def test_the_table_has_a_row_for_every_address_and_no_other() -> None:
    served = {(method, one.route) for one in addresses() for method in one.methods}
    # What is there where a provider is named is asked in `tests/admin/sso`.
    of_provider = {key for key in stated() if key[1].startswith("/admin/sso/")}

    assert set(stated()) == served | of_provider
    assert {*PATHS, *QUERIES, *NOWHERE} <= {route for _, route in served}
    assert len(of_provider) > 3


def test_the_table_says_of_every_action_what_the_roles_permit() -> None:
    """Of those that a permission decides; what is one's own is for whoever it belongs to."""
    table = stated()

    for route, action in actions_by_route().items():
        permission = ACTIONS[action].permission
        may = {who for who, mark in zip(WHO, table["POST", route], strict=True) if mark == "+"}
        holders = {who for who, role in ACCOUNTS.items() if permission in ROLE_PERMISSIONS[role]}
        assert permission is None or may == holders, route
    assert set(ACCOUNTS) == set(WHO[1:])
    assert set(ACCOUNTS.values()) == set(Role)


def test_no_address_takes_a_method_that_is_not_in_the_table() -> None:
    """The API says so to whoever has a token that writes, pages to everybody. Who else is told what
    is asked with one method of the three, in turn.
    """
    everybody = Everybody(world())
    reader = stored_token(people().quality, scope="read")
    readers = Client(headers={"Authorization": f"Bearer {reader}"})
    anonymous, quality = everybody.clients["anonymous"], everybody.clients["quality"]
    wrong, before = {}, AuditEntry.objects.count()

    for number, one in enumerate(addresses()):
        path = PATHS.get(one.route) or PARAMETER.sub(
            lambda found: everybody.world.names.get(found[1], NOTHING).replace("/", "~"), one.route
        )
        in_turn: dict[Client, int] = {}
        if one.route in OPEN:
            allowed = anonymous
        elif one.is_api:
            allowed, in_turn = quality, {anonymous: 401, readers: 403}
        else:
            allowed, in_turn = anonymous, {everybody.browsers["quality"]: 405}
        asked = [(method, allowed, NOWHERE.get(one.route, 405)) for method in OTHER_METHODS]
        asked += [(OTHER_METHODS[number % 3], who, status) for who, status in in_turn.items()]
        for method, client, expected in asked:
            status = client.generic(method, path, "{}", "application/json").status_code
            if status != expected:
                wrong[method, one.route, expected] = status

    assert wrong == {}
    assert AuditEntry.objects.count() == before
    assert not {method for method, _ in stated()} & set(OTHER_METHODS)


def test_what_is_posted_to_a_page_that_only_shows_changes_nothing() -> None:
    """As quality, who may do most."""
    everybody = Everybody(world())
    shown = [one for one in addresses() if one.methods == ("GET",) and not is_alike(one)]
    before = AuditEntry.objects.count()

    for one in shown:

        def posted(page: Address = one) -> tuple[int, int]:
            answer = everybody.of_pages("quality", "POST", page, {})
            return answer.status_code // 100, AuditEntry.objects.count()

        status, entries = undone(posted)
        assert status < 5, one.route
        assert entries == before, one.route

    assert len(shown) > 15


def is_alike(address: Address) -> bool:
    """Of the registers, which share one base, three stand for all."""
    register = re.match("/admin/products/(?!lot|user|apitoken)[a-z]+/", address.route)
    return address.is_api or bool(
        register and re.search("_(changelist|history|change)$|^$", address.name)
    )
