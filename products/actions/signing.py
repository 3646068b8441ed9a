"""Electronic signatures: the password first, then what was shown is bound to the signature."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.http import HttpRequest

from products.actions.proving import prove
from products.domain.accounts import LOCK_AFTER, SignInKind
from products.domain.canonical import sha256_hex
from products.domain.errors import InvalidValueError, SignatureRefusedError
from products.domain.signatures import signed_document
from products.models import Signature
from products.queries.lockouts import lock_of

if TYPE_CHECKING:
    from products.actions.base import Context


def confirm_password(context: Context) -> None:
    """Check that the actor typed the actor's own password, and record the attempt.

    Its own transaction, before the action's: a refusal stays recorded and counted
    (21 CFR 11.200(a)(1), 11.300(d)).

    Raises:
        SignatureRefusedError: no password, the wrong one, or an account that may not sign.
        InvalidValueError: no reason was given for what is to be signed.
    """
    actor = context.actor
    if not context.may_sign or actor.person is None:
        raise SignatureRefusedError(
            f"{actor.username} acts with a service token and cannot sign. Use a personal token."
        )
    if not context.reason.strip():
        raise InvalidValueError(
            "A signature needs a reason. State why you sign.", field="reason", code="reason_missing"
        )
    found = prove(
        context,
        _bare_request(context),
        kind=SignInKind.SIGNATURE,
        username=actor.username,
        password=context.password,
    )
    if found is None or found.pk != actor.pk:
        refuse_while_locked(context, "Nothing was signed; the attempt is recorded.")
        raise SignatureRefusedError(
            f"The password is not that of {actor.username}. Nothing was signed; the attempt is "
            f"recorded, and after {LOCK_AFTER} wrong ones the account is locked.",
            field="password",
        )


def refuse_while_locked(context: Context, and_so: str) -> None:
    """Raises SignatureRefusedError (``account_locked``) while the actor's account is locked."""
    lock = lock_of(context.actor, context.at)
    if lock is not None:
        raise SignatureRefusedError(
            f"The account {context.actor.username} is locked until {lock.until:%Y-%m-%d %H:%M} UTC "
            f"after {lock.failures} wrong passwords in a row. {and_so} An administrator sees it.",
            field="password",
            code="account_locked",
        )


def sign(
    context: Context,
    *,
    record_kind: str,
    record_id: uuid.UUID,
    meaning: str,
    zone: str,
    content: dict[str, object],
) -> Signature:
    """Bind the actor's signature to ``content``, all that the signer was shown.

    Raises:
        SignatureRefusedError: called from an action that did not confirm the password.
    """
    person = context.actor.person
    if not context.confirmed or person is None:
        raise SignatureRefusedError("This action did not confirm the signer's password.")
    document = signed_document(
        meaning=meaning,
        reason=context.reason,
        record_kind=record_kind,
        record_id=record_id,
        shown={
            "signer": {"account": context.actor.username, "printed_name": person.printed_name},
            **content,
        },
    )
    return Signature.objects.create(
        user=context.actor,
        person=person,
        printed_name=person.printed_name,
        meaning=meaning,
        reason=context.reason,
        zone=zone,
        record_kind=record_kind,
        record_id=record_id,
        content=document,
        content_sha256=sha256_hex(document),
    )


def _bare_request(context: Context) -> HttpRequest:
    """What the sign-in guard needs of a request: an address and a browser to count by."""
    request = HttpRequest()
    request.META["REMOTE_ADDR"] = context.address or "127.0.0.1"
    request.META["HTTP_USER_AGENT"] = context.user_agent
    return request
