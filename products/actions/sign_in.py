"""The door: who is there, in one step or two; every attempt recorded and counted."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpRequest

from products.actions.account_rows import account_held
from products.actions.base import Context
from products.actions.checks import check_word
from products.actions.naming import begin, end
from products.actions.proving import Attempt, printable, prove, write_attempt
from products.domain.accounts import CountedFor, SignInKind, SignInMethod
from products.domain.factors import FactorRule
from products.models import User


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
        account = account_held(username__iexact=typed)
        failed = CountedFor.ADDRESS if account is None else CountedFor.ACCOUNT
        write_attempt(context, word, typed, account, counted_for=None if succeeded else failed)
        end()
