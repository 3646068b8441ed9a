"""Making a database ready: roles, tables, grants, groups, and the first two accounts.

Runs as the database's owner, who alone may change its structure. Every step may be repeated.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.core.management import call_command
from django.db import InternalError, ProgrammingError, connections, transaction
from psycopg import sql
from psycopg.pq import TransactionStatus

from products.actions.grants import (
    APP,
    APP_FUNCTIONS,
    APP_GRANTS,
    AUDITOR,
    SECRET_COLUMNS,
)
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import ConfigurationError
from products.domain.policies import STANDARD_POLICY
from products.domain.roles import Role
from products.models import AuditEntry, Installation, Person, RoleGrant, SignaturePolicy, Site, User
from products.models.installation import InstallationKind

ALIAS = "owner"
FILLING = "system.provision"
"""Names in the trail what provisioning wrote itself."""
ROLE_ATTEMPTS = 5
CHANGED_MEANWHILE = frozenset({"XX000", "42710"})
"""The row of a role was updated by somebody else; a role that was missing exists."""


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """An account to begin with: one for an administrator, one for a quality person.

    Somebody else chose its password, so its person changes it at the first sign-in.
    """

    username: str
    printed_name: str
    password: str
    role: Role
    must_change_password: bool = True


def provision(
    *,
    passwords: dict[str, str],
    kind: InstallationKind,
    site_name: str,
    zone: str,
    first_accounts: tuple[FirstAccount, ...] = (),
) -> None:
    """Bring the owner's database to the present structure and fill what is missing.

    ``passwords`` are those of the roles `APP` and `AUDITOR`; a role without one cannot log in.
    ``kind``, the site and the accounts are written only when the database has none.

    Raises:
        ConfigurationError: the two first accounts are of one person, or the database was made for
            another purpose.
    """
    _check_first_accounts(first_accounts)
    _make_roles(passwords)
    with named("system.migrate"):
        call_command("migrate", database=ALIAS, run_syncdb=False, verbosity=0)
    _grant()
    with transaction.atomic(using=ALIAS), named(FILLING):
        _forget_absent_tables()
        _fill(kind, site_name, zone, first_accounts)
    # Of a table that is never counted the database guesses a thousand rows. Who makes no lot from
    # others leaves this one empty, and ancestors would be looked for in vain among all lots.
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("ANALYZE products_lotparent")


@contextmanager
def named(action: str) -> Iterator[None]:
    """Name the system's action on the owner's session, across several transactions."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute(
            "SELECT set_config('exolot.action', %s, false), "
            "set_config('exolot.actor_name', %s, false), "
            "set_config('exolot.reason', 'Provisioning by the database owner', false)",
            [action, SYSTEM_ACCOUNT],
        )
    try:
        yield
    finally:
        # A transaction that broke takes the names with it when it is rolled back.
        if connections[ALIAS].connection.info.transaction_status != TransactionStatus.INERROR:
            with connections[ALIAS].cursor() as cursor:
                cursor.execute(
                    "SELECT set_config('exolot.action', '', false), "
                    "set_config('exolot.actor_name', '', false), "
                    "set_config('exolot.reason', '', false)"
                )


def _check_first_accounts(accounts: tuple[FirstAccount, ...]) -> None:
    names = {account.printed_name.strip().casefold() for account in accounts}
    if len(names) != len(accounts):
        raise ConfigurationError(
            "The administrator and the quality person must be two persons: who administers "
            "accounts does not decide on lots."
        )


def _make_roles(passwords: dict[str, str], attempts: int = ROLE_ATTEMPTS) -> None:
    """Roles are the whole server's: while another of its databases is provisioned, they may change
    or appear between two statements. Then it is done again.
    """
    try:
        _write_roles(passwords)
    except (InternalError, ProgrammingError) as error:
        sqlstate = getattr(error.__cause__, "sqlstate", "")
        if attempts == 1 or sqlstate not in CHANGED_MEANWHILE:
            raise
        _make_roles(passwords, attempts - 1)


def _write_roles(passwords: dict[str, str]) -> None:
    with connections[ALIAS].cursor() as cursor:
        for role in (APP, AUDITOR):
            cursor.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role])
            verb = sql.SQL("ALTER" if cursor.fetchone() else "CREATE")
            password = passwords.get(role, "")
            login = (
                sql.SQL("LOGIN PASSWORD {}").format(sql.Literal(password))
                if password
                else sql.SQL("NOLOGIN")
            )
            name = sql.Identifier(role)
            cursor.execute(sql.SQL("{} ROLE {} {}").format(verb, name, login))
            # A role may set its own defaults: none of them outlives provisioning.
            cursor.execute(sql.SQL("ALTER ROLE {} RESET ALL").format(name))
            cursor.execute(
                sql.SQL("ALTER ROLE {} IN DATABASE {} RESET ALL").format(name, _database())
            )


def _database() -> sql.Identifier:
    return sql.Identifier(connections[ALIAS].settings_dict["NAME"])


