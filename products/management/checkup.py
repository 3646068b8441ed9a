"""Every check of an installation, in the order in which `doctor` prints them.

`doctor` runs all, `/readyz` the cheap ones, and the web server does not start on a grave one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from products.actions.base import ACTIONS
from products.actions.grants import APP, APP_FUNCTIONS, APP_GRANTS, AUDITOR, SECRET_COLUMNS
from products.domain.checkup import (
    Finding,
    Level,
    all_is_well,
    backup_found,
    checkpoint_found,
    clock_found,
    factors_found,
    faults_found,
    judging_found,
    queue_found,
    review_found,
)
from products.domain.roles import ROLE_PERMISSIONS
from products.models import LedgerKey
from products.queries.checking import lots_on_record, stored_differences
from products.queries.factors import accounts_with, sealed_secrets, secret_of, signers_without
from products.queries.guards import guard_faults
from products.queries.ledger_checking import latest_faults
from products.queries.lots import lots_due
from products.queries.periodic import credential_review_due, trail_review_due
from products.queries.rights import (
    faults_beyond_tables,
    reading_faults,
    serving_faults,
    strays,
)
from products.queries.upkeep import (
    clock_difference,
    damaged_pages,
    installed_for,
    is_demonstration,
    last_backup,
    ledger_upkeep,
)
from qcsite.embedded import EmbeddedDatabaseError
from qcsite.ledger_key import read_key
from qcsite.startup import refused_role, refused_settings, unsafe_settings
from qcsite.structure import missing_migrations, unknown_migrations

PROVISION = "Run `provision` as the database's owner."
INVESTIGATE = (
    "Nobody but the owner can have done this: find out who and why, compare with a checkpoint kept "
    "elsewhere, then run `provision` or restore a backup."
)


@dataclass(frozen=True, slots=True)
class Check:
    """``cheap``: fit for every few seconds. ``grave``: records would not be safe meanwhile.

    ``warns``: said in the log when the server starts, though it starts.
    """

    name: str
    find: Callable[[], Finding]
    cheap: bool = False
    grave: bool = False
    slow: bool = False
    warns: bool = False


def find(check: Check) -> Finding:
    """What the check finds; a database that does not answer is a finding too."""
    try:
        # A check that the database breaks off must not break the next one off.
        with transaction.atomic():
            return check.find()
    except (DatabaseError, EmbeddedDatabaseError) as error:
        return Finding(
            Level.RED,
            f"It could not be checked: {str(error).strip()}",
            "See that the database runs, and that it was provisioned.",
        )


def all_found(*, slow: bool = True) -> Iterator[tuple[Check, Finding]]:
    """Each check with what it finds; the ``slow`` ones read every lot."""
    return ((check, find(check)) for check in CHECKS if slow or not check.slow)


def grave_causes() -> tuple[str, ...]:
    """Every grave fault of the database's structure, for a server that is about to start."""
    return _causes([check for check in CHECKS if check.grave and check.cheap])


def causes_to_warn_of() -> tuple[str, ...]:
    """What a server that is about to start says, and starts all the same."""
    return _causes([check for check in CHECKS if check.warns])


def _causes(checks: list[Check]) -> tuple[str, ...]:
    was_open = connection.connection is not None
    try:
        found = [(check, find(check)) for check in checks]
    finally:
        if not was_open:
            connection.close()
    return tuple(
        f"{check.name.capitalize()}: {finding.said} {finding.remedy}"
        for check, finding in found
        if finding.level is Level.RED
    )


def _settings() -> Finding:
    return faults_found(
        list(refused_settings()), "They are fit for records.", "Set what the line names."
    )


def _role() -> Finding:
    return faults_found(
        list(refused_role(connection)),
        "The server is connected as a role that no guard makes way for.",
        "Set DATABASE_URL to the role exolot_app.",
    )


def _migrations() -> Finding:
    faults = [f"the database lacks {name}" for name in missing_migrations()]
    faults += [
        f"the database has {name}, which this version lacks" for name in unknown_migrations()
    ]
    return faults_found(
        faults,
        "The database has every one.",
        f"{PROVISION} A database of a newer Exolot needs that version.",
    )


def _guards() -> Finding:
    return faults_found(
        guard_faults(connection),
        "Every trigger and function is as the migrations made it, and on.",
        INVESTIGATE,
    )


def _rights() -> Finding:
    return faults_found(
        [
            *serving_faults(connection, APP, APP_GRANTS, APP_FUNCTIONS),
            *reading_faults(connection, AUDITOR, SECRET_COLUMNS),
            *faults_beyond_tables(connection, [APP, AUDITOR]),
        ],
        "Nobody has more than was given, or less.",
        f"Find out who changed them. {PROVISION}",
    )


