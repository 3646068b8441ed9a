"""Actions on API tokens: the secret is shown once, only its digest is kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from knox.models import get_digest_token
from knox.settings import CONSTANTS

from products.actions.base import Context, action
from products.actions.checks import check_word
from products.actions.lookups import find_account, find_product
from products.actions.people import WRITING, roles_of
from products.actions.records import insert
from products.actions.signing import confirm_factor, refuse_while_locked
from products.domain.accounts import TokenKind, TokenScope
from products.domain.errors import (
    InvalidValueError,
    NotPermittedError,
    UnknownReferenceError,
    WrongStatusError,
)
from products.domain.roles import Permission, permissions_of
from products.models import ApiToken, User

LONGEST_DAYS = 365
MOST_PRODUCTS = 50


def issue_token(
    context: Context,
    *,
    kind: str,
    scope: str,
    purpose: str,
    days: int,
    username: str | None = None,
    products: Sequence[str] = (),
) -> tuple[ApiToken, str]:
    """A new token and its secret, which nobody can read again.

    Everybody issues personal tokens for oneself (``username`` None). An administrator issues
    service tokens, and personal tokens of scope read for others. An account whose roles only read
    gets no token that writes. One that is bound to ``products`` (codes; none: it is not bound)
    reads, and of records only those of these products. Who has a second factor gives it, in a
    transaction of its own first.

    Raises:
        UnknownReferenceError: there is no such account, or no such product.
        InvalidValueError: an unknown kind or scope, days outside 1 to 365, more than 50 products,
            or products of a token that writes.
        NotPermittedError: not for this account, not by this person, or not of this scope.
        SignatureRefusedError: the actor's account is locked (``account_locked``), or the second
            factor is missing or wrong.
    """
    confirm_factor(context)
    return _issue_token(
        context,
        kind=kind,
        scope=scope,
        purpose=purpose,
        days=days,
        username=username,
        products=products,
    )


@action("token.issue", permission=None)
def _issue_token(
    context: Context,
    *,
    kind: str,
    scope: str,
    purpose: str,
    days: int,
    username: str | None,
    products: Sequence[str],
) -> tuple[ApiToken, str]:
    asked, reach = check_word(TokenKind, kind, "kind"), check_word(TokenScope, scope, "scope")
    refuse_while_locked(context, "No token was issued.")
    owner = context.actor if username is None else find_account(username)
    if not 1 <= days <= LONGEST_DAYS:
        raise InvalidValueError(f"A token lasts 1 to {LONGEST_DAYS} days.", field="days")
    _check_may_issue(context, owner, asked, reach)
    bound_to = _bound_to(products, reach)
    digest, secret = get_digest_token()
    token = ApiToken(
        digest=digest,
        token_key=secret[: CONSTANTS.TOKEN_KEY_LENGTH],
        user=owner,
        created=context.at,
        expiry=context.at + timedelta(days=days),
        scope=reach,
        kind=asked,
        purpose=purpose.strip(),
        issued_by=context.actor,
        products=bound_to,
    )
    insert(token)
    return token, secret


@action("token.revoke", permission=None)
def revoke_token(context: Context, *, token_key: str) -> ApiToken:
    """Revoke a token at once: one's own, or as an administrator anybody's.

    Raises:
        UnknownReferenceError: there is no such token.
        NotPermittedError: it is another person's.
        WrongStatusError: it was revoked already.
    """
    token = (
        ApiToken.objects.select_for_update(no_key=True, of=("self",))
        .filter(token_key=token_key)
        .select_related("user")
        .first()
    )
    if token is None:
        raise UnknownReferenceError(f"There is no token {token_key!r}.", field="token_key")
    if token.user_id != context.actor.pk and not _administers(context.actor):
        raise NotPermittedError("Only its owner or an administrator revokes a token.")
    if token.revoked_at is not None:
        raise WrongStatusError(f"The token {token_key} was revoked already.")
    token.revoked_at = context.at
    token.save(update_fields=["revoked_at"])
    return token


def _check_may_issue(context: Context, owner: User, kind: TokenKind, scope: TokenScope) -> None:
    if not owner.is_active:
        raise NotPermittedError(f"The account {owner.username} is inactive and gets no token.")
    is_own = owner.pk == context.actor.pk
    if not (is_own and kind is TokenKind.PERSONAL) and not _administers(context.actor):
        raise NotPermittedError(
            "Only an administrator issues service tokens, or tokens for another account."
        )
    if scope is TokenScope.READ:
        return
    if not is_own and kind is TokenKind.PERSONAL:
        raise NotPermittedError(
            "A personal token that writes acts as its owner: only the owner issues it."
        )
    if not roles_of(owner) & WRITING:
        raise NotPermittedError(
            f"The account {owner.username} has no role that records anything: its tokens only read."
        )


def _bound_to(products: Sequence[str], scope: TokenScope) -> list[str] | None:
    """The codes as they are registered; None for a token that is not bound."""
    if not products:
        return None
    if len(products) > MOST_PRODUCTS:
        raise InvalidValueError(
            f"A token is bound to at most {MOST_PRODUCTS} products.", field="products"
        )
    if scope is not TokenScope.READ:
        raise InvalidValueError(
            "A token that is bound to products only reads: issue it with scope read, or without "
            "products.",
            field="scope",
        )
    return sorted({find_product(code, "products").code for code in products})


def _administers(actor: User) -> bool:
    return Permission.ISSUE_TOKEN in permissions_of(roles_of(actor))
