"""The test database: the owner builds one template, every worker gets a clone, and test bodies
connect as the serving role, with no more rights than the server has.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

os.environ.setdefault("EXOLOT_CLUSTER", "test")

import django
import psycopg
import pytest
from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker, Settings

from tests.accounts import ACCOUNTS, FIRST, FIRST_PASSWORD, PASSWORD

ROOT = Path(__file__).resolve().parent.parent
SHAPED_BY = (
    "products/migrations/*.py",
    "products/models/*.py",
    "products/domain/*.py",
    "products/actions/account_rows.py",
    "products/actions/accounts.py",
    "products/actions/base.py",
    "products/actions/grants.py",
    "products/actions/policies.py",
    "products/actions/provisioning.py",
    "products/actions/role_grants.py",
    "qcsite/settings.py",
    "tests/accounts.py",
    "tests/conftest.py",
)
# What the stocked template rests on besides: the actions that made its records.
STOCKED_BY = ("products/actions/*.py", "products/queries/*.py", "tests/records.py")
CHEAP_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
DROP_ATTEMPTS = 20
TO_CHANGE_ROLES = "SELECT pg_advisory_lock_shared(hashtext('roles'))"
TO_KEEP_ROLES = "SELECT pg_advisory_lock(hashtext('roles'))"
ZONE = "America/New_York"


BUILDER = pytest.StashKey["Builder"]()
PURE = ("tests/domain/", "tests/importers/", "tests/documents/")
# They repeat for minutes what other tests do once.
REPEATING = (
    "tests/actions/test_forced_",
    "tests/api/test_fuzz.py",
    "tests/api/test_past_history.py",
    "tests/api/test_replays.py",
    "tests/benchmarks/",
    "tests/browser/",
    "tests/machine/",
)


class Builder:
    """Another process that builds the templates while the tests run that need no database."""

    def __init__(self) -> None:
        self.said = tempfile.TemporaryFile()  # noqa: SIM115  # as long as the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.templates"],
            cwd=ROOT,
            stdout=self.said,
            stderr=subprocess.STDOUT,
        )

    def end(self) -> str:
        """What it said, if it failed."""
        with self.said:
            if self.process.wait() == 0:
                return ""
            self.said.seek(0)
            return self.said.read().decode()


def pytest_sessionstart(session: pytest.Session) -> None:
    config = session.config
    is_whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if is_whole and config.getoption("numprocesses", None) and not config.option.collectonly:
        config.stash[BUILDER] = Builder()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What random examples happen to reach is not counted as covered, so that a floor holds always
    or never; and they run at full speed.
    """
    items.sort(key=lambda item: not item.nodeid.startswith(PURE))
    for item in items:
        is_random = getattr(getattr(item, "function", None), "is_hypothesis_test", False)
        if is_random or item.nodeid.startswith(REPEATING):
            item.add_marker(pytest.mark.no_cover)


@pytest.hookimpl(wrapper=True)
def pytest_runtestloop(session: pytest.Session) -> Generator[None, object, object]:
    """Its coverage is counted, too: it ends before the reports are made."""
    outcome = yield
    builder = session.config.stash.get(BUILDER, None)
    if builder is not None and (said := builder.end()):
        raise pytest.UsageError(f"The templates could not be built:\n{said}")
    return outcome


@pytest.fixture(autouse=True)
def _any_number_of_requests(settings: Settings) -> None:
    settings.API_REQUESTS_PER_MINUTE = 1_000_000


