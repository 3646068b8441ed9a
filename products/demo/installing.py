"""The demonstration database: recognised, made and filled once, never mistaken for another."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from enum import Enum, auto
from pathlib import Path

import psycopg
from django.conf import settings
from django.db import connections
from psycopg import sql
from psycopg.conninfo import make_conninfo

from products.actions.grants import APP, AUDITOR
from products.actions.provisioning import ALIAS, provision
from products.demo.calendar import SITE, ZONE, Calendar
from products.demo.filling import (
    LAST_RECORD,
    fill,
    is_filled,
    issue_demo_token,
    judge_what_is_due,
    quick_hashing,
    random_passwords,
)
from products.demo.house import House
from products.demo.logins import FILE_NAME, Logins, read_logins, write_logins
from products.demo.people import accept_policy_for_all, first_accounts, sign_for_roles
from products.domain.errors import ConfigurationError, SignatureRefusedError
from products.models import ApiToken, Installation
from products.models.installation import InstallationKind
from qcsite import embedded, keeper
from qcsite.structure import missing_migrations

COMMENT = "Exolot demo data"
"""On the database itself, before its first table: whose work an interrupted start left behind."""
LOCK = "demo.lock"


class State(Enum):
    """What the database is. ``INCOMPLETE`` is the demo's own work, interrupted."""

    EMPTY = auto()
    COMPLETE = auto()
    INCOMPLETE = auto()
    RECORD = auto()
    FOREIGN = auto()


def look() -> State:
    tables = connections[ALIAS].introspection.table_names()
    if not tables:
        return State.EMPTY
    is_installed = Installation._meta.db_table in tables  # noqa: SLF001  # documented
    installed = Installation.objects.using(ALIAS).first() if is_installed else None
    if installed is not None and installed.kind == InstallationKind.RECORD:
        return State.RECORD
    if installed is not None and is_filled(ALIAS):
        return State.COMPLETE
    return State.INCOMPLETE if _is_marked() else State.FOREIGN


def prepare(now: datetime, say: Callable[[str], None]) -> Logins:
    """A complete demonstration database, made if there is none, and the logins into it.

    ``say`` is told what takes a while.

    Raises:
        ConfigurationError: the database is not the demo's to fill, or its logins are lost.
    """
    directory = settings.EXOLOT_PG_DIR
    with _alone(directory):
        state = look()
        if state is State.INCOMPLETE:
            _rebuild(say)
        elif state is State.COMPLETE:
            return _known_logins(directory, now, say)
        elif state is not State.EMPTY:
            raise ConfigurationError(_refusal(state))
        return _install(directory, now, say)


def _install(directory: Path, now: datetime, say: Callable[[str], None]) -> Logins:
    say("Making the demo database ...")
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(_name()), sql.Literal(COMMENT)
            )
        )
    first_passwords = random_passwords()
    with quick_hashing():
        _provision(first_passwords)
    connections[ALIAS].close()
    logins = Logins(str(Installation.objects.get().pk), random_passwords())
    # Kept before the database is complete, so that a complete one never lacks its logins.
    write_logins(directory, logins)
    say("Filling it with demo data ...")
    logins = replace(logins, token=fill(now, first_passwords, logins.passwords))
    write_logins(directory, logins)
    return logins


def _known_logins(directory: Path, now: datetime, say: Callable[[str], None]) -> Logins:
    is_older = bool(missing_migrations())
    if is_older:
        _provision({})
    installation = str(Installation.objects.get().pk)
    logins = read_logins(directory)
    if logins is None or logins.installation != installation:
        raise ConfigurationError(
            f"The file {directory / FILE_NAME} with the logins of this demo database is gone, or "
            f"belongs to another one. Put it back, or begin anew: {_how_to_remove()}"
        )
    if not logins.token or not _is_valid(now):
        logins = replace(logins, token=issue_demo_token(now))
        write_logins(directory, logins)
    if is_older:
        sign_for_older_roles(logins, now, say)
    judge_what_is_due(now)
    return logins


