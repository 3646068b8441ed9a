"""Second factors: enrolled by their owner, removed by their owner or an administrator."""

from __future__ import annotations

from dataclasses import replace
from uuid import UUID

from django.conf import settings

from products.actions.account_rows import account_locked, refuse_own
from products.actions.base import Context, action
from products.actions.factor_proofs import proof_by
from products.actions.records import insert, insert_once
from products.actions.signing import confirm_password
from products.domain.encryption import seal
from products.domain.errors import InvalidValueError, UnknownReferenceError, WrongStatusError
from products.domain.factors import (
    CONFIRM_WITHIN,
    KIND_LABELS,
    RECOVERY_CODES,
    FactorKind,
    FactorRule,
    new_recovery_code,
    new_secret,
    recovery_digest,
)
from products.domain.passkeys import PasskeyAnswer, enrolled_by
from products.domain.passwords import SHORTEST
from products.domain.roles import Permission
from products.models import (
    Factor,
    FactorConfirmation,
    FactorRemoval,
    PasskeyUse,
    RecoveryCode,
    User,
)
from products.queries.factors import bound_to, factors, factors_in_force, signing_factors

MOST = 10
REPLACED = "Replaced by new codes"
LAST_GONE = "The last factor that signs was removed"


def enrol_totp(context: Context, *, name: str) -> tuple[Factor, bytes]:
    """A new authenticator app and its secret, which nobody can read again.

    It counts once a code has confirmed it (`confirm_totp`). The password in ``context``, and the
    factor where the account has one already, are confirmed first in a transaction of their own.

    Raises:
        SignatureRefusedError: as of `confirm_password`.
        ConfigurationError: the installation has no key to keep secrets under.
        InvalidValueError: no name.
        WrongStatusError: the account has as many factors as it may.
    """
    _confirm(context)
    return _enrol_totp(context, name=name)


@action("factor.enrol_totp", permission=None)
def _enrol_totp(context: Context, *, name: str) -> tuple[Factor, bytes]:
    account = _own_account(context)
    secret = new_secret()
    factor = Factor(user=account, kind=FactorKind.TOTP, name=name.strip())
    factor.secret = seal(secret, settings.FACTOR_KEYS, of=bound_to(factor))
    insert(factor)
    return factor, secret


@action("factor.confirm_totp", permission=None)
def confirm_totp(context: Context, *, factor: UUID) -> Factor:
    """Confirm a new authenticator app by its first code, in ``context``; from then on it counts.

    Raises:
        UnknownReferenceError: the actor has no such app.
        WrongStatusError: it is confirmed or removed already, or waited longer than ten minutes.
        InvalidValueError: the code is not the app's of this moment.
    """
    account_locked(context.actor.username)
    found = _own(context, factor)
    if found.kind != FactorKind.TOTP or hasattr(found, "confirmation"):
        raise WrongStatusError(f"{found} is confirmed already.")
    _check_present(found)
    if context.at - found.recorded_at > CONFIRM_WITHIN:
        raise WrongStatusError(
            f"{found} was not confirmed within {CONFIRM_WITHIN.seconds // 60} minutes. Enrol it "
            "again: a new secret is made."
        )
    proof = proof_by([found], replace(context, passkey=None), recovers=False)
    if proof is None:
        raise InvalidValueError(
            "That is not the code that the app shows now. Look at the clock of the telephone, and "
            "type the six digits of this moment.",
            field="second_factor",
        )
    proof.save(force_insert=True)
    FactorConfirmation.objects.create(factor=found)
    return factors().get(pk=found.pk)


def enrol_passkey(context: Context, *, name: str, made: PasskeyAnswer | None) -> Factor:
    """A passkey that the browser ``made`` (None: it made none); it counts at once.

    Password and factor are confirmed first, as in `enrol_totp`.

    Raises:
        SignatureRefusedError: as of `confirm_password`.
        InvalidValueError: the browser's answer is not usable, or no name.
        DuplicateError: the passkey is enrolled already.
        WrongStatusError: the account has as many factors as it may.
    """
    _confirm(context)
    return _enrol_passkey(context, name=name, made=made)


@action("factor.enrol_passkey", permission=None)
def _enrol_passkey(context: Context, *, name: str, made: PasskeyAnswer | None) -> Factor:
    account = _own_account(context)
    if made is None:
        raise InvalidValueError(
            "No passkey was made. It needs a browser that knows passkeys, and an address of the "
            "server that is a name and not a number.",
            field="made",
        )
    enrolled = enrolled_by(settings.SECRET_KEY.encode(), str(account.pk), context.at, made)
    factor = Factor(
        user=account,
        kind=FactorKind.PASSKEY,
        name=name.strip(),
        credential_id=enrolled.credential_id,
        credential=enrolled.credential,
    )
    insert_once(
        factor,
        Factor.objects.filter(credential_id=enrolled.credential_id),
        lambda _taken: "This passkey was enrolled before. Take another, or remove it there first.",
        "made",
    )
    FactorConfirmation.objects.create(factor=factor)
    PasskeyUse.objects.create(
        factor=factor, counter=enrolled.counter, challenge_sha256=enrolled.challenge_sha256
    )
    return factors().get(pk=factor.pk)


