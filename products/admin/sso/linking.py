"""Linking one's own identity: the provider proves it, the own password agrees."""

from __future__ import annotations

import time
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from products.actions.base import Context
from products.actions.identities import ProvedIdentity, link_own_identity
from products.admin.forms import ActionForm, Confirms
from products.admin.identities import ONLY_THE_DOOR
from products.admin.pages import ActionPage, Crumb, Done, answer
from products.admin.site import site
from products.admin.sso.refusing import NOT_BEGUN, RefusedError

KEPT = "exolot.proved_identity"
KEPT_FOR_SECONDS = 600


class ConfirmForm(ActionForm):
    confirms = Confirms.BOTH


def to_confirmation(request: HttpRequest, proved: ProvedIdentity, account: str) -> HttpResponse:
    """Keep what was proved for a while, for the person who began."""
    if str(request.user.pk) != account:
        raise RefusedError(NOT_BEGUN, "another account is signed in than began")
    request.session[KEPT] = {
        "account": account,
        "subject": proved.subject,
        "shown_as": proved.shown_as,
        "at": time.time(),
    }
    return HttpResponseRedirect(reverse("sso:confirm"))


@never_cache
def confirm(request: HttpRequest) -> HttpResponse:
    """The person sees which identity was proved, and links it with the own password."""
    proved = _kept_in(request)
    listed = reverse("admin:products_identitylink_changelist")
    if proved is None:
        messages.warning(request, f"Let {settings.SSO_NAME} confirm your identity first.")
        return HttpResponseRedirect(listed)

    def perform(context: Context, typed: dict[str, Any]) -> Done:
        row = link_own_identity(context, proved)
        del request.session[KEPT]
        return Done(
            reverse("admin:products_identitylink_change", args=[row.pk]),
            f"{settings.SSO_NAME} now opens the account {row.user.username}.",
        )

    page = ActionPage(
        action="identity.link_own",
        title=f"Link your identity at {settings.SSO_NAME}",
        form_class=ConfirmForm,
        perform=perform,
        submit="Link this identity",
        intro=f"{settings.SSO_NAME} says that you are {_named(proved)}. If that is not you, "
        "somebody else is signed in there in this browser: sign out there first. "
        "Your password below is that of your account here. "
        f"{ONLY_THE_DOOR}",
        back=listed,
        crumbs=(Crumb("Linked identities", listed),),
        shown=lambda: {"own_account": True},
    )
    return answer(site, request, page)


def _kept_in(request: HttpRequest) -> ProvedIdentity | None:
    kept = request.session.get(KEPT)
    if (
        not kept
        or kept["account"] != str(request.user.pk)
        or time.time() - kept["at"] > KEPT_FOR_SECONDS
    ):
        return None
    return ProvedIdentity(settings.SSO_ISSUER, kept["subject"], kept["shown_as"])


def _named(proved: ProvedIdentity) -> str:
    if not proved.shown_as:
        return proved.subject
    return f"{proved.shown_as} (subject {proved.subject})"
