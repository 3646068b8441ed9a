"""Fields behind a body, as gunicorn itself puts them on the line."""

from __future__ import annotations

import socket
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config  # type: ignore[import-untyped]  # it has no types
from gunicorn.http.wsgi import Response  # type: ignore[import-untyped]  # it has no types

from qcsite.trailers import KEY, WithTrailers


def sent(
    *, method: str = "GET", version: tuple[int, int] = (1, 1), fields: dict[str, str] | None = None
) -> bytes:
    """What a client gets, as a worker of gunicorn sends it."""

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Any:
        start("200 OK", [("Content-Type", "text/csv"), ("Trailer", "Repr-Digest")])
        yield b"number\r\n"
        environ[KEY] |= fields or {}

    near, far = socket.socketpair()
    request = SimpleNamespace(
        method=method, version=version, headers=[], should_close=lambda: version < (1, 1)
    )
    with near, far:
        answer = Response(request, near, Config())
        for part in WithTrailers(application)({}, answer.start_response):
            answer.write(part)
        answer.close()
        near.shutdown(socket.SHUT_WR)
        return b"".join(iter(lambda: far.recv(4096), b""))


def test_fields_follow_the_last_chunk() -> None:
    head, body = sent(fields={"Repr-Digest": "sha-256=:AA==:"}).split(b"\r\n\r\n", 1)

    assert b"Trailer: Repr-Digest" in head
    assert body == b"8\r\nnumber\r\n\r\n0\r\nRepr-Digest: sha-256=:AA==:\r\n\r\n"


@pytest.mark.parametrize(
    ("asked", "end"),
    [
        ({}, b"8\r\nnumber\r\n\r\n0\r\n\r\n"),
        ({"version": (1, 0), "fields": {"Repr-Digest": "x"}}, b"\r\n\r\nnumber\r\n"),
        ({"method": "HEAD", "fields": {"Repr-Digest": "x"}}, b"Repr-Digest\r\n\r\n"),
    ],
)
def test_where_there_is_no_place_for_fields_the_answer_ends_as_ever(
    asked: dict[str, Any], end: bytes
) -> None:
    assert sent(**asked).endswith(end)


def test_another_server_is_left_as_it_is() -> None:
    def application(environ: dict[str, Any], start: Callable[..., Any]) -> list[bytes]:
        return [repr(environ).encode()]

    assert WithTrailers(application)({}, print) == [b"{}"]
