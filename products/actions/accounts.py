"""Actions on people, their accounts and passwords."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from uuid import UUID

from products.actions.account_rows import account_locked, refuse_own
from products.actions.base import Context, action
from products.actions.lookups import find_person
from products.actions.passwords import check_password_choice
from products.actions.records import insert, insert_once
from products.actions.role_grants import approve_role, hold_roles, known_roles, set_roles
from products.actions.sign_in import record_sign_in, sign_in, sign_in_fully
from products.actions.signing import confirm_password
from products.actions.tokens import issue_token, revoke_token
from products.domain.accounts import USERNAME_PATTERN
from products.domain.errors import InvalidValueError, SignatureRefusedError, WrongStatusError
from products.domain.roles import Permission
from products.models import Person, User

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
    held = known_roles(roles)
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
    hold_roles(context, account, held)
    return account


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


def _set_password(account: User, password: str, field: str) -> None:
    check_password_choice(account, password, field)
    account.set_password(password)