def issue_recovery_codes(context: Context) -> tuple[Factor, list[str]]:
    """New recovery codes, shown this once; those of before open nothing any more.

    Password and factor are confirmed first.

    Raises:
        SignatureRefusedError: as of `confirm_password`.
        WrongStatusError: the account has no second factor that they could stand in for.
    """
    _confirm(context)
    return _issue_recovery_codes(context)


@action("factor.issue_recovery_codes", permission=None)
def _issue_recovery_codes(context: Context) -> tuple[Factor, list[str]]:
    account = account_locked(context.actor.username)
    if not signing_factors(account.pk):
        raise WrongStatusError(
            "Recovery codes stand in for a second factor at the door. Enrol an authenticator app "
            "or a passkey first."
        )
    _remove_codes(context, account, REPLACED)
    factor = Factor(
        user=account,
        kind=FactorKind.RECOVERY_CODES,
        name=KIND_LABELS[FactorKind.RECOVERY_CODES],
    )
    insert(factor)
    FactorConfirmation.objects.create(factor=factor)
    codes = [new_recovery_code() for _ in range(RECOVERY_CODES)]
    for code in codes:
        RecoveryCode.objects.create(factor=factor, digest=recovery_digest(code))
    return factors().get(pk=factor.pk), codes


def remove_factor(context: Context, *, factor: UUID) -> Factor:
    """Remove a factor of one's own; password and factor are confirmed first.

    With the last one that signs the recovery codes go too, and a password that is too short to
    stand alone has to be changed before anything else.

    Raises:
        SignatureRefusedError: as of `confirm_password`.
        UnknownReferenceError: the actor has no such factor.
        WrongStatusError: it was removed already.
        InvalidValueError: no reason.
    """
    _confirm(context)
    return _remove_own(context, factor=factor)


@action("factor.remove", permission=None)
def _remove_own(context: Context, *, factor: UUID) -> Factor:
    account = account_locked(context.actor.username)
    removed = _remove(context, account, _own(context, factor))
    if not signing_factors(account.pk) and len(context.password) < SHORTEST:
        account.must_change_password = True
        account.save(update_fields=["must_change_password"])
    return removed


@action("account.remove_factor", permission=Permission.ADMINISTER)
def remove_factor_of(context: Context, *, username: str, factor: UUID) -> Factor:
    """Remove a factor of another person, who lost it; the person is told at the next sign-in.

    A password that is too short to stand alone opens the door, from then on, to a longer one only.

    Raises:
        UnknownReferenceError: there is no such account, or it has no such factor.
        NotPermittedError: the account is the actor's own, or the system's.
        WrongStatusError: it was removed already.
        InvalidValueError: no reason.
    """
    account = account_locked(username)
    refuse_own(context, account.person)
    return _remove(context, account, _of(account, factor))


def _confirm(context: Context) -> None:
    confirm_password(
        replace(context, reason=context.reason or "Own second factor"), FactorRule.IF_HELD
    )


def _own_account(context: Context) -> User:
    """The actor's account, its row locked, with room for another factor."""
    account = account_locked(context.actor.username)
    if factors_in_force(account.pk).count() >= MOST:
        raise WrongStatusError(
            f"{account.username} has {MOST} second factors. Remove one that is not used any more."
        )
    return account


def _own(context: Context, factor: UUID) -> Factor:
    return _of(context.actor, factor)


def _of(account: User, factor: UUID) -> Factor:
    found = factors().filter(pk=factor, user=account).first()
    if found is None:
        raise UnknownReferenceError(
            f"{account.username} has no second factor with id {factor}.", field="factor"
        )
    return found


def _check_present(factor: Factor) -> None:
    removal = getattr(factor, "removal", None)
    if removal is not None:
        raise WrongStatusError(f"{factor} was removed on {removal.recorded_at:%Y-%m-%d}.")


def _remove(context: Context, account: User, factor: Factor) -> Factor:
    _check_present(factor)
    insert(FactorRemoval(factor=factor, reason=context.reason.strip(), recorded_by=context.actor))
    if not signing_factors(account.pk):
        _remove_codes(context, account, LAST_GONE)
    return factors().get(pk=factor.pk)


def _remove_codes(context: Context, account: User, reason: str) -> None:
    for codes in factors_in_force(account.pk).filter(kind=FactorKind.RECOVERY_CODES):
        FactorRemoval.objects.create(factor=codes, reason=reason, recorded_by=context.actor)
