"""What the provider says of itself (OpenID Connect Discovery 1.0), kept for some minutes.

Only what was found to be right is kept, and nothing of it serves longer: where it cannot be read
anew, nobody comes in by the provider.
"""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import Any

from allauth.socialaccount.adapter import get_adapter
from django.conf import settings
from requests import RequestException

from products.admin.sso.tokens import UnprovedError
from qcsite.sso import is_safe_address

ENDPOINTS = ("authorization_endpoint", "token_endpoint", "jwks_uri")
KEPT_FOR_S = 300
MOST_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class _Kept:
    """``until`` is of the monotonic clock, which nobody sets."""

    issuer: str
    address: str
    until: float
    description: dict[str, Any]


class Discovery:
    """The last description of the one provider, for all threads of this process."""

    def __init__(self) -> None:
        self._kept: _Kept | None = None

    def description(self, address: str) -> dict[str, Any]:
        """The provider's own description, which is found at ``address``.

        Raises:
            RequestException: it does not answer, or not with JSON.
            UnprovedError: it is another issuer's, or sends people to an address without TLS.
        """
        issuer, kept = settings.SSO_ISSUER, self._kept
        if (
            kept is None
            or (kept.issuer, kept.address) != (issuer, address)
            or time.monotonic() >= kept.until
        ):
            self.forget()
            found = _checked(fetched(address), issuer)
            kept = _Kept(issuer, address, time.monotonic() + KEPT_FOR_S, found)
            self._kept = kept
        return dict(kept.description)

    def forget(self) -> None:
        """Have it read anew: what was kept may be why the provider did not answer as expected."""
        self._kept = None


DISCOVERY = Discovery()


def fetched(address: str) -> Any:
    """The JSON at an address of the provider.

    Raises:
        RequestException: it does not answer, not with JSON, or with more than `MOST_BYTES`.
    """
    read = bytearray()
    with (
        get_adapter().get_requests_session() as session,
        session.get(address, stream=True) as answer,
    ):
        answer.raise_for_status()
        for part in answer.iter_content(64 * 1024):
            read += part
            if len(read) > MOST_BYTES:
                raise RequestException(f"more than {MOST_BYTES} bytes at {address}")
    try:
        return json.loads(read)
    except (ValueError, RecursionError) as error:
        raise RequestException(f"no JSON at {address}") from error


def _checked(described: Any, issuer: str) -> dict[str, Any]:
    if not isinstance(described, dict) or described.get("issuer") != issuer:
        raise UnprovedError("what is found at the issuer's address is not the issuer's own")
    for name in ENDPOINTS:
        if not is_safe_address(str(described.get(name, ""))):
            raise UnprovedError(f"the {name} is missing or without TLS")
    return described
