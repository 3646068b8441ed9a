"""One cluster of the embedded database: its files made, its server started.

Who shares it, and when it is stopped, is `qcsite.embedded`'s to know.
"""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import stat
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from subprocess import CompletedProcess

from qcsite import keeper
from qcsite.programs import (
    ELSEWHERE,
    MAJOR_VERSION,
    EmbeddedDatabaseError,
    failure,
    find_programs,
    namespace,
    run,
)

SUPERUSER = "postgres"
TEST_CLUSTER = "test"
PORT = 5432  # only names the socket: nothing listens on the network
LONGEST_SOCKET_PATH = 100
PRIVATE_DIRECTORY = stat.S_IFDIR | 0o700
PATIENCE_S = 120
LARGEST_LOG = 10 * 1024 * 1024

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "port": str(PORT),
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # Statements carry record data and passwords; the log holds the errors without them.
    "log_min_error_statement": "panic",
    "cluster_name": "exolot",
}
# Test data may be lost with the power; a test that waits for the disk is only slow.
# Its databases live for seconds: what is vacuumed there is gone before it is read again.
TEST_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "autovacuum": "off",
}


def wait_for_lock(descriptor: int, kind: int, directory: Path) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not keeper.try_lock(descriptor, kind):
        if time.monotonic() > deadline:
            os.close(descriptor)
            raise EmbeddedDatabaseError(
                f"Another process has been starting or stopping the embedded database in "
                f"{directory} for {PATIENCE_S} seconds. Look into {directory / 'server.log'}, "
                "end that process, and start again."
            )
        time.sleep(0.02)


@contextmanager
def locked(path: Path) -> Iterator[int]:
    descriptor = keeper.open_lock(path)
    wait_for_lock(descriptor, fcntl.LOCK_EX, path.parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def write_safely(path: Path, content: bytes) -> None:
    """Write a file that only the user can read, whole or not at all."""
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def create_data(directory: Path, passwords: Mapping[str, str]) -> None:
    data = directory / "data"
    if data.exists():
        found = (data / "PG_VERSION").read_text("ascii").strip()
        if found != str(MAJOR_VERSION):
            raise EmbeddedDatabaseError(
                f"The embedded database in {data} was made by PostgreSQL {found}; this version "
                f"needs {MAJOR_VERSION}. Dump it with that version and load it into a new one."
            )
        return
    partial = directory / "data.partial"
    if partial.exists():
        shutil.rmtree(partial)
    password_file = directory / "superuser.password"
    write_safely(password_file, passwords[SUPERUSER].encode())
    command = ["initdb", "--pgdata", str(partial), "--username", SUPERUSER]
    command += ["--pwfile", str(password_file), "--auth", "scram-sha-256", "--data-checksums"]
    command += ["--encoding", "UTF8", "--locale", "C"]
    # Built into the server: the order of texts never changes with the machine's C library.
    command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    if directory.name == TEST_CLUSTER:
        command.append("--no-sync")
    try:
        done = _run_server_program(directory, command)
    finally:
        password_file.unlink(missing_ok=True)
    if done.returncode:
        shutil.rmtree(partial, ignore_errors=True)
        raise failure(directory, "cannot be created", done.stderr or done.stdout)
    partial.rename(data)


def start_server(directory: Path) -> None:
    log = directory / "server.log"
    if log.exists() and log.stat().st_size > LARGEST_LOG:
        log.replace(log.with_suffix(".log.1"))
    seen = log.stat().st_size if log.exists() else 0
    settings = SERVER_SETTINGS | {"unix_socket_directories": _prepare_sockets(directory)}
    if directory.name == TEST_CLUSTER:
        settings |= TEST_SETTINGS
    options = shlex.join(f"--{name}={value}" for name, value in settings.items())
    command = ["pg_ctl", "start", "--wait", "--timeout", str(PATIENCE_S), "--log", str(log)]
    done = _run_server_program(
        directory, [*command, "--pgdata", str(directory / "data"), "--options", options]
    )
    if done.returncode:
        with log.open("rb") if log.exists() else open(os.devnull, "rb") as file:  # noqa: PTH123
            file.seek(seen)
            written = file.read().decode(errors="replace")
        raise failure(directory, "does not start", written + done.stderr)
    if not keeper.is_held(directory / keeper.SERVER_LOCK):
        _run_server_program(directory, ["pg_ctl", "stop", "--pgdata", str(directory / "data")])
        raise EmbeddedDatabaseError(
            f"The file system of {directory} does not keep locks, so that two servers could damage "
            f"the data. Set EXOLOT_PG_DIR to a directory on a local disk, or {ELSEWHERE}."
        )


def _prepare_sockets(directory: Path) -> str:
    """Where the socket is to be; what a dead server left there is taken away.

    The server's lock is free, so no process of that server lives, whatever its files say.
    """
    previous = keeper.socket_directory(directory)
    place = str(directory)
    if len(os.fsencode(f"{place}/.s.PGSQL.{PORT}")) > LONGEST_SOCKET_PATH or "," in place:
        if previous != place and _is_private(Path(previous)):
            place = previous
        else:
            place = tempfile.mkdtemp(prefix=keeper.PRIVATE_SOCKET_PREFIX, dir=_short_directory())
    for name in (f".s.PGSQL.{PORT}", f".s.PGSQL.{PORT}.lock"):
        (Path(place) / name).unlink(missing_ok=True)
    (directory / "data" / "postmaster.pid").unlink(missing_ok=True)
    return place


def _is_private(path: Path) -> bool:
    if not path.name.startswith(keeper.PRIVATE_SOCKET_PREFIX) or not path.exists():
        return False
    state = path.lstat()
    return state.st_uid == os.geteuid() and state.st_mode == PRIVATE_DIRECTORY


def _short_directory() -> str:
    usual = tempfile.gettempdir()
    return usual if len(os.fsencode(usual)) < LONGEST_SOCKET_PATH // 2 else "/tmp"  # noqa: S108


def _run_server_program(directory: Path, command: Sequence[str]) -> CompletedProcess[str]:
    """Run one of PostgreSQL's programs; it and its children hold the server's lock."""
    programs = find_programs()
    prefix = namespace() if os.geteuid() == 0 else []
    with locked(directory / keeper.SERVER_LOCK) as lock:
        return run([*prefix, str(programs / command[0]), *command[1:]], hold=lock)
