"""Filling an empty demonstration database; its last record says that it is complete."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, reset_hashers
from django.db import connection, connections

from products.actions.accounts import issue_token
from products.actions.base import Context
from products.actions.judge import judge_due
from products.actions.provisioning import ALIAS
from products.demo.calendar import Calendar
from products.demo.donors import add_donors
from products.demo.grounds import declare_first_day
from products.demo.house import House
from products.demo.lots import add_lots
from products.demo.pending import add_lapsing, add_pending
from products.demo.people import AUDITOR, EVERYBODY, add_people, set_own_passwords
from products.demo.products import add_products
from products.demo.registers import add_methods
from products.demo.specifications import add_specifications
from products.demo.year import add_past_lots
from products.domain.accounts import SYSTEM_ACCOUNT, TokenKind, TokenScope
from products.models import ApiToken, User

LAST_RECORD = "Reading by curl, as the demo prints it"
"""The purpose of the auditor's token, issued when all else is there."""
TOKEN_DAYS = 90


class QuickHasher(PBKDF2PasswordHasher):
    """The ordinary hash with few iterations, for random passwords that live for seconds."""

    iterations = 1000


def random_passwords() -> dict[str, str]:
    return {person.username: secrets.token_urlsafe(18) for person in EVERYBODY}


@contextmanager
def quick_hashing() -> Iterator[None]:
    """Hash new passwords quickly: the demo signs a hundred times, each time with a password."""
    usual = settings.PASSWORD_HASHERS
    settings.PASSWORD_HASHERS = [f"{QuickHasher.__module__}.{QuickHasher.__qualname__}"]
    reset_hashers(setting="PASSWORD_HASHERS")
    try:
        yield
    finally:
        settings.PASSWORD_HASHERS = usual
        reset_hashers(setting="PASSWORD_HASHERS")


def fill(now: datetime, first_passwords: Mapping[str, str], passwords: Mapping[str, str]) -> str:
    """Everything but the two first accounts, which provisioning brought with ``first_passwords``.

    At the end everybody's password is the one of ``passwords``. Returns the secret of the
    auditor's token, the last record.
    """
    house = House(Calendar(now), first_passwords)
    with _without_waiting_for_the_disk():
        with quick_hashing():
            add_people(house)
            add_donors(house)
            add_products(house)
            add_methods(house)
            add_specifications(house)
            add_lapsing(house)
            declare_first_day(house)
            add_past_lots(house)
            _gather_statistics()
            add_lots(house)
            add_pending(house)
        set_own_passwords(house, passwords)
        judge_what_is_due(now)
    return issue_demo_token(now)


def issue_demo_token(now: datetime) -> str:
    """A reading token of the auditor's own; returns its secret."""
    context = Context(
        actor=User.objects.get(username=AUDITOR.username),
        reason="To try the API",
        at=now,
        request_id="demo-token",
    )
    _, secret = issue_token(
        context,
        kind=TokenKind.PERSONAL,
        scope=TokenScope.READ,
        purpose=LAST_RECORD,
        days=TOKEN_DAYS,
    )
    return secret


def is_filled(alias: str) -> bool:
    return ApiToken.objects.using(alias).filter(purpose=LAST_RECORD).exists()


def judge_what_is_due(now: datetime) -> None:
    """What time has changed since the last action on each lot, such as an expiry."""
    judge_due(
        Context(
            actor=User.objects.get(username=SYSTEM_ACCOUNT),
            reason="Time has passed since the last judgement",
            at=now,
            request_id="demo-judge",
        )
    )


def _gather_statistics() -> None:
    """What a server gathers within minutes: without it each judgement is planned for guesses."""
    with connections[ALIAS].cursor() as cursor:
        cursor.execute("ANALYZE")


@contextmanager
def _without_waiting_for_the_disk() -> Iterator[None]:
    """A power failure now may lose records, never the order of them: the last one would be gone."""
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit = off")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit")
