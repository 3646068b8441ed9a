"""The two addresses that watch the server tell alive from ready."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from django.db import connections
from django.test import RequestFactory
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from qcsite import health


def test_a_process_without_database_is_alive(rf: RequestFactory) -> None:
    response = health.alive(rf.get("/healthz"))

    assert json.loads(response.content) == {"status": "alive"}


def test_only_reading_is_answered(rf: RequestFactory) -> None:
    assert health.alive(rf.post("/healthz")).status_code == 405


@pytest.mark.django_db
def test_a_provisioned_database_is_ready(rf: RequestFactory) -> None:
    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 200, response.content


@pytest.fixture
def other_database(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[dict[str, object]]:
    """The serving connection's settings, to be pointed elsewhere for one test."""
    connection = connections["default"]
    before = connection.settings_dict["NAME"]
    with django_db_blocker.unblock():
        connection.close()
        yield connection.settings_dict
        connection.close()
    connection.settings_dict["NAME"] = before


def test_a_database_without_migrations_is_not_ready(
    rf: RequestFactory, other_database: dict[str, object]
) -> None:
    other_database["NAME"] = "postgres"

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 503
    assert "migration(s): run provision." in json.loads(response.content)["reason"]


def test_a_missing_database_is_not_ready(
    rf: RequestFactory, other_database: dict[str, object]
) -> None:
    other_database["NAME"] = "nowhere"

    response = health.ready(rf.get("/readyz"))

    assert response.status_code == 503
    assert json.loads(response.content)["reason"] == "The database does not answer."


def test_neither_is_kept_by_a_proxy(rf: RequestFactory, settings: Settings) -> None:
    assert "no-store" in health.alive(rf.get("/healthz"))["Cache-Control"]
