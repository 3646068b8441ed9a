"""To the provider and back, to sign in; linking an identity goes the same way."""

from __future__ import annotations

import secrets
from typing import Any, cast

from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from requests import RequestException

from products.actions.identities import ProvedIdentity, sign_in_by_provider
from products.admin.entering import by_provider, complete_sign_in
from products.admin.sign_in import context_at_door
from products.admin.sso.discovery import DISCOVERY
from products.admin.sso.linking import to_confirmation
from products.admin.sso.provider import SCOPES, Conversation
from products.admin.sso.refusing import (
    NOT_BEGUN,
    NOT_CONFIRMED,
    OPENS_NOTHING,
    SILENT,
    UNPROVED,
    RefusedError,
    refused,
)
from products.admin.sso.tokens import UnprovedError

SIGN_IN, LINK = "sign_in", "link"


@never_cache
@require_GET
def start(request: HttpRequest) -> HttpResponse:
    """To the provider, to sign in."""
    return _to_provider(request, {"purpose": SIGN_IN}, request.GET.get("next", ""))


@never_cache
@require_GET
def link(request: HttpRequest) -> HttpResponse:
    """To the provider, so that it proves the identity which the person wants to link."""
    return _to_provider(request, {"purpose": LINK, "account": str(request.user.pk)})


@never_cache
@require_GET
def callback(request: HttpRequest) -> HttpResponse:
    """Back from the provider: whatever does not fit what began in this session is refused."""
    try:
        state = _state_of(request)
        proved = _proved(request, state)
        if state["data"]["purpose"] == LINK:
            return to_confirmation(request, proved, state["data"]["account"])
        return _signed_in(request, proved, state.get("next", ""))
    except RefusedError as error:
        return refused(request, error)


def _to_provider(request: HttpRequest, data: dict[str, str], then: str = "") -> HttpResponse:
    if request.headers.get("Sec-Fetch-Site", "none") not in {"none", "same-origin"}:
        # Another site sent the browser here: the person begins here, or not at all.
        return HttpResponseRedirect(reverse("admin:login"))
    nonce = secrets.token_urlsafe(32)
    asked: dict[str, str | int] = {"nonce": nonce}
    if settings.SSO_MAX_AGE_MINUTES:
        asked["max_age"] = settings.SSO_MAX_AGE_MINUTES * 60
    try:
        return cast(
            "HttpResponse",
            get_adapter(request)
            .get_provider(request)
            .redirect(
                request,
                process="login",
                next_url=then if _is_here(request, then) else None,
                data={**data, "nonce": nonce},
                scope=SCOPES,
                auth_params=asked,
            ),
        )
    except (RequestException, UnprovedError) as error:
        return refused(request, RefusedError(SILENT, f"{type(error).__name__}: {error}"))


def _state_of(request: HttpRequest) -> dict[str, Any]:
    """What this session kept when it sent the browser to the provider; it is kept no longer."""
    provider = get_adapter(request).get_provider(request)
    try:
        state = provider.unstash_redirect_state(request, request.GET.get("state", ""))
    except PermissionDenied as error:
        raise RefusedError(NOT_BEGUN, "the session has no such state") from error
    return cast("dict[str, Any]", state)


def _proved(request: HttpRequest, state: dict[str, Any]) -> ProvedIdentity:
    if request.GET.get("iss", settings.SSO_ISSUER) != settings.SSO_ISSUER:  # RFC 9207
        raise RefusedError(UNPROVED, "another issuer answered")
    if "code" not in request.GET or "error" in request.GET:
        raise RefusedError(NOT_CONFIRMED, "the provider sent no code")
    try:
        return Conversation(request, "sso").prove(state)
    except (RequestException, OAuth2Error, UnprovedError) as error:
        DISCOVERY.forget()
        raise _why(error) from error


def _why(error: Exception) -> RefusedError:
    if isinstance(error, RequestException):
        return RefusedError(SILENT, f"{type(error).__name__}: {error}")
    if isinstance(error, OAuth2Error):
        return RefusedError(UNPROVED, "the provider refused the code")
    return RefusedError(UNPROVED, str(error))


def _signed_in(request: HttpRequest, proved: ProvedIdentity, then: str) -> HttpResponse:
    link = sign_in_by_provider(context_at_door(request), proved)
    if link is None:
        raise RefusedError(OPENS_NOTHING, "the identity opens no account")
    here = then or reverse("admin:index")
    return complete_sign_in(request, link.user, by_provider(link), here)


def _is_here(request: HttpRequest, address: str) -> bool:
    return url_has_allowed_host_and_scheme(
        address, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
