"""`provision` makes an empty database ready, and changes nothing when it is repeated.

The tests share one database: first it is empty, then `first_run` has provisioned it.
"""

from __future__ import annotations

from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import CommandError, call_command
from django.core.management.sql import emit_post_migrate_signal
from django.db import connection, connections, transaction
from django.test import override_settings
from pytest_django import Settings

from products.actions.provisioning import ALIAS, named, provision
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import ConfigurationError
from products.domain.roles import Role
from products.models import AuditEntry, Installation, Person, Site, User
from products.models.installation import InstallationKind
from qcsite import embedded
from tests.conftest import Databases
from tests.own_databases import role_password

LONG = "correct horse battery staple"
FIRST_RUN = {
    "site_name": "Main site",
    "zone": "America/New_York",
    "administrator": "amina",
    "administrator_name": "Amina Admin",
    "quality": "quirin",
    "quality_name": "Quirin Quality",
}


@pytest.fixture(autouse=True)
def _own_database(empty_db: str) -> None: ...


@pytest.fixture(autouse=True)
def _the_hasher_of_the_shared_database(_cheap_passwords: None, settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]


@pytest.fixture(scope="module")
def first_run(empty_db: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the first run says, with one password made and one from a file."""
    directory = tmp_path_factory.mktemp("first")
    path = directory / "quality"
    path.write_text(f"{LONG}\n")
    return _provision(directory, **FIRST_RUN, quality_password_file=str(path))


def _provision(directory: Path, **options: str) -> str:
    auditor = directory / "auditor"
    auditor.write_text(role_password())
    said = StringIO()
    call_command("provision", auditor_password_file=str(auditor), stdout=said, **options)
    return said.getvalue()


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"site_name": ""}, "needs --site-name"),
        ({"quality": " "}, "needs --quality"),
        ({"zone": "Mars/Olympus"}, "no time zone called 'Mars/Olympus'"),
        ({"quality_name": "amina admin"}, "must be two persons"),
        ({"quality_password_file": "/nowhere/password"}, "cannot be read"),
    ],
)
def test_a_first_run_that_lacks_something_writes_nothing(
    changed: dict[str, str], said: str, tmp_path: Path
) -> None:
    with pytest.raises(CommandError, match=said):
        _provision(tmp_path, **{**FIRST_RUN, **changed})

    assert connections["owner"].introspection.table_names() == []


@pytest.mark.parametrize(("content", "said"), [("", "is empty"), ("short", "15 characters")])
def test_a_bad_password_is_refused(content: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text(content)

    with pytest.raises(CommandError, match=said):
        _provision(tmp_path, **FIRST_RUN, administrator_password_file=str(path))


def test_a_password_may_come_from_standard_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", StringIO("short\n"))

    with pytest.raises(CommandError, match="15 characters"):
        _provision(tmp_path, **FIRST_RUN, administrator_password_file="-")


def test_a_superuser_may_not_own_the_records(tmp_path: Path) -> None:
    settings = connections["owner"].settings_dict
    before = settings["USER"]
    connections["owner"].close()
    settings["USER"] = embedded.SUPERUSER
    try:
        with pytest.raises(CommandError, match="postgres, a superuser"):
            _provision(tmp_path, **FIRST_RUN)
    finally:
        connections["owner"].close()
        settings["USER"] = before


def test_without_the_owners_address_nothing_is_provisioned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(connections.settings, "owner")

    with pytest.raises(CommandError, match="DATABASE_OWNER_URL is not set"):
        _provision(tmp_path, **FIRST_RUN)


def test_first_run_makes_two_accounts_of_two_persons(first_run: str) -> None:
    accounts = User.objects.exclude(username=SYSTEM_ACCOUNT)

    roles = {user.username: [group.name for group in user.groups.all()] for user in accounts}
    assert roles == {"amina": [Role.ADMINISTRATOR], "quirin": [Role.QUALITY]}
    assert Person.objects.count() == 2


def test_first_passwords_are_changed_at_the_first_sign_in(first_run: str) -> None:
    accounts = User.objects.exclude(username=SYSTEM_ACCOUNT)

    assert [account.must_change_password for account in accounts] == [True, True]


def test_first_run_writes_the_site_and_what_the_database_is_for(first_run: str) -> None:
    assert Installation.objects.get().kind == InstallationKind.RECORD
    assert Site.objects.get().zone == "America/New_York"


def test_the_database_has_counted_that_no_lot_is_made_from_others(first_run: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT reltuples FROM pg_class WHERE relname = 'products_lotparent'")
        assert cursor.fetchone() == (0,)


def test_a_password_that_is_made_is_shown_and_works(first_run: str) -> None:
    shown = [line.split(": ")[1] for line in first_run.splitlines() if "shown only now" in line]

    assert len(shown) == 1
    assert User.objects.get(username="amina").check_password(shown[0])


def test_a_password_from_a_file_is_taken_and_not_shown(first_run: str) -> None:
    assert User.objects.get(username="quirin").check_password(LONG)
    assert LONG not in first_run


def test_the_account_system_cannot_sign_in(first_run: str) -> None:
    system = User.objects.get(username=SYSTEM_ACCOUNT)

    assert not system.is_active
    assert not system.has_usable_password()
    assert not system.groups.exists()


def test_the_grant_of_the_first_roles_stands_in_the_trail(first_run: str) -> None:
    entries = AuditEntry.objects.filter(record_table="products_user_groups")

    assert [(entry.action, entry.actor_name) for entry in entries] == [
        ("system.provision", SYSTEM_ACCOUNT)
    ] * 2


def test_a_second_run_changes_no_record(first_run: str, tmp_path: Path) -> None:
    before = AuditEntry.objects.count()

    said = _provision(tmp_path, **{**FIRST_RUN, "administrator": "another"})

    assert AuditEntry.objects.count() == before
    assert "password" not in said


def test_no_permission_is_of_a_table_that_is_not_there(first_run: str, tmp_path: Path) -> None:
    """Neither by a provider's applications, which have none, nor left by a version of before."""
    types = ContentType.objects.using(ALIAS)
    left = types.create(app_label="socialaccount", model="socialapp")
    with transaction.atomic(using=ALIAS), named("test.permission"):
        Permission.objects.using(ALIAS).create(content_type=left, codename="x", name="X")

    with (
        override_settings(
            MIGRATION_MODULES=settings.MIGRATION_MODULES | settings.SSO_MIGRATIONS,
            MIDDLEWARE=[*settings.MIDDLEWARE, *settings.SSO_MIDDLEWARE],
        ),
        override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, *settings.SSO_APPS]),
    ):
        ContentType.objects.clear_cache()
        emit_post_migrate_signal(verbosity=0, interactive=False, db=ALIAS)
        assert set(types.filter(app_label__in=settings.SSO_MIGRATIONS)) == {left}
        _provision(tmp_path)

    assert not types.filter(app_label__in=settings.SSO_MIGRATIONS).exists()
    assert not Permission.objects.using(ALIAS).filter(codename="x").exists()
    assert Permission.objects.using(ALIAS).filter(content_type__app_label="products").exists()


