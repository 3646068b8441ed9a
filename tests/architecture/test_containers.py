"""The container files against the code: every command, variable, path and secret is real.

They are read here, not run: what no engine has run is not claimed.
"""

from __future__ import annotations

import ast
import importlib
import re
import shlex
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.management import get_commands, load_command_class
from django.urls import resolve

from qcsite.settings import VARIABLES

ROOT = Path(__file__).resolve().parent.parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
OURS = sorted(name for name, service in SERVICES.items() if "build" in service)
HOW_TO = (ROOT / "docs/how-to/install.md").read_text()
# What the database's image, gunicorn and our own first script read.
OTHERS_VARIABLES = {
    "db": {
        "POSTGRES_USER",
        "POSTGRES_PASSWORD_FILE",
        "POSTGRES_INITDB_ARGS",
        "OWNER_PASSWORD_FILE",
    },
    "web": {"FORWARDED_ALLOW_IPS"},
}


def _instructions() -> list[tuple[str, str]]:
    text = re.sub(r"\\\n", " ", (ROOT / "Dockerfile").read_text())
    lines = (line.strip() for line in text.splitlines())
    pairs = (line.partition(" ") for line in lines if line and not line.startswith("#"))
    return [(word, " ".join(rest.split())) for word, _, rest in pairs]


def _copied() -> list[str]:
    return [
        source
        for word, rest in _instructions()
        if word == "COPY" and "--from" not in rest
        for source in shlex.split(rest)[:-1]
    ]


def _commands() -> list[tuple[str, list[str]]]:
    """Every call of a management command, by service."""
    return [
        (name, words[words.index("manage.py") + 1 :])
        for name in OURS
        for words in (
            SERVICES[name].get("command"),
            SERVICES[name].get("healthcheck", {}).get("test"),
        )
        if words and "manage.py" in words
    ]


def test_the_image_copies_what_the_repository_has() -> None:
    missing = [source for source in _copied() if not (ROOT / source).exists()]

    assert _copied()
    assert missing == []


def test_the_build_is_given_what_the_image_copies_and_nothing_secret() -> None:
    given = [
        line[1:]
        for line in (ROOT / ".dockerignore").read_text().splitlines()
        if line.startswith("!")
    ]

    assert sorted(given) == sorted(_copied())


def test_packages_are_installed_by_their_hashes() -> None:
    installs = [rest for word, rest in _instructions() if word == "RUN" and "pip install" in rest]

    assert len(installs) == 1
    assert "--require-hashes" in installs[0]


def test_the_image_runs_as_an_unprivileged_user_of_its_own() -> None:
    users = [rest for word, rest in _instructions() if word == "USER"]
    made = re.search(r"useradd --uid (\d+)", (ROOT / "Dockerfile").read_text())

    assert made is not None
    assert users == [f"{made[1]}:{made[1]}"]
    assert int(made[1]) > 0


def test_variables_of_the_image_are_known() -> None:
    names = [
        name
        for word, rest in _instructions()
        if word == "ENV"
        for name in re.findall(r"(\w+)=", rest)
    ]

    assert {name for name in names if name not in VARIABLES} == {
        "PATH",
        "PYTHONUNBUFFERED",
        "PYTHONDONTWRITEBYTECODE",
    }


def test_the_server_that_the_image_starts_is_ours_on_the_published_port() -> None:
    command = ast.literal_eval(next(rest for word, rest in _instructions() if word == "CMD"))
    exposed = next(rest for word, rest in _instructions() if word == "EXPOSE")

    spec = importlib.util.find_spec(command[1])
    assert command[0] == "gunicorn"
    assert spec is not None
    assert f"0.0.0.0:{exposed}" in command
    assert SERVICES["web"]["ports"] == [f"127.0.0.1:{exposed}:{exposed}"]


def test_gunicorn_takes_the_options_it_is_given() -> None:
    config = importlib.import_module("gunicorn.config")  # it has no types
    command = ast.literal_eval(next(rest for word, rest in _instructions() if word == "CMD"))

    known = config.Config().parser().parse_args(command[1:])
    assert (known.args, known.workers, known.threads) == (["qcsite.wsgi"], 2, 4)


@pytest.mark.parametrize(("service", "words"), _commands())
def test_every_command_exists_and_takes_its_words(service: str, words: list[str]) -> None:
    name, *options = words

    command = load_command_class(get_commands()[name], name)
    parsed = command.create_parser("manage.py", name).parse_args(options)

    assert vars(parsed)


def test_provision_the_two_workers_and_their_health_are_what_is_called() -> None:
    called = [(service, words[0]) for service, words in _commands()]

    assert called == [
        ("doctor", "doctor"),
        ("judge", "judge"),
        ("judge", "judge"),
        ("provision", "provision"),
        ("seal", "seal"),
        ("seal", "seal"),
    ]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_variable_is_read_by_somebody(service: str) -> None:
    known = OTHERS_VARIABLES.get(service, set()) | (
        set() if service == "db" else set(VARIABLES) | _file_variables()
    )

    assert set(SERVICES[service]["environment"]) <= known


