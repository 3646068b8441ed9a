"""The door: every attempt to sign in is recorded, whether it succeeds or not."""

from __future__ import annotations

from typing import Any

from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils import timezone

from products.actions.base import Context
from products.actions.sign_in import sign_in
from products.admin.requests import address_of
from products.domain.accounts import SYSTEM_ACCOUNT
from products.domain.passkeys import PasskeyAnswer
from products.models import User

REFUSED = (
    "Signing in was refused: the account name or the password is wrong, or the account is closed "
    "or locked for a while after several wrong passwords. The attempt is recorded."
)


class SignInForm(AdminAuthenticationForm):
    error_messages = {"invalid_login": REFUSED, "inactive": REFUSED}

    def __init__(self, request: HttpRequest | None = None, *args: Any, **kwargs: Any) -> None:
        super().__init__(request, *args, **kwargs)
        self.label_suffix = ""
        self.fields["username"].label = "Account"
        self.use_required_attribute = False

    def clean(self) -> dict[str, Any]:
        username = self.cleaned_data.get("username")
        password = self.cleaned_data.get("password")
        if username and password:
            assert self.request is not None
            context = context_at_door(self.request)
            found = sign_in(context, self.request, username=username, password=password)
            if found is None:
                raise self.get_invalid_login_error()
            self.user_cache = found
        return self.cleaned_data


def context_at_door(
    request: HttpRequest, *, second_factor: str = "", passkey: PasskeyAnswer | None = None
) -> Context:
    """Who stands at the door is not known yet: the system is the actor."""
    return Context(
        actor=User.objects.get(username=SYSTEM_ACCOUNT),
        reason="",
        at=timezone.now(),
        request_id="",
        address=address_of(request),
        user_agent=request.headers.get("User-Agent", ""),
        second_factor=second_factor,
        passkey=passkey,
    )