def sign_for_older_roles(logins: Logins, now: datetime, say: Callable[[str], None]) -> None:
    """Of a demo made before roles needed quality's signature; not when its password was changed."""
    try:
        house = House(Calendar(now), logins.passwords)
        accept_policy_for_all(house)
        sign_for_roles(house)
    except SignatureRefusedError as refused:
        say(f"The roles of the demo accounts wait for the signature of quality: {refused}")


def _is_valid(now: datetime) -> bool:
    soon = now + timedelta(days=1)
    tokens = ApiToken.objects.filter(purpose=LAST_RECORD, revoked_at=None, expiry__gt=soon)
    return tokens.exists()


def _provision(first_passwords: dict[str, str]) -> None:
    provision(
        passwords=_role_passwords(),
        kind=InstallationKind.DEMO,
        site_name=SITE,
        zone=ZONE,
        first_accounts=first_accounts(first_passwords) if first_passwords else (),
    )


def _role_passwords() -> dict[str, str]:
    """As the cluster gave them; a database of somebody else's gets no reader by SQL from us."""
    cluster = _cluster()
    if cluster:
        passwords = embedded.ensure(cluster).passwords
        return {APP: passwords[embedded.APP], AUDITOR: passwords[embedded.AUDITOR]}
    return {APP: connections["default"].get_connection_params().get("password", "")}


def _rebuild(say: Callable[[str], None]) -> None:
    """Drop the incomplete database of the embedded cluster and create it again, empty.

    Raises:
        ConfigurationError: the database is somebody's server's, where we drop nothing.
    """
    cluster = _cluster()
    if not cluster:
        raise ConfigurationError(
            "An earlier start filled this demo database only in part. Drop the database that "
            "DATABASE_URL names, create it again, empty, and start again."
        )
    say("An earlier start filled the demo database only in part; it is made anew.")
    server = embedded.ensure(cluster)
    name = _name()
    connections.close_all()
    # Without this file the launcher looks whether the database exists, should we die in between.
    (server.directory / "created").unlink(missing_ok=True)
    address = make_conninfo("", **server.conninfo(embedded.SUPERUSER, "postgres"))
    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(
            sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name))
        )
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {} ENCODING 'UTF8'").format(
                sql.Identifier(name), sql.Identifier(embedded.OWNER)
            )
        )


def _refusal(state: State) -> str:
    what = {
        State.RECORD: "holds the records of a real installation",
        State.FOREIGN: "has tables that the demo did not make",
    }[state]
    return (
        f"The database {_name()} {what}. Demo data goes only into an empty database or into one "
        f"that the demo made; nothing was changed. {_how_to_remove()}"
    )


def _how_to_remove() -> str:
    cluster = _cluster()
    if cluster:
        return (
            f"Move the directory {settings.EXOLOT_PG_DIR / cluster} away while no Exolot runs, and "
            "start again."
        )
    return "Let DATABASE_URL and DATABASE_OWNER_URL name another, empty database."


def _is_marked() -> bool:
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_catalog.pg_database "
            "WHERE datname = current_database()"
        )
        return bool(cursor.fetchone() == (COMMENT,))


def _cluster() -> str:
    """The embedded cluster that is used, empty when DATABASE_URL names the database."""
    return str(connections["default"].settings_dict["OPTIONS"].get("embedded", ""))


def _name() -> str:
    return str(connections[ALIAS].settings_dict["NAME"])


@contextmanager
def _alone(directory: Path) -> Iterator[None]:
    """Only one process makes the demo database: another would take it for an interrupted one.

    Raises:
        ConfigurationError: another process is at it.
    """
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    descriptor = keeper.open_lock(directory / LOCK)
    try:
        if not keeper.try_lock(descriptor, fcntl.LOCK_EX):
            raise ConfigurationError(
                "Another process is making the demo database. Wait until it serves, then start "
                "again."
            )
        yield
    finally:
        os.close(descriptor)