@pytest.fixture(autouse=True)
def _cheap_passwords(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = CHEAP_HASHERS


class Databases:
    """Databases on the test cluster, made and dropped by its owner."""

    def __init__(self) -> None:
        digest = hashlib.sha256(django.get_version().encode())
        for pattern in SHAPED_BY:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.read_bytes())
        self.template = f"exolot_template_{digest.hexdigest()[:16]}"
        for pattern in STOCKED_BY:
            for path in sorted(ROOT.glob(pattern)):
                digest.update(path.read_bytes())
        # Its trainings and calibrations are dated.
        digest.update(f"{datetime.now(UTC):%Y-%m-%d}".encode())
        self.stocked = f"exolot_stocked_{digest.hexdigest()[:16]}"
        self.has_roles = False
        self.parameters = {
            key: value
            for key, value in connections["owner"].get_connection_params().items()
            if key in {"host", "port", "user", "password", "sslmode"}
        }

    def connect(self, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(**self.parameters, dbname=database, autocommit=True)

    def create(self, name: str, template: str = "") -> None:
        """A clone of the template. Rights on a database are not cloned with it."""
        database = sql.Identifier(name)
        with self.connect() as connection:
            for statement in (
                sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
                    database, sql.Identifier(template or self.template)
                ),
                sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
                sql.SQL("GRANT CONNECT ON DATABASE {} TO exolot_app, exolot_auditor").format(
                    database
                ),
            ):
                connection.execute(statement)

    def drop(self, name: str) -> None:
        """Tried again while the server's own vacuum, which the owner may not end, works on it."""
        statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        for _ in range(DROP_ATTEMPTS):
            try:
                with self.connect() as connection:
                    connection.execute(statement)
            except (psycopg.errors.InsufficientPrivilege, psycopg.errors.ObjectInUse):
                time.sleep(0.5)
            else:
                return
        with self.connect() as connection:
            connection.execute(statement)

    @contextmanager
    def roles(self, *, kept: bool = False) -> Iterator[None]:
        """While databases are provisioned; ``kept``: while nobody may, as roles are looked at.

        All databases share the roles and their passwords.
        """
        if self.has_roles:
            yield
            return
        with self.connect() as connection:
            connection.execute(TO_KEEP_ROLES if kept else TO_CHANGE_ROLES)
            self.has_roles = True
            yield
            self.has_roles = False

    def build_templates(self) -> None:
        """Once for the present shape of the database: the first to come builds, others wait."""
        with self.roles(), self.connect() as connection:
            connection.execute("SELECT pg_advisory_lock(hashtext(%s))", [self.template])
            self._build(connection, self.template, self.create_empty, _provision)
            self._build(connection, self.stocked, self.create, _stock)

    def create_empty(self, name: str) -> None:
        """Provisioning gives its rights: the roles may not exist yet."""
        with self.connect() as connection:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))

    def _build(
        self,
        connection: psycopg.Connection,
        name: str,
        create: Callable[[str], None],
        fill: Callable[[], None],
    ) -> None:
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [name])
        if found.fetchone():
            return
        building = f"{name}_building"
        self.drop(building)
        create(building)
        use(building)
        fill()
        use("postgres")
        connection.execute(
            sql.SQL("ALTER DATABASE {} RENAME TO {}").format(
                sql.Identifier(building), sql.Identifier(name)
            )
        )


def use(name: str) -> None:
    """Point both connections at another database."""
    for alias in ("default", "owner"):
        connections[alias].close()
        connections[alias].settings_dict["NAME"] = name


def _provision() -> None:
    # Imported here: after the settings.
    from django.test import override_settings  # noqa: PLC0415

    from products.actions.provisioning import FirstAccount, provision  # noqa: PLC0415
    from products.domain.roles import Role  # noqa: PLC0415
    from products.models.installation import InstallationKind  # noqa: PLC0415

    password = connections["default"].get_connection_params()["password"]
    with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        provision(
            passwords={"exolot_app": password, "exolot_auditor": password},
            kind=InstallationKind.RECORD,
            site_name="Main site",
            zone=ZONE,
            first_accounts=tuple(
                FirstAccount(
                    username, printed_name, PASSWORD, Role(role), must_change_password=False
                )
                for username, printed_name, role in ACCOUNTS
                if username in FIRST
            ),
        )
        for username in FIRST:
            _accept_policy(username)
        for username, printed_name, role in ACCOUNTS:
            if username not in FIRST:
                _add_account(username, printed_name, role)
                _accept_policy(username)


