"""A row of every table for all tests of a file; what a test writes itself is undone after it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.test import TestCase, override_settings
from pytest_django import DjangoDbBlocker

from tests.conftest import CHEAP_HASHERS
from tests.models.rows import a_row_of_each


class Rows(TestCase):
    """Keeps the transaction in which the rows are made open around the tests."""

    databases = "__all__"

    @classmethod
    def setUpTestData(cls) -> None:
        with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
            a_row_of_each()


@pytest.fixture(scope="module", autouse=True)
def _rows(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    with django_db_blocker.unblock():
        Rows.setUpClass()
    yield
    with django_db_blocker.unblock():
        Rows.tearDownClass()
        Rows.doClassCleanups()
