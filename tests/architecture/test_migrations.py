"""The tables come and go as the migrations say, guards and functions included."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.core.management import call_command
from django.db import connections
from pytest_django import DjangoDbBlocker

from products.actions.provisioning import named
from tests.conftest import Databases
from tests.own_databases import empty_database


@pytest.fixture
def empty_db(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    with empty_database(databases, django_db_blocker) as name:
        yield name


def _migrate(*target: str) -> None:
    with named("system.migrate"):
        call_command("migrate", *target, database="owner", verbosity=0)


def _ours() -> dict[str, list[str]]:
    """Our tables, functions and triggers, by kind."""
    questions = {
        "tables": "SELECT relname FROM pg_class WHERE relkind = 'r' AND relname ~ '^products_'",
        "functions": "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace",
        "triggers": "SELECT tgrelid::regclass || '.' || tgname FROM pg_trigger "
        "WHERE NOT tgisinternal",
    }
    found = {}
    with connections["owner"].cursor() as cursor:
        for kind, question in questions.items():
            cursor.execute(question)
            found[kind] = sorted(name for (name,) in cursor.fetchall())
    return found


def test_migrations_go_forward_back_and_forward_again(empty_db: str) -> None:
    _migrate()
    first = _ours()

    _migrate("products", "zero")
    none = _ours()
    _migrate()

    assert all(first.values())
    assert none == {"tables": [], "functions": [], "triggers": []}
    assert _ours() == first
