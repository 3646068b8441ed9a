"""The one write path: what an action is, who may run it, and what happens around it.

An action checks its permission, confirms the password if it is signed, opens one durable
transaction, names itself and its actor to the database, runs its body, re-judges every lot it
touched, and clears the names again.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Concatenate, ParamSpec, TypeVar
from uuid import UUID

from django.db import DatabaseError, transaction

from products.actions.judging import rejudge
from products.actions.naming import begin, end
from products.actions.once import Once, carry_out
from products.actions.records import check_printable
from products.actions.signing import confirm_password, signing_rule
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.errors import (
    ClockError,
    DecidedMeanwhileError,
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    StaleVersionError,
)
from products.domain.passkeys import PasskeyAnswer
from products.domain.passwords import SHORTEST
from products.domain.roles import Permission, permissions_of
from products.models import Lot, User
from products.queries.decisions import last_decision
from products.queries.people import is_expired, roles_of
from products.queries.policies import policy_and_acceptance
from products.queries.roles import roles_that_sign

ATTEMPTS = 3
LONGEST_REASON = 1000
RETRIED = frozenset({"40001", "40P01"})
CLOCK_DIFFERS = "QC003"
DUTIES_NOT_SEPARATED = "QC004"

P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Context:
    """Who acts, why and when; made by the surface, complete, so that an action reads no clock.

    ``at`` may differ from the database's clock by a minute (in a demonstration database by any
    time). ``expected_version`` is the lot version that the actor saw, None when none was asked
    for; ``expected_decision`` is the number of the last decision on it that the actor knew of, None
    for who decides on nothing. ``second_factor`` is a code as typed, ``passkey`` what a browser
    answered in its place. ``may_sign`` is False for service tokens. ``once`` names the request,
    when it is one that must not be carried out twice. ``confirmed`` and ``touched`` belong to the
    action that runs.
    """

    actor: User
    reason: str
    at: datetime
    request_id: str
    address: str = ""
    user_agent: str = ""
    password: str = field(default="", repr=False)
    second_factor: str = field(default="", repr=False)
    passkey: PasskeyAnswer | None = field(default=None, repr=False)
    expected_version: int | None = None
    expected_decision: int | None = None
    may_sign: bool = True
    once: Once | None = None
    confirmed: bool = False
    touched: set[UUID] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class ActionInfo:
    """``permission`` None: the action checks itself who may (an own password, an own token)."""

    name: str
    permission: Permission | None
    signed: bool


ACTIONS: dict[str, ActionInfo] = {}


def action(
    name: str, *, permission: Permission | None, signed: bool = False
) -> Callable[[Callable[Concatenate[Context, P], R]], Callable[Concatenate[Context, P], R]]:
    """Make a function the action ``name`` (noun.verb).

    Raises (from the decorated function):
        NotPermittedError: the actor's roles do not include ``permission``.
        SignatureRefusedError: ``signed``, and the password or the second factor is not the actor's,
            or none of the roles that may do it is signed for by quality (``role_not_approved``), or
            the person has not accepted the signature policy (``policy_not_accepted``).
        ClockError: ``context.at`` is too far off the database's clock.
        DomainError: what the body refuses.
    """
    info = ActionInfo(name, permission, signed)
    ACTIONS[name] = info

    def decorate(
        body: Callable[Concatenate[Context, P], R],
    ) -> Callable[Concatenate[Context, P], R]:
        @functools.wraps(body)
        def perform(context: Context, /, *args: P.args, **kwargs: P.kwargs) -> R:
            check_permission(context, info)
            check_reason(context.reason)
            if signed:
                check_own_password(context.actor)
                check_policy_accepted(context.actor)
                check_own_password(confirm_password(context, signing_rule()))
            for _ in range(ATTEMPTS - 1):
                try:
                    return _run(info, _fresh(context, signed=signed), body, *args, **kwargs)
                except DatabaseError as error:
                    if _sqlstate(error) not in RETRIED:
                        raise
            return _run(info, _fresh(context, signed=signed), body, *args, **kwargs)

        return perform

    return decorate


def check_permission(context: Context, info: ActionInfo) -> None:
    actor = context.actor
    # The one account for work without a person: inactive, so that it neither logs in nor signs.
    is_system = actor.username == SYSTEM_ACCOUNT and info.permission is None and not info.signed
    if not actor.is_active and not is_system:
        raise NotPermittedError(f"The account {actor.username} is inactive.")
    if actor.locked_at is not None:
        raise NotPermittedError(f"The account {actor.username} is locked by an administrator.")
    if is_expired(actor, context.at):
        raise NotPermittedError(f"The account {actor.username} expired on {actor.expires_on}.")
    if info.permission is None:
        return
    groups = roles_of(actor.pk)
    if info.permission not in permissions_of(groups):
        held = ", ".join(groups) or "no role"
        raise NotPermittedError(
            f"{actor.username} ({held}) may not do {info.name}: it needs a role that may "
            f"{info.permission.value.replace('_', ' ')}."
        )
    if info.signed:
        check_role_signed_for(actor, groups, info.permission)


def check_role_signed_for(actor: User, held: Sequence[str], permission: Permission) -> None:
    """21 CFR 11.10(g): a role signs only once quality has signed that the person has it."""
    giving = [name for name in sorted(held) if permission in permissions_of([name])]
    if roles_that_sign(actor).isdisjoint(giving):
        raise SignatureRefusedError(
            f"The role {' or '.join(giving)} of {actor.username} is not yet signed for by the "
            "quality unit: somebody of quality approves it, then it signs.",
            code="role_not_approved",
        )


def check_own_password(actor: User) -> None:
    """21 CFR 11.200(a)(2): a password that somebody else knows is nobody's signature."""
    if actor.must_change_password:
        raise SignatureRefusedError(
            f"The password of {actor.username} was given by somebody else, or is shorter than "
            f"{SHORTEST} characters without a second factor. Change it, then sign.",
            code="password_to_be_changed",
        )


