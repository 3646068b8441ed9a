"""Trailer fields (RFC 9110, 6.5) through gunicorn: WSGI itself has no place for them.

What an application puts into ``environ["exolot.trailers"]`` until its body ends is sent behind it,
where the answer is sent in chunks. Other servers never see the key, and send none.
"""

from __future__ import annotations

from typing import Any

from gunicorn.http.wsgi import Response  # type: ignore[import-untyped]  # it has no types

KEY = "exolot.trailers"


class WithTrailers:
    """An application whose answers may end with fields."""

    def __init__(self, application: Any) -> None:
        self.application = application

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        answer: Any = getattr(start_response, "__self__", None)
        # A finer kind of answer, as of HTTP/2, ends in its own way.
        if type(answer) is Response:
            fields: dict[str, str] = {}
            environ[KEY] = fields
            answer.close = _ending(answer, fields)
        return self.application(environ, start_response)


def _ending(answer: Any, fields: dict[str, str]) -> Any:
    usual = answer.close

    def close() -> None:
        if not (fields and answer.chunked):
            usual()
            return
        answer.send_headers()
        lines = "".join(f"{name}: {value}\r\n" for name, value in fields.items())
        answer.sock.sendall(f"0\r\n{lines}\r\n".encode("latin-1"))

    return close
