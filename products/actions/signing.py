"""Electronic signatures: password and second factor first, then what was shown is bound to it."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpRequest

from products.actions.proving import Attempt, prove
from products.domain.accounts import LOCK_AFTER, SignInKind
from products.domain.canonical import sha256_hex
from products.domain.errors import InvalidValueError, SignatureRefusedError
from products.domain.factors import FactorRule
from products.domain.signatures import signed_document
from products.models import Signature, User
from products.queries.factors import kinds_held
from products.queries.lockouts import lock_of

if TYPE_CHECKING:
    from products.actions.base import Context


def signing_rule() -> FactorRule:
    """Who has a second factor signs with it; the setting demands one of everybody."""
    return FactorRule.ALWAYS if settings.SIGNERS_NEED_SECOND_FACTOR else FactorRule.IF_HELD


def confirm_password(context: Context, rule: FactorRule = FactorRule.NOT_ASKED) -> User:
    """Check that the actor typed the actor's own password, and gave the second factor by ``rule``.

    Its own transaction, before the action's: a refusal stays recorded and counted, and does not
    tell which of the two was wrong (21 CFR 11.200(a)(1), 11.300(d)). The account comes back as
    it then is.

    Raises:
        SignatureRefusedError: one of the two is missing or wrong, or the account may not sign.
        InvalidValueError: no reason was given for what is to be signed.
        ConfigurationError: the installation cannot check the code.
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
    is_asked = check_factor_given(context, rule)
    attempt = Attempt(SignInKind.SIGNATURE, actor.username, context.password, rule)
    found = prove(context, _bare_request(context), attempt)
    if found is None or found.pk != actor.pk:
        refuse_while_locked(context, "Nothing was signed; the attempt is recorded.")
        raise SignatureRefusedError(
            f"The password {'or the second factor ' if is_asked else ''}is not that of "
            f"{actor.username}. Nothing was signed; the attempt is recorded, and after "
            f"{LOCK_AFTER} wrong ones the account is locked.",
            field="password",
        )
    return found


def confirm_factor(context: Context) -> None:
    """Check the actor's second factor alone, where the actor has one; recorded and counted.

    Raises:
        SignatureRefusedError: it is missing or wrong, or the account is locked.
        ConfigurationError: the installation cannot check the code.
    """
    if not check_factor_given(context, FactorRule.IF_HELD):
        return
    attempt = Attempt(
        SignInKind.SECOND_FACTOR, context.actor.username, None, rule=FactorRule.ALWAYS
    )
    if prove(context, _bare_request(context), attempt) is None:
        refuse_while_locked(context, "Nothing was done; the attempt is recorded.")
        raise SignatureRefusedError(
            f"The second factor is not that of {context.actor.username}. Nothing was done; the "
            f"attempt is recorded, and after {LOCK_AFTER} wrong ones the account is locked.",
            field="second_factor",
        )


def check_factor_given(context: Context, rule: FactorRule) -> bool:
    """Whether ``rule`` asks the actor for a second factor; refused when there is none to judge.

    Raises:
        SignatureRefusedError: none is enrolled (``second_factor_missing``), or none was given
            (``second_factor_needed``).
    """
    actor = context.actor
    held = kinds_held(actor.pk)
    if not rule.asks(held):
        return False
    if not held:
        raise SignatureRefusedError(
            f"Every signature here needs a second factor, and {actor.username} has none. Enrol one "
            "(page Your second factor, or POST /api/v1/own-factors/), then sign.",
            code="second_factor_missing",
        )
    if not context.second_factor.strip() and context.passkey is None:
        raise SignatureRefusedError(
            f"{actor.username} has a second factor. Give it too: a code of your authenticator app, "
            "or your passkey.",
            field="second_factor",
            code="second_factor_needed",
        )
    return True


def refuse_while_locked(context: Context, and_so: str) -> None:
    """Raises SignatureRefusedError (``account_locked``) while the actor's account is locked."""
    lock = lock_of(context.actor, context.at)
    if lock is not None:
        raise SignatureRefusedError(
            f"The account {context.actor.username} is locked until {lock.until:%Y-%m-%d %H:%M} UTC "
            f"after {lock.failures} wrong passwords or codes in a row. {and_so} An administrator "
            "sees it.",
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
