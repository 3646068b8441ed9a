"""The roles that sign from the beginning, and those of a database from before grants were kept."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import Group
from django.db import DatabaseError, transaction

from products.actions.accounts import approve_role, set_roles
from products.actions.naming import begin, end
from products.actions.provisioning import ALIAS
from products.models import RoleGrant
from products.models.installation import InstallationKind
from products.queries.roles import roles_that_sign
from tests.conftest import Databases
from tests.own_databases import provision_as
from tests.records import context, people


def grants_of(username: str) -> list[tuple[str, bool]]:
    rows = RoleGrant.objects.using(ALIAS).filter(user__username=username)
    return list(rows.values_list("role", "by_provision"))


@pytest.mark.usefixtures("own_db")
def test_the_first_accounts_sign_from_the_beginning() -> None:
    assert grants_of("quality") == [("Quality", True)]
    assert grants_of("admin") == [("Administrator", True)]


@pytest.mark.usefixtures("own_db")
def test_the_accounts_of_others_do_not() -> None:
    assert grants_of("analyst") == [("Analyst", False)]


@pytest.fixture
def own_db(databases: Databases, committed_db: str) -> Iterator[str]:
    with databases.roles():
        yield committed_db


@pytest.fixture
def without_grants(databases: Databases, own_db: str) -> None:
    """As a database that was filled before grants of roles were kept."""
    with databases.connect(own_db) as connection:
        connection.execute("ALTER TABLE products_rolegrant DISABLE TRIGGER append_only")
        connection.execute("ALTER TABLE products_roleapproval DISABLE TRIGGER append_only")
        connection.execute("SELECT set_config('exolot.action', 'system.test', false)")
        connection.execute("DELETE FROM products_roleapproval")
        connection.execute("DELETE FROM products_rolegrant")
        connection.execute("ALTER TABLE products_rolegrant ENABLE ALWAYS TRIGGER append_only")
        connection.execute("ALTER TABLE products_roleapproval ENABLE ALWAYS TRIGGER append_only")


@pytest.mark.usefixtures("without_grants")
def test_a_second_run_mends_what_it_gave_itself_and_leaves_the_rest_to_quality() -> None:
    provision_as(InstallationKind.RECORD)

    assert grants_of("quality") == [("Quality", True)]
    assert grants_of("analyst") == [("Analyst", False)]
    approve_role(context(people().quality), username="analyst", role="Analyst")


@pytest.mark.usefixtures("without_grants")
def test_a_role_that_an_administrator_gave_a_first_account_is_left_to_quality_too() -> None:
    with transaction.atomic():
        begin("account.set_roles", context(people().admin))
        people().quality.groups.add(Group.objects.get(name="Reviewer"))
        end()

    provision_as(InstallationKind.RECORD)

    assert grants_of("quality") == [("Quality", True), ("Reviewer", False)]


@pytest.mark.usefixtures("own_db")
def test_a_second_run_leaves_an_account_that_lost_its_role_without() -> None:
    set_roles(context(people().admin), username="quality", roles=[])

    provision_as(InstallationKind.RECORD)

    assert grants_of("quality") == [("Quality", True)]
    assert not roles_that_sign(people().quality)


@pytest.mark.django_db
def test_the_server_itself_gives_no_role_that_signs_without_quality() -> None:
    account = people().analyst
    given = RoleGrant(
        user=account, number=9, role="Quality", by_provision=True, recorded_by=people().admin
    )

    with pytest.raises(DatabaseError, match="only provisioning gives it"), transaction.atomic():
        _as_provisioning(given)


def _as_provisioning(given: RoleGrant) -> None:
    begin("system.provision", context(people().admin))
    given.save(force_insert=True)
