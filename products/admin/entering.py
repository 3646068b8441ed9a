"""Who has proved who they are gets a session."""

from __future__ import annotations

from django.contrib.auth import login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect

from products.domain.accounts import SignInMethod
from products.models import User

SIGNED_IN_BY = "exolot.signed_in_by"
_BACKEND = "django.contrib.auth.backends.ModelBackend"


def complete_sign_in(
    request: HttpRequest, account: User, method: SignInMethod, then: str
) -> HttpResponse:
    """Open the session of ``account``, under a new key and without what another account left.

    ``then`` is the address on this site to go to.
    """
    login(request, account, backend=_BACKEND)
    request.session[SIGNED_IN_BY] = method.value
    return HttpResponseRedirect(then)


def signed_in_by(request: HttpRequest) -> SignInMethod | None:
    """How the session came about; None where nothing is noted."""
    noted = request.session.get(SIGNED_IN_BY)
    return SignInMethod(noted) if noted else None
