"""A lot released and since expired, with no worker running: nowhere does it say released.

That the status changes at the very instant of expiry is tested where it is read, by the one
expression that every surface uses (`tests/commands/test_judge.py`).
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from products.actions.dispositions import release_lot
from products.actions.reviews import review_results
from products.domain.errors import DomainError
from products.models import Lot
from tests.admin.pages import address, the_lot, visitor
from tests.api.clients import client_of, made
from tests.records import context, lot, people, submitted_run, time_is, today

NUMBER = "EV-26-001"


@pytest.fixture(autouse=True)
def _expired(demo_db: str) -> None:
    with time_is(datetime.now(UTC) - timedelta(days=30)):
        lot(NUMBER, expires=f"{today() + timedelta(days=10)}")
        run = submitted_run().run.number
        review_results(context(people().reviewer), lot=NUMBER, runs=[run])
        release_lot(context(people().quality), lot=NUMBER)
    stored = Lot.objects.get(number=NUMBER)
    assert (stored.release_status, stored.next_status) == ("released", "expired")


def test_no_list_and_no_filter_of_the_api_says_released() -> None:
    auditor = client_of("auditor")

    (row,) = made(auditor.get("lots/"))["results"]

    assert (row["status"], row["status_label"]) == ("expired", "Expired")
    assert made(auditor.get("lots/", {"status": "released"}))["results"] == []
    assert len(made(auditor.get("lots/", {"status": "expired"}))["results"]) == 1


def test_neither_the_lot_nor_its_etag_nor_its_evaluation_says_released() -> None:
    auditor = client_of("auditor")

    read = auditor.get(f"lots/{NUMBER}/")
    evaluation = made(auditor.get(f"lots/{NUMBER}/evaluation/"))

    assert read.json()["status"] == "expired"
    assert "expired" in read.headers["ETag"]
    assert "released" not in read.headers["ETag"]
    assert (evaluation["status"], evaluation["next_status"]) == ("expired", "expired")


def test_no_list_no_filter_and_no_count_of_the_admin_says_released() -> None:
    auditor = visitor("auditor")

    everything = auditor.open(address("lot_changelist"))
    released = auditor.open(address("lot_changelist"), status="released")
    home = auditor.open("/admin/")

    assert f"{NUMBER} ◷ Expired" in everything
    assert list(released.response.context["cl"].result_list) == []
    assert "✓ Released 0" in home or "0 ✓ Released" in home


def test_the_page_of_the_lot_says_that_it_has_expired() -> None:
    page = visitor("auditor").open(address("lot_change", the_lot(NUMBER)))

    assert f"Lot {NUMBER} has expired" in page
    assert "✓ Released" not in page


def test_no_release_takes_it_back() -> None:
    with pytest.raises(DomainError, match="expired"):
        release_lot(context(people().quality2), lot=NUMBER)
