"""Passkeys (WebAuthn, level 3): challenges that prove their own age, and what answers them.

The parsing and the signatures are `fido2`'s. What is ours: a challenge is of one account, one
purpose and the last minutes; an answer is of this host's own page; every fault is a refusal.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import secrets
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from fido2.cose import CoseKey
from fido2.server import Fido2Server
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    RegistrationResponse,
)

from products.domain.errors import InvalidValueError

NONCE_BYTES = 16
STAMPED_BYTES = 24
CHALLENGE_LASTS = timedelta(minutes=30)
"""As long as a session without a request: a page that can still be sent can still be signed."""
LONGEST_ANSWER = 20_000
LONGEST_CREDENTIAL_ID = 1023
"""In bytes (WebAuthn, 4)."""
PREFERRED = "preferred"
# What parsing bytes of a stranger may raise in `fido2` and under it.
FAULTS = (
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RecursionError,
    struct.error,
)


class Purpose(StrEnum):
    """What a challenge is for: an answer to one serves for no other."""

    ENROL = "enrol"
    PROVE = "prove"


@dataclass(frozen=True, slots=True)
class PasskeyAnswer:
    """What the browser sent, as JSON, and the host whose page it came from."""

    text: str
    host: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """Both as base64url; ``credential`` is the attested credential data: id and public key."""

    credential_id: str
    credential: str
    counter: int
    challenge_sha256: str


@dataclass(frozen=True, slots=True)
class Proved:
    credential_id: str
    counter: int
    challenge_sha256: str


def new_challenge(key: bytes, account: str, purpose: Purpose, at: datetime) -> bytes:
    """Random bytes, the instant, and a seal over both with account and purpose."""
    stamped = secrets.token_bytes(NONCE_BYTES) + struct.pack(">Q", int(at.timestamp()))
    return stamped + _seal(key, account, purpose, stamped)


def is_fresh(key: bytes, account: str, purpose: Purpose, at: datetime, challenge: bytes) -> bool:
    stamped = challenge[:STAMPED_BYTES]
    if not hmac.compare_digest(_seal(key, account, purpose, stamped), challenge[STAMPED_BYTES:]):
        return False
    (second,) = struct.unpack(">Q", stamped[NONCE_BYTES:])
    age = at.timestamp() - float(second)
    return -1 <= age <= CHALLENGE_LASTS.total_seconds()


def enrolment_options(
    challenge: bytes,
    *,
    host: str,
    account: str,
    username: str,
    printed_name: str,
    held: Iterable[str],
) -> dict[str, Any]:
    """What the browser makes a passkey from; one that is ``held`` already is not made again."""
    return {
        "rp": {"id": host, "name": "Exolot"},
        "user": {
            "id": websafe_encode(account.encode()),
            "name": username,
            "displayName": printed_name,
        },
        "challenge": websafe_encode(challenge),
        "pubKeyCredParams": [
            {"type": "public-key", "alg": alg} for alg in CoseKey.supported_algorithms()
        ],
        "excludeCredentials": [{"type": "public-key", "id": one} for one in held],
        "authenticatorSelection": {"userVerification": PREFERRED, "residentKey": "discouraged"},
        "attestation": "none",
        "timeout": int(CHALLENGE_LASTS.total_seconds()) * 1000,
    }


def proof_options(challenge: bytes, host: str, held: Iterable[str]) -> dict[str, Any]:
    return {
        "rpId": host,
        "challenge": websafe_encode(challenge),
        "allowCredentials": [{"type": "public-key", "id": one} for one in held],
        "userVerification": PREFERRED,
        "timeout": int(CHALLENGE_LASTS.total_seconds()) * 1000,
    }


def enrolled_by(key: bytes, account: str, at: datetime, answer: PasskeyAnswer) -> Enrolled:
    """The passkey that the browser made.

    Raises:
        InvalidValueError: it answers no fresh challenge, is of another page, or cannot be read.
    """
    try:
        response = RegistrationResponse.from_dict(_parsed(answer))
        challenge = response.response.client_data.challenge
        if not is_fresh(key, account, Purpose.ENROL, at, challenge):
            raise ValueError("not fresh")  # one way out
        _check_same_page(response.response.client_data, answer.host)
        made = _server(answer.host).register_complete(_state(challenge), response)
        credential = made.credential_data
        assert credential is not None
        _check_key(credential)
    except FAULTS as error:
        raise InvalidValueError(
            "The browser's answer does not make a passkey of this page, or is older than half "
            "an hour. Load the page again and repeat it.",
            field="made",
        ) from error
    return Enrolled(
        websafe_encode(credential.credential_id),
        websafe_encode(bytes(credential)),
        made.counter,
        hashlib.sha256(challenge).hexdigest(),
    )


def proved_by(
    key: bytes, account: str, at: datetime, answer: PasskeyAnswer, credentials: Iterable[str]
) -> Proved | None:
    """Which of ``credentials`` signed a fresh challenge; None when none did.

    Whether the counter went back, or the challenge was answered before, is the caller's to judge.
    """
    try:
        response = AuthenticationResponse.from_dict(_parsed(answer))
        client = response.response.client_data
        if not is_fresh(key, account, Purpose.PROVE, at, client.challenge):
            return None
        _check_same_page(client, answer.host)
        found = _server(answer.host).authenticate_complete(
            _state(client.challenge),
            [AttestedCredentialData(websafe_decode(one)) for one in credentials],
            response,
        )
    except FAULTS:
        return None
    return Proved(
        websafe_encode(found.credential_id),
        response.response.authenticator_data.counter,
        hashlib.sha256(client.challenge).hexdigest(),
    )


def has_gone_back(counter: int, last: int | None) -> bool:
    """Whether two copies of the passkey exist: its counter did not rise (WebAuthn, 6.1.1).

    Zero both times is an authenticator that does not count.
    """
    return last is not None and (counter, last) != (0, 0) and counter <= last


def _seal(key: bytes, account: str, purpose: Purpose, stamped: bytes) -> bytes:
    text = f"exolot passkey {purpose} {account} ".encode()
    return hmac.digest(key, text + stamped, hashlib.sha256)


def _parsed(answer: PasskeyAnswer) -> Any:
    if len(answer.text) > LONGEST_ANSWER:
        raise ValueError("too long")
    # Its members are text. Of a number the parser would make so many bytes.
    return json.loads(answer.text, parse_int=_refuse, parse_float=_refuse)


def _refuse(number: str) -> None:
    raise ValueError(f"{number:.20} is a number")


def _server(host: str) -> Fido2Server:
    return Fido2Server(PublicKeyCredentialRpEntity(id=host, name="Exolot"))


def _state(challenge: bytes) -> dict[str, Any]:
    return {"challenge": websafe_encode(challenge), "user_verification": PREFERRED}


def _check_same_page(client: Any, host: str) -> None:
    """The origin's scheme and name are `fido2`'s to check; a subdomain's page is not ours."""
    if client.cross_origin or client.origin.split("://")[-1].split(":")[0] != host:
        raise ValueError("another page")


def _check_key(credential: AttestedCredentialData) -> None:
    if credential.public_key.get(3) not in CoseKey.supported_algorithms():
        raise ValueError("unknown algorithm")
    if len(credential.credential_id) > LONGEST_CREDENTIAL_ID:
        raise ValueError("the id is too long")
