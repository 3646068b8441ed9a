"""Proving who one is: one password at a time for each account, every attempt recorded and counted.

A failure to sign, or to sign in from an address that the account knows, counts for the account:
the fifth in a row locks it. A failure from any other address counts for that address, which is
refused when it has too many; so nobody outside can lock a laboratory out (21 CFR 11.300(d), NIST
SP 800-63B-4, 3.2.2).
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.contrib.auth import authenticate
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest

from products.actions.naming import begin, end
from products.domain.accounts import (
    LOCK_AFTER,
    LOCK_FOR,
    OUTSIDE_LIMIT,
    OUTSIDE_WITHIN,
    CountedFor,
    SignInKind,
    SignInMethod,
)
from products.models import Lockout, SignIn, User
from products.queries.lockouts import (
    failures_from_outside,
    failures_in_a_row,
    is_known_address,
    lock_of,
)
from products.queries.people import is_expired

if TYPE_CHECKING:
    from products.actions.base import Context

COUNTS_FOR_ACCOUNT = "exolot_counts_for_account"


def prove(
    context: Context,
    request: HttpRequest,
    *,
    kind: SignInKind,
    username: str,
    password: str,
    staff_only: bool = False,
) -> User | None:
    """The account that ``username`` and ``password`` prove, or None; recorded either way.

    Its own transaction, which holds the account's row: of guesses sent at once each waits for the
    one before, and none is judged after the lock. While the account is locked no password is
    looked at. ``request`` is what the guard of addresses counts by.
    """
    typed = printable(username)
    with transaction.atomic(durable=True):
        begin(f"account.{kind.value}", context)
        account = _locked_row(typed)
        counted = _counted_for(account, kind, context)
        if account is not None and not _may_try(account, counted, context):
            # As long as a comparison takes, so that a lock is not told by the clock.
            make_password(password)
            found, counted = None, CountedFor.NOTHING
        else:
            setattr(request, COUNTS_FOR_ACCOUNT, counted is CountedFor.ACCOUNT)
            found = _authenticated(request, username, password, context.at, staff_only=staff_only)
        write_attempt(context, kind, typed, account, counted_for=None if found else counted)
        end()
    return found


def write_attempt(
    context: Context,
    kind: SignInKind,
    username: str,
    account: User | None,
    *,
    counted_for: CountedFor | None,
    method: SignInMethod = SignInMethod.PASSWORD,
) -> None:
    """Write one attempt within the action that is named; ``counted_for`` None is a success.

    A failure that is one too many locks the account, and is a notice to administrators.
    """
    SignIn.objects.create(
        user=account,
        username=username[:150],
        kind=kind,
        method=method,
        succeeded=counted_for is None,
        counted_for=counted_for or CountedFor.NOTHING,
        address=context.address,
        user_agent=context.user_agent[:200],
    )
    if account is None or counted_for is not CountedFor.ACCOUNT:
        return
    failures = failures_in_a_row(account)
    if failures >= LOCK_AFTER:
        Lockout.objects.create(
            user=account,
            failures=failures,
            kind=kind,
            address=context.address,
            until=context.at + LOCK_FOR,
        )


def printable(typed: str) -> str:
    return "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in typed)


def counts_for_account(request: HttpRequest, _credentials: Any = None) -> bool:
    """Asked by the guard of addresses, which leaves such an attempt alone."""
    return bool(getattr(request, COUNTS_FOR_ACCOUNT, False))


def _locked_row(username: str) -> User | None:
    return (
        User.objects.select_for_update(no_key=True, of=("self",))
        .filter(username__iexact=username)
        .first()
    )


def _counted_for(account: User | None, kind: SignInKind, context: Context) -> CountedFor:
    if account is not None and (
        kind is SignInKind.SIGNATURE or is_known_address(account, context.address)
    ):
        return CountedFor.ACCOUNT
    return CountedFor.ADDRESS


def _may_try(account: User, counted: CountedFor, context: Context) -> bool:
    if lock_of(account, context.at) is not None:
        return False
    return (
        counted is CountedFor.ACCOUNT
        or failures_from_outside(account, context.at, OUTSIDE_WITHIN) < OUTSIDE_LIMIT
    )


def _authenticated(
    request: HttpRequest, username: str, password: str, at: datetime, *, staff_only: bool
) -> User | None:
    found = authenticate(request, username=username, password=password)
    if not isinstance(found, User) or found.locked_at is not None or is_expired(found, at):
        return None
    return None if staff_only and not found.is_staff else found
