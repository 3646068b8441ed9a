"""Actions on people, their accounts, passwords and roles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from django.contrib.auth.models import Group
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.lookups import find_account, find_person
from products.actions.people import LABORATORY_OR_QUALITY
from products.actions.records import insert, insert_once
from products.actions.signing import confirm_password, record_sign_in_row
from products.actions.tokens import issue_token, revoke_token
from products.domain.accounts import SignInKind
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    SignatureRefusedError,
    WrongStatusError,
)
from products.domain.roles import Permission, Role
from products.models import Person, User

__all__ = [
    "change_password",
    "create_account",
    "create_person",
    "issue_token",
    "record_sign_in",
    "reset_password",
    "revoke_token",
    "set_active",
    "set_roles",
]

USERNAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9.@_+-]*")


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

    Raises:
        UnknownReferenceError: there is no such person.
        InvalidValueError: an unknown role, a weak password, or a name that no sign-in can carry.
        NotPermittedError: the person is the actor.
        DuplicateError: the name was used already, in whatever case.
    """
    owner = find_person(person)
    held = _roles(roles)
    _refuse_own(context, owner)
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
    account.groups.add(*Group.objects.filter(name__in=held))
    return account


@action("account.set_roles", permission=Permission.ADMINISTER)
def set_roles(context: Context, *, username: str, roles: Sequence[str]) -> User:
    """Give an account exactly these roles.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: an unknown role, or administration together with other work.
        NotPermittedError: nobody changes the roles of an account of one's own.
    """
    account = _account_locked(username)
    held = _roles(roles)
    _refuse_own(context, account.person)
    account.groups.set(Group.objects.filter(name__in=held))
    return account


@action("account.set_active", permission=Permission.ADMINISTER)
def set_active(context: Context, *, username: str, is_active: bool) -> User:
    """Close an account, or open it again; its records and signatures stay.

    Raises:
        UnknownReferenceError: there is no such account.
        NotPermittedError: the account is the actor's own, or the system's.
        WrongStatusError: it is so already.
    """
    account = _account_locked(username)
    _refuse_own(context, account.person)
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
        raise SignatureRefusedError(
            f"The old password is not that of {context.actor.username}, or the account is locked "
            "after several wrong ones. The password was not changed; the attempt is recorded.",
            field="old",
        ) from error
    return _change_password(context, old=old, new=new)


@action("account.change_password", permission=None)
def _change_password(context: Context, *, old: str, new: str) -> User:
    account = _account_locked(context.actor.username)
    if new == old:
        raise InvalidValueError("The new password is the old one.", field="new")
    _set_password(account, new, "new")
    account.must_change_password = False
    account.save(update_fields=["password", "must_change_password"])
    return account


@action("account.reset_password", permission=Permission.ADMINISTER)
def reset_password(context: Context, *, username: str, new: str) -> User:
    """Give another person's account a password to begin with, to be changed at first use.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: the password is weak.
        NotPermittedError: the account is the actor's own, or the system's.
    """
    account = _account_locked(username)
    _refuse_own(context, account.person)
    _set_password(account, new, "new")
    account.must_change_password = True
    account.save(update_fields=["password", "must_change_password"])
    return account


def record_sign_in(context: Context, *, kind: str, username: str, succeeded: bool) -> None:
    """Write one attempt to sign in, in a transaction of its own, whoever was named.

    The actor is the system's account: who is at the door is not known yet.
    """
    typed = "".join(
        char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in username
    )
    record_sign_in_row(
        context,
        check_word(SignInKind, kind, "kind"),
        typed,
        User.objects.filter(username__iexact=typed).first(),
        succeeded=succeeded,
    )


def _account_locked(username: str) -> User:
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


def _refuse_own(context: Context, owner: Person | None) -> None:
    """Judged on the person: a second account of one's own is one's own."""
    if owner is None:
        raise NotPermittedError("The account belongs to no person and is changed by nobody.")
    if owner == context.actor.person:
        raise NotPermittedError(
            f"{context.actor.username} may not do this for an account of one's own. Another "
            "administrator does it."
        )


def _set_password(account: User, password: str, field: str) -> None:
    try:
        validate_password(password, account)
    except ValidationError as error:
        raise InvalidValueError(
            " ".join(error.messages), field=field, code="password_refused"
        ) from error
    account.set_password(password)
