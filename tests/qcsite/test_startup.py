"""The production server refuses to start where records would not be safe, and says why."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import ConnectionHandler
from psycopg.conninfo import make_conninfo
from pytest_django import DjangoDbBlocker
from pytest_django.fixtures import Settings

from qcsite import embedded
from qcsite.programs import find_programs, namespace
from qcsite.startup import refusals
from tests.qcsite.users import PROJECT, User, bare_environment, is_stopped, wait_for

GOOD_KEY = "k" * 50


@pytest.fixture(autouse=True)
def _production(settings: Settings, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    settings.DEBUG = False
    settings.SECRET_KEY = GOOD_KEY
    with django_db_blocker.unblock():
        yield


def connect(host: str, user: str, password: str, database: str = "exolot") -> BaseDatabaseWrapper:
    settings = {
        "ENGINE": "qcsite.database",
        "NAME": database,
        "USER": user,
        "PASSWORD": password,
        "HOST": host,
        "PORT": str(embedded.PORT),
    }
    return ConnectionHandler({"default": settings})["default"]


def as_role(server: embedded.Server, role: str) -> BaseDatabaseWrapper:
    return connect(server.host, role, server.passwords[role])


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[embedded.Server]:
    """A durable cluster with a serving role, as provision leaves it."""
    parent = tmp_path_factory.mktemp("records")
    server = embedded.ensure("data", parent)
    with psycopg.connect(make_conninfo("", **server.conninfo("exolot_owner"))) as owner:
        owner.execute(f"CREATE ROLE exolot_app LOGIN PASSWORD '{server.passwords['exolot_app']}'")
        owner.execute("CREATE TABLE record (id int)")
    yield server
    embedded.forget(server.directory)
    assert wait_for(lambda: is_stopped(parent, "data"))


def test_a_safe_configuration_serves(records: embedded.Server) -> None:
    assert refusals(as_role(records, "exolot_app")) == ()


def test_debug_is_refused(records: embedded.Server, settings: Settings) -> None:
    settings.DEBUG = True

    (cause,) = refusals(as_role(records, "exolot_app"))

    assert cause.startswith("DEBUG is on")


def test_the_development_key_is_refused(records: embedded.Server, settings: Settings) -> None:
    settings.SECRET_KEY = settings.DEVELOPMENT_KEY

    (cause,) = refusals(as_role(records, "exolot_app"))

    assert cause.startswith("SECRET_KEY is the development key")


def test_serving_every_host_name_is_refused(records: embedded.Server, settings: Settings) -> None:
    settings.ALLOWED_HOSTS = ["*"]

    (cause,) = refusals(as_role(records, "exolot_app"))

    assert cause.startswith("ALLOWED_HOSTS admits every host")


def test_serving_as_the_owner_is_refused(records: embedded.Server) -> None:
    (cause,) = refusals(as_role(records, "exolot_owner"))

    assert cause.startswith("The server is connected as exolot_owner, who owns the tables")


def test_serving_as_a_member_of_the_owner_is_refused(records: embedded.Server) -> None:
    with psycopg.connect(make_conninfo("", **records.conninfo("postgres"))) as superuser:
        superuser.execute("CREATE ROLE deputy LOGIN PASSWORD 'deputy' IN ROLE exolot_owner")

    (cause,) = refusals(connect(records.host, "deputy", "deputy"))

    assert cause.startswith("The server is connected as deputy, who owns the tables")


def test_serving_as_a_superuser_is_refused(records: embedded.Server) -> None:
    (cause,) = refusals(as_role(records, "postgres"))

    assert cause.startswith("The server is connected as postgres, a superuser")


def test_a_superuser_who_took_another_role_is_refused(records: embedded.Server) -> None:
    connection = as_role(records, "postgres")
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE exolot_app")

    (cause,) = refusals(connection)

    connection.close()
    assert "a superuser" in cause


@pytest.mark.parametrize("setting", ["fsync", "full_page_writes", "synchronous_commit"])
def test_each_unsafe_setting_of_the_server_is_named(
    used_server: embedded.Server, setting: str
) -> None:
    causes = refusals(as_role(used_server, "exolot_owner"))

    assert [f"with {setting} off" in cause for cause in causes].count(True) == 1


def test_a_session_that_does_not_wait_for_the_disk_is_refused(records: embedded.Server) -> None:
    connection = as_role(records, "exolot_app")
    connection.settings_dict["OPTIONS"]["options"] = "-c synchronous_commit=off"

    (cause,) = refusals(connection)

    assert cause.startswith("The database runs with synchronous_commit off: a crash can lose")


@pytest.fixture
def old_server(tmp_path: Path) -> Iterator[Path]:
    """A PostgreSQL 16 without data checksums; the directory of its socket."""
    older = find_programs().parent.parent / "pginstall" / "bin"
    prefix = namespace() if os.geteuid() == 0 else []
    data = tmp_path / "old"
    log = tmp_path / "old.log"
    listening = f"-c listen_addresses= -c unix_socket_directories={tmp_path}"

    def run(*command: str) -> None:
        subprocess.run(
            [*prefix, str(older / command[0]), *command[1:]], check=True, capture_output=True
        )

    run("initdb", "-D", str(data), "-U", "postgres", "--auth", "trust", "--no-sync")
    run("pg_ctl", "start", "-w", "-D", str(data), "-l", str(log), "-o", listening)
    yield tmp_path
    run("pg_ctl", "stop", "-m", "immediate", "-D", str(data))


def test_an_older_server_without_checksums_is_refused(old_server: Path) -> None:
    connection = connect(str(old_server), "postgres", "", "postgres")

    causes = refusals(connection)

    assert "The database is PostgreSQL 16; 18 or newer is needed." in causes
    assert any("with data_checksums off" in cause for cause in causes)


def test_a_database_that_does_not_answer_is_named(tmp_path: Path) -> None:
    (cause,) = refusals(connect(str(tmp_path), "exolot_app", "nothing"))

    assert cause.startswith("The database does not answer: connection")


def test_asking_leaves_the_connection_as_it_was(records: embedded.Server) -> None:
    connection = as_role(records, "exolot_app")

    refusals(connection)
    closed = connection.connection is None
    connection.ensure_connection()
    refusals(connection)

    assert closed
    assert connection.connection is not None
    connection.close()


def serve(**environment: str) -> str:
    """What the web server's entry point says when it is loaded; empty: it serves."""
    done = subprocess.run(
        [sys.executable, "-c", "import qcsite.wsgi"],
        check=False,
        cwd=PROJECT,
        env={**bare_environment(), **environment},
        capture_output=True,
        text=True,
    )
    return done.stderr


