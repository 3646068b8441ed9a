"""Which second factors an account has, what of them was used, and who has none."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import Exists, Max, OuterRef, Q, QuerySet

from products.domain.accounts import SignInKind
from products.domain.encryption import unseal
from products.domain.factors import SIGNING, FactorKind
from products.domain.passkeys import Purpose, new_challenge
from products.models import Factor, PasskeyUse, RecoveryCode, SignIn, User


@dataclass(frozen=True, slots=True)
class Event:
    at: datetime
    said: str


def factors() -> QuerySet[Factor]:
    """Each with what confirmed and removed it."""
    return Factor.objects.select_related("user__person", "confirmation", "removal__recorded_by")


def factors_in_force(account: UUID) -> QuerySet[Factor]:
    """Confirmed and not removed, of every kind."""
    return factors().filter(user=account, confirmation__isnull=False, removal__isnull=True)


def signing_factors(account: UUID) -> list[Factor]:
    """Those that sign: apps and passkeys in force."""
    return list(factors_in_force(account).filter(kind__in=SIGNING))


def kinds_held(account: UUID) -> frozenset[str]:
    """The kinds of the account's factors that sign; empty: it has no second factor."""
    return frozenset(one.kind for one in signing_factors(account))


def has_factor() -> Exists:
    """For accounts: whether each has a factor that signs."""
    return Exists(
        Factor.objects.filter(
            user=OuterRef("pk"),
            kind__in=SIGNING,
            confirmation__isnull=False,
            removal__isnull=True,
        )
    )


def secret_of(factor: Factor) -> bytes | None:
    """An app's secret; None when no key of this installation opens it."""
    return unseal(factor.secret, settings.FACTOR_KEYS, of=bound_to(factor))


def bound_to(factor: Factor) -> str:
    """What a secret is sealed to: a row copied to another account opens for nobody."""
    return f"factor {factor.pk} of {factor.user_id}"


def last_step(factor: Factor) -> int | None:
    found: int | None = factor.steps.aggregate(last=Max("step"))["last"]
    return found


def last_counter(factor: Factor) -> int | None:
    """The highest counter of a passkey that proved something."""
    found: int | None = factor.passkey_uses.filter(went_back=False).aggregate(last=Max("counter"))[
        "last"
    ]
    return found


def is_answered(challenge_sha256: str) -> bool:
    return PasskeyUse.objects.filter(challenge_sha256=challenge_sha256).exists()


def unused_code(account: UUID, digest: str) -> RecoveryCode | None:
    return RecoveryCode.objects.filter(
        factor__in=factors_in_force(account), digest=digest, use__isnull=True
    ).first()


def codes_left(factor: Factor) -> int:
    return factor.codes.filter(use__isnull=True).count()


def challenge_for(account: UUID, purpose: Purpose, at: datetime) -> bytes:
    return new_challenge(settings.SECRET_KEY.encode(), str(account), purpose, at)


def copied_passkeys(account: UUID) -> QuerySet[PasskeyUse]:
    """Answers of passkeys of which a copy exists, the newest first."""
    return (
        PasskeyUse.objects.filter(went_back=True, factor__user=account)
        .select_related("factor")
        .order_by("-recorded_at")
    )


def signers_without(roles: Iterable[str]) -> list[str]:
    """Names of open accounts with one of ``roles`` and no factor that signs."""
    return list(
        User.objects.filter(
            ~Q(has_factor()), is_active=True, locked_at=None, groups__name__in=list(roles)
        )
        .distinct()
        .order_by("username")
        .values_list("username", flat=True)
    )


def accounts_with() -> int:
    """How many open accounts have a factor that signs."""
    return User.objects.filter(Q(has_factor()), is_active=True).count()


def sealed_secrets() -> list[Factor]:
    """Every app in force, whose secret a key of this installation has to open."""
    return list(
        factors().filter(kind=FactorKind.TOTP, confirmation__isnull=False, removal__isnull=True)
    )


def news_of(account: User) -> list[str]:
    """What happened to the account's factors between its last two sign-ins, the oldest first."""
    signed_in = (
        SignIn.objects.filter(user=account, kind=SignInKind.SIGN_IN, succeeded=True)
        .order_by("-recorded_at")
        .values_list("recorded_at", flat=True)[:2]
    )
    if len(signed_in) < 2:  # noqa: PLR2004  # the last, and the one before
        return []
    before = signed_in[1]
    events = []
    for factor in factors().filter(user=account):
        confirmation = getattr(factor, "confirmation", None)
        removal = getattr(factor, "removal", None)
        if confirmation is not None and confirmation.recorded_at > before:
            events.append(Event(confirmation.recorded_at, f"{factor} was enrolled"))
        if removal is not None and removal.recorded_at > before:
            own = removal.recorded_by_id == account.pk
            by = "you" if own else removal.recorded_by.printed_name
            events.append(
                Event(removal.recorded_at, f"{factor} was removed by {by}: {removal.reason}")
            )
    return [
        f"{event.said}, on {event.at:%Y-%m-%d %H:%M} UTC."
        for event in sorted(events, key=lambda event: event.at)
    ]
