"""Files on a database of their own, where each is read in a transaction: recorded, and ended."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from pytest_django import Settings

from products.models import Access, Checkpoint
from tests.api.clients import BASE, ApiClient, client_of
from tests.records import lot
from tests.sealing import checkpoint

LOT = "EV-26-001"


@pytest.mark.usefixtures("committed_db")
def test_a_client_that_leaves_ends_what_was_read_for_it() -> None:
    lot("A-1")
    auditor = client_of("auditor")

    for path in ("lots/?format=xlsx", "lots/A-1/dossier/"):
        answer: Any = auditor.http.get(f"{BASE}/{path}")
        assert next(iter(answer.streaming_content)) != b""
        assert connection.in_atomic_block
        answer.close()
        assert not connection.in_atomic_block


def test_no_more_files_than_the_site_allows_are_sent_to_an_account_at_once(
    committed: ApiClient, settings: Settings
) -> None:
    """Each in a session of its own, as in other threads and processes of the server."""
    settings.API_FILES_AT_ONCE = 1
    files = ("lots/?format=csv", f"lots/{LOT}/dossier/")

    def elsewhere(client: ApiClient, path: str) -> Any:
        def asked() -> Any:
            try:
                answer: Any = client.http.get(f"{BASE}/{path}")
                content = answer.getvalue() if answer.streaming else answer.content
                answer.close()
                return answer.status_code, answer.headers.get("Retry-After"), content
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as other:
            return other.submit(asked).result()

    others = client_of("quality")
    first: Any = committed.http.get(f"{BASE}/{files[0]}")
    refused = [elsewhere(committed, path) for path in files]
    page, of_another = elsewhere(committed, "lots/"), elsewhere(others, files[0])
    first.close()
    again = [elsewhere(committed, path) for path in files]

    assert [(status, wait) for status, wait, _ in refused] == [(429, "10")] * 2
    assert json.loads(refused[0][2])["code"] == "too_many_files"
    assert (page[0], of_another[0]) == (200, 200)
    assert [status for status, _, _ in again] == [200, 200]
    # A file is recorded before it is begun, and then that it was not given.
    told = list(Access.objects.order_by("id").values_list("status", flat=True))
    assert told == [200, 200, 429, 200, 429, 200, 200, 200]


@pytest.fixture
def committed(committed_db: str) -> ApiClient:
    """An auditor on a database where what is read as a file has a transaction of its own."""
    lot()
    return client_of("auditor")


@pytest.mark.parametrize(
    ("path", "record"),
    [
        ("lots/?format=csv", ""),
        ("results/?format=xlsx&pack=zip", ""),
        (f"lots/{LOT}/notes/?format=csv", LOT),
        (f"lots/{LOT}/dossier/", LOT),
    ],
)
def test_a_file_is_recorded_once_and_given(committed: ApiClient, path: str, record: str) -> None:
    before = Access.objects.count()

    answer: Any = committed.http.get(f"/api/v1/{path}")

    assert answer.status_code == 200
    assert b"".join(answer.streaming_content)
    answer.close()
    assert Access.objects.count() == before + 1
    row = Access.objects.latest("id")
    assert (row.status, row.record) == (200, record)


def test_a_file_of_then_is_recorded_now(committed: ApiClient) -> None:
    checkpoint()
    instant = Checkpoint.objects.latest("sealed_at").sealed_at.isoformat()

    answer: Any = committed.http.get("/api/v1/lots/", {"format": "csv", "as_of": instant})

    assert (answer.status_code, Access.objects.latest("id").status) == (200, 200)
    assert LOT in b"".join(answer.streaming_content).decode()
    answer.close()


def test_a_file_that_is_refused_leaves_the_refusal_too(committed: ApiClient) -> None:
    assert committed.http.get("/api/v1/lots/?format=pdf").status_code == 400

    statuses = Access.objects.order_by("id").values_list("status", flat=True)
    assert list(statuses) == [200, 400]
