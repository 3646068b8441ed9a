"""Whether the settings name an identity provider that can be trusted with the door."""

from __future__ import annotations

from importlib.util import find_spec
from urllib.parse import urlsplit

from django.core.exceptions import ImproperlyConfigured

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


def check_provider(issuer: str, client_id: str, client_secret: str) -> None:
    """Raises `ImproperlyConfigured`, naming the variable and what clears it."""
    if not is_safe_address(issuer):
        raise ImproperlyConfigured(
            f"SSO_ISSUER is {issuer!r}. It has to be an address that begins with https:// and has "
            "no query: whoever stands between could open every account."
        )
    for name, value in (("SSO_CLIENT_ID", client_id), ("SSO_CLIENT_SECRET", client_secret)):
        if not value:
            raise ImproperlyConfigured(
                f"SSO_ISSUER is set, but {name} is not. The provider gives it when the site is "
                "registered there."
            )
    if find_spec("allauth") is None:
        raise ImproperlyConfigured(
            "SSO_ISSUER is set, but the extra sso is not installed: pip install --require-hashes "
            "-r requirements/sso.txt"
        )


def is_safe_address(address: str) -> bool:
    """Whether an address of the provider is https; without it on this machine alone."""
    try:
        parts = urlsplit(address)
        host = parts.hostname
    except ValueError:
        return False
    is_plain = not parts.query and not parts.fragment and not parts.username
    if parts.scheme == "http":
        return is_plain and host in LOOPBACK
    return is_plain and parts.scheme == "https" and bool(host)
