"""How many requests an account may send within a minute, and what answers say of it.

The fields are those of draft-ietf-httpapi-ratelimit-headers-10: the policy in `RateLimit-Policy`,
what is left of it in `RateLimit`. Each server process counts for itself, so that an account is
never promised more than it gets, and may get as many times more as there are processes.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from uuid import UUID

WINDOW = 60
POLICY = "account"


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to an account; ``reset_in`` is in whole seconds, never too few."""

    quota: int
    remaining: int
    reset_in: int
    is_allowed: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "RateLimit-Policy": f'"{POLICY}";q={self.quota};w={WINDOW}',
            "RateLimit": f'"{POLICY}";r={self.remaining};t={self.reset_in}',
        }


@dataclass(slots=True)
class Quotas:
    """Requests in the present window of each account, which begins with its first request.

    ``clock`` gives seconds that only go forward.
    """

    clock: Callable[[], float] = time.monotonic
    _used: dict[UUID, tuple[float, int]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    def take(self, account: UUID, quota: int) -> Left:
        """Count one request of the account; one past the ``quota`` is not allowed."""
        with self._lock:
            now = self.clock()
            began, used = self._used.get(account, (now, 0))
            if now - began >= WINDOW:
                began, used = now, 0
            is_allowed = used < quota
            used += is_allowed
            self._used[account] = began, used
        return Left(quota, max(quota - used, 0), math.ceil(began + WINDOW - now), is_allowed)


QUOTAS = Quotas()
