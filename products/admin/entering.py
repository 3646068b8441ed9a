"""Who has proved who they are gets a session, or is asked for the second factor of the account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.contrib import messages
from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils import timezone

from products.domain.accounts import SignInMethod
from products.models import IdentityLink, User
from products.queries.factors import kinds_held, news_of
from products.queries.identities import is_in_force

SIGNED_IN_BY = "exolot.signed_in_by"
LINK = "exolot.signed_in_link"
HALF = "exolot.half_signed_in"
HALF_LASTS = timedelta(minutes=10)
BACKEND = "django.contrib.auth.backends.ModelBackend"
_OPEN = "exolot.is_still_open"


@dataclass(frozen=True, slots=True)
class Way:
    """How somebody comes in; ``link`` is the id of the one that opened, empty for a password."""

    method: SignInMethod = SignInMethod.PASSWORD
    link: str = ""

    @property
    def is_open(self) -> bool:
        """An undone link opens nothing any more, nor does one of another provider."""
        return self.method is SignInMethod.PASSWORD or (bool(self.link) and is_in_force(self.link))


BY_PASSWORD = Way()


def by_provider(link: IdentityLink) -> Way:
    return Way(SignInMethod.PROVIDER, str(link.pk))


def complete_sign_in(request: HttpRequest, account: User, way: Way, then: str) -> HttpResponse:
    """Open the session of ``account``, or ask for the second factor of an account that has one.

    Under a new key, and without what another account left. Between the two steps nobody is signed
    in: the session remembers for ten minutes who came so far. ``then`` is the address on this site
    to go to.
    """
    if not kinds_held(account.pk):
        sign_in_to(request, account, way)
        return HttpResponseRedirect(then)
    request.session.cycle_key()
    request.session[HALF] = {
        "account": str(account.pk),
        "at": timezone.now().isoformat(),
        "method": way.method.value,
        "link": way.link,
        "password": account.get_session_auth_hash(),
        "next": then,
    }
    return HttpResponseRedirect(reverse("admin:second_step"))


def half_signed_in(request: HttpRequest) -> tuple[User, Way] | None:
    """The account that took the first step in this session, less than ten minutes ago, and how."""
    half = request.session.get(HALF)
    if half is None or timezone.now() - datetime.fromisoformat(half["at"]) > HALF_LASTS:
        return None
    account = User.objects.filter(pk=half["account"]).first()
    if account is None or account.get_session_auth_hash() != half["password"]:
        return None
    way = Way(SignInMethod(half["method"]), half.get("link", ""))
    return (account, way) if way.is_open else None


def sign_in_to(request: HttpRequest, account: User, way: Way) -> None:
    """Open the session, and tell what happened to the account's factors since the last one."""
    login(request, account, backend=BACKEND)
    request.session[SIGNED_IN_BY] = way.method.value
    request.session[LINK] = way.link
    for said in news_of(account):
        messages.warning(request, f"Since you last signed in: {said}")


def signed_in_by(request: HttpRequest) -> SignInMethod | None:
    """How the session came about; None where nothing is noted."""
    noted = request.session.get(SIGNED_IN_BY)
    return SignInMethod(noted) if noted else None


def is_still_open(request: HttpRequest) -> bool:
    """Whether the way that the session was opened by is open still; asked once per request."""
    kept = request.META.get(_OPEN)
    if kept is None:
        method = signed_in_by(request) or SignInMethod.PASSWORD
        kept = Way(method, request.session.get(LINK, "")).is_open
        request.META[_OPEN] = kept
    return bool(kept)
