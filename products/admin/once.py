"""A form is carried out once: the token that it carries, and the outcome that it had."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, cast

from django import forms
from django.http import HttpRequest

from products.actions.once import Answer, Once, close_request, open_request

if TYPE_CHECKING:
    from products.admin.forms import ActionForm
    from products.models import User

TOKEN = "once"  # noqa: S105  # the name of a field
CARRIED_OUT = 303


def new_token() -> str:
    return secrets.token_hex(16)


@contextmanager
def carried_out_once(
    request: HttpRequest, form: ActionForm, *, is_signed: bool
) -> Iterator[Once | Answer | None]:
    """The sent form as a request to be carried out once, or the outcome that it had before.

    The second of two clicks waits for the first. None for an unsigned form without a token.

    Raises:
        ConflictError, InvalidValueError: as of `open_request`.
    """
    token = form.cleaned_data.pop(TOKEN, "")
    if not token and not is_signed:
        yield None
        return
    key = f"form {token}" if token else ""
    asked = open_request(cast("User", request.user), key, _sha256_of(request, form), waits=True)
    try:
        yield asked
    finally:
        if isinstance(asked, Once):
            close_request(asked)


def outcome_of(url: str, message: str) -> Answer:
    return Answer(CARRIED_OUT, {"Location": url}, message)


def _sha256_of(request: HttpRequest, form: ActionForm) -> str:
    """Of the page and what was typed, but for passwords, factors and what proves the browser."""
    left_out = {"csrfmiddlewaretoken", TOKEN} | {
        form.add_prefix(name)
        for name, field in form.fields.items()
        if isinstance(field.widget, forms.PasswordInput) or getattr(field, "is_secret", False)
    }
    typed = [(name, values) for name, values in request.POST.lists() if name not in left_out]
    files = []
    for name, sent in request.FILES.lists():
        for file in sent:
            files.append((name, file.name, hashlib.sha256(file.read()).hexdigest()))
            file.seek(0)
    text = json.dumps([request.path, sorted(typed), sorted(files)])
    return hashlib.sha256(text.encode()).hexdigest()
