"""`provision`: make a PostgreSQL database ready for Exolot, or bring it up to date."""

from __future__ import annotations

import secrets
import sys
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import connections

from products.actions.grants import APP, AUDITOR
from products.actions.passwords import check_password_alone
from products.actions.provisioning import ALIAS, FirstAccount, provision
from products.domain.errors import ConfigurationError, InvalidValueError
from products.domain.lots import zone_named
from products.domain.roles import Role
from products.models import Installation, Site, User
from products.models.installation import InstallationKind
from qcsite.startup import OLDEST_SERVER

FIRST = {"administrator": Role.ADMINISTRATOR, "quality": Role.QUALITY}


class Command(BaseCommand):
    help = (
        "As the database's owner: create the serving and the reading role, migrate, set every "
        "privilege, and on the first run write the site and the first two accounts. May be "
        "repeated; run it after every upgrade."
    )
    # The database may not have a single table yet.
    requires_system_checks = []
    requires_migrations_checks = False

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--site-name", default="", help="first run: where lots are made")
        parser.add_argument(
            "--zone", default="", help="first run: the site's zone, such as America/New_York"
        )
        for word in FIRST:
            parser.add_argument(
                f"--{word}", default="", metavar="USERNAME", help=f"first run: the {word} account"
            )
            parser.add_argument(
                f"--{word}-name",
                default="",
                metavar="NAME",
                help="first run: that person's name, as printed beside signatures",
            )
            parser.add_argument(
                f"--{word}-password-file",
                default="",
                metavar="PATH",
                help="first run: file with the password, - for a line of standard input; "
                "without it one is made and shown once",
            )
        parser.add_argument(
            "--auditor-password-file",
            default="",
            metavar="PATH",
            help=f"file with the password of the database role {AUDITOR}, for direct reading by "
            "SQL; without it that role cannot log in",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        self._check_owner()
        accounts = () if self._has_begun() else self._first(options)
        passwords = {APP: connections["default"].get_connection_params().get("password", "")}
        if options["auditor_password_file"]:
            passwords[AUDITOR] = _read(options["auditor_password_file"])
        try:
            provision(
                passwords=passwords,
                kind=InstallationKind.RECORD,
                site_name=options["site_name"],
                zone=options["zone"],
                first_accounts=tuple(accounts),
            )
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        self._check_served()
        self._report(accounts, options)

    def _check_owner(self) -> None:
        if ALIAS not in connections.settings:
            raise CommandError(
                "DATABASE_OWNER_URL is not set: only the database's owner may provision it."
            )
        with connections[ALIAS].cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('server_version_num')::int / 10000, current_user::text, "
                "(SELECT rolsuper FROM pg_roles WHERE rolname = current_user)"
            )
            version, role, is_superuser = cursor.fetchone()
        if version < OLDEST_SERVER:
            raise CommandError(
                f"The database is PostgreSQL {version}; {OLDEST_SERVER} or newer is needed."
            )
        if is_superuser:
            raise CommandError(
                f"DATABASE_OWNER_URL connects as {role}, a superuser. The records must belong to "
                "a role of their own: create exolot_owner with LOGIN NOSUPERUSER CREATEROLE and "
                "give it the database."
            )

    def _has_begun(self) -> bool:
        tables = connections[ALIAS].introspection.table_names()
        return Site._meta.db_table in tables and Site.objects.using(ALIAS).exists()  # noqa: SLF001

    def _first(self, options: dict[str, Any]) -> tuple[FirstAccount, ...]:
        needed = ["site_name", "zone", *FIRST, *(f"{word}_name" for word in FIRST)]
        missing = [f"--{name.replace('_', '-')}" for name in needed if not options[name].strip()]
        if missing:
            raise CommandError(f"The first run of an empty database needs {', '.join(missing)}.")
        try:
            zone_named(options["zone"])
        except ConfigurationError as error:
            raise CommandError(error.message) from error
        return tuple(
            FirstAccount(
                username=options[word],
                printed_name=options[f"{word}_name"],
                password=_password(options[word], options[f"{word}_password_file"]),
                role=role,
            )
            for word, role in FIRST.items()
        )

    def _check_served(self) -> None:
        """That the server's own address leads, with its own password, to what was provisioned."""
        served = Installation.objects.get()
        if served.pk != Installation.objects.using(ALIAS).get().pk:
            raise CommandError("DATABASE_URL and DATABASE_OWNER_URL name two different databases.")

    def _report(self, accounts: tuple[FirstAccount, ...], options: dict[str, Any]) -> None:
        name = connections[ALIAS].settings_dict["NAME"]
        self.stdout.write(f"The database {name} is ready.")
        for account, word in zip(accounts, FIRST, strict=False):
            user = User.objects.get(username=account.username)
            self.stdout.write(f"{word.capitalize()}: {user.username} ({user.printed_name})")
            if not options[f"{word}_password_file"]:
                self.stdout.write(f"  password, shown only now: {account.password}")


def _password(username: str, path: str) -> str:
    password = _read(path) if path else secrets.token_urlsafe(18)
    try:
        check_password_alone(password, [username])
    except InvalidValueError as error:
        raise CommandError(f"The password for {username}: {error.message}") from None
    return password


def _read(path: str) -> str:
    try:
        text = sys.stdin.readline() if path == "-" else Path(path).read_text("utf-8")
    except (OSError, UnicodeError) as error:
        raise CommandError(f"The password file {path} cannot be read: {error}") from None
    password = text.strip()
    if not password:
        raise CommandError(f"The password file {path} is empty.")
    return password