def check_policy_accepted(actor: User) -> None:
    """21 CFR 11.10(j): who signs has accepted to be accountable for it."""
    version, is_accepted = policy_and_acceptance(actor.person_id)
    if not is_accepted:
        raise SignatureRefusedError(
            f"{actor.printed_name} has not accepted version {version} of the signature policy. "
            "Read and accept it (page Signature policy, or POST /api/v1/signature-policies/accept/"
            "), then sign."
            if version
            else "There is no signature policy yet. `provision` brings the first.",
            code="policy_not_accepted",
        )


def check_reason(reason: str) -> None:
    """Raises InvalidValueError for a reason that the trail cannot hold or print."""
    if len(reason) > LONGEST_REASON:
        raise InvalidValueError(
            f"The reason has {len(reason)} characters; {LONGEST_REASON} are allowed.",
            field="reason",
            code="too_long",
        )
    check_printable(reason, "The reason", "reason", lines=True)


def lock_lot(context: Context, lot: Lot) -> Lot:
    """The lot's row, locked to the end of the action and due for re-judging.

    Raises:
        DecidedMeanwhileError, StaleVersionError: as of `touch`.
    """
    locked = Lot.objects.select_for_update(no_key=True).get(pk=lot.pk)
    touch(context, locked)
    return locked


def touch(context: Context, locked: Lot) -> None:
    """Have the lot, whose row is locked, judged before the action commits.

    Raises:
        DecidedMeanwhileError: the actor decides, and somebody decided since the actor saw the lot.
        StaleVersionError: the lot changed otherwise since.
    """
    if context.expected_version not in (None, locked.version):
        refuse_if_decided(locked.number, context.expected_decision)
        raise StaleVersionError(
            f"Lot {locked.number} has changed since you opened it (you saw version "
            f"{context.expected_version}, it is now {locked.version}). Look at it again, then "
            f"repeat what you want to do."
        )
    context.touched.add(locked.pk)


def refuse_if_decided(lot: str, known: int | None) -> None:
    """Raises DecidedMeanwhileError: the lot was decided on after its decision number ``known``."""
    if known is None:
        return
    decided = last_decision(lot)
    if decided is not None and decided.number > known:
        raise DecidedMeanwhileError(decided.refusal, decided)


def _fresh(context: Context, *, signed: bool) -> Context:
    return replace(context, touched=set(), confirmed=signed)


def _run(
    info: ActionInfo,
    context: Context,
    body: Callable[Concatenate[Context, P], R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    try:
        with transaction.atomic(durable=True):
            begin(info.name, context)
            carry_out(context, info.name)
            outcome = body(context, *args, **kwargs)
            rejudge(context, info.name)
            end()
            return outcome
    except DatabaseError as error:
        _translate(error)
        raise


def _sqlstate(error: DatabaseError) -> str:
    return getattr(error.__cause__, "sqlstate", None) or ""


def _translate(error: DatabaseError) -> None:
    """Raise our error for what the database refuses by a rule of ours."""
    if _sqlstate(error) == CLOCK_DIFFERS:
        raise ClockError(
            "The stated time differs from the database's clock by more than a minute. Set this "
            "machine's clock, then try again."
        ) from error
    if _sqlstate(error) == DUTIES_NOT_SEPARATED:
        raise SeparationOfDutiesError(
            "The database refused this: the same person recorded, reviewed or made what is signed "
            "for here. Another person must sign."
        ) from error
