"""Whose address a request has, behind proxies and in front of forgers."""

from __future__ import annotations

from ipaddress import ip_network

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st

from qcsite.proxies import ClientAddress, client_address

TRUSTED = [ip_network("10.0.0.0/8"), ip_network("2001:db8::1/128")]


@pytest.mark.parametrize(
    ("peer", "forwarded", "client"),
    [
        ("203.0.113.5", "", "203.0.113.5"),
        ("203.0.113.5", "198.51.100.1", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("10.0.0.1", "198.51.100.1, 203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "10.9.9.9, 203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "203.0.113.5, nonsense", "10.0.0.1"),
        ("10.0.0.1", "nonsense, 203.0.113.5", "203.0.113.5"),
        ("2001:db8::1", "203.0.113.5", "203.0.113.5"),
        ("::ffff:10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("", "203.0.113.5", ""),
    ],
)
def test_the_client_is_the_last_that_no_trusted_proxy_is(
    peer: str, forwarded: str, client: str
) -> None:
    assert client_address(peer, forwarded, TRUSTED) == client


@given(st.text(alphabet="0123456789abcdef.:, x"))
def test_nothing_that_a_client_writes_makes_it_another(forged: str) -> None:
    assert client_address("203.0.113.5", forged, TRUSTED) == "203.0.113.5"
    assert client_address("10.0.0.1", f"{forged}, 203.0.113.5", TRUSTED) == "203.0.113.5"


@override_settings(TRUSTED_PROXIES=TRUSTED)
def test_the_header_goes_no_further_than_the_first_reader() -> None:
    request = HttpRequest()
    request.META |= {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "203.0.113.5"}

    ClientAddress(lambda _: HttpResponse())(request)

    assert request.META["REMOTE_ADDR"] == "203.0.113.5"
    assert "HTTP_X_FORWARDED_FOR" not in request.META
