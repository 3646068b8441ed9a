"""What a form asks of the signer's second factor: a code, or the answer of a passkey."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from products.domain.factors import FactorKind
from products.domain.passkeys import PasskeyAnswer, Purpose, proof_options
from products.models import User
from products.queries.factors import challenge_for, signing_factors

CODE = "second_factor"
PASSKEY = "passkey"
MISSING = (
    "Every signature here needs a second factor, and you have enrolled none: do it on the page "
    "Your second factor, under You."
)


class OneTimeInput(forms.TextInput):
    """Never shown again once it was sent."""

    def __init__(self, attrs: Mapping[str, Any] | None = None) -> None:
        super().__init__({"autocomplete": "one-time-code", "spellcheck": "false", **(attrs or {})})

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class PasskeyInput(forms.HiddenInput):
    """Filled by the script of the page, and never shown again."""

    def get_context(self, name: str, value: Any, attrs: dict[str, Any] | None) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


@dataclass(frozen=True, slots=True)
class Asked:
    """``options`` is what the browser asks the passkeys of the account, empty when it has none."""

    has_code: bool
    options: str
    note: str = ""

    def fields(self) -> dict[str, forms.Field]:
        found: dict[str, forms.Field] = {}
        if self.has_code:
            found[CODE] = code_field(
                "The six digits that your authenticator app shows now."
                if not self.options
                else "The six digits that your authenticator app shows now; or use your passkey."
            )
        if self.options:
            found[PASSKEY] = passkey_field()
        return found


def code_field(help_text: str, label: str = "Code of your app") -> forms.Field:
    field = forms.CharField(
        label=label,
        help_text=help_text,
        required=False,
        max_length=100,
        widget=OneTimeInput({"inputmode": "numeric"}),
    )
    field.is_secret = True  # type: ignore[attr-defined]  # read where a form is carried out once
    return field


def passkey_field() -> forms.Field:
    field = forms.CharField(required=False, widget=PasskeyInput())
    field.is_secret = True  # type: ignore[attr-defined]  # as above
    return field


def asked_of(request: HttpRequest, account: User, *, signs: bool) -> Asked | None:
    """What to ask of the account; None when nothing is. ``signs``: for an electronic signature."""
    held = signing_factors(account.pk)
    if not held:
        demanded = signs and settings.SIGNERS_NEED_SECOND_FACTOR
        return Asked(has_code=False, options="", note=MISSING) if demanded else None
    passkeys = [one.credential_id for one in held if one.kind == FactorKind.PASSKEY]
    return Asked(
        has_code=any(one.kind == FactorKind.TOTP for one in held),
        options=_options(request, account, passkeys) if passkeys else "",
    )


def answer_in(request: HttpRequest, typed: str) -> PasskeyAnswer | None:
    """What a browser answered, with the host that it was asked by."""
    return PasskeyAnswer(typed, host_of(request)) if typed else None


def host_of(request: HttpRequest) -> str:
    """The name of the server as passkeys are bound to it: without the port."""
    return request.get_host().split(":")[0]


def _options(request: HttpRequest, account: User, passkeys: list[str]) -> str:
    challenge = challenge_for(account.pk, Purpose.PROVE, timezone.now())
    return json.dumps(proof_options(challenge, host_of(request), passkeys))
