"""Who read what over the API: every answer to an auditor, and nobody else's."""

from __future__ import annotations

import pytest
from django.db import ProgrammingError, connection, transaction
from pytest_django import Settings

from products.models import Access, ApiToken, AuditEntry
from tests.api.clients import ApiClient, client_of, problem, refusal, stored_token
from tests.records import lot, now, people

pytestmark = pytest.mark.django_db
LOT = "EV-26-001"


@pytest.fixture
def auditor() -> ApiClient:
    lot()
    return client_of("auditor")


def last() -> Access:
    return Access.objects.latest("id")


def test_an_answer_to_an_auditor_is_recorded_with_who_what_when_and_which_token(
    auditor: ApiClient,
) -> None:
    began = now()

    response = auditor.get(f"lots/{LOT}/", {"expand": "results"}, X_Request_ID="audit-7")

    row = last()
    assert response.status_code == row.status == 200
    assert (row.user, row.token) == (people().auditor, ApiToken.objects.latest("created"))
    assert (row.method, row.path, row.query) == ("GET", f"/api/v1/lots/{LOT}/", "expand=results")
    assert (row.kind, row.record) == ("lots", LOT)
    assert (row.request_id, row.address) == ("audit-7", "127.0.0.1")
    assert abs(row.recorded_at - began).total_seconds() < 60


@pytest.mark.parametrize(
    ("path", "status", "kind", "record"),
    [
        ("lots/", 200, "lots", ""),
        ("lots/NOPE/", 404, "lots", "NOPE"),
        ("nonsense/", 404, "nonsense", ""),
        ("lots/?unknown=1", 422, "lots", ""),
        ("specifications/EXO-1/1/", 200, "specifications", "EXO-1/1"),
    ],
)
def test_lists_refusals_and_what_is_not_there_are_recorded_with_their_status(
    auditor: ApiClient, path: str, status: int, kind: str, record: str
) -> None:
    assert auditor.http.get(f"/api/v1/{path}").status_code == status

    row = last()
    assert (row.status, row.kind, row.record) == (status, kind, record)


def test_what_an_auditor_may_not_do_is_recorded_too(auditor: ApiClient) -> None:
    assert refusal(auditor.post(f"lots/{LOT}/notes/", {"text": "x"})) == (403, "scope")

    assert (last().method, last().status) == ("POST", 403)


def test_nobody_elses_answers_are_recorded(auditor: ApiClient) -> None:
    client_of("quality").get("lots/")
    ApiClient().get("lots/")
    ApiClient(stored_token(people().auditor, revoked_at=now())).get("lots/")

    assert not Access.objects.exists()


def test_an_answer_that_comes_too_often_is_not_recorded(
    auditor: ApiClient, settings: Settings
) -> None:
    settings.API_REQUESTS_PER_MINUTE = 0

    assert refusal(auditor.get("lots/")) == (429, "throttled")
    assert not Access.objects.exists()


@pytest.mark.parametrize("name", ["token", "Api-Key", "password", "client_secret", "%74oken"])
def test_what_sounds_like_a_secret_is_not_kept(auditor: ApiClient, name: str) -> None:
    auditor.http.get(f"/api/v1/lots/?{name}=5e1f&q=x%20y")

    assert "5e1f" not in last().query
    assert "q=x" in last().query


def test_a_path_and_a_query_are_cut_to_a_bound(auditor: ApiClient) -> None:
    auditor.http.get(f"/api/v1/lots/{'x' * 3000}/?number={'y' * 9000}")

    assert (len(last().path), len(last().record), len(last().query)) == (1000, 400, 4000)


def test_an_answer_that_cannot_be_recorded_is_not_given(auditor: ApiClient) -> None:
    before = transaction.savepoint()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET TRANSACTION READ ONLY")
    response = auditor.get(f"lots/{LOT}/")
    transaction.savepoint_rollback(before)

    assert response.status_code == 503
    assert problem(response)["code"] == "access_not_recorded"
    assert "release_status" not in response.content.decode()
    assert not Access.objects.exists()


def test_those_who_read_the_trail_list_who_read_what(auditor: ApiClient) -> None:
    auditor.get(f"lots/{LOT}/")
    auditor.get("donors/")
    quality = client_of("quality")
    key = last().token.token_key

    found = quality.get("accesses/", {"record": LOT.lower()}).json()["results"]

    assert [(one["username"], one["token_key"], one["path"], one["status"]) for one in found] == [
        ("auditor", key, f"/api/v1/lots/{LOT}/", 200)
    ]
    assert len(quality.get("accesses/", {"username": "auditor"}).json()["results"]) == 2
    assert len(quality.get("accesses/", {"token": key, "kind": "donors"}).json()["results"]) == 1
    until = {"recorded_until": last().recorded_at.isoformat()}
    assert len(quality.get("accesses/", until).json()["results"]) == 1
    assert quality.get("accesses/", {"username": "analyst"}).json()["results"] == []


def test_an_access_is_in_the_trail_and_cannot_be_changed(auditor: ApiClient) -> None:
    auditor.get("lots/")

    entry = AuditEntry.objects.latest("id")
    assert (entry.action, entry.actor_name) == ("access.record", "auditor")
    assert (entry.record_table, entry.record_id) == ("products_access", str(last().pk))
    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        Access.objects.update(path="/")
