"""`pg_dump` and `pg_restore`, connected as a Django connection is, and streamed.

Nothing secret stands on a command line: what libpq takes from the environment goes there.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import IO, Any

from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

from qcsite.backup_file import Sink, copy
from qcsite.programs import MAJOR_VERSION, find_programs, run

LONGEST_ANSWER = 600
LOCK_TIMEOUT = "60s"


class DumpError(Exception):
    """A program of PostgreSQL failed; the message is what it said."""


def write_dump(
    parameters: Mapping[str, Any],
    server: int,
    snapshot: str,
    without_rows: Sequence[str],
    target: Sink,
) -> None:
    """The database as `pg_dump` sees it in ``snapshot``, in the custom format.

    ``server`` is the server's major version; of ``without_rows`` only the tables are dumped. An
    extension belongs to the server it is installed on.

    Raises:
        DumpError: the program cannot be had or fails.
    """
    options = [
        "--format=custom",
        f"--snapshot={snapshot}",
        f"--lock-wait-timeout={LOCK_TIMEOUT}",
        "--exclude-extension=*",
        "--no-publications",
        "--no-subscriptions",
        "--no-security-labels",
        *(f"--exclude-table-data=public.{table}" for table in without_rows),
    ]
    with _program("pg_dump", server, parameters, options) as process:
        copy(_stream(process.stdout), target)


def load_dump(parameters: Mapping[str, Any], server: int, source: IO[bytes]) -> None:
    """Load what `write_dump` wrote, in one transaction; the connected role owns all of it.

    Raises:
        DumpError: the program cannot be had or fails; the database is as it was.
    """
    options = ["--no-owner", "--no-tablespaces", "--single-transaction", "--exit-on-error"]
    with _program("pg_restore", server, parameters, options) as process:
        stream = _stream(process.stdin)
        # A program that gives up says why by itself.
        with suppress(BrokenPipeError):
            copy(source, stream)
        with suppress(BrokenPipeError):
            stream.close()


@contextmanager
def _program(
    name: str, server: int, parameters: Mapping[str, Any], options: Sequence[str]
) -> Iterator[subprocess.Popen[bytes]]:
    program = find_program(name, server)
    address, environment = connection_of(parameters)
    said: list[bytes] = []
    process = subprocess.Popen(  # noqa: S603  # a program of PostgreSQL, named in full, no shell
        [str(program), "--no-password", f"--dbname={address}", *options],
        stdin=subprocess.PIPE if name == "pg_restore" else subprocess.DEVNULL,
        stdout=subprocess.PIPE if name == "pg_dump" else subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment,
    )
    listener = Thread(target=lambda: said.append(_stream(process.stderr).read()))
    listener.start()
    try:
        yield process
    except BaseException:
        process.kill()
        raise
    finally:
        process.wait()
        listener.join()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream:
                with suppress(BrokenPipeError):
                    stream.close()
    if process.returncode:
        answer = " ".join(b"".join(said).decode(errors="replace").split())
        raise DumpError(answer[-LONGEST_ANSWER:] or f"{name} ended with {process.returncode}.")


def find_program(name: str, server: int) -> Path:
    """``name`` for a server of major version ``server``.

    The package's own for the version that it carries: it is pinned, and there on every machine. A
    program reads no newer server than itself, so that for one the machine's own is needed.

    Raises:
        DumpError: there is none.
        EmbeddedDatabaseError: the package is not installed.
    """
    if server == MAJOR_VERSION:
        return find_programs() / name
    found = shutil.which(name)
    version = re.search(r"\) (\d+)", run([found, "--version"]).stdout) if found else None
    if found and version and int(version[1]) == server:
        return Path(found)
    raise DumpError(
        f"The server is PostgreSQL {server}, for which a {name} of version {server} must be on "
        "PATH. Install PostgreSQL's client programs of that version."
    )


def connection_of(parameters: Mapping[str, Any]) -> tuple[str, dict[str, str]]:
    """The address for the command line and the environment for the rest.

    Raises:
        DumpError: a secret that the program takes from its command line only.
    """
    given = {key: str(value) for key, value in parameters.items() if value not in (None, "")}
    environment = {
        key: value
        for key, value in os.environ.items()
        if key in {"PATH", "HOME"} or key.startswith("PG")
    }
    environment |= {"LC_ALL": "C", "TZ": "UTC"}
    on_line = {}
    for option in Conninfo.get_defaults():
        keyword = option.keyword.decode()
        if keyword not in given or keyword == "client_encoding":
            continue
        if option.envvar:
            environment[option.envvar.decode()] = given[keyword]
        elif option.dispchar == b"*":
            raise DumpError(
                f"The database address holds {keyword}, which would show on a command line. Use a "
                "key file without a pass phrase, or PGPASSFILE."
            )
        else:
            on_line[keyword] = given[keyword]
    on_line["dbname"] = given["dbname"]
    return make_conninfo("", **on_line), environment


def _stream(stream: IO[bytes] | None) -> IO[bytes]:
    assert stream is not None
    return stream
