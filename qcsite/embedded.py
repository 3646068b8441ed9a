"""The embedded PostgreSQL 18: made, started, shared and stopped without anybody's care.

A process that needs it calls `ensure`. The server has no network port, every role has a random
password, and when the last process that uses it is gone a keeper (`qcsite.keeper`) stops it.
It runs as the calling user; as root, which PostgreSQL refuses, in a user namespace of its own, so
that nothing outside the cluster's directory changes its owner or mode.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import shlex
import shutil
import stat
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
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

__all__ = ["EmbeddedDatabaseError", "Server", "ensure", "forget", "read_passwords"]

DATABASE = "exolot"
SUPERUSER, OWNER, APP, AUDITOR = "postgres", "exolot_owner", "exolot_app", "exolot_auditor"
ROLES = (SUPERUSER, OWNER, APP, AUDITOR)
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


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; ``host`` is the directory of its socket, ``passwords`` are by role."""

    directory: Path
    host: str
    port: int
    passwords: Mapping[str, str]

    def conninfo(self, role: str, database: str = DATABASE) -> dict[str, str | int]:
        return {
            "host": self.host,
            "port": self.port,
            "user": role,
            "password": self.passwords[role],
            "dbname": database,
        }


def ensure(cluster: str, parent: Path | None = None) -> Server:
    """The server of ``cluster``, created and started when needed, with this process as a user.

    ``parent`` holds the clusters: EXOLOT_PG_DIR, by default ``.pg`` in the project. Cheap when the
    server runs; may be called from any thread and again after a fork.

    Raises:
        EmbeddedDatabaseError: it cannot be started here.
    """
    directory = (parent or _configured_parent()).absolute() / cluster
    with _guard:
        server = _servers.get(directory)
        if server is not None and keeper.is_held(directory / keeper.SERVER_LOCK):
            return server
        try:
            with _explained(directory):
                _servers[directory] = _join(directory)
        except EmbeddedDatabaseError:
            forget(directory)
            raise
        return _servers[directory]


def forget(directory: Path) -> None:
    """End this process's use of the server in ``directory``."""
    with _guard:
        _servers.pop(directory, None)
        descriptor = _registrations.pop(directory, None)
        if descriptor is not None:
            os.close(descriptor)


_guard = threading.RLock()
_servers: dict[Path, Server] = {}
_registrations: dict[Path, int] = {}


def _configured_parent() -> Path:
    return Path(os.environ.get("EXOLOT_PG_DIR") or Path(__file__).resolve().parent.parent / ".pg")


def _join(directory: Path) -> Server:
    _make_directory(directory)
    _register(directory)
    with _locked(directory / keeper.START_LOCK):
        passwords = _passwords(directory)
        # The keeper comes first: should this process die while it starts the server, the keeper
        # is there to stop it.
        _start_keeper(directory)
        _await_end_or_readiness(directory)
        if not keeper.is_held(directory / keeper.SERVER_LOCK):
            _create_data(directory, passwords)
            _start_server(directory)
        server = Server(directory, keeper.socket_directory(directory), PORT, passwords)
        _create_database(server)
    return server


def _make_directory(directory: Path) -> None:
    directory.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    directory.mkdir(mode=0o700, exist_ok=True)
    if directory.stat().st_uid != os.geteuid():
        raise EmbeddedDatabaseError(
            f"The embedded database in {directory} belongs to another user. Run as that user, set "
            f"EXOLOT_PG_DIR to a directory of your own, or {ELSEWHERE}."
        )


def _register(directory: Path) -> None:
    """Share the users' lock; waits while a keeper that holds it stops the server."""
    if directory not in _registrations:
        descriptor = keeper.open_lock(directory / keeper.USERS_LOCK)
        _wait_for_lock(descriptor, fcntl.LOCK_SH, directory)
        _registrations[directory] = descriptor


def _register_child() -> None:
    """A fork inherits its parent's locks as the same locks: it takes its own instead."""
    try:
        for directory, inherited in tuple(_registrations.items()):
            with suppress(OSError):  # without the directory the inherited lock is as good
                own = keeper.open_lock(directory / keeper.USERS_LOCK)
                fcntl.flock(own, fcntl.LOCK_SH)
                _registrations[directory] = own
                os.close(inherited)
    finally:
        _guard.release()


