"""The address of whoever sent a request, seen through proxies that are named and no others."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from django.conf import settings
from django.http import HttpRequest, HttpResponse

FORWARDED = "HTTP_X_FORWARDED_FOR"

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network


class ClientAddress:
    """Puts the sender's address into ``REMOTE_ADDR``, where everything reads it.

    A client writes into ``X-Forwarded-For`` what it likes; only what a trusted proxy appended
    counts. The header goes no further.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        forwarded = request.META.pop(FORWARDED, "")
        request.META["REMOTE_ADDR"] = client_address(
            request.META.get("REMOTE_ADDR", ""), forwarded, settings.TRUSTED_PROXIES
        )
        return self.get_response(request)


def client_address(peer: str, forwarded: str, trusted: list[Network]) -> str:
    """The last address before the trusted proxies; ``peer`` is who opened the connection.

    ``forwarded`` is read from its end, where the nearest proxy wrote. What cannot be read as an
    address ends the reading: the proxy that passed it on is then the answer.
    """
    sender = _read(peer)
    if sender is None:
        return peer
    for written in reversed(forwarded.split(",")):
        if not any(sender in network for network in trusted):
            break
        before = _read(written.strip())
        if before is None:
            break
        sender = before
    return str(sender)


def _read(written: str) -> Address | None:
    """An IPv4 address inside IPv6 is the same client."""
    try:
        found = ip_address(written)
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found
