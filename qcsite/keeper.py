"""Stops an embedded server when the last process that used it is gone, however it went.

Runs as a process of its own, `python keeper.py DIRECTORY`, and knows only the standard library.
Every use of a server is a shared lock on one file, so the kernel tells, even after kill -9.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

USERS_LOCK = "users.lock"  # shared: every process that uses the server; exclusive: the keeper
KEEPER_LOCK = "keeper.lock"  # exclusive: the keeper
SERVER_LOCK = "server.lock"  # exclusive: the server and its children, which inherit it
START_LOCK = "start.lock"  # exclusive: who creates or starts
PRIVATE_SOCKET_PREFIX = "exolot-"
# Fast shutdown first; then immediate, which loses nothing: the next start replays the journal.
SECONDS_BEFORE_IMMEDIATE = 10
SECONDS_BEFORE_GIVING_UP = 60


def open_lock(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)


def try_lock(descriptor: int, kind: int) -> bool:
    try:
        fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_held(path: Path) -> bool:
    """Whether any process holds the lock exclusively."""
    descriptor = open_lock(path)
    try:
        return not try_lock(descriptor, fcntl.LOCK_SH)
    finally:
        os.close(descriptor)


def pid_file_lines(directory: Path) -> list[str]:
    """What the server wrote about itself: process, data, start, port, sockets, ..., status."""
    with contextlib.suppress(FileNotFoundError):
        return (directory / "data" / "postmaster.pid").read_text("utf-8").splitlines()
    return []


def socket_directory(directory: Path) -> str:
    lines = pid_file_lines(directory)
    return lines[4] if len(lines) > 4 else ""  # noqa: PLR2004  # the file's fifth line


def stop_server(directory: Path) -> None:
    """Shut the server of ``directory`` down and wait until none of its processes is left."""
    sockets = socket_directory(directory)
    began = time.monotonic()
    last_signal = None
    while is_held(directory / SERVER_LOCK):
        waited = time.monotonic() - began
        if waited > SECONDS_BEFORE_GIVING_UP:
            return
        wanted = signal.SIGINT if waited < SECONDS_BEFORE_IMMEDIATE else signal.SIGQUIT
        lines = pid_file_lines(directory)
        if lines and wanted != last_signal:
            with contextlib.suppress(ProcessLookupError, ValueError):
                os.kill(int(lines[0]), wanted)
                last_signal = wanted
        time.sleep(0.02)
    if Path(sockets).name.startswith(PRIVATE_SOCKET_PREFIX):
        shutil.rmtree(sockets, ignore_errors=True)


@contextlib.contextmanager
def exclusive(descriptor: int) -> Iterator[None]:
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        yield
    finally:
        os.close(descriptor)


def keep(directory: Path) -> None:  # pragma: no cover  # in a process that coverage cannot see
    """Detach, wait until nobody uses the server, and stop it.

    The calling process returns at once, when its child holds the keeper's lock; when another
    keeper holds it already, nothing happens.
    """
    keeper = open_lock(directory / KEEPER_LOCK)
    if not try_lock(keeper, fcntl.LOCK_EX):
        os.close(keeper)
        return
    if os.fork():
        os.close(keeper)
        return
    os.setsid()
    os.chdir("/")
    nothing = os.open(os.devnull, os.O_RDWR)
    for stream in range(3):
        os.dup2(nothing, stream)
    users = open_lock(directory / USERS_LOCK)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with exclusive(users):
        stop_server(directory)
        # Given up before the users' lock: who gets in next must find no keeper and start one.
        os.close(keeper)
    os._exit(0)


if __name__ == "__main__":
    keep(Path(sys.argv[1]))
