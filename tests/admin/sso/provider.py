"""An identity provider of one person, on this machine: OpenID Connect over real HTTP.

It keeps to the standard unless a test changes what it says, signs with or waits for.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

CLIENT_ID, CLIENT_SECRET = "exolot", "shared with the provider alone"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
KEY_ID = "key-1"
REDIRECT_URI = "http://testserver/admin/sso/callback/"


def published(key: Any = None, **changes: Any) -> dict[str, Any]:
    """The public half of a key, as a provider publishes it."""
    public = (key or KEY).public_key()
    return {
        **json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(public)),
        "kid": KEY_ID,
        "use": "sig",
        "alg": "RS256",
        **changes,
    }


def signed(claims: dict[str, Any]) -> str:
    return jwt.encode(claims, KEY, "RS256", headers={"kid": KEY_ID})


class TestProvider:
    """``claims`` change the token's, ``said`` the answers: by path, status and body."""

    __test__ = False

    def __init__(self) -> None:
        handler = type("OfThisProvider", (Handler,), {"provider": self})
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        self.restore()

    def restore(self) -> None:
        self.redirect_uri = REDIRECT_URI
        self.claims: dict[str, Any] = {}
        self.said: dict[str, tuple[int, dict[str, str], bytes]] = {}
        self.described: dict[str, Any] = {}
        self.sign: Callable[[dict[str, Any]], str] = signed
        self.delay = 0.0
        self.checks_pkce = True
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.codes: dict[str, dict[str, str]] = {}

    def paths(self) -> list[str]:
        return [path for path, _ in self.asked]

    def description(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        } | self.described

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to: the person was signed in already."""
        assert query["redirect_uri"] == self.redirect_uri, query
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({'code': code, 'state': query['state']})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        basic = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        if authorization != f"Basic {basic}" and form.get("client_secret") != CLIENT_SECRET:
            return 401, {"error": "invalid_client"}
        query = self.codes.pop(form["code"], None)
        if query is None or form["redirect_uri"] != query["redirect_uri"]:
            return 400, {"error": "invalid_grant"}
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if self.checks_pkce and query.get("code_challenge") != challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {
            "access_token": "opaque",
            "token_type": "Bearer",
            "id_token": self.sign(self.id_claims(query["nonce"])),
        }

    def id_claims(self, nonce: str = "n") -> dict[str, Any]:
        now = int(time.time())
        claims = {
            "iss": self.issuer,
            "aud": CLIENT_ID,
            "sub": "a-1",
            "iat": now,
            "exp": now + 300,
            "nonce": nonce,
            "preferred_username": "anna@example.org",
            "email": "anna@example.org",
        } | self.claims
        return {name: value for name, value in claims.items() if value is not None}


class Handler(BaseHTTPRequestHandler):
    provider: TestProvider

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # as inherited
        pass

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        if self._is_answered(parts.path, query):
            return
        if parts.path == "/authorize":
            self._answer(302, b"", {"Location": self.provider.authorize(query)})
        elif parts.path == "/keys":
            self._json(200, {"keys": [published()]})
        else:
            self._json(200, self.provider.description())

    def do_POST(self) -> None:
        raw = self.rfile.read(int(self.headers["Content-Length"])).decode()
        form = {name: values[0] for name, values in parse_qs(raw).items()}
        if not self._is_answered(self.path, form):
            self._json(*self.provider.token(form, self.headers.get("Authorization", "")))

    def _is_answered(self, path: str, sent: dict[str, str]) -> bool:
        """Whether a test says what is answered there."""
        self.provider.asked.append((path, sent))
        time.sleep(self.provider.delay)
        if path not in self.provider.said:
            return False
        status, headers, body = self.provider.said[path]
        self._answer(status, body, headers)
        return True

    def _json(self, status: int, body: Any) -> None:
        self._answer(status, json.dumps(body).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)


def certify(path: Path) -> ssl.SSLContext:
    """For this machine's name, signed by its own key, which stands in ``path`` too."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(KEY.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(KEY, hashes.SHA256())
    )
    private = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    return context


@contextmanager
def serving(certificate: Path | None = None) -> Iterator[TestProvider]:
    """``certificate`` is where to write one, for TLS."""
    provider = TestProvider()
    if certificate is not None:
        provider.issuer = f"https://localhost:{provider.server.server_address[1]}"
        provider.server.socket = certify(certificate).wrap_socket(
            provider.server.socket, server_side=True
        )
    thread = threading.Thread(target=provider.server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield provider
    provider.server.shutdown()
    thread.join()
    provider.server.server_close()
