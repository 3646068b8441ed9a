"""A security key in software (ES256), which answers what a browser would pass on."""

from __future__ import annotations

import hashlib
import json
import secrets
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from fido2.cose import ES256, CoseKey
from fido2.utils import websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from products.domain.passkeys import PasskeyAnswer

HOST = "localhost"
FLAGS = AuthenticatorData.FLAG


@dataclass
class SoftwareKey:
    """``shown_key`` is what it shows as its public key, where that is not its own."""

    host: str = HOST
    origin: str = f"https://{HOST}"
    counter: int = 0
    flags: FLAGS = FLAGS.UP
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(16))
    shown_key: CoseKey | None = None

    def public(self) -> CoseKey:
        made: CoseKey = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]  # the library's
        return made

    def made(self, challenge: bytes, **client: Any) -> PasskeyAnswer:
        credential = AttestedCredentialData.create(
            b"\0" * 16, self.credential_id, self.shown_key or self.public()
        )
        shown = AuthenticatorData.create(
            self._host_hash(), self.flags | FLAGS.AT, self.counter, credential
        )
        data = CollectedClientData.create("webauthn.create", challenge, self.origin, **client)
        return self._answer(
            clientDataJSON=websafe_encode(bytes(data)),
            attestationObject=websafe_encode(bytes(AttestationObject.create("none", shown, {}))),
        )

    def signed(self, challenge: bytes, *, counts: int = 1, **client: Any) -> PasskeyAnswer:
        self.counter += counts
        shown = AuthenticatorData.create(self._host_hash(), self.flags, self.counter)
        data = CollectedClientData.create("webauthn.get", challenge, self.origin, **client)
        signature = self.key.sign(bytes(shown) + data.hash, ec.ECDSA(hashes.SHA256()))
        return self._answer(
            clientDataJSON=websafe_encode(bytes(data)),
            authenticatorData=websafe_encode(bytes(shown)),
            signature=websafe_encode(signature),
        )

    def _answer(self, **response: str) -> PasskeyAnswer:
        name = websafe_encode(self.credential_id)
        whole = {"id": name, "rawId": name, "type": "public-key", "response": response}
        return PasskeyAnswer(json.dumps(whole), self.host)

    def _host_hash(self) -> bytes:
        return hashlib.sha256(self.host.encode()).digest()
