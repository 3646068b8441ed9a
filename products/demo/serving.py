"""Serving the demo on this machine: web server, judge and sealer, until told to stop."""

from __future__ import annotations

import errno
import os
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.db import connections

from products.domain.errors import ConfigurationError

HOST = "127.0.0.1"
LOOK_EVERY_S = 0.5
GRACE_S = 10
WEB_SERVER = shlex.split(
    "-m gunicorn qcsite.wsgi --workers 1 --threads 8 --log-level warning --graceful-timeout 3 "
    "--no-control-socket"
)
STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def listen(port: int) -> socket.socket:
    """The demo's address, taken before anything slow begins; port 0 is any free one.

    Raises:
        ConfigurationError: the port is taken, or not ours to take.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((HOST, port))
        listener.listen(64)
    except OSError as error:
        listener.close()
        why = {errno.EADDRINUSE: "is in use", errno.EACCES: "needs an administrator"}
        raise ConfigurationError(
            f"Port {port} {why.get(error.errno or 0, f'cannot be used ({error.strerror})')} on "
            f"this machine. Choose another, such as: make demo PORT={port + 1 if port else 8001}"
        ) from error
    return listener


def serve(listener: socket.socket, secret_key_file: Path) -> None:
    """Serve until SIGINT, SIGTERM or SIGHUP; no process is left behind.

    Raises:
        ConfigurationError: the web server, the judge or the sealer ended by itself.
    """
    connections.close_all()
    environment = _environment(secret_key_file)
    with _stopped_by_signals() as stopped:
        web = _start([*WEB_SERVER, "--bind", f"fd://{listener.fileno()}"], environment, listener)
        judge = _start(["manage.py", "judge", "--follow"], environment)
        sealer = _start(["manage.py", "seal", "--follow"], environment)
        listener.close()
        served = (("web server", web), ("judge", judge), ("sealer", sealer))
        try:
            while not stopped.wait(LOOK_EVERY_S):
                for name, process in served:
                    if process.poll() is not None:
                        raise ConfigurationError(
                            f"The {name} ended by itself, with exit status {process.returncode}. "
                            "Its last messages stand above."
                        )
        finally:
            _end(web, judge, sealer)


def _environment(secret_key_file: Path) -> dict[str, str]:
    """Of the served processes: a key of their own, plain HTTP on this machine, no owner."""
    left_out = {"SECRET_KEY", "DATABASE_OWNER_URL", "DATABASE_OWNER_URL_FILE"}
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    return kept | {"SECRET_KEY_FILE": str(secret_key_file), "HTTPS": "false", "DEBUG": "false"}


def _start(
    arguments: list[str], environment: dict[str, str], listener: socket.socket | None = None
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(  # noqa: S603  # our own programs, named in full
        [sys.executable, *arguments],
        cwd=settings.BASE_DIR,
        env=environment,
        stdin=subprocess.DEVNULL,
        pass_fds=[listener.fileno()] if listener else [],
    )


def _end(*processes: subprocess.Popen[bytes]) -> None:
    for process in processes:
        process.terminate()
    for process in processes:
        try:
            process.wait(GRACE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextmanager
def _stopped_by_signals() -> Iterator[threading.Event]:
    stopped = threading.Event()
    before = {number: signal.signal(number, lambda *_: stopped.set()) for number in STOPPING}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