def test_the_web_server_names_all_causes_at_once(clusters: Path) -> None:
    user = User(clusters)
    host = user.line()
    passwords = embedded.read_passwords(clusters / "test" / "passwords.json")
    address = f"postgresql://postgres:{passwords['postgres']}@/exolot?host={host}"

    said = serve(DATABASE_URL=address, DEBUG="true")

    causes = said.partition("The server does not start:\n")[2]
    assert [cause.split()[1] for cause in causes.splitlines()] == [
        "DEBUG",
        "SECRET_KEY",
        *["The"] * 4,
    ]
    assert passwords["postgres"] not in said
    user.end()


def address(server: embedded.Server, role: str) -> str:
    return f"postgresql://{role}:{server.passwords[role]}@/exolot?host={server.host}"


@pytest.fixture(scope="module")
def provisioned(
    records: embedded.Server, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, str]:
    """`records` with all tables and guards; the environment of its web server and its sealer."""
    serving = {
        "DATABASE_URL": address(records, "exolot_app"),
        "SECRET_KEY": GOOD_KEY,
        "LEDGER_KEY_PATH": str(tmp_path_factory.mktemp("key") / "ledger-key"),
    }
    owning = {"DATABASE_OWNER_URL": address(records, "exolot_owner")}
    options = "--site-name Main --zone UTC --administrator amina --administrator-name A.Okafor "
    options += "--quality quirin --quality-name Q.Falk"
    done = manage("provision", *options.split(), **serving, **owning)
    assert done.returncode == 0, done.stderr
    assert manage("seal", "--make-key", **serving).returncode == 0
    return serving


def manage(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *words],
        check=False,
        cwd=PROJECT,
        env={**bare_environment(), **environment},
        capture_output=True,
        text=True,
    )


def test_the_web_server_starts_where_records_are_safe(provisioned: dict[str, str]) -> None:
    assert serve(**provisioned) == ""


def test_on_a_server_that_waits_for_the_disk_nothing_is_red(provisioned: dict[str, str]) -> None:
    assert manage("seal", **provisioned).returncode == 0

    done = manage("doctor", **provisioned)

    assert done.returncode == 0, done.stdout
    assert "GREEN  checkpoint" in done.stdout
    assert "GREEN  durability" in done.stdout
    assert "GREEN  lots" in done.stdout


@pytest.mark.parametrize(
    ("sabotage", "mended", "cause"),
    [
        (
            "ALTER TABLE products_note DISABLE TRIGGER zz_audit",
            "ALTER TABLE products_note ENABLE ALWAYS TRIGGER zz_audit",
            "- Guards: products_note: the trigger zz_audit can be switched off or is off.",
        ),
        (
            "GRANT DELETE ON products_auditentry TO exolot_app",
            "REVOKE DELETE ON products_auditentry FROM exolot_app",
            "- Rights: exolot_app may DELETE products_auditentry.",
        ),
    ],
)
def test_the_web_server_does_not_start_where_a_guard_or_bound_is_missing(
    sabotage: str,
    mended: str,
    cause: str,
    provisioned: dict[str, str],
    records: embedded.Server,
) -> None:
    with psycopg.connect(address(records, "exolot_owner"), autocommit=True) as owner:
        owner.execute(sabotage)
        said = serve(**provisioned)
        owner.execute(mended)

    assert cause in said
