"""Proving who one is: one attempt at a time for each account, every one recorded and counted.

A failure to sign, or to sign in from an address that the account knows, counts for the account:
the fifth in a row locks it. A failure from any other address counts for that address, which is
refused when it has too many; so nobody outside can lock a laboratory out (21 CFR 11.300(d), NIST
SP 800-63B-4, 3.2.2).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

from axes.handlers.proxy import AxesProxyHandler
from django.contrib.auth import authenticate, user_login_failed
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.http import HttpRequest

from products.actions.account_rows import account_held
from products.actions.factor_proofs import proof_by, proves
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
from products.domain.factors import FactorRule
from products.domain.passwords import SHORTEST
from products.models import Factor, Lockout, SignIn, User
from products.queries.factors import factors_in_force
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


@dataclass(frozen=True, slots=True)
class Attempt:
    """``password`` None: the second factor alone. ``recovers``: a recovery code counts as one.

    ``method`` is what stands beside the second factor where it is alone.
    """

    kind: SignInKind
    username: str
    password: str | None = field(repr=False)
    rule: FactorRule = FactorRule.NOT_ASKED
    recovers: bool = False
    staff_only: bool = False
    method: SignInMethod = SignInMethod.PASSWORD


def prove(context: Context, request: HttpRequest, attempt: Attempt) -> User | None:
    """The account that the attempt proves, or None; recorded either way.

    Its own transaction, which holds the account's row: of guesses sent at once each waits for the
    one before, and none is judged after the lock. While the account is locked nothing typed is
    looked at. ``request`` is what the guard of addresses counts by.

    Raises:
        ConfigurationError: a code was typed that this installation cannot check.
    """
    typed = printable(attempt.username)
    with transaction.atomic(durable=True):
        begin(f"account.{attempt.kind.value}", context)
        account = account_held(username__iexact=typed)
        held = list(factors_in_force(account.pk)) if account is not None else []
        counted = _counted_for(account, attempt.kind, context)
        if account is not None and not _may_try(account, counted, context):
            # As long as a comparison takes, so that a lock is not told by the clock.
            make_password(attempt.password or "")
            found, counted = None, CountedFor.NOTHING
        else:
            setattr(request, COUNTS_FOR_ACCOUNT, counted is CountedFor.ACCOUNT)
            found = _proved(context, request, attempt, account, held)
        kind = attempt.kind
        if found is not None and held and not attempt.rule.asks(held):
            kind = SignInKind.PASSWORD
        write_attempt(
            context,
            kind,
            typed,
            account,
            counted_for=None if found else counted,
            method=attempt.method,
        )
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


def _counted_for(account: User | None, kind: SignInKind, context: Context) -> CountedFor:
    if account is not None and (
        kind is not SignInKind.SIGN_IN or is_known_address(account, context.address)
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


def _proved(
    context: Context,
    request: HttpRequest,
    attempt: Attempt,
    account: User | None,
    held: Sequence[Factor],
) -> User | None:
    """Both components are looked at, whichever is wrong: the time taken tells nothing of it."""
    is_asked = attempt.rule.asks(held)
    proof = proof_by(held, context, recovers=attempt.recovers) if is_asked else None
    if attempt.password is None:
        assert account is not None
        found = _allowed(request, attempt, account, is_proved=proves(proof))
    else:
        found = authenticate(request, username=attempt.username, password=attempt.password)
    if not isinstance(found, User) or not _may_act(found, context.at, attempt):
        found = None
    if proof is not None and (found is not None or not proves(proof)):
        proof.save(force_insert=True)
    if is_asked and not proves(proof):
        return None
    if found is not None and attempt.password is not None and not held:
        _demand_longer(found, attempt.password)
    return found


def _allowed(
    request: HttpRequest, attempt: Attempt, account: User, *, is_proved: bool
) -> User | None:
    """The guard of addresses judges and counts a factor alone as it does a password."""
    credentials = {"username": attempt.username}
    if AxesProxyHandler.is_allowed(request, credentials) and is_proved:
        return account
    user_login_failed.send(sender=__name__, credentials=credentials, request=request)
    return None


def _may_act(found: User, at: datetime, attempt: Attempt) -> bool:
    return (
        found.is_active
        and found.locked_at is None
        and not is_expired(found, at)
        and (found.is_staff or not attempt.staff_only)
    )


def _demand_longer(account: User, password: str) -> None:
    """A password that was enough beside a factor, which is gone, opens the door to a longer one."""
    if len(password) < SHORTEST and not account.must_change_password:
        account.must_change_password = True
        account.save(update_fields=["must_change_password"])
