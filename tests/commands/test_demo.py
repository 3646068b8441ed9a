"""`demo` as a person meets it: one run that is killed, one that serves until it is told to stop.

While it serves, the commands of the API guide are run against it.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone
from psycopg.conninfo import make_conninfo
from pytest_django import Settings

from products.demo.people import EVERYBODY
from qcsite import embedded
from tests.commands.guides import faults, run, steps_of
from tests.commands.visitors import Visitor, writing_token
from tests.conftest import ROOT, Databases
from tests.demo.conftest import NIGHT_IN_SPRING, filled_template
from tests.demo.snapshot import Rows, snapshot

__all__ = ["filled_template"]

PATIENCE_S = 240
GUIDE = ROOT / "docs/how-to/api-by-examples.md"
TUTORIAL = ROOT / "docs/tutorial/a-lot-from-making-to-release.md"


class Demo:
    """A started `manage.py demo`, with all it printed in a file."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.log = directory / f"log-{time.monotonic_ns()}"
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "manage.py", "demo", "--port", "0"],
                cwd=ROOT,
                env=kept
                | {"EXOLOT_CLUSTER": "demo", "EXOLOT_PG_DIR": str(directory)}
                | environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def printed(self) -> str:
        return self.log.read_text("utf-8")

    def wait_until(self, pattern: str) -> str:
        """The first group of ``pattern`` once it was printed."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if found := re.search(pattern, self.printed()):
                return found.group(1)
            assert self.process.poll() is None, self.printed()
            time.sleep(0.1)
        raise AssertionError(self.printed())

    def end(self, number: signal.Signals) -> int:
        """Send the signal to the command alone, and give its exit status."""
        self.process.send_signal(number)
        return self.process.wait(30)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[list[Demo]]:
    """Demos of the test; what is left of them is killed."""
    demos: list[Demo] = []
    yield demos
    for demo in demos:
        if demo.process.poll() is None:
            os.killpg(demo.process.pid, signal.SIGKILL)
            demo.process.wait()


def _get(url: str, token: str = "") -> tuple[int, bytes]:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    try:
        request = urllib.request.Request(url, headers=headers)  # noqa: S310  # our own address
        with urllib.request.build_opener().open(request) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _signs_in(url: str, username: str, password: str) -> bool:
    return Visitor(url).signs_in(username, password)


def _check_guides(url: str, logins: Mapping[str, Any], place: Path) -> None:
    """Run every command of the guides against the demo, and compare the answers."""
    if shutil.which("curl") is None:
        missing = "curl is missing (apt-get install curl): the guide's commands were not run"
        if os.environ.get("REQUIRE_BROWSER") == "1":
            pytest.fail(missing)
        pytest.skip(missing)
    place.mkdir()
    shutil.copy(ROOT / "docs/tools/verify_proof.py", place)
    password = logins["passwords"]["quality"]
    token = writing_token(url, password)
    by_examples = {
        "http://127.0.0.1:8000 TOKEN=...": f"{url} TOKEN={logins['token']}",
        "WRITE=... PASSWORD=...": f"WRITE={token} PASSWORD={password}",
    }
    in_the_tutorial = {
        "make demo\n": "",
        "http://127.0.0.1:8000": url,
        "TOKEN=...": f"TOKEN={logins['token']}",
        # The lot of the tutorial is made by its reader; this one has been through the same.
        "AMF-018": "AMF-012",
    }
    for guide, given in ((GUIDE, by_examples), (TUTORIAL, in_the_tutorial)):
        steps = steps_of(guide.read_text("utf-8"), given)
        printed = run(steps, place)

        assert [
            f"{step.commands}{fault}"
            for step, text in zip(steps, printed, strict=True)
            for fault in faults(step, text)
        ] == []
        assert any(step.kind for step in steps)


def _wait_until_sealed(url: str, token: str) -> None:
    """Records have no past to ask for, and no proof, before the first seal."""
    deadline = time.monotonic() + PATIENCE_S
    while _get(f"{url}/api/v1/checkpoints/latest/", token)[0] != 200:
        assert time.monotonic() < deadline
        time.sleep(0.2)


def _left(directory: Path) -> list[str]:
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "args="],  # noqa: S607  # ps is where the system has it
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in listed.splitlines() if str(directory) in line]


def _snapshot_of(directory: Path) -> dict[str, Rows]:
    server = embedded.ensure("demo", directory)
    try:
        address = make_conninfo("", **server.conninfo(embedded.OWNER))
        with psycopg.connect(address) as connection:
            return snapshot(connection, timezone.now())
    finally:
        embedded.forget(server.directory)


def test_a_killed_demo_is_made_anew_serves_alike_answers_as_the_guide_says_and_stops(
    tmp_path: Path, running: list[Demo], databases: Databases, filled_template: str
) -> None:
    running.append(Demo(tmp_path))
    running[0].wait_until("(Making)")
    time.sleep(2)  # the tables are being made
    os.killpg(running[0].process.pid, signal.SIGKILL)
    running.append(Demo(tmp_path))
    url = running[1].wait_until(r"Admin +(http://\S+)/admin/")
    running[1].wait_until("(Serving)")
    text, kept = running[1].printed(), json.loads((tmp_path / "demo-logins").read_text())

    assert "filled the demo database only in part; it is made anew" in text
    for person in EVERYBODY:
        assert f"{person.username:<14} {kept['passwords'][person.username]}" in text
    assert stat.S_IMODE((tmp_path / "demo-logins").stat().st_mode) == 0o600
    assert _get(f"{url}/healthz")[0] == 200
    assert _get(f"{url}/api/v1/lots/")[0] == 401
    assert _get(f"{url}/api/v1/lots/", kept["token"])[0] == 200
    assert _signs_in(url, "analyst", kept["passwords"]["analyst"])
    assert not _signs_in(url, "analyst", "correct horse battery staple")

    with databases.connect(filled_template) as connection:
        assert _snapshot_of(tmp_path) == snapshot(connection, NIGHT_IN_SPRING)

    _wait_until_sealed(url, kept["token"])
    try:
        _check_guides(url, kept, tmp_path / "guide")
    finally:
        assert running[1].end(signal.SIGTERM) == 0
        assert _wait_for_nothing_left(tmp_path) == []


def _wait_for_nothing_left(directory: Path) -> list[str]:
    deadline = time.monotonic() + 15
    while (left := _left(directory)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left


def test_a_port_in_use_is_named_before_anything_is_made(tmp_path: Path, settings: Settings) -> None:
    settings.EXOLOT_CLUSTER = "demo"
    settings.EXOLOT_PG_DIR = tmp_path
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"Port {port} is in use on this machine"):
            call_command("demo", port=port)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("port", [-1, 65536])
def test_a_port_that_does_not_exist_is_refused(port: int) -> None:
    with pytest.raises(CommandError, match=f"There is no port {port}"):
        call_command("demo", port=port)


@pytest.mark.parametrize("cluster", ["data", "test"])
def test_the_embedded_databases_of_others_are_refused(settings: Settings, cluster: str) -> None:
    settings.EXOLOT_CLUSTER = cluster

    with pytest.raises(CommandError, match=f"never goes into the embedded database '{cluster}'"):
        call_command("demo", port=0)


def _url(databases: Databases, role: str, name: str) -> str:
    given = databases.parameters | {"user": role}
    password = embedded.ensure("test").passwords[role]
    place = urllib.parse.quote(str(given["host"]), safe="")
    return f"postgresql://{role}:{password}@/{name}?host={place}&port={given['port']}"


def _said(directory: Path, **environment: str) -> tuple[int, str]:
    demo = Demo(directory, **environment)
    return demo.process.wait(PATIENCE_S), demo.printed()


def test_a_named_database_without_its_owner_is_refused(
    tmp_path: Path, databases: Databases
) -> None:
    url = _url(databases, "exolot_app", "exolot")

    status, said = _said(tmp_path, DATABASE_URL=url)

    assert status == 1
    assert "DATABASE_OWNER_URL is not set" in said


def test_a_named_database_with_records_is_refused(
    tmp_path: Path, databases: Databases, committed_db: str
) -> None:
    status, said = _said(
        tmp_path,
        DATABASE_URL=_url(databases, "exolot_app", committed_db),
        DATABASE_OWNER_URL=_url(databases, "exolot_owner", committed_db),
    )

    assert status == 1
    assert f"The database {committed_db} holds the records of a real installation" in said
    assert "Let DATABASE_URL and DATABASE_OWNER_URL name another, empty database" in said


def test_an_interrupted_demo_in_a_named_database_is_left_to_its_owner(
    tmp_path: Path, databases: Databases, demo_db: str
) -> None:
    with databases.connect(demo_db) as connection:
        connection.execute(f"COMMENT ON DATABASE {demo_db} IS 'Exolot demo data'")

    status, said = _said(
        tmp_path,
        DATABASE_URL=_url(databases, "exolot_app", demo_db),
        DATABASE_OWNER_URL=_url(databases, "exolot_owner", demo_db),
    )

    assert status == 1
    assert "filled this demo database only in part. Drop the database" in said
    with databases.connect(demo_db) as connection:
        assert connection.execute("SELECT count(*) FROM products_user").fetchone()
