"""The addresses that are there where a provider is named, as everybody: as the table says."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.admin.sso.provider import TestProvider
from tests.permissions.calls import WHO, addresses, cell, undone
from tests.permissions.test_table import stated
from tests.records import people

pytestmark = pytest.mark.django_db
PREFIX = "admin/sso/"


def test_everybody_is_answered_as_the_table_says(provider: TestProvider) -> None:
    routes = [one.route for one in addresses() if one.route.startswith(f"/{PREFIX}")]
    table = {key: row for key, row in stated().items() if key[1].startswith(f"/{PREFIX}")}
    browsers = {who: Client(REMOTE_ADDR="192.0.2.7") for who in WHO}
    for who in WHO[1:]:
        browsers[who].force_login(getattr(people(), who))

    def asked(method: str, route: str, who: str) -> str:
        answer = undone(lambda: browsers[who].generic(method, route))
        return cell(method, answer, is_api=False)

    found = {
        (method, route): "".join(asked(method, route, who) for who in WHO)
        for route in routes
        for method in ("GET", "POST")
    }
    others = {
        asked(method, route, who)
        for route in routes
        for method in ("PUT", "PATCH", "DELETE")
        for who in ("anonymous", "quality")
    }

    assert {key: (row, table.get(key)) for key, row in found.items() if row != table.get(key)} == {}
    assert set(table) == set(found)
    assert others == {"x"}
