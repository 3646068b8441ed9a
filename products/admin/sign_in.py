"""The door: every attempt to sign in is recorded, whether it succeeds or not."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib.admin.forms import AdminAuthenticationForm
from django.http import HttpRequest
from django.utils import timezone

from products.actions.accounts import record_sign_in
from products.actions.base import Context
from products.admin.requests import address_of
from products.domain.accounts import SYSTEM_ACCOUNT, SignInKind
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

    def confirm_login_allowed(self, user: Any) -> None:
        if not user.is_active or not user.is_staff or user.locked_at is not None:
            raise self.get_invalid_login_error()

    def clean(self) -> dict[str, Any]:
        try:
            cleaned = super().clean()
        except forms.ValidationError:
            self._record(succeeded=False)
            raise
        if self.user_cache is not None:
            self._record(succeeded=True)
        return cleaned

    def _record(self, *, succeeded: bool) -> None:
        """Who stands at the door is not known yet: the system is the actor."""
        assert self.request is not None
        context = Context(
            actor=User.objects.get(username=SYSTEM_ACCOUNT),
            reason="",
            at=timezone.now(),
            request_id="",
            address=address_of(self.request),
            user_agent=self.request.headers.get("User-Agent", ""),
        )
        record_sign_in(
            context,
            kind=SignInKind.SIGN_IN,
            username=self.cleaned_data.get("username", ""),
            succeeded=succeeded,
        )
