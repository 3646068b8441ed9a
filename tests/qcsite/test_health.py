"""The two addresses that watch the server tell alive from ready, and strangers no more."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from django.db import connections
from django.test import RequestFactory
from pytest_django import DjangoAssertNumQueries, DjangoDbBlocker
from pytest_django.fixtures import Settings

from qcsite import health

NOT_READY = {"status": "not ready", "reason": "Run manage.py doctor on the server."}


@pytest.fixture(autouse=True)
def _nothing_is_kept() -> Iterator[None]:
    cache.clear()
    yield
    cache.clear()


def asked(rf: RequestFactory) -> tuple[int, dict[str, str]]:
    response = health.ready(rf.get("/readyz"))
    return response.status_code, json.loads(response.content)


def test_a_process_without_database_is_alive(rf: RequestFactory) -> None:
    response = health.alive(rf.get("/healthz"))

    assert json.loads(response.content) == {"status": "alive"}


def test_only_reading_is_answered(rf: RequestFactory) -> None:
    assert health.alive(rf.post("/healthz")).status_code == 405


@pytest.mark.django_db
def test_a_provisioned_database_is_ready(rf: RequestFactory) -> None:
    assert asked(rf) == (200, {"status": "ready"})


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


@pytest.mark.parametrize("name", ["postgres", "nowhere"])
def test_a_database_without_tables_or_none_is_not_ready(
    name: str, rf: RequestFactory, other_database: dict[str, object]
) -> None:
    other_database["NAME"] = name

    assert asked(rf) == (503, NOT_READY)


def test_a_guard_that_is_off_is_told_to_the_log_and_not_to_strangers(
    rf: RequestFactory, committed_db: str, caplog: pytest.LogCaptureFixture
) -> None:
    with connections["owner"].cursor() as cursor:
        cursor.execute("ALTER TABLE products_note DISABLE TRIGGER zz_audit")

    with caplog.at_level(logging.ERROR, logger="qcsite.health"):
        answer = asked(rf)

    assert answer == (503, NOT_READY)
    assert "Not ready, guards: products_note: the trigger zz_audit" in caplog.text


def test_the_answer_is_kept_for_a_moment(
    rf: RequestFactory,
    committed_db: str,
    django_assert_num_queries: DjangoAssertNumQueries,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked(rf)
    with django_assert_num_queries(0):
        assert asked(rf) == (200, {"status": "ready"})

    monkeypatch.setattr(health, "KEPT_S", 0)
    cache.clear()
    with connections["owner"].cursor() as cursor:
        cursor.execute("REVOKE INSERT ON products_signature FROM exolot_app")

    assert asked(rf)[0] == 503
    with connections["owner"].cursor() as cursor:
        cursor.execute("GRANT INSERT ON products_signature TO exolot_app")
    assert asked(rf)[0] == 200


def test_neither_is_kept_by_a_proxy(rf: RequestFactory, settings: Settings) -> None:
    assert "no-store" in health.alive(rf.get("/healthz"))["Cache-Control"]
