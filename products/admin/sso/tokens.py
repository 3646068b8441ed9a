"""What an ID token proves (OpenID Connect Core 1.0, section 3.1.3.7).

The signature is checked although the token comes over TLS, where the standard would allow to leave
it: a proxy that looks into TLS can then not make people up.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

import jwt

from products.actions.identities import ProvedIdentity
from products.models.identities import LONGEST_SUBJECT

# Signatures of a key pair alone: with the others a public key or a shared secret would sign.
FAMILIES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
ALGORITHMS = frozenset(
    ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
)
CLOCKS_DIFFER = timedelta(seconds=60)
NAMES = ("preferred_username", "email", "name")


class UnprovedError(Exception):
    """The answer of the provider proves nobody; the message is for the server's log."""


def identity_proved_by(
    token: object,
    keys: object,
    *,
    issuer: str,
    client_id: str,
    nonce: str,
    max_age: timedelta,
    at: datetime,
) -> ProvedIdentity:
    """Whom ``token`` names. ``keys`` is the provider's key set (RFC 7517).

    ``nonce`` is what this sign-in began with. ``max_age`` of 0 asks nothing; otherwise the
    provider asked the person no longer than that before ``at``.

    Raises:
        UnprovedError: a signature, issuer, audience, time or nonce is not as it has to be.
    """
    if not isinstance(token, str):
        raise UnprovedError("there is no ID token")
    try:
        claims = _signed_claims(token, keys, issuer=issuer, client_id=client_id)
    # A library that meets a number without bounds raises what Python raises.
    except (jwt.PyJWTError, ValueError, TypeError, OverflowError) as error:
        raise UnprovedError(f"{type(error).__name__}: {error}") from error
    if claims["aud"] not in (client_id, [client_id]) or claims.get("azp", client_id) != client_id:
        raise UnprovedError("the token is for another client too")
    told = claims.get("nonce")
    if not isinstance(told, str) or not secrets.compare_digest(told.encode(), nonce.encode()):
        raise UnprovedError("the token belongs to another sign-in (nonce)")
    _check_age(claims, max_age, at)
    subject = claims["sub"]
    if (
        not 0 < len(subject) <= LONGEST_SUBJECT
        or not subject.isascii()
        or not subject.isprintable()
    ):
        raise UnprovedError("the subject is empty, too long or not printable ASCII")
    return ProvedIdentity(issuer, subject, _name_in(claims))


def _signed_claims(token: str, keys: object, *, issuer: str, client_id: str) -> dict[str, Any]:
    header = jwt.get_unverified_header(token)
    algorithm = header.get("alg")
    if algorithm not in ALGORITHMS:
        raise UnprovedError(f"the token is signed with {algorithm!r}")
    return jwt.decode(
        token,
        _key_for(header.get("kid"), str(algorithm), keys),
        algorithms=[str(algorithm)],
        audience=client_id,
        issuer=issuer,
        leeway=CLOCKS_DIFFER,
        options={
            "require": ["exp", "iat", "iss", "aud", "sub"],
            "enforce_minimum_key_length": True,
        },
    )


def _key_for(key_id: object, algorithm: str, keys: object) -> jwt.PyJWK:
    """The one key that may have signed; a key says for what it is, and is used for nothing else."""
    listed = keys.get("keys") if isinstance(keys, dict) else None
    fitting = [
        key
        for key in (listed if isinstance(listed, list) else [])
        if isinstance(key, dict)
        and key.get("kty") == FAMILIES[algorithm[:2]]
        and key.get("use", "sig") == "sig"
        and key.get("alg", algorithm) == algorithm
        and (key_id is None or key.get("kid") == key_id)
    ]
    if len(fitting) != 1:
        raise UnprovedError(f"{len(fitting)} keys of the provider fit the token's")
    return jwt.PyJWK(fitting[0], algorithm)


def _check_age(claims: dict[str, Any], max_age: timedelta, at: datetime) -> None:
    if not max_age:
        return
    asked = claims.get("auth_time")
    if not isinstance(asked, int) or isinstance(asked, bool):
        raise UnprovedError("the provider does not say when it asked the person (auth_time)")
    earliest, latest = at - max_age - CLOCKS_DIFFER, at + CLOCKS_DIFFER
    if not earliest.timestamp() <= asked <= latest.timestamp():
        raise UnprovedError("the provider did not ask the person of late (auth_time)")


def _name_in(claims: dict[str, Any]) -> str:
    told = (claims.get(name) for name in NAMES)
    return next((name for name in told if isinstance(name, str) and name), "")
