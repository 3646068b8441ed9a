"""Sign-ins and tokens: how an account proves itself."""

from __future__ import annotations

from enum import StrEnum


class SignInKind(StrEnum):
    SIGN_IN = "sign_in"
    SIGNATURE = "signature"


class TokenScope(StrEnum):
    READ = "read"
    WRITE = "write"


class TokenKind(StrEnum):
    """A personal token acts for its owner; a service token serves an instrument, never signs."""

    PERSONAL = "personal"
    SERVICE = "service"


SYSTEM_ACCOUNT = "system"
