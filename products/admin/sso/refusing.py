"""What a person is told whom the provider did not bring in."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse

from products.actions.identities import record_unproved
from products.admin.sign_in import context_at_door

logger = logging.getLogger(__name__)

NOT_BEGUN = (
    "This sign-in did not begin in this browser, was finished before, or took longer than ten "
    "minutes. Begin again."
)
SILENT = (
    "{name} does not answer as it should. Sign in with your account and password, or try again "
    "later."
)
NOT_CONFIRMED = (
    "{name} did not confirm who you are. Try again, or sign in with your account and password."
)
UNPROVED = (
    "The answer of {name} does not prove who you are. The attempt is recorded. If it happens "
    "again, tell an administrator; sign in with your account and password."
)
OPENS_NOTHING = (
    "Signing in was refused: the identity at {name} is linked to no account here, or the account "
    "is closed or locked for a while. The attempt is recorded. Sign in with your account and "
    "password; a new identity is linked under Linked identities."
)
STATUS = {SILENT: 503}


class RefusedError(Exception):
    """``text`` is for the person; the message is for the server's log and quotes no token."""

    def __init__(self, text: str, why: str) -> None:
        super().__init__(why)
        self.text = text


def refused(request: HttpRequest, error: RefusedError) -> HttpResponse:
    logger.warning("Sign-in through the provider refused: %s.", error)
    if error.text == UNPROVED:
        record_unproved(context_at_door(request))
    name = settings.SSO_NAME
    return TemplateResponse(
        request,
        "admin/exolot/sso_refused.html",
        {"name": name, "text": error.text.format(name=name)},
        status=STATUS.get(error.text, 403),
    )
