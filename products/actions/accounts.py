"""Actions on people, their accounts, passwords and roles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction
from django.http import HttpRequest

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.lookups import find_account, find_person
from products.actions.naming import begin, end
from products.actions.passwords import check_password_choice
from products.actions.people import LABORATORY_OR_QUALITY
from products.actions.proving import Attempt, printable, prove, write_attempt
from products.actions.records import insert, insert_once
from products.actions.signing import confirm_password, sign
from products.actions.sites import home_zone
from products.actions.tokens import issue_token, revoke_token
from products.domain.accounts import USERNAME_PATTERN, CountedFor, SignInKind, SignInMethod
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    SeparationOfDutiesError,
    SignatureRefusedError,
    WrongStatusError,
)
from products.domain.factors import FactorRule
from products.domain.roles import Permission, Role
from products.models import Person, RoleApproval, RoleGrant, RoleRevocation, User
from products.models.fields import uuid7
from products.queries.roles import grants_in_force

__all__ = [
    "approve_role",
    "change_password",
    "create_account",
    "create_person",
    "issue_token",
    "record_sign_in",
    "reset_password",
    "revoke_token",
    "set_active",
    "set_expiry",
    "set_roles",
    "sign_in",
    "sign_in_fully",
]

USERNAME = re.compile(USERNAME_PATTERN)


@action("person.create", permission=Permission.ADMINISTER)
def create_person(context: Context, *, printed_name: str) -> Person:
    """Record a person, by the name that is printed beside the person's signatures.

    Raises:
        InvalidValueError: no name, or one that cannot be printed.
    """
    person = Person(printed_name=printed_name.strip())
    insert(person)
    return person


@action("account.create", permission=Permission.ADMINISTER)
def create_account(
    context: Context,
    *,
    username: str,
    person: UUID,
    password: str,
    roles: Sequence[str],
    is_staff: bool = True,
) -> User:
    """Give a person an account with ``roles``; the first password is changed at first use.

    A role signs nothing before quality has signed for it (`approve_role`).

    Raises:
        UnknownReferenceError: there is no such person.
        InvalidValueError: an unknown role, a weak password, or a name that no sign-in can carry.
        NotPermittedError: the person is the actor.
        DuplicateError: the name was used already, in whatever case.
    """
    owner = find_person(person)
    held = _roles(roles)
    refuse_own(context, owner)
    account = User(
        username=username.strip(), person=owner, is_staff=is_staff, must_change_password=True
    )
    if not USERNAME.fullmatch(account.username):
        raise InvalidValueError(
            "An account name has only letters, digits and . @ _ + -, and begins with a letter or "
            "digit.",
            field="username",
        )
    _set_password(account, password, "password")
    insert_once(
        account,
        User.objects.filter(username__iexact=account.username),
        lambda taken: (
            f"Account name {account.username} was used already (as {taken.username}) and is never "
            "reused."
        ),
        "username",
    )
    _hold(context, account, held)
    return account


@action("account.set_roles", permission=Permission.ADMINISTER)
def set_roles(context: Context, *, username: str, roles: Sequence[str]) -> User:
    """Give an account exactly these roles.

    A role that it has already keeps quality's signature; one that it gets, or gets again, needs
    a new one before it signs (`approve_role`).

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: an unknown role, or administration together with other work.
        NotPermittedError: nobody changes the roles of an account of one's own.
    """
    account = account_locked(username)
    held = _roles(roles)
    refuse_own(context, account.person)
    _hold(context, account, held)
    return account


@action("account.approve_role", permission=Permission.APPROVE, signed=True)
def approve_role(context: Context, *, username: str, role: str) -> RoleApproval:
    """Sign for a role that an account was given: from then on the role signs.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: an unknown role.
        WrongStatusError: the account does not have the role, or it is signed for already.
        SeparationOfDutiesError: the account is of the signer's own person, or the signer's person
            gave the role.
    """
    account = account_locked(username)
    what = check_word(Role, role, "role")
    grant = (
        grants_in_force()
        .filter(user=account, role=what)
        .select_related("recorded_by__person")
        .first()
    )
    if grant is None:
        raise WrongStatusError(f"The account {account.username} does not have the role {what}.")
    if grant.by_provision or RoleApproval.objects.filter(grant=grant).exists():
        raise WrongStatusError(f"The role {what} of {account.username} is signed for already.")
    _check_independent(context, account, grant)
    key = uuid7()
    signature = sign(
        context,
        record_kind="role_approval",
        record_id=key,
        meaning="Role approved",
        zone=home_zone(),
        content={
            "account": account.username,
            "printed_name": account.printed_name,
            "role": what,
            "grant": grant.number,
            "given_by": grant.recorded_by.printed_name,
            "given_at": grant.recorded_at,
        },
    )
    return RoleApproval.objects.create(id=key, grant=grant, signature=signature)


@action("account.set_active", permission=Permission.ADMINISTER)
def set_active(context: Context, *, username: str, is_active: bool) -> User:
    """Close an account, or open it again; its records and signatures stay.

    Raises:
        UnknownReferenceError: there is no such account.
        NotPermittedError: the account is the actor's own, or the system's.
        WrongStatusError: it is so already.
    """
    account = account_locked(username)
    refuse_own(context, account.person)
    if account.is_active == is_active:
        stands = "active" if is_active else "inactive"
        raise WrongStatusError(f"The account {account.username} is {stands} already.")
    account.is_active = is_active
    account.save(update_fields=["is_active"])
    return account


def change_password(context: Context, *, old: str, new: str) -> User:
    """Change the actor's own password.

    ``old`` is confirmed first, in a transaction of its own: a wrong one stays recorded and counts.

    Raises:
        SignatureRefusedError: ``old`` is not the actor's password.
        InvalidValueError: ``new`` is weak, or the old one again.
    """
    try:
        confirm_password(replace(context, password=old, reason=context.reason or "Own password"))
    except SignatureRefusedError as error:
        if error.code == "account_locked":
            raise SignatureRefusedError(error.message, field="old", code=error.code) from error
        raise SignatureRefusedError(
            f"The old password is not that of {context.actor.username}. The password was not "
            "changed; the attempt is recorded.",
            field="old",
        ) from error
    return _change_password(context, old=old, new=new)


@action("account.change_password", permission=None)
def _change_password(context: Context, *, old: str, new: str) -> User:
    account = account_locked(context.actor.username)
    if new == old:
        raise InvalidValueError("The new password is the old one.", field="new")
    _set_password(account, new, "new")
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    return account


@action("account.set_expiry", permission=Permission.ADMINISTER)
def set_expiry(context: Context, *, username: str, expires_on: date | None) -> User:
    """State the last day on which an account may be used; None has no end.

    After it the account neither signs in nor signs, and its tokens are refused.

    Raises:
        UnknownReferenceError: there is no such account.
        NotPermittedError: the account is the actor's own, or the system's.
        WrongStatusError: it is so already.
    """
    account = account_locked(username)
    refuse_own(context, account.person)
    if account.expires_on == expires_on:
        stands = f"expires on {expires_on} already" if expires_on else "has no end already"
        raise WrongStatusError(f"The account {account.username} {stands}.")
    account.expires_on = expires_on
    account.save(update_fields=["expires_on"])
    return account


@action("account.reset_password", permission=Permission.ADMINISTER)
def reset_password(context: Context, *, username: str, new: str) -> User:
    """Give another person's account a password to begin with, to be changed at first use.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: the password is weak.
        NotPermittedError: the account is the actor's own, or the system's.
    """
    account = account_locked(username)
    refuse_own(context, account.person)
    _set_password(account, new, "new")
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    return account


def sign_in(context: Context, request: HttpRequest, *, username: str, password: str) -> User | None:
    """The account at the door of the admin, or None; recorded and counted whoever was named.

    The actor is the system's account: who is at the door is not known yet. An account that has a
    second factor is inside only after `sign_in_fully`.
    """
    return prove(context, request, Attempt(SignInKind.SIGN_IN, username, password, staff_only=True))


def sign_in_fully(
    context: Context,
    request: HttpRequest,
    *,
    username: str,
    method: SignInMethod = SignInMethod.PASSWORD,
) -> User | None:
    """The account that proved itself by ``method``, by the second factor in ``context``; or None.

    A recovery code is one here. Recorded and counted as a password is.

    Raises:
        ConfigurationError: a code was typed that this installation cannot check.
    """
    return prove(
        context,
        request,
        Attempt(
            SignInKind.SIGN_IN,
            username,
            None,
            rule=FactorRule.ALWAYS,
            recovers=True,
            staff_only=True,
            method=method,
        ),
    )


def record_sign_in(context: Context, *, kind: str, username: str, succeeded: bool) -> None:
    """Write one attempt that something else judged, in a transaction of its own.

    A failure counts for the account named.
    """
    word, typed = check_word(SignInKind, kind, "kind"), printable(username)
    with transaction.atomic(durable=True):
        begin(f"account.{word.value}", context)
        account = (
            User.objects.select_for_update(no_key=True, of=("self",))
            .filter(username__iexact=typed)
            .first()
        )
        failed = CountedFor.ADDRESS if account is None else CountedFor.ACCOUNT
        write_attempt(context, word, typed, account, counted_for=None if succeeded else failed)
        end()


def _hold(context: Context, account: User, held: set[Role]) -> None:
    """Give and take the roles, so that the account has exactly these."""
    open_grants = {grant.role: grant for grant in grants_in_force().filter(user=account)}
    for role, grant in open_grants.items():
        if role not in held:
            RoleRevocation.objects.create(
                grant=grant, reason=context.reason, recorded_by=context.actor
            )
    number = account.role_grants.count()
    for role in sorted(held - open_grants.keys()):
        number += 1
        RoleGrant.objects.create(user=account, number=number, role=role, recorded_by=context.actor)
    account.groups.set(Group.objects.filter(name__in=held))


def _check_independent(context: Context, account: User, grant: RoleGrant) -> None:
    """Two persons see to it that somebody may sign: one who gives the role, one who signs."""
    person = context.actor.person
    if account.person == person:
        raise SeparationOfDutiesError(
            f"{account.username} is an account of your own. Another person of quality signs for "
            "its roles."
        )
    if grant.recorded_by.person == person:
        raise SeparationOfDutiesError(
            f"You gave {account.username} the role {grant.role} yourself. Another person of "
            "quality signs for it."
        )


def account_locked(username: str) -> User:
    found = find_account(username)
    return (
        User.objects.select_for_update(no_key=True, of=("self",))
        .select_related("person")
        .get(pk=found.pk)
    )


def _roles(names: Sequence[str]) -> set[Role]:
    roles = {check_word(Role, name, "roles") for name in names}
    if Role.ADMINISTRATOR in roles and roles & LABORATORY_OR_QUALITY:
        raise InvalidValueError(
            "An account that administers has no laboratory or quality role. Give the person a "
            "second account for that work.",
            field="roles",
        )
    return roles


def refuse_own(context: Context, owner: Person | None) -> None:
    """Judged on the person: a second account of one's own is one's own."""
    if owner is None:
        raise NotPermittedError("The account belongs to no person and is changed by nobody.")
    if owner == context.actor.person:
        raise NotPermittedError(
            f"{context.actor.username} may not do this for an account of one's own. Another "
            "administrator does it."
        )


def _set_password(account: User, password: str, field: str) -> None:
    check_password_choice(account, password, field)
    account.set_password(password)
