"""Sign-ins and tokens: how an account proves itself."""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

LOCK_AFTER = 5
"""Failures in a row that lock an account (21 CFR 11.300(d))."""
LOCK_FOR = timedelta(minutes=15)
ADDRESS_LIMIT = 10
"""Failures of one address, for accounts that do not know it, before it is refused for a while."""
OUTSIDE_LIMIT = 100
OUTSIDE_WITHIN = timedelta(hours=24)
"""Failures from all unknown addresses together after which an account is tried from known ones
only (NIST SP 800-63B-4, 3.2.2: no more than 100)."""


class SignInKind(StrEnum):
    """What was proved, or not. The last two are one component alone, of an account that has two."""

    SIGN_IN = "sign_in"
    SIGNATURE = "signature"
    PASSWORD = "password"  # noqa: S105  # the name of a kind
    SECOND_FACTOR = "second_factor"


WHOLE = frozenset({SignInKind.SIGN_IN, SignInKind.SIGNATURE})
"""Kinds whose success ends a row of failures; one component alone does not."""


class SignInMethod(StrEnum):
    """What was shown: the account's own password, or the word of the identity provider."""

    PASSWORD = "password"  # noqa: S105  # a word, no password
    PROVIDER = "provider"


class CountedFor(StrEnum):
    """What a failure counts for. Nothing: a success, or an attempt that was not looked at."""

    NOTHING = "nothing"
    ACCOUNT = "account"
    ADDRESS = "address"


class TokenScope(StrEnum):
    READ = "read"
    WRITE = "write"


class TokenKind(StrEnum):
    """A personal token acts for its owner; a service token serves an instrument, never signs."""

    PERSONAL = "personal"
    SERVICE = "service"


SYSTEM_ACCOUNT = "system"
USERNAME_PATTERN = "^[A-Za-z0-9][A-Za-z0-9.@_+-]*$"