def _accept_policy(username: str) -> None:
    from products.actions.policies import accept_policy  # noqa: PLC0415
    from products.models import User  # noqa: PLC0415
    from tests.records import context  # noqa: PLC0415

    accept_policy(context(User.objects.get(username=username)), version=1)


def _add_account(username: str, printed_name: str, role: str) -> None:
    """In the ordinary way: given by the administrator, an own password, signed for by quality."""
    from products.actions.accounts import (  # noqa: PLC0415
        approve_role,
        change_password,
        create_account,
        create_person,
    )
    from products.models import User  # noqa: PLC0415
    from tests.records import context  # noqa: PLC0415

    administrator, quality = (User.objects.get(username=username) for username in FIRST)
    person = create_person(context(administrator), printed_name=printed_name)
    account = create_account(
        context(administrator),
        username=username,
        person=person.pk,
        password=FIRST_PASSWORD,
        roles=[role],
    )
    change_password(context(account), old=FIRST_PASSWORD, new=PASSWORD)
    approve_role(context(quality), username=username, role=role)


def _stock() -> None:
    """What most tests rest on and none asks after: methods in force, trained people, a source."""
    from django.test import override_settings  # noqa: PLC0415

    from tests import records  # noqa: PLC0415

    with override_settings(PASSWORD_HASHERS=CHEAP_HASHERS):
        for code in records.METHODS:
            records.approved_method(code)
        records.instrument()
        records.media_lots()
        records.source()


@pytest.fixture(scope="session")
def databases(django_db_blocker: DjangoDbBlocker) -> Databases:
    with django_db_blocker.unblock():
        made = Databases()
        made.build_templates()
    return made


@pytest.fixture(scope="session")
def django_db_setup(databases: Databases, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    name = f"exolot_test_{uuid.uuid4().hex[:12]}"
    databases.create(name, databases.stocked)
    use(name)
    yield
    with django_db_blocker.unblock():
        use("postgres")
    databases.drop(name)


@pytest.fixture(scope="module", autouse=True)
def _in_a_bare_database(
    request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker
) -> Iterator[None]:
    """For modules marked `bare`, which make the methods, donors and instruments themselves."""
    if request.node.get_closest_marker("bare") is None:
        yield
        return
    databases: Databases = request.getfixturevalue("databases")
    request.getfixturevalue("django_db_setup")
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_bare_{uuid.uuid4().hex[:12]}"
    databases.create(name)
    with django_db_blocker.unblock():
        use(name)
    yield
    with django_db_blocker.unblock():
        use(before)
    databases.drop(name)


@pytest.fixture
def committed_db(
    databases: Databases, django_db_setup: None, django_db_blocker: DjangoDbBlocker
) -> Iterator[str]:
    """A clone of its own, where what is committed stays: for threads and second connections."""
    with own_clone(databases, django_db_blocker) as name:
        yield name


@contextmanager
def own_clone(databases: Databases, blocker: DjangoDbBlocker) -> Iterator[str]:
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_own_{uuid.uuid4().hex[:12]}"
    databases.create(name)
    with blocker.unblock():
        use(name)
        yield name
        use(before)
    databases.drop(name)


@pytest.fixture
def demo_db(databases: Databases, committed_db: str) -> str:
    """`committed_db` as a demonstration, where records may have a past."""
    demonstration(databases, committed_db)
    return committed_db


def demonstration(databases: Databases, name: str) -> None:
    with databases.connect(name) as connection:
        connection.execute("SELECT set_config('exolot.action', 'system.provision', false)")
        connection.execute("UPDATE products_installation SET kind = 'demo'")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests have to tell that passed, such as how long a search took."""
    asked = [
        value
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "asked"
    ]
    told = [
        str(value)
        for report in terminalreporter.getreports("passed")
        for name, value in report.user_properties
        if name == "told"
    ]
    if asked:
        told.append(
            f"asked at random: {len(asked)} operations, {sum(number for number, _ in asked)} "
            f"requests, {sum(number for _, number in asked)} of them carried out"
        )
    if told:
        terminalreporter.section("told by tests")
        for line in sorted(told):
            terminalreporter.write_line(line)
