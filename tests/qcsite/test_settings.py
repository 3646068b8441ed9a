"""Settings come from the environment alone; what is wrong is refused and named."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from qcsite import settings as module
from qcsite.database.url import connection_from_url
from tests.qcsite.users import PROJECT, bare_environment

SHOW = """
import json
from qcsite import settings
print(json.dumps({name: getattr(settings, name) for name in dir(settings) if name.isupper()},
                 default=str))
"""


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *words],
        check=False,
        cwd=PROJECT,
        env={**bare_environment(), **environment},
        capture_output=True,
        text=True,
    )


def settings_with(**environment: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(run("-c", SHOW, **environment).stdout)
    return found


def test_the_list_of_variables_names_exactly_those_that_are_read() -> None:
    calls = (
        node for node in ast.walk(ast.parse(Path(module.__file__).read_text())) if is_call(node)
    )

    read = {call.args[0].value for call in calls}  # type: ignore[attr-defined]  # is_call says so

    assert read == set(module.VARIABLES)


def is_call(node: ast.AST) -> bool:
    """Whether ``node`` is ``env.<type>("NAME", ...)``."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id == "env"
    )


def test_with_nothing_configured_the_embedded_database_serves_this_machine() -> None:
    found = settings_with()

    assert found["EXOLOT_CLUSTER"] == "data"
    assert found["DEBUG"] is False
    assert found["HTTPS"] is False
    assert found["ALLOWED_HOSTS"] == ["localhost", "127.0.0.1", "[::1]"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", "short"),
        ("DEBUG", "perhaps"),
        ("HTTPS", "2"),
        ("EXOLOT_CLUSTER", "prod"),
        ("DATABASE_POOL_SIZE", "-1"),
        ("DATABASE_POOL_SIZE", "many"),
        ("LOG_LEVEL", "loud"),
        ("SECRET_KEY_FILE", "/nonexistent/key"),
        ("FACTOR_KEY", "short"),
        ("SIGNERS_NEED_SECOND_FACTOR", "perhaps"),
    ],
)
def test_a_bad_value_is_refused_by_the_name_of_its_variable(name: str, value: str) -> None:
    done = run("-c", SHOW, **{name: value})

    assert done.returncode == 1
    assert name in done.stderr.splitlines()[-1]


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("f" * 60 + "\n")

    found = settings_with(SECRET_KEY_FILE=str(tmp_path / "key"))

    assert found["SECRET_KEY"] == "f" * 60


def test_second_factors_have_the_keys_that_are_given_and_without_one_none() -> None:
    given = settings_with(FACTOR_KEY=f"{'a1' * 32}, {'b2' * 32}")

    assert given["FACTOR_KEYS"] == [str(bytes([0xA1] * 32)), str(bytes([0xB2] * 32))]
    assert settings_with()["FACTOR_KEYS"] == []
    assert len(settings_with(EXOLOT_CLUSTER="demo")["FACTOR_KEYS"]) == 1  # type: ignore[arg-type]  # a list


def test_with_a_key_of_its_own_the_server_expects_https() -> None:
    found = settings_with(SECRET_KEY="f" * 60)

    assert found["SESSION_COOKIE_SECURE"] is True
    assert found["CSRF_COOKIE_SECURE"] is True
    assert found["SECURE_SSL_REDIRECT"] is True


@pytest.mark.parametrize("cluster", ["demo", "test"])
def test_the_demo_and_tests_are_served_without_https(cluster: str) -> None:
    assert settings_with(SECRET_KEY="f" * 60, EXOLOT_CLUSTER=cluster)["HTTPS"] is False


def test_a_pool_is_kept_only_when_asked_for() -> None:
    without, with_pool = settings_with(), settings_with(DATABASE_POOL_SIZE="7")

    assert "max_size" not in str(without["DATABASES"])
    assert "'max_size': 7" in str(with_pool["DATABASES"])


def test_an_owner_without_a_serving_role_is_refused() -> None:
    done = run("-c", SHOW, DATABASE_OWNER_URL="postgresql://exolot_owner:x@localhost/exolot")

    assert "DATABASE_URL is not" in done.stderr.splitlines()[-1]


def test_without_the_owners_address_nothing_can_connect_as_owner() -> None:
    found = settings_with(DATABASE_URL="postgresql://exolot_app:x@localhost/exolot")

    assert list(found["DATABASES"]) == ["default"]  # type: ignore[call-overload]  # a dictionary


@pytest.mark.parametrize("words", [["help"], ["makemigrations", "--check", "--dry-run"]])
def test_commands_that_need_no_database_start_none(words: list[str], tmp_path: Path) -> None:
    done = run("-W", "error", "manage.py", *words, EXOLOT_PG_DIR=str(tmp_path / "pg"))

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "pg").exists()


def test_importing_settings_starts_no_database(tmp_path: Path) -> None:
    settings_with(EXOLOT_PG_DIR=str(tmp_path / "pg"))

    assert not (tmp_path / "pg").exists()


def test_an_address_becomes_connection_settings() -> None:
    found = connection_from_url(
        "postgresql://app:p%40ss@db.example.org:6432/exolot?sslmode=verify-full"
    )

    assert found == {
        "NAME": "exolot",
        "USER": "app",
        "PASSWORD": "p@ss",
        "HOST": "db.example.org",
        "PORT": "6432",
        "OPTIONS": {"sslmode": "verify-full"},
    }


@pytest.mark.parametrize(
    ("address", "message"),
    [
        ("mysql://app:secret@localhost/exolot", "must begin with postgresql://"),
        ("postgresql://app:secret%zz@localhost/exolot", "unreadable"),
        ("postgresql://app:secret@localhost/exolot?colour=blue", "unreadable"),
        ("postgresql://app:secret@localhost", "must name a role and a database"),
        ("postgresql://localhost/exolot", "must name a role and a database"),
    ],
)
def test_a_bad_address_is_refused_without_showing_its_password(address: str, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=message) as refused:
        connection_from_url(address)

    assert "secret" not in str(refused.value)