def test_defaults_that_a_role_set_for_itself_are_taken_back(first_run: str, tmp_path: Path) -> None:
    kept = (
        "SELECT count(*) FROM pg_db_role_setting s JOIN pg_database d ON d.oid = s.setdatabase "
        "WHERE datname = current_database()"
    )
    with connections["default"].cursor() as cursor:
        cursor.execute(
            f"ALTER ROLE exolot_app IN DATABASE {connections['default'].settings_dict['NAME']} "
            "SET synchronous_commit = off"
        )
        cursor.execute(kept)
        assert cursor.fetchone() == (1,)

        _provision(tmp_path)

        cursor.execute(kept)
        assert cursor.fetchone() == (0,)


def test_a_record_does_not_become_a_demonstration(first_run: str) -> None:
    with pytest.raises(ConfigurationError, match="was made as record"):
        provision(
            passwords=dict.fromkeys(("exolot_app", "exolot_auditor"), role_password()),
            kind=InstallationKind.DEMO,
            site_name="Main site",
            zone="UTC",
        )


def test_two_addresses_of_two_databases_are_noticed(
    first_run: str, databases: Databases, tmp_path: Path
) -> None:
    served = connections["default"].settings_dict
    before, other = served["NAME"], f"{served['NAME']}_other"
    databases.create(other)
    connections["default"].close()
    served["NAME"] = other
    try:
        with pytest.raises(CommandError, match="name two different databases"):
            _provision(tmp_path)
    finally:
        connections["default"].close()
        served["NAME"] = before
        databases.drop(other)
