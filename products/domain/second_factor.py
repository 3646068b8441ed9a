"""Codes of an authenticator app (TOTP): which one proves the second factor, and only once.

RFC 6238 with HMAC-SHA-1, steps of 30 seconds and six digits, as authenticator apps compute it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import struct
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

STEP_SECONDS = 30
DIGITS = 6
# A telephone's clock may differ, and typing takes a moment (RFC 6238, section 5.2).
STEPS_EITHER_SIDE = 1

# Not \d, which takes the digits of every script.
_CODE = re.compile(rf"[0-9]{{{DIGITS}}}")


def step_of(at: datetime) -> int:
    """The number of whole steps from 1970-01-01T00:00:00Z to ``at``, which bears a zone."""
    return int(at.timestamp()) // STEP_SECONDS


def code_of(secret: bytes, step: int) -> str:
    """What the app that holds ``secret`` shows during ``step`` (RFC 4226, section 5.3)."""
    digest = hmac.digest(secret, struct.pack(">Q", step), hashlib.sha1)
    start = digest[-1] & 0x0F
    (number,) = struct.unpack_from(">I", digest, start)
    return f"{(number & 0x7FFFFFFF) % 10**DIGITS:0{DIGITS}d}"


def step_proved(secret: bytes, typed: str, *, at: datetime, last_step: int | None) -> int | None:
    """The step whose code was ``typed`` at ``at``; None when it proves nothing.

    ``last_step`` is the step that this factor proved before, None when it proved none. Neither that
    step nor an earlier one proves anything again, so a used code that was read over a shoulder is
    worthless (RFC 6238, section 5.2). The caller stores the answer in such a way that of two
    requests at once only one can.
    """
    if not _CODE.fullmatch(typed):
        return None
    present = step_of(at)
    # Each step is compared: the time taken tells nothing of which one it was.
    proved = [
        step
        for step in range(present - STEPS_EITHER_SIDE, present + STEPS_EITHER_SIDE + 1)
        if hmac.compare_digest(code_of(secret, step), typed)
    ]
    # Two steps may share a code: the later one, or the same code would serve a second time.
    latest = max(proved, default=None)
    return latest if latest is not None and (last_step is None or latest > last_step) else None