os.register_at_fork(
    before=_guard.acquire, after_in_parent=_guard.release, after_in_child=_register_child
)


def _wait_for_lock(descriptor: int, kind: int, directory: Path) -> None:
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
def _locked(path: Path) -> Iterator[int]:
    descriptor = keeper.open_lock(path)
    _wait_for_lock(descriptor, fcntl.LOCK_EX, path.parent)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _passwords(directory: Path) -> Mapping[str, str]:
    path = directory / "passwords.json"
    if not path.exists():
        if (directory / "data").exists():
            raise EmbeddedDatabaseError(
                f"{path} is missing, without which nobody can sign in to the embedded database "
                f"beside it. Restore it from a backup, or move {directory} away to begin anew."
            )
        new = {role: secrets.token_urlsafe(24) for role in ROLES}
        _write_safely(path, json.dumps(new, indent=1).encode())
    return read_passwords(path)


def read_passwords(path: Path) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(path.read_bytes())
    return found


def _write_safely(path: Path, content: bytes) -> None:
    """Write a file that only the user can read, whole or not at all."""
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def _start_keeper(directory: Path) -> None:
    started = run([sys.executable, "-I", "-S", keeper.__file__, str(directory)])
    if started.returncode:
        raise EmbeddedDatabaseError(
            f"The keeper of the embedded database does not start: {started.stderr.strip()}"
        )


def _await_end_or_readiness(directory: Path) -> None:
    """Wait while somebody's server is on its way up or down."""
    deadline = time.monotonic() + PATIENCE_S
    while keeper.is_held(directory / keeper.SERVER_LOCK):
        if keeper.pid_file_lines(directory)[7:8] == ["ready   "]:
            return
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(
                f"The embedded database in {directory} neither becomes ready nor ends. "
                f"{_end_of_log(directory)}"
            )
        time.sleep(0.02)


def _create_data(directory: Path, passwords: Mapping[str, str]) -> None:
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
    _write_safely(password_file, passwords[SUPERUSER].encode())
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


def _start_server(directory: Path) -> None:
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


def _create_database(server: Server) -> None:
    """The owner and its database; a file tells that both exist, so that it happens once."""
    marker = server.directory / "created"
    if marker.exists():
        return
    import psycopg  # noqa: PLC0415  # only the first start needs it
    from psycopg import sql  # noqa: PLC0415
    from psycopg.conninfo import make_conninfo  # noqa: PLC0415

    rights = "LOGIN NOSUPERUSER CREATEROLE"
    if server.directory.name == TEST_CLUSTER:
        rights += " CREATEDB"
    with psycopg.connect(
        make_conninfo("", **server.conninfo(SUPERUSER, "postgres")), autocommit=True
    ) as connection:
        if not connection.execute("SELECT FROM pg_roles WHERE rolname = %s", [OWNER]).fetchall():
            connection.execute(
                sql.SQL("CREATE ROLE {} PASSWORD {} " + rights).format(
                    sql.Identifier(OWNER), sql.Literal(server.passwords[OWNER])
                )
            )
        found = connection.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE])
        if not found.fetchall():
            connection.execute(
                sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'").format(
                    sql.Identifier(DATABASE), sql.Identifier(OWNER)
                )
            )
    _write_safely(marker, b"")


def _run_server_program(directory: Path, command: Sequence[str]) -> CompletedProcess[str]:
    """Run one of PostgreSQL's programs; it and its children hold the server's lock."""
    programs = find_programs()
    prefix = namespace() if os.geteuid() == 0 else []
    with _locked(directory / keeper.SERVER_LOCK) as lock:
        return run([*prefix, str(programs / command[0]), *command[1:]], hold=lock)


@contextmanager
def _explained(directory: Path) -> Iterator[None]:
    """Turn what the operating system refuses into words.

    Raises:
        EmbeddedDatabaseError: instead of OSError.
    """
    try:
        yield
    except OSError as error:
        raise failure(directory, "cannot be used", os.strerror(error.errno or 0)) from error


def _end_of_log(directory: Path) -> str:
    return f"Its log is {directory / 'server.log'}."
