"""DATABASE_URL as Django's connection settings."""

from __future__ import annotations

from typing import Any

import psycopg
from django.core.exceptions import ImproperlyConfigured
from psycopg.conninfo import conninfo_to_dict


def connection_from_url(url: str) -> dict[str, Any]:
    """NAME, USER, PASSWORD, HOST, PORT and OPTIONS of a ``postgresql://`` address.

    What libpq understands after ``?`` (``sslmode``, ``sslrootcert``...) becomes OPTIONS.

    Raises:
        ImproperlyConfigured: not such an address, or without role or database. The message never
            repeats the address, because it holds a password.
    """
    if not url.startswith(("postgresql://", "postgres://")):
        raise ImproperlyConfigured(
            "A database address must begin with postgresql:// (PostgreSQL 18 is the only database)."
        )
    try:
        given = conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        raise ImproperlyConfigured(
            "A database address is unreadable; expected postgresql://role:password@host:port/name "
            "(characters such as @ / : % in the password are written as %40 %2F %3A %25)."
        ) from None
    settings = {
        "NAME": given.pop("dbname", ""),
        "USER": given.pop("user", ""),
        "PASSWORD": given.pop("password", ""),
        "HOST": given.pop("host", ""),
        "PORT": given.pop("port", ""),
        "OPTIONS": given,
    }
    if not settings["NAME"] or not settings["USER"]:
        raise ImproperlyConfigured("A database address must name a role and a database.")
    return settings