def _file_variables() -> set[str]:
    return {f"{name}_FILE" for name, text in VARIABLES.items() if f"{name}_FILE" in text}


def test_the_first_script_reads_its_variables() -> None:
    script = (ROOT / "docker/init-owner.sh").read_text()

    read = set(re.findall(r"\$(\w+)", script))
    assert read == {"POSTGRES_USER", "OWNER_PASSWORD_FILE"}
    assert read <= set(SERVICES["db"]["environment"])


def test_the_first_script_is_sound_bash_and_makes_no_superuser() -> None:
    path = ROOT / "docker/init-owner.sh"

    checked = subprocess.run(["/bin/bash", "-n", path], check=False, capture_output=True)  # noqa: S603

    assert checked.returncode == 0
    assert "LOGIN NOSUPERUSER CREATEROLE" in path.read_text()


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_secret_is_declared_and_read_from_its_file(service: str) -> None:
    given = set(SERVICES[service]["secrets"])
    text = yaml.safe_dump(
        {key: SERVICES[service].get(key) for key in ("command", "environment")}, width=10_000
    )

    assert set(re.findall(r"/run/secrets/(\w+)", text)) == given
    assert given <= set(COMPOSE["secrets"])


def test_secrets_are_never_in_the_repository() -> None:
    files = [Path(secret["file"]) for secret in COMPOSE["secrets"].values()]

    assert {path.parent for path in files} == {Path("docker/secrets")}
    assert "/secrets/" in (ROOT / "docker/.gitignore").read_text().splitlines()


def test_only_provisioning_holds_the_owners_address() -> None:
    holders = [
        name for name, service in SERVICES.items() if "database_owner_url" in service["secrets"]
    ]

    assert holders == ["provision"]


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_service_is_locked_down(service: str) -> None:
    settings = SERVICES[service]

    assert settings["read_only"] is True
    assert settings["cap_drop"] == ["ALL"]
    assert settings["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in settings["tmpfs"]  # noqa: S108
    assert "privileged" not in settings
    assert settings.get("user", "") != "root"


def test_only_the_web_server_is_reachable_and_from_this_machine_only() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}

    assert list(published) == ["web"]
    assert all(port.startswith("127.0.0.1:") for port in published["web"])
    assert COMPOSE["networks"]["records"] == {"internal": True}
    assert {name for name in SERVICES if "front" in SERVICES[name]["networks"]} == {"web"}


def test_the_proxy_on_this_machine_is_trusted_and_nothing_else_is() -> None:
    """A name in the trail is worth what the address beside it is."""
    (network,) = COMPOSE["networks"]["front"]["ipam"]["config"]
    trusted, _, further = SERVICES["web"]["environment"]["TRUSTED_PROXIES"].partition("}")

    assert trusted + "}" == network["subnet"]
    assert further == "${EXOLOT_MORE_PROXIES:+,}${EXOLOT_MORE_PROXIES:-}"
    assert [name for name, one in SERVICES.items() if "front" in one["networks"]] == ["web"]


def test_whatever_stays_up_is_watched() -> None:
    staying = {name for name, service in SERVICES.items() if service["restart"] != "no"}

    assert staying == {"db", "web", "judge", "seal"}
    assert all("test" in SERVICES[name]["healthcheck"] for name in staying)


def test_the_web_server_is_asked_where_it_answers() -> None:
    asked = " ".join(SERVICES["web"]["healthcheck"]["test"])

    address = re.search(r"http://127\.0\.0\.1:8000(/\w+)", asked)
    assert address is not None
    assert resolve(address[1]).func.__name__ == "ready"
    assert "127.0.0.1" in SERVICES["web"]["environment"]["ALLOWED_HOSTS"]


def test_nothing_serves_before_the_database_is_provisioned() -> None:
    waits = {
        name: {other: how["condition"] for other, how in service["depends_on"].items()}
        for name, service in SERVICES.items()
        if "depends_on" in service
    }

    assert waits == {
        "provision": {"db": "service_healthy"},
        "web": {"provision": "service_completed_successfully"},
        "judge": {"provision": "service_completed_successfully"},
        "doctor": {"provision": "service_completed_successfully"},
        "seal": {"provision": "service_completed_successfully"},
    }


def test_the_database_is_a_version_that_is_supported() -> None:
    from qcsite.startup import OLDEST_SERVER  # noqa: PLC0415  # beside what it is compared with

    assert SERVICES["db"]["image"] == f"postgres:{OLDEST_SERVER}"


def test_every_mounted_path_exists_and_every_volume_is_declared() -> None:
    for mount in SERVICES["db"]["volumes"]:
        source = mount.split(":")[0]
        assert source in COMPOSE["volumes"] or (ROOT / source).exists(), source


def test_every_name_and_secret_that_a_person_gives_is_explained() -> None:
    asked = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    files = {Path(secret["file"]).name for secret in COMPOSE["secrets"].values()}

    assert [name for name in sorted(asked | files) if name not in HOW_TO] == []
