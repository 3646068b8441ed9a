"""Databases that a test makes from nothing, as the owner."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connections
from psycopg import sql
from pytest_django import DjangoDbBlocker

from products.actions.provisioning import provision
from products.models.installation import InstallationKind
from tests.conftest import ZONE, Databases, use


@contextmanager
def empty_database(databases: Databases, blocker: DjangoDbBlocker) -> Iterator[str]:
    """A database without a table, used by both connections until the end."""
    before = connections["default"].settings_dict["NAME"]
    name = f"exolot_empty_{uuid.uuid4().hex[:12]}"
    with databases.roles(), databases.connect() as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with blocker.unblock():
                use(name)
                yield name
        finally:
            with blocker.unblock():
                use(before)
            databases.drop(name)


def role_password() -> str:
    """The password that the test cluster gives its roles."""
    password: str = connections["default"].get_connection_params()["password"]
    return password


def provision_as(kind: InstallationKind) -> None:
    """Provision the database in use."""
    provision(
        passwords=dict.fromkeys(("exolot_app", "exolot_auditor"), role_password()),
        kind=kind,
        site_name="Main site",
        zone=ZONE,
    )
