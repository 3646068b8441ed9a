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
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from qcsite import embedded_server, keeper
from qcsite.embedded_server import (
    PORT,
    SUPERUSER,
    TEST_CLUSTER,
    create_data,
    locked,
    start_server,
    wait_for_lock,
    write_safely,
)
from qcsite.programs import ELSEWHERE, EmbeddedDatabaseError, failure, run

__all__ = [
    "PORT",
    "SUPERUSER",
    "EmbeddedDatabaseError",
    "Server",
    "ensure",
    "forget",
    "read_passwords",
]

DATABASE = "exolot"
OWNER, APP, AUDITOR = "exolot_owner", "exolot_app", "exolot_auditor"
ROLES = (SUPERUSER, OWNER, APP, AUDITOR)


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
    with locked(directory / keeper.START_LOCK):
        passwords = _passwords(directory)
        # The keeper comes first: should this process die while it starts the server, the keeper
        # is there to stop it.
        _start_keeper(directory)
        _await_end_or_readiness(directory)
        if not keeper.is_held(directory / keeper.SERVER_LOCK):
            create_data(directory, passwords)
            start_server(directory)
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
        wait_for_lock(descriptor, fcntl.LOCK_SH, directory)
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


def _passwords(directory: Path) -> Mapping[str, str]:
    path = directory / "passwords.json"
    if not path.exists():
        if (directory / "data").exists():
            raise EmbeddedDatabaseError(
                f"{path} is missing, without which nobody can sign in to the embedded database "
                f"beside it. Restore it from a backup, or move {directory} away to begin anew."
            )
        new = {role: secrets.token_urlsafe(24) for role in ROLES}
        write_safely(path, json.dumps(new, indent=1).encode())
    return read_passwords(path)


def read_passwords(path: Path) -> Mapping[str, str]:
    found: dict[str, str] = json.loads(path.read_bytes())
    return found


def _start_keeper(directory: Path) -> None:
    started = run([sys.executable, "-I", "-S", keeper.__file__, str(directory)])
    if started.returncode:
        raise EmbeddedDatabaseError(
            f"The keeper of the embedded database does not start: {started.stderr.strip()}"
        )


def _await_end_or_readiness(directory: Path) -> None:
    """Wait while somebody's server is on its way up or down."""
    deadline = time.monotonic() + embedded_server.PATIENCE_S
    while keeper.is_held(directory / keeper.SERVER_LOCK):
        if keeper.pid_file_lines(directory)[7:8] == ["ready   "]:
            return
        if time.monotonic() > deadline:
            raise EmbeddedDatabaseError(
                f"The embedded database in {directory} neither becomes ready nor ends. "
                f"{_end_of_log(directory)}"
            )
        time.sleep(0.02)


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
    write_safely(marker, b"")


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
