"""Which accounts are locked after wrong passwords, and which locks nobody has looked into."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import QuerySet

from products.domain.accounts import WHOLE, CountedFor, SignInKind, SignInMethod
from products.models import Lockout, SignIn, User


def lockouts() -> QuerySet[Lockout]:
    """Each with its account and who dealt with it."""
    return Lockout.objects.select_related("user__person", "settlement__recorded_by__person")


def open_lockouts() -> QuerySet[Lockout]:
    """The notices that administrators have still to deal with, the oldest first."""
    return lockouts().filter(settlement__isnull=True).order_by("recorded_at", "id")


def lock_of(account: User, at: datetime) -> Lockout | None:
    """The lock that holds at the instant ``at``."""
    return Lockout.objects.filter(user=account, until__gt=at).order_by("-until").first()


def is_known_address(account: User, address: str) -> bool:
    """Whether the account was once signed in from there."""
    return SignIn.objects.filter(
        user=account, kind=SignInKind.SIGN_IN, succeeded=True, address=address
    ).exists()


def failures_in_a_row(account: User) -> int:
    """Failures that count for the account, since it last proved itself or was locked.

    One component alone proves half: whoever has it could otherwise guess the other without end. So
    could who has the identity at the provider: its word ends no row of wrong passwords.
    """
    failures = SignIn.objects.filter(user=account, counted_for=CountedFor.ACCOUNT)
    ends = (
        SignIn.objects.filter(
            user=account, succeeded=True, kind__in=WHOLE, method=SignInMethod.PASSWORD
        )
        .order_by("-recorded_at")
        .first(),
        Lockout.objects.filter(user=account).order_by("-recorded_at").first(),
    )
    for end in filter(None, ends):
        failures = failures.filter(recorded_at__gt=end.recorded_at)
    return failures.count()


def failures_from_outside(account: User, at: datetime, within: timedelta) -> int:
    """Failures from addresses that the account does not know, in the time up to ``at``."""
    return SignIn.objects.filter(
        user=account, counted_for=CountedFor.ADDRESS, recorded_at__gt=at - within
    ).count()
