"""Serving starts three processes and leaves none; what ends by itself is said to have ended.

The test server may lose data with the power, so the web server refuses it and ends.
"""

from __future__ import annotations

import os
import signal
import subprocess
import threading
import time
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from products.demo.filling import random_passwords
from products.demo.logins import Logins, secret_key_file, write_logins
from products.demo.people import EVERYBODY
from products.demo.serving import HOST, listen, serve
from products.domain.errors import ConfigurationError
from products.models import Installation


def _children() -> list[str]:
    listed = subprocess.run(  # noqa: S603  # the id is our own
        ["ps", "-ww", "--ppid", str(os.getpid()), "-o", "args="],  # noqa: S607
        check=False,
        capture_output=True,
        text=True,
    ).stdout
    return [line for line in listed.splitlines() if "gunicorn" in line or "manage.py" in line]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_all_processes(tmp_path: Path, number: signal.Signals) -> None:
    before = signal.getsignal(number)
    seen: list[str] = []

    def stop_when_all_run() -> None:
        deadline = time.monotonic() + 20
        while len(seen) < 3 and time.monotonic() < deadline:
            seen[:] = _children()
        os.kill(os.getpid(), number)

    with listen(0) as listener:
        threading.Thread(target=stop_when_all_run).start()
        serve(listener, secret_key_file(tmp_path))

    assert len(seen) == 3
    assert _children() == []
    assert signal.getsignal(number) == before


def test_a_taken_port_is_named_with_another() -> None:
    with listen(0) as other:
        port = other.getsockname()[1]

        with pytest.raises(ConfigurationError, match=rf"in use .* make demo PORT={port + 1}"):
            listen(port)


def test_only_this_machine_is_served() -> None:
    with listen(0) as listener:
        assert listener.getsockname()[0] == HOST == "127.0.0.1"


def test_all_is_printed_before_a_server_that_may_not_start_ends(
    filled_db: str, tmp_path: Path, settings: Settings
) -> None:
    settings.EXOLOT_CLUSTER = "demo"
    settings.EXOLOT_PG_DIR = tmp_path
    logins = Logins(str(Installation.objects.get().pk), random_passwords(), "secret")
    write_logins(tmp_path, logins)
    said = StringIO()

    with pytest.raises(CommandError, match="ended by itself, with exit status"):
        call_command("demo", port=0, stdout=said)

    assert all(logins.passwords[person.username] in said.getvalue() for person in EVERYBODY)
    assert _children() == []
