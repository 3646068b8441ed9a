"""Encryption of the secrets of second factors under a key that the database never holds.

AES-256-GCM with a random nonce. What a secret belongs to is authenticated with it, so that a row
copied to another account opens for nobody.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
from collections.abc import Sequence

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from products.domain.errors import ConfigurationError

NONCE_BYTES = 12
_KEY = re.compile(r"[0-9a-f]{64}")


def key_from(written: str) -> bytes:
    """A key as it is written: 64 hexadecimal digits, of 32 random bytes.

    Raises:
        ConfigurationError: it is written otherwise; the message does not repeat it.
    """
    if not _KEY.fullmatch(written):
        raise ConfigurationError(
            "A key has 64 digits of 0 to 9 and a to f (`openssl rand -hex 32`)."
        )
    return bytes.fromhex(written)


def seal(secret: bytes, keys: Sequence[bytes], *, of: str) -> str:
    """``secret`` under the first of ``keys``, bound to what it is ``of``.

    Raises:
        ConfigurationError: there is no key.
    """
    if not keys:
        raise ConfigurationError(
            "This installation has no key for second factors, so that none is enrolled. Whoever "
            "runs it sets FACTOR_KEY or FACTOR_KEY_FILE."
        )
    nonce = secrets.token_bytes(NONCE_BYTES)
    return base64.b64encode(nonce + AESGCM(keys[0]).encrypt(nonce, secret, of.encode())).decode()


def unseal(sealed: str, keys: Sequence[bytes], *, of: str) -> bytes | None:
    """The secret, by whichever key opens it; None when none does."""
    try:
        whole = base64.b64decode(sealed, validate=True)
    except binascii.Error:
        return None
    for key in keys:
        try:
            return AESGCM(key).decrypt(whole[:NONCE_BYTES], whole[NONCE_BYTES:], of.encode())
        except (InvalidTag, ValueError):
            continue
    return None
