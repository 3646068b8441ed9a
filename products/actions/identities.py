"""Actions on identities at a provider: which of them opens which account, and the door itself.

A provider only opens the door. It makes no account, gives no role and signs nothing: that asks for
the account's own password (21 CFR 11.200(a)(1)).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.db import transaction

from products.actions.account_rows import account_known, account_locked
from products.actions.base import Context, action
from products.actions.naming import begin, end
from products.actions.proving import printable, write_attempt
from products.actions.records import insert_once
from products.actions.signing import confirm_password
from products.domain.accounts import CountedFor, SignInKind, SignInMethod
from products.domain.errors import (
    DuplicateError,
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.factors import FactorRule
from products.domain.roles import Permission, permissions_of
from products.models import IdentityLink, IdentityUnlink, User
from products.queries.factors import kinds_held
from products.queries.identities import identity_links, link_of_account, link_of_identity
from products.queries.lockouts import lock_of
from products.queries.people import is_expired, roles_of


@dataclass(frozen=True, slots=True)
class ProvedIdentity:
    """Whom a provider named in a token that was checked.

    ``shown_as`` is what it calls the person: shown, and never compared with anything.
    """

    issuer: str
    subject: str
    shown_as: str = ""


def sign_in_by_provider(context: Context, proved: ProvedIdentity) -> IdentityLink | None:
    """The link by which the identity opens its account, or None; recorded either way.

    What it opens is open only as long as `is_in_force` says so of the link.

    The provider stands for the password: an account that has a second factor is inside only after
    `sign_in_fully`.
    Refused like a right password: an account that is closed, locked, expired or not of the
    staff. The attempt counts for nothing: nobody guesses an identity.
    """
    with transaction.atomic(durable=True):
        begin(f"account.{SignInKind.SIGN_IN.value}", context)
        link = link_of_identity(proved.issuer, proved.subject)
        account = account_known(link.user_id) if link else None
        # Asked again under the lock: the link may have been undone in the meantime.
        opens = (
            account is not None
            and _is_open(account, context)
            and link_of_identity(proved.issuer, proved.subject) == link
        )
        is_half = account is not None and opens and bool(kinds_held(account.pk))
        write_attempt(
            context,
            SignInKind.PASSWORD if is_half else SignInKind.SIGN_IN,
            account.username if account else printable(proved.subject),
            account,
            counted_for=None if opens else CountedFor.NOTHING,
            method=SignInMethod.PROVIDER,
        )
        end()
    return link if opens else None


def record_unproved(context: Context) -> None:
    """Write an attempt in which the provider's answer proved nobody."""
    with transaction.atomic(durable=True):
        begin(f"account.{SignInKind.SIGN_IN.value}", context)
        write_attempt(
            context,
            SignInKind.SIGN_IN,
            "",
            None,
            counted_for=CountedFor.NOTHING,
            method=SignInMethod.PROVIDER,
        )
        end()


@action("identity.link", permission=Permission.ADMINISTER)
def link_identity(context: Context, *, username: str, issuer: str, subject: str) -> IdentityLink:
    """Have an identity open another person's account, for the reason of the context.

    Raises:
        UnknownReferenceError: there is no such account.
        InvalidValueError: no reason, no issuer or no subject.
        NotPermittedError: the account is of the actor's own person, or of nobody.
        DuplicateError: the identity opens an account already.
        WrongStatusError: another identity of the issuer opens the account already.
    """
    _require_reason(context, "an identity is linked")
    account = account_locked(username)
    if account.person is None:
        raise NotPermittedError("The account belongs to no person: nobody signs in with it.")
    if account.person == context.actor.person:
        raise NotPermittedError(
            f"{account.username} is an account of your own. Sign in with it and link the identity "
            "there, or ask another administrator."
        )
    return _link(context, account, ProvedIdentity(issuer.strip(), subject.strip()))


def link_own_identity(context: Context, proved: ProvedIdentity) -> IdentityLink:
    """Have the identity that the actor has just proved open the actor's account.

    The password, and the second factor of who has one, are confirmed first, in a transaction of
    their own: a wrong one stays recorded and counts.

    Raises:
        SignatureRefusedError: as of `confirm_password`.
        DuplicateError: the identity opens an account already.
        WrongStatusError: another identity of the issuer opens the account already.
    """
    confirm_password(replace(context, reason="Own identity"), FactorRule.IF_HELD)
    return _link_own(context, proved)


@action("identity.link_own", permission=None)
def _link_own(context: Context, proved: ProvedIdentity) -> IdentityLink:
    return _link(context, account_known(context.actor.pk), proved)


@action("identity.unlink", permission=None)
def unlink_identity(context: Context, *, link: UUID) -> IdentityUnlink:
    """Undo a link: of one's own account, or as an administrator of anybody's.

    At once: sessions that it opened end with it.

    Raises:
        UnknownReferenceError: there is no such link.
        InvalidValueError: no reason.
        NotPermittedError: it is of another person's account.
        DuplicateError: it was undone already.
    """
    found = identity_links().filter(pk=link).first()
    if found is None:
        raise UnknownReferenceError(f"There is no linked identity with id {link}.", field="link")
    if found.user_id != context.actor.pk and not _administers(context.actor):
        raise NotPermittedError("Only its owner or an administrator undoes a link.")
    _require_reason(context, "a link is undone")
    account_known(found.user_id)
    row = IdentityUnlink(link=found, reason=context.reason, recorded_by=context.actor)
    insert_once(
        row,
        IdentityUnlink.objects.filter(link=found).select_related("recorded_by__person"),
        lambda taken: (
            f"The link of {found.user.username} was undone already, by "
            f"{taken.recorded_by.printed_name}."
        ),
        "link",
    )
    return row


def _link(context: Context, account: User, proved: ProvedIdentity) -> IdentityLink:
    """``account`` is locked, so that it gets one identity of an issuer at a time."""
    _refuse_linked(proved)
    held = link_of_account(account, proved.issuer)
    if held is not None:
        raise WrongStatusError(
            f"The account {account.username} is opened by {held.subject} at {held.issuer} already. "
            "Undo that link first."
        )
    same = IdentityLink.objects.filter(issuer=proved.issuer, subject=proved.subject)
    number = same.count() + 1
    row = IdentityLink(
        user=account,
        issuer=proved.issuer,
        subject=proved.subject,
        number=number,
        shown_as=printable(proved.shown_as)[:200],
        reason=context.reason,
        recorded_by=context.actor,
    )
    insert_once(
        row,
        same.filter(number=number).select_related("user"),
        lambda taken: _opens_already(proved, taken.user),
        "subject",
    )
    return row


def _refuse_linked(proved: ProvedIdentity) -> None:
    taken = link_of_identity(proved.issuer, proved.subject)
    if taken is not None:
        raise DuplicateError(_opens_already(proved, taken.user), field="subject")


def _opens_already(proved: ProvedIdentity, account: User) -> str:
    return (
        f"{proved.subject} at {proved.issuer} opens the account {account.username} already. Undo "
        "that link first."
    )


def _require_reason(context: Context, when: str) -> None:
    if not context.reason.strip():
        raise InvalidValueError(
            f"State the reason why {when}.", field="reason", code="reason_missing"
        )


def _is_open(account: User, context: Context) -> bool:
    return (
        account.is_active
        and account.is_staff
        and account.locked_at is None
        and not is_expired(account, context.at)
        and lock_of(account, context.at) is None
    )


def _administers(actor: User) -> bool:
    return Permission.ADMINISTER in permissions_of(roles_of(actor.pk))
