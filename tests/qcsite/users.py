"""Processes that use a cluster and can be killed, and what is left of them."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

import pytest

from qcsite import keeper

PROJECT = Path(__file__).resolve().parents[2]
USE = """
import sys
from pathlib import Path
from qcsite import embedded
server = embedded.ensure(sys.argv[2], Path(sys.argv[1]))
print(server.host, flush=True)
"""
UNTIL_INPUT_ENDS = "sys.stdin.read()\n"


class User:
    """A process that uses a cluster until its input ends, or until it is killed."""

    running: ClassVar[list[User]] = []

    def __init__(self, parent: Path, cluster: str = "test", then: str = "") -> None:
        self.process: subprocess.Popen[str] = subprocess.Popen(
            [sys.executable, "-c", USE + then + UNTIL_INPUT_ENDS, str(parent), cluster],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.running.append(self)

    def line(self) -> str:
        assert self.process.stdout is not None
        line: str = self.process.stdout.readline()
        return line.strip()

    def kill(self) -> None:
        """As kill -9 does: the process can tidy nothing up."""
        self.process.send_signal(signal.SIGKILL)
        self.end()

    def end(self) -> str:
        """Let it end by itself; what it wrote to its error stream."""
        self.running.remove(self)
        return self.process.communicate()[1]


def bare_environment() -> dict[str, str]:
    """An environment without any setting; coverage still sees what runs in it."""
    return {name: os.environ[name] for name in os.environ if name.startswith(("PATH", "COVERAGE_"))}


def wait_for(happened: Callable[[], bool], seconds: float = 15) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if happened():
            return True
        time.sleep(0.05)
    return happened()


def processes_naming(word: str) -> list[tuple[int, str]]:
    """Process id and command of each process whose command contains ``word``."""
    listed = subprocess.run(
        ["ps", "-ww", "-eo", "pid=,args="],  # noqa: S607  # ps is where the system has it
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    rows = (line.strip().partition(" ") for line in listed.splitlines())
    return [(int(pid), command) for pid, _, command in rows if word in command]


def postmasters(parent: Path) -> list[int]:
    return [pid for pid, command in processes_naming(f"{parent}/") if "bin/postgres " in command]


def is_stopped(parent: Path, cluster: str = "test") -> bool:
    return not postmasters(parent) and not keeper.is_held(parent / cluster / keeper.SERVER_LOCK)


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make this situation")
needs_namespaces = pytest.mark.skipif(
    shutil.which("unshare") is None
    or subprocess.run(
        ["unshare", "--user", "--map-root-user", "--mount", "true"],  # noqa: S607
        check=False,
        capture_output=True,
    ).returncode
    != 0,
    reason="this machine refuses user namespaces, in which the situation is made",
)
