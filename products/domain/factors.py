"""Second factors: their kinds, when one is asked for, and the codes that a person types."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Collection
from datetime import timedelta
from enum import StrEnum
from urllib.parse import quote

from products.domain.second_factor import DIGITS, STEP_SECONDS

ISSUER = "Exolot"
SECRET_BYTES = 20
"""As long as the digest of HMAC-SHA-1 (RFC 4226, section 4, R6)."""
CONFIRM_WITHIN = timedelta(minutes=10)
"""How long a new secret waits for its first code."""
RECOVERY_CODES = 10
RECOVERY_BYTES = 15
"""120 bits: a plain digest suffices from 112 on (NIST SP 800-63B-4, 3.1.2.2)."""
RECOVERY_GROUP = 6


class FactorKind(StrEnum):
    TOTP = "totp"
    PASSKEY = "passkey"
    RECOVERY_CODES = "recovery_codes"


KIND_LABELS = {
    FactorKind.TOTP: "Authenticator app",
    FactorKind.PASSKEY: "Passkey",
    FactorKind.RECOVERY_CODES: "Recovery codes",
}
SIGNING = frozenset({FactorKind.TOTP, FactorKind.PASSKEY})
"""Kinds that sign and open the door. Recovery codes open the door and do nothing else."""


class FactorRule(StrEnum):
    """Whether an attempt needs the second factor beside, or in place of, the password."""

    NOT_ASKED = "not_asked"
    IF_HELD = "if_held"
    ALWAYS = "always"

    def asks(self, held: Collection[object]) -> bool:
        """Whether it is asked of an account that has the factors ``held``."""
        return self is FactorRule.ALWAYS or (self is FactorRule.IF_HELD and bool(held))


def new_secret() -> bytes:
    return secrets.token_bytes(SECRET_BYTES)


def secret_text(secret: bytes) -> str:
    """As apps take it when it is typed: base32 without padding (RFC 4648, section 6)."""
    return base64.b32encode(secret).decode().rstrip("=")


def enrolment_uri(secret: bytes, username: str) -> str:
    """What the QR code holds, in the key URI format that authenticator apps read."""
    label = quote(f"{ISSUER}:{username}", safe=":@")
    return (
        f"otpauth://totp/{label}?secret={secret_text(secret)}&issuer={ISSUER}"
        f"&algorithm=SHA1&digits={DIGITS}&period={STEP_SECONDS}"
    )


def new_recovery_code() -> str:
    """24 letters and digits in groups, of which none is taken for another (no 0, 1, 8, 9)."""
    text = base64.b32encode(secrets.token_bytes(RECOVERY_BYTES)).decode().lower()
    return "-".join(text[at : at + RECOVERY_GROUP] for at in range(0, len(text), RECOVERY_GROUP))


def recovery_digest(typed: str) -> str:
    """What is kept of a recovery code; spaces, hyphens and case of ``typed`` do not count."""
    bare = "".join(char for char in typed.lower() if char not in " -")
    return hashlib.sha256(b"exolot recovery code\0" + bare.encode()).hexdigest()
