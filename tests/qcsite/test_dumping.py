"""The programs that dump and load: which are run, and that no secret shows."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest

from qcsite.dumping import DumpError, connection_of, find_program, write_dump
from qcsite.programs import find_programs

SERVER = {
    "host": "db.example.org",
    "port": 5432,
    "user": "exolot_owner",
    "password": "not for everybody",
    "dbname": "exolot",
    "sslmode": "verify-full",
    "keepalives_idle": "30",
    "options": "-c idle_in_transaction_session_timeout=30s",
    "client_encoding": "UTF8",
    "prepare_threshold": None,
}


def test_what_the_environment_can_carry_is_not_on_the_command_line() -> None:
    address, environment = connection_of(SERVER)

    assert address == "keepalives_idle=30 dbname=exolot"
    assert environment["PGPASSWORD"] == "not for everybody"
    assert (environment["PGHOST"], environment["PGSSLMODE"]) == ("db.example.org", "verify-full")


def test_a_secret_that_only_a_command_line_could_carry_is_refused() -> None:
    with pytest.raises(DumpError, match="holds sslpassword") as refused:
        connection_of({**SERVER, "sslpassword": "of the key"})

    assert "of the key" not in str(refused.value)


def test_the_address_wins_over_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGHOST", "elsewhere.example.org")
    monkeypatch.setenv("PGSSLROOTCERT", "/etc/ca.pem")
    monkeypatch.setenv("SECRET_KEY", "of the site")

    _, environment = connection_of(SERVER)

    assert environment["PGHOST"] == "db.example.org"
    assert environment["PGSSLROOTCERT"] == "/etc/ca.pem"
    assert "SECRET_KEY" not in environment


def test_the_packages_own_programs_serve_the_version_it_carries() -> None:
    assert find_program("pg_dump", 18) == find_programs() / "pg_dump"


def _program(directory: Path, version: str) -> None:
    program = directory / "pg_dump"
    program.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version}'\n")
    program.chmod(0o700)


def test_a_newer_server_takes_the_machines_own_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, "19.1 (Debian 19.1-1)")
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    assert find_program("pg_dump", 19) == tmp_path / "pg_dump"


@pytest.mark.parametrize("version", ["18.4", "20.0", "of unknown version"])
def test_a_program_of_another_version_is_not_taken(
    version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _program(tmp_path, version)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")

    with pytest.raises(DumpError, match="a pg_dump of version 19 must be on PATH"):
        find_program("pg_dump", 19)


def test_without_a_program_it_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))

    with pytest.raises(DumpError, match="Install PostgreSQL's client programs of that version"):
        find_program("pg_dump", 19)


def test_what_a_program_says_is_passed_on() -> None:
    nowhere = {"host": "/nowhere", "user": "nobody", "dbname": "none"}

    with pytest.raises(DumpError, match="connection to server on socket"):
        write_dump(nowhere, 18, "0-0-1", (), BytesIO())
