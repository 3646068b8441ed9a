"""Lists are found and put in order by indexes: the plans that the database makes of them."""

from __future__ import annotations

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.api.clients import ApiClient, client_of
from tests.records import instrument, lot, now, today

pytestmark = pytest.mark.django_db

ORDERS = {
    "lots/": {
        "made": "lot_by_made_on",
        "-made": "lot_by_made_on",
        "number": "products_lot_number",
        "expires": "lot_by_last_day",
        "-expires": "lot_by_last_day",
        "newest": "products_lot_pkey",
    },
    "runs/": {
        "newest": "products_run_pkey|run_of_lot",
        "-performed": "run_by_performed",
        "number": "products_run_number",
    },
    "samples/": {"oldest": "products_sample_pkey|sample_of_lot", "drawn": "sample_by_drawn"},
    "results/": {"newest": "products_result_pkey|result_of_run"},
}
FILTERS = [
    ("lots/", {"block": "result_fails"}, "lot_by_blocks"),
    ("lots/", {"rule": "R01"}, "lot_by_blocks"),
    ("lots/", {"status": "on_hold"}, "lot_by_status"),
    ("lots/", {"product": "EXO-1"}, "lot_by_product|products_lot_product_id"),
    ("lots/", {"expires_from": f"{today()}"}, "lot_by_expiry"),
    ("lots/", {"recorded_from": now().isoformat()}, "lot_by_time"),
    ("lots/", {"changed_from": now().isoformat()}, "auditentry_by_time"),
    ("runs/", {"lot": "EV-26-001"}, "products_run_lot_id"),
    ("runs/", {"instrument": "NTA-7"}, "products_run_instrument_id"),
    ("runs/", {"method": "VIA-01"}, "products_run_method_version_id"),
    ("runs/", {"performed_from": now().isoformat()}, "run_by_performed"),
    ("runs/", {"recorded_until": now().isoformat()}, "run_by_time"),
    ("runs/", {"person": "analyst"}, "products_run_performed_by_id"),
    ("results/", {"verdict": "fail"}, "result_by_verdict"),
    ("results/", {"recorded_from": now().isoformat()}, "result_by_time"),
    ("samples/", {"lot": "EV-26-001"}, "products_sample_lot_id"),
    ("samples/", {"recorded_from": now().isoformat()}, "sample_by_time"),
]
TABLES = {"lots/": "lot", "runs/": "run", "results/": "result", "samples/": "sample"}


@pytest.fixture
def auditor() -> ApiClient:
    lot()
    instrument()
    return client_of("auditor")


def plan(client: ApiClient, address: str, query: dict[str, str], without: tuple[str, ...]) -> str:
    """How the page is found where the database may not read a whole table, nor ``without``."""
    with CaptureQueriesContext(connection) as queries:
        assert client.get(address, query).status_code == 200
    table = f'FROM "products_{TABLES[address]}"'
    (statement,) = (
        one["sql"] for one in queries if table in one["sql"] and "LIMIT 101" in one["sql"]
    )
    with connection.cursor() as cursor:
        for setting in ("seqscan", *without):
            cursor.execute(f"SET LOCAL enable_{setting} = off")
        cursor.execute(f"EXPLAIN {statement}")
        lines = "\n".join(line for (line,) in cursor.fetchall())
        for setting in ("seqscan", *without):
            cursor.execute(f"SET LOCAL enable_{setting} = on")
    return lines


def test_each_order_is_that_of_an_index_and_nothing_is_sorted(auditor: ApiClient) -> None:
    for address, orders in ORDERS.items():
        for order, index in orders.items():
            found = plan(auditor, address, {"order": order}, ("bitmapscan", "sort"))
            assert re.search(index, found), (address, order, found)
            assert "Sort" not in found, (address, order, found)


def test_each_filter_that_finds_few_has_an_index_to_find_them_by(auditor: ApiClient) -> None:
    for address, query, index in FILTERS:
        found = plan(auditor, address, query, ("indexscan", "indexonlyscan"))
        assert re.search(index, found), (address, query, found)