def _strays() -> Finding:
    found = strays(connection, [APP, AUDITOR])
    if not found:
        return all_is_well("No role set defaults for itself or stored anything of its own.")
    return Finding(
        Level.YELLOW,
        f"{'; '.join(found)}.",
        f"Find out who did it. {PROVISION} It takes defaults back; `lo_unlink` removes objects.",
    )


def _durability() -> Finding:
    return faults_found(
        list(unsafe_settings(connection)),
        "What is saved outlives a power failure.",
        "Correct the server's configuration and restart it.",
    )


def _damage() -> Finding:
    count = damaged_pages()
    return faults_found(
        [f"{count} page(s) of the database had a wrong checksum"] if count else [],
        "No page was read with a wrong checksum.",
        "Stop, keep the disk as it is, and restore the last backup on another one.",
    )


def _key() -> Finding:
    """21 CFR 11.10(d): who else can read the key can sign another history."""
    path, last = settings.LEDGER_KEY_PATH, LedgerKey.objects.order_by("-number").first()
    if last is None and not settings.DATABASE_URL and not path.exists():
        return Finding(Level.YELLOW, "There is none yet.", "`seal` makes one when it first runs.")
    try:
        key = read_key(path, settings.LEDGER_NAME)
    except ImproperlyConfigured as error:
        return Finding(Level.RED, str(error), "Run this as the user who runs `seal`.")
    if last is not None and last.vkey != key.vkey:
        return Finding(
            Level.RED,
            f"The file {path} holds another key than {last.vkey}, which signs the ledger.",
            "Name the present key by LEDGER_KEY_PATH, or hand over by `seal --rotate`.",
        )
    return all_is_well("Only its user can read it, and it is the ledger's.")


def _checkpoint() -> Finding:
    if faults := latest_faults():
        return faults_found(
            [fault.message for fault in faults],
            "",
            "Whoever runs code as the server may have stored it: run `verify_ledger` with a "
            "checkpoint kept elsewhere.",
        )
    found = ledger_upkeep()
    return checkpoint_found(found.checkpoint_age, found.uncovered, found.uncovered_for)


def _queue() -> Finding:
    found = ledger_upkeep()
    return queue_found(found.queued, found.queued_for)


def _judging() -> Finding:
    now = timezone.now()
    due = lots_due(now).first()
    if due is None:
        return judging_found(now - now, "")
    return judging_found(now - due.judged_until, due.number)


def _records() -> Finding:
    faults = [f"lot {one.lot}: {one.what}" for one in stored_differences(timezone.now())]
    return faults_found(
        faults,
        f"{lots_on_record()} lot(s) are stored as judging their records says.",
        "Run `check_records` for the whole list, hold those lots, and look at their history.",
    )


def _second_factors() -> Finding:
    apps = sealed_secrets()
    unread = [f"{app.user.username}'s {app.name}" for app in apps if secret_of(app) is None]
    signing = {info.permission for info in ACTIONS.values() if info.signed}
    roles = [role for role, held in ROLE_PERMISSIONS.items() if held & signing]
    demanded = settings.SIGNERS_NEED_SECOND_FACTOR
    return factors_found(unread, signers_without(roles) if demanded else [], accounts_with())


def _clock() -> Finding:
    return clock_found(clock_difference())


def _backup() -> Finding:
    now = timezone.now()
    return backup_found(last_backup(now), installed_for(now), is_demo=is_demonstration())


def _credential_review() -> Finding:
    """21 CFR 11.300(b): credentials are periodically checked."""
    now = timezone.now()
    return review_found(
        now - credential_review_due(now).due,
        timedelta(days=settings.CREDENTIAL_REVIEW_DAYS),
        "An administrator goes through the accounts and signs (page Reviews of credentials).",
    )


def _trail_review() -> Finding:
    now = timezone.now()
    return review_found(
        now - trail_review_due(now).due,
        timedelta(days=settings.TRAIL_REVIEW_DAYS),
        "Quality or an administrator looks through the audit trail and signs (page Reviews of the "
        "audit trail).",
    )


CHECKS = (
    Check("settings", _settings, grave=True),
    Check("database role", _role, cheap=True, grave=True),
    Check("migrations", _migrations, cheap=True, grave=True),
    Check("guards", _guards, cheap=True, grave=True),
    Check("rights", _rights, cheap=True, grave=True),
    Check("strays", _strays),
    Check("durability", _durability, grave=True),
    Check("checksums", _damage),
    Check("clock", _clock, cheap=True),
    Check("ledger key", _key),
    Check("checkpoint", _checkpoint),
    Check("ledger queue", _queue),
    Check("overdue judging", _judging),
    Check("lots", _records, slow=True),
    Check("backup", _backup),
    Check("credentials", _credential_review),
    Check("audit trail", _trail_review),
    Check("second factors", _second_factors, warns=True),
)
