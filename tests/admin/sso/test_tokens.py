"""What an ID token proves: one that is the provider's, in every respect, and no other."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from products.actions.identities import ProvedIdentity
from products.admin.sso.tokens import UnprovedError, identity_proved_by
from tests.admin.sso.provider import CLIENT_ID, CLIENT_SECRET, KEY, KEY_ID, published, signed

ISSUER = "https://id.example.org"
NOW = datetime.now(UTC).replace(microsecond=0)
SECONDS = int(NOW.timestamp())
CLAIMS: dict[str, Any] = {
    "iss": ISSUER,
    "aud": CLIENT_ID,
    "sub": "a-1",
    "iat": SECONDS,
    "exp": SECONDS + 86400,
    "nonce": "n-1",
    "name": "Anna",
}
OTHER = rsa.generate_private_key(public_exponent=65537, key_size=2048)
SMALL = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505  # refused
CURVE = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()


def proved(token: object, keys: object = None, **changes: Any) -> ProvedIdentity:
    asked: dict[str, Any] = {
        "issuer": ISSUER,
        "client_id": CLIENT_ID,
        "nonce": "n-1",
        "max_age": timedelta(),
        "at": NOW,
    }
    return identity_proved_by(token, keys or {"keys": [published()]}, **(asked | changes))


def part(content: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def token_by(key: Any, algorithm: str = "RS256", **header: Any) -> str:
    return jwt.encode(CLAIMS, key, algorithm, headers={"kid": KEY_ID, **header})


def public_of(key: Any, algorithm: str, **changes: Any) -> dict[str, Any]:
    to_jwk = jwt.get_algorithm_by_name(algorithm).to_jwk
    return {**json.loads(to_jwk(key.public_key())), "kid": KEY_ID, **changes}


def test_the_providers_own_token_proves_the_person() -> None:
    assert proved(signed(CLAIMS)) == ProvedIdentity(ISSUER, "a-1", "Anna")


def test_one_client_in_a_list_is_this_client_alone() -> None:
    assert proved(signed(CLAIMS | {"aud": [CLIENT_ID], "azp": CLIENT_ID})).subject == "a-1"


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        ({"preferred_username": "anna", "email": "a@example.org"}, "anna"),
        ({"preferred_username": "", "email": "a@example.org"}, "a@example.org"),
        ({"preferred_username": ["anna"], "name": None}, ""),
    ],
)
def test_a_person_is_shown_by_the_first_name_that_is_told(
    names: dict[str, Any], shown: str
) -> None:
    assert proved(signed(CLAIMS | names)).shown_as == shown


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [(KEY, "RS512"), (KEY, "PS256"), (CURVE, "ES256"), (EDWARDS, "EdDSA")],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_every_signature_of_a_key_pair_is_read(key: Any, algorithm: str) -> None:
    keys = {"keys": [public_of(key, algorithm)]}

    assert proved(token_by(key, algorithm), keys).subject == "a-1"


def test_without_a_name_the_only_fitting_key_is_used() -> None:
    token = jwt.encode(CLAIMS, KEY, "RS256")
    keys = [published(kid="x"), published(OTHER, kid="y", use="enc"), public_of(CURVE, "ES256")]

    assert proved(token, {"keys": keys}).subject == "a-1"


def unsigned() -> str:
    return f"{part({'alg': 'none', 'kid': KEY_ID})}.{part(CLAIMS)}."


def none_in_capitals() -> str:
    return f"{part({'alg': 'NONE', 'kid': KEY_ID})}.{part(CLAIMS)}."


def without_algorithm() -> str:
    _, rest = signed(CLAIMS).split(".", 1)
    return f"{part({'kid': KEY_ID})}.{rest}"


def signed_by_public_key() -> str:
    """HS256 with the bytes that everybody knows as the secret."""
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    digest = jwt.get_algorithm_by_name("HS256")
    text = f"{part({'alg': 'HS256', 'kid': KEY_ID})}.{part(CLAIMS)}"
    mark = digest.sign(text.encode(), pem)
    return f"{text}.{base64.urlsafe_b64encode(mark).rstrip(b'=').decode()}"


def signed_by_client_secret() -> str:
    return token_by(CLIENT_SECRET.ljust(32, "."), "HS256")


def signed_by_other_key() -> str:
    return token_by(OTHER)


def signed_by_key_it_brings() -> str:
    return token_by(OTHER, jwk=published(OTHER))


def other_claims_under_the_signature() -> str:
    head, _, mark = signed(CLAIMS).split(".")
    return f"{head}.{part(CLAIMS | {'sub': 'a-2'})}.{mark}"


def signature_cut_off() -> str:
    return signed(CLAIMS).rsplit(".", 1)[0] + "."


def of_an_unknown_key() -> str:
    return token_by(KEY, kid="key-2")


def not_as_the_key_says() -> str:
    return token_by(KEY, "RS384")


def with_a_number_as_key() -> str:
    return f"{part({'alg': 'RS256', 'kid': 1})}.{part(CLAIMS)}.AA"


def with_an_unknown_demand() -> str:
    return token_by(KEY, crit=["exp"])


FORGED: list[Callable[[], str]] = [
    unsigned,
    none_in_capitals,
    without_algorithm,
    signed_by_public_key,
    signed_by_client_secret,
    signed_by_other_key,
    signed_by_key_it_brings,
    other_claims_under_the_signature,
    signature_cut_off,
    of_an_unknown_key,
    not_as_the_key_says,
    with_a_number_as_key,
    with_an_unknown_demand,
]


@pytest.mark.parametrize("forge", FORGED, ids=lambda forge: forge.__name__)
def test_a_forged_token_proves_nobody(forge: Callable[[], str]) -> None:
    with pytest.raises(UnprovedError):
        proved(forge())


def test_a_secret_in_the_key_set_signs_nothing() -> None:
    secret = {"kty": "oct", "k": part("x" * 40), "kid": KEY_ID, "alg": "HS256"}

    with pytest.raises(UnprovedError, match="signed with 'HS256'"):
        proved(token_by("x" * 40, "HS256"), {"keys": [secret]})


@pytest.mark.parametrize(
    "keys",
    [
        {"keys": [published(), published(OTHER)]},
        {"keys": [published(use="enc")]},
        {"keys": [published(alg="RS512")]},
        {"keys": [published(n="")]},
        {"keys": [{"kty": "RSA", "kid": KEY_ID}]},
        {"keys": ["x"]},
        {"keys": {}},
        {"other": []},
        ["keys"],
        "keys",
    ],
)
def test_a_key_set_without_one_fitting_key_proves_nobody(keys: object) -> None:
    with pytest.raises(UnprovedError):
        proved(signed(CLAIMS), keys)


@pytest.mark.filterwarnings("ignore:The RSA key")
def test_a_key_that_can_be_broken_proves_nobody() -> None:
    with pytest.raises(UnprovedError, match="bits"):
        proved(token_by(SMALL), {"keys": [published(SMALL)]})


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": SECONDS - 61},
        {"exp": "soon"},
        {"exp": float("inf")},
        {"nbf": SECONDS + 86400},
        {"iat": SECONDS + 86400},
        {"iss": ""},
        {"iss": f"{ISSUER}/"},
        {"aud": []},
        {"aud": [CLIENT_ID, CLIENT_ID + "2"]},
        {"azp": "other"},
        {"azp": None},
        {"nonce": "n-2"},
        {"nonce": 1},
        {"nonce": "n-1\N{COMBINING ACUTE ACCENT}"},
        {"sub": 1},
        {"sub": ""},
        {"sub": "x" * 256},
        {"sub": "\N{CYRILLIC SMALL LETTER A}-1"},
        {"sub": "a-1\n"},
    ],
)
def test_a_claim_that_does_not_fit_proves_nobody(claims: dict[str, Any]) -> None:
    with pytest.raises(UnprovedError):
        proved(signed(CLAIMS | claims))


@pytest.mark.parametrize("token", [None, 1, b"x", {}, "", "a.b", "a.b.c", "....", "\ud800.a.b"])
def test_what_is_no_token_proves_nobody(token: object) -> None:
    with pytest.raises(UnprovedError):
        proved(token)


@settings(max_examples=30)
@given(st.text(max_size=40), st.sampled_from(range(3)))
def test_a_token_with_another_part_proves_nobody(text: str, which: int) -> None:
    parts = signed(CLAIMS).split(".")
    if parts[which] == text:
        return
    parts[which] = text

    with pytest.raises(UnprovedError):
        proved(".".join(parts))


@pytest.mark.parametrize(
    ("ago", "is_enough"), [(-60, True), (0, True), (1860, True), (1861, False), (-61, False)]
)
def test_the_provider_asked_the_person_of_late(ago: int, is_enough: bool) -> None:
    token = signed(CLAIMS | {"auth_time": SECONDS - ago})
    if is_enough:
        assert proved(token, max_age=timedelta(minutes=30)).subject == "a-1"
    else:
        with pytest.raises(UnprovedError, match="auth_time"):
            proved(token, max_age=timedelta(minutes=30))
