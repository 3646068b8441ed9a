"""What proves a second factor once: the row that uses up the code or the passkey's answer."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from products.domain.errors import ConfigurationError
from products.domain.factors import FactorKind, recovery_digest
from products.domain.passkeys import PasskeyAnswer, has_gone_back, proved_by
from products.domain.second_factor import DIGITS, step_proved
from products.models import Factor, FactorStep, PasskeyUse, RecoveryCodeUse
from products.queries.factors import (
    is_answered,
    last_counter,
    last_step,
    secret_of,
    unused_code,
)

if TYPE_CHECKING:
    from products.actions.base import Context

CODE = re.compile(rf"[0-9]{{{DIGITS}}}")

Proof = FactorStep | PasskeyUse | RecoveryCodeUse


def proof_by(held: Sequence[Factor], context: Context, *, recovers: bool) -> Proof | None:
    """The row, not written yet, that what the context offers is worth; None: it proves nothing.

    ``recovers``: a recovery code counts as well. The answer of a passkey of which a copy exists
    comes as a row that `proves` nothing and has to be written all the same.

    Raises:
        ConfigurationError: a code of an app was typed, and no key opens the account's secrets.
    """
    if context.passkey is not None:
        passkeys = [one for one in held if one.kind == FactorKind.PASSKEY]
        return _by_passkey(passkeys, context.passkey, context.at) if passkeys else None
    typed = context.second_factor.replace(" ", "")
    if CODE.fullmatch(typed):
        apps = [one for one in held if one.kind == FactorKind.TOTP]
        return _by_code(apps, typed, context.at) if apps else None
    return _by_recovery_code(held, typed) if recovers and held else None


def proves(proof: Proof | None) -> bool:
    return proof is not None and not getattr(proof, "went_back", False)


def _by_code(apps: Sequence[Factor], typed: str, at: datetime) -> FactorStep | None:
    secrets = [(app, secret_of(app)) for app in apps]
    if not any(secret for _, secret in secrets):
        raise ConfigurationError(
            "Codes of authenticator apps cannot be checked: this installation's key for them is "
            "missing or is another one. Whoever runs it restores FACTOR_KEY; nothing was recorded."
        )
    found = [
        FactorStep(factor=app, step=step)
        for app, secret in secrets
        if secret is not None
        and (step := step_proved(secret, typed, at=at, last_step=last_step(app))) is not None
    ]
    return found[0] if found else None


def _by_passkey(
    passkeys: Sequence[Factor], answer: PasskeyAnswer, at: datetime
) -> PasskeyUse | None:
    proved = proved_by(
        settings.SECRET_KEY.encode(),
        str(passkeys[0].user_id),
        at,
        answer,
        [one.credential for one in passkeys],
    )
    if proved is None or is_answered(proved.challenge_sha256):
        return None
    factor = next(one for one in passkeys if one.credential_id == proved.credential_id)
    return PasskeyUse(
        factor=factor,
        counter=proved.counter,
        challenge_sha256=proved.challenge_sha256,
        went_back=has_gone_back(proved.counter, last_counter(factor)),
    )


def _by_recovery_code(held: Sequence[Factor], typed: str) -> RecoveryCodeUse | None:
    code = unused_code(held[0].user_id, recovery_digest(typed))
    return RecoveryCodeUse(code=code) if code is not None else None
