"""Commands meet databases of their own: what they commit stays there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from tests.conftest import Databases
from tests.own_databases import empty_database


@pytest.fixture(scope="module")
def empty_db(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """One for all the tests of a module: migrating takes seconds."""
    with empty_database(databases, django_db_blocker) as name:
        yield name
