"""Who asks: the account, its roles and its token, and how often."""

from __future__ import annotations

from django.conf import settings
from django.utils import timezone
from rest_framework.exceptions import Throttled
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.views import APIView

from products.actions.base import Context
from products.api.errors import request_id_of
from products.api.quotas import QUOTAS
from products.domain.accounts import TokenKind, TokenScope
from products.domain.errors import NotPermittedError
from products.domain.roles import Permission, permissions_of
from products.models import ApiToken, User
from products.queries.people import roles_of

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class HasScope(BasePermission):
    """A token of scope read changes nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        if request.method not in READS and token_of(request).scope != TokenScope.WRITE:
            raise NotPermittedError(
                "This token may only read. Use a token of scope write.", code="scope"
            )
        return True


class MayRead(BasePermission):
    """Every role reads; an account without a role sees nothing."""

    def has_permission(self, request: Request, view: APIView) -> bool:
        actor = actor_of(request)
        if Permission.READ not in permissions_of(roles_in(request)):
            raise NotPermittedError(
                f"{actor.username} has no role that may read. An administrator grants roles."
            )
        return True


def take_of_quota(request: Request) -> None:
    """Raises Throttled when the account has sent as many requests as are answered."""
    account = actor_of(request)
    left = QUOTAS.take(account.pk, settings.API_REQUESTS_PER_MINUTE)
    request.quota_headers = left.headers  # type: ignore[attr-defined]  # put on the answer
    if not left.is_allowed:
        raise Throttled(
            left.reset_in,
            f"{account.username} has sent as many requests as are answered within a minute "
            f"({left.quota}).",
        )


def actor_of(request: Request) -> User:
    assert isinstance(request.user, User)
    return request.user


def roles_in(request: Request) -> list[str]:
    """The roles of who asks, looked up once a request."""
    known: list[str] | None = getattr(request, "exolot_roles", None)
    if known is None:
        known = request.exolot_roles = roles_of(actor_of(request).pk)  # type: ignore[attr-defined]  # kept for the request
    return known


def token_of(request: Request) -> ApiToken:
    assert isinstance(request.auth, ApiToken)
    return request.auth


def context_from(
    request: Request, *, reason: str = "", password: str = "", second_factor: str = ""
) -> Context:
    return Context(
        actor=actor_of(request),
        reason=reason,
        at=timezone.now(),
        request_id=request_id_of(request),
        address=request.META.get("REMOTE_ADDR", ""),
        user_agent=request.headers.get("User-Agent", "")[:200],
        password=password,
        second_factor=second_factor,
        may_sign=token_of(request).kind == TokenKind.PERSONAL,
    )
