"""Why this configuration may not serve: checked when the web server starts and by commands."""

from __future__ import annotations

from collections.abc import Iterator

from django.conf import settings
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper

from qcsite.embedded import EmbeddedDatabaseError

OLDEST_SERVER = 18
# What each setting of the server must not be, and what is lost if it is.
UNSAFE_SETTINGS = (
    ("fsync", "off", "a power failure can destroy the database"),
    ("full_page_writes", "off", "a power failure can destroy pages of the database"),
    ("synchronous_commit", "off", "a crash can lose records that a person saw as saved"),
    ("data_checksums", "off", "damage on the disk would go unseen"),
)
# One round trip; owning any of our tables, by membership too, lets a role switch triggers off.
QUESTION = """
    SELECT current_setting('server_version_num')::int / 10000,
           current_user::text,
           bool_or(rolsuper),
           EXISTS (SELECT FROM pg_catalog.pg_class
                    WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p')
                      AND pg_has_role(current_user, relowner, 'MEMBER'))
             OR (SELECT pg_has_role(current_user, datdba, 'MEMBER')
                   FROM pg_catalog.pg_database WHERE datname = current_database())
      FROM pg_catalog.pg_roles WHERE rolname IN (current_user, session_user)
"""


def refusals(connection: BaseDatabaseWrapper | None = None) -> tuple[str, ...]:
    """Every reason against serving with these settings and this server; empty: it may serve.

    ``connection`` is the serving role's, unless another is to be judged. Whether the database has
    its tables and guards is `products.management.checkup`'s to say.
    """
    return (*refused_settings(), *_refused_database(connection or connections["default"]))


def refused_settings() -> Iterator[str]:
    if settings.DEBUG:
        yield "DEBUG is on: error pages would show records and settings. Unset DEBUG."
    if settings.SECRET_KEY == settings.DEVELOPMENT_KEY:
        yield (
            "SECRET_KEY is the development key, which everybody knows. Set SECRET_KEY or "
            "SECRET_KEY_FILE to 50 random characters or more."
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield "ALLOWED_HOSTS admits every host name. Name the hosts that are served."


def _refused_database(connection: BaseDatabaseWrapper) -> tuple[str, ...]:
    was_open = connection.connection is not None
    try:
        return (*refused_role(connection), *unsafe_settings(connection))
    except (DatabaseError, EmbeddedDatabaseError) as error:
        return (f"The database does not answer: {str(error).strip()}",)
    finally:
        if not was_open:
            connection.close()


def refused_role(connection: BaseDatabaseWrapper) -> Iterator[str]:
    """What is wrong with the server's version or with the role that it is connected as."""
    with connection.cursor() as cursor:
        cursor.execute(QUESTION)
        version, role, is_superuser, is_owner = cursor.fetchone()
    if version < OLDEST_SERVER:
        yield f"The database is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed."
    if is_superuser:
        yield (
            f"The server is connected as {role}, a superuser, whom no guard of the records stops. "
            "Connect as exolot_app."
        )
    elif is_owner:
        yield (
            f"The server is connected as {role}, who owns the tables or the database and could "
            "switch their guards off. Connect as exolot_app."
        )


def unsafe_settings(connection: BaseDatabaseWrapper) -> Iterator[str]:
    with connection.cursor() as cursor:
        for name, bad, loss in UNSAFE_SETTINGS:
            cursor.execute("SELECT current_setting(%s)", [name])
            if cursor.fetchone()[0] == bad:
                yield f"The database runs with {name} {bad}: {loss}."
