"""Naming the system's action on the owner's session, and what a fault leaves behind."""

from __future__ import annotations

import pytest
from django.db import DataError, connections, transaction

from products.actions.provisioning import ALIAS, named
from products.domain.errors import ConfigurationError

pytestmark = pytest.mark.django_db(databases=["default", ALIAS])


def stated_action() -> str:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT coalesce(current_setting('exolot.action', true), '')")
        action: str = cursor.fetchone()[0]
    return action


@transaction.atomic(using=ALIAS)
def break_the_transaction() -> None:
    with named("system.provision"), connections[ALIAS].cursor() as cursor:
        cursor.execute("SELECT 1 / 0")


def test_the_action_is_named_inside_and_nowhere_after() -> None:
    with named("system.provision"):
        assert stated_action() == "system.provision"

    assert stated_action() == ""


def test_a_refusal_clears_the_name() -> None:
    with pytest.raises(ConfigurationError), named("system.provision"):
        raise ConfigurationError("Two persons.")

    assert stated_action() == ""


def test_a_fault_of_the_database_is_reported_as_itself_and_leaves_no_name() -> None:
    with pytest.raises(DataError, match="division by zero"):
        break_the_transaction()

    assert stated_action() == ""
