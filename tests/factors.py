"""Second factors as people hold them: an app that shows codes, an authenticator that signs."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.http import HttpRequest
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from products.actions.accounts import change_password, sign_in_fully
from products.actions.factors import (
    confirm_totp,
    enrol_passkey,
    enrol_totp,
    issue_recovery_codes,
)
from products.actions.tokens import issue_token
from products.domain.passkeys import PasskeyAnswer, Purpose
from products.domain.second_factor import STEPS_EITHER_SIDE, code_of, step_of
from products.models import ApiToken, Factor, User
from products.queries.factors import challenge_for
from tests.records import context, now, people

HOST = "localhost"
FLAGS = AuthenticatorData.FLAG


@dataclass
class App:
    """Shows each code once, from the earliest that is taken: three at any moment."""

    factor: Factor
    secret: bytes
    last: int = field(default=0)

    def code(self) -> str:
        self.last = max(self.last + 1, step_of(now()) - STEPS_EITHER_SIDE)
        return code_of(self.secret, self.last)

    def wrong_code(self) -> str:
        """Of no step near."""
        near = range(step_of(now()) - 3, step_of(now()) + 4)
        known = {code_of(self.secret, step) for step in near}
        return next(text for text in (f"{number:06d}" for number in range(20)) if text not in known)


def new_app(username: str, name: str = "Pocket", **changes: Any) -> App:
    """Enrolled and not confirmed."""
    factor, secret = enrol_totp(context(getattr(people(), username), **changes), name=name)
    return App(factor, secret)


def app_of(username: str, name: str = "Pocket", **changes: Any) -> App:
    app = new_app(username, name, **changes)
    account = getattr(people(), username)
    confirm_totp(context(account, second_factor=app.code()), factor=app.factor.pk)
    return app


def signs_with(app: App, username: str) -> None:
    """Prove password and code, as every signature does: enrol another app, which stays unused."""
    new_app(username, "Another", second_factor=app.code())


def recovery_codes_of(username: str, app: App) -> list[str]:
    account = getattr(people(), username)
    _, codes = issue_recovery_codes(context(account, second_factor=app.code()))
    return codes


def comes_in(username: str, typed: str = "", **changes: Any) -> User | None:
    """The second step at the door, from an address that the account does not know."""
    system = User.objects.get(username="system")
    request = HttpRequest()
    asked = context(system, "", **({"second_factor": typed} | changes))
    request.META["REMOTE_ADDR"] = asked.address
    return sign_in_fully(asked, request, username=username)


def token_by(username: str, typed: str, **changes: Any) -> ApiToken:
    asked = context(getattr(people(), username), second_factor=typed, **changes)
    token, _ = issue_token(asked, kind="personal", scope="read", purpose="x", days=1)
    return token


def new_password(username: str, password: str, old: str) -> None:
    account = User.objects.get(username=username)
    change_password(context(account), old=old, new=password)


@dataclass
class Authenticator:
    """A security key in software (ES256), which answers what a browser would pass on."""

    account: User
    host: str = HOST
    origin: str = f"https://{HOST}"
    counter: int = 0
    flags: FLAGS = FLAGS.UP
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))

    def made(self, at: datetime | None = None, **client: Any) -> PasskeyAnswer:
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, ES256.from_cryptography_key(self.key.public_key())
        )
        shown = AuthenticatorData.create(
            self._host_hash(), self.flags | FLAGS.AT, self.counter, credential
        )
        attested = AttestationObject.create("none", shown, {})
        data = self._client("webauthn.create", Purpose.ENROL, at, client)
        return self._answer(
            clientDataJSON=websafe_encode(bytes(data)),
            attestationObject=websafe_encode(bytes(attested)),
        )

    def signed(
        self, at: datetime | None = None, *, counts: int = 1, **client: Any
    ) -> PasskeyAnswer:
        self.counter += counts
        shown = AuthenticatorData.create(self._host_hash(), self.flags, self.counter)
        data = self._client("webauthn.get", Purpose.PROVE, at, client)
        signature = self.key.sign(bytes(shown) + data.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(bytes(data)),
            authenticatorData=websafe_encode(bytes(shown)),
            signature=websafe_encode(signature),
        )

    def _client(
        self, kind: str, purpose: Purpose, at: datetime | None, changes: dict[str, Any]
    ) -> CollectedClientData:
        challenge = changes.pop("challenge", None) or challenge_for(
            self.account.pk, purpose, at or now()
        )
        return CollectedClientData.create(kind, challenge, self.origin, **changes)

    def _answer(self, **response: str) -> PasskeyAnswer:
        name = websafe_encode(self.credential_id)
        whole = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return PasskeyAnswer(json.dumps(whole), self.host)

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()


def enrolled_passkey(
    username: str, app: App | None = None, host: str = HOST
) -> tuple[Factor, Authenticator]:
    account = getattr(people(), username)
    authenticator = Authenticator(account, host, f"https://{host}")
    asked = context(account, second_factor=app.code() if app else "")
    return enrol_passkey(asked, name="Key", made=authenticator.made()), authenticator