def _grant() -> None:
    """Set every privilege of the two roles, and take back what is not listed."""
    with transaction.atomic(using=ALIAS), connections[ALIAS].cursor() as cursor:
        database = _database()
        both = sql.SQL(", ").join(map(sql.Identifier, (APP, AUDITOR)))
        for statement in (
            sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(database),
            sql.SQL("GRANT CONNECT ON DATABASE {} TO {}").format(database, both),
            sql.SQL("REVOKE ALL ON SCHEMA public FROM PUBLIC"),
            sql.SQL("GRANT USAGE ON SCHEMA public TO {}").format(both),
            sql.SQL("REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {}").format(both),
            sql.SQL("REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM {}").format(both),
        ):
            cursor.execute(statement)
        for table, privileges in APP_GRANTS.items():
            cursor.execute(
                sql.SQL("GRANT {} ON {} TO {}").format(
                    sql.SQL(privileges), sql.Identifier(table), sql.Identifier(APP)
                )
            )
            columns = [
                column.name
                for column in connections[ALIAS].introspection.get_table_description(cursor, table)
                if column.name not in SECRET_COLUMNS.get(table, frozenset())
            ]
            cursor.execute(
                sql.SQL("GRANT SELECT ({}) ON {} TO {}").format(
                    sql.SQL(", ").join(map(sql.Identifier, columns)),
                    sql.Identifier(table),
                    sql.Identifier(AUDITOR),
                )
            )
        for function in APP_FUNCTIONS:
            cursor.execute(
                sql.SQL("GRANT EXECUTE ON FUNCTION {} TO {}").format(
                    sql.SQL(function), sql.Identifier(APP)
                )
            )
        # Identity columns of the tables that are no record of ours.
        cursor.execute(
            sql.SQL("GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO {}").format(
                sql.Identifier(APP)
            )
        )


def _forget_absent_tables() -> None:
    """Django's names of, and permissions for, tables that the database does not have.

    They decide nothing here, but whoever reads the list of permissions would look for the tables.
    """
    tables = set(connections[ALIAS].introspection.table_names())
    for named_there in ContentType.objects.using(ALIAS).all():
        model = named_there.model_class()
        if model is None or model._meta.db_table not in tables:  # noqa: SLF001  # documented
            Permission.objects.using(ALIAS).filter(content_type=named_there).delete()
            named_there.delete(using=ALIAS)


def _fill(
    kind: InstallationKind, site_name: str, zone: str, accounts: tuple[FirstAccount, ...]
) -> None:
    installed = Installation.objects.using(ALIAS).first()
    if installed is None:
        Installation(kind=kind).save(using=ALIAS)
    elif installed.kind != kind:
        raise ConfigurationError(
            f"This database was made as {installed.kind}; it cannot become {kind.value}. "
            "Use another, empty database."
        )
    for role in Role:
        Group.objects.using(ALIAS).get_or_create(name=role.value)
    if not User.objects.using(ALIAS).filter(username=SYSTEM_ACCOUNT).exists():
        User(username=SYSTEM_ACCOUNT, password=make_password(None), is_active=False).save(
            using=ALIAS
        )
    if not Site.objects.using(ALIAS).exists():
        Site(name=site_name, zone=zone).save(using=ALIAS)
    if not Person.objects.using(ALIAS).exists():
        _add_accounts(accounts)
    if not SignaturePolicy.objects.using(ALIAS).exists():
        SignaturePolicy(version=1, text=STANDARD_POLICY.strip(), by_provision=True).save(
            using=ALIAS
        )
    _grant_held_roles()


def _add_accounts(accounts: tuple[FirstAccount, ...]) -> None:
    for account in accounts:
        person = Person(printed_name=account.printed_name)
        person.save(using=ALIAS)
        user = User(
            username=account.username,
            password=make_password(account.password),
            person=person,
            is_staff=True,
            must_change_password=account.must_change_password,
        )
        user.save(using=ALIAS)
        user.groups.add(Group.objects.using(ALIAS).get(name=account.role.value))


def _grant_held_roles() -> None:
    """Keep, for every account that has none, the grants of the roles that it has.

    Somebody has to be able to sign first: a role that provisioning gave signs at once. Those of
    other accounts, given before grants were kept, wait for quality's signature.
    """
    system = User.objects.using(ALIAS).get(username=SYSTEM_ACCOUNT)
    trail = AuditEntry.objects.using(ALIAS).filter(
        action=FILLING, record_table="products_user_groups", operation="insert"
    )
    given = set(trail.values_list("after__user_id", "after__group_id"))
    accounts = User.objects.using(ALIAS).filter(role_grants=None).exclude(groups=None)
    for account in accounts.distinct().prefetch_related("groups"):
        held = sorted(account.groups.all(), key=lambda group: group.name)
        for number, group in enumerate(held, 1):
            RoleGrant(
                user=account,
                number=number,
                role=group.name,
                by_provision=(str(account.pk), group.pk) in given,
                recorded_by=system,
            ).save(using=ALIAS)
