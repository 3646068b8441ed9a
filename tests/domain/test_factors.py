"""Second factors, pure: when one is asked for, secrets, recovery codes, sealing."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlparse

import pytest

from products.domain.encryption import key_from, seal, unseal
from products.domain.errors import ConfigurationError
from products.domain.factors import (
    FactorRule,
    enrolment_uri,
    new_recovery_code,
    new_secret,
    recovery_digest,
    secret_text,
)

KEY, OTHER = bytes(range(32)), bytes(range(1, 33))


@pytest.mark.parametrize(
    ("rule", "without", "with_one"),
    [
        (FactorRule.NOT_ASKED, False, False),
        (FactorRule.IF_HELD, False, True),
        (FactorRule.ALWAYS, True, True),
    ],
)
def test_a_factor_is_asked_for_by_rule(rule: FactorRule, *, without: bool, with_one: bool) -> None:
    assert (rule.asks([]), rule.asks(["totp"])) == (without, with_one)


def test_a_secret_is_written_as_apps_take_it() -> None:
    secret = new_secret()
    uri = urlparse(enrolment_uri(secret, "ana@lab"))

    assert base64.b32decode(secret_text(secret)) == secret
    assert (uri.scheme, uri.netloc, uri.path) == ("otpauth", "totp", "/Exolot:ana@lab")
    assert parse_qs(uri.query)["secret"] == [secret_text(secret)]
    assert new_secret() != secret


def test_a_recovery_code_has_120_bits_that_are_read_in_one_way_only() -> None:
    codes = {new_recovery_code() for _ in range(50)}

    assert len(codes) == 50
    assert all(re.fullmatch(r"[a-z2-7]{6}(-[a-z2-7]{6}){3}", code) for code in codes)


def test_case_spaces_and_hyphens_of_a_recovery_code_do_not_count() -> None:
    code = new_recovery_code()

    assert recovery_digest(code.upper().replace("-", " ")) == recovery_digest(code)
    assert recovery_digest(code) != recovery_digest(code[:-1])
    assert code.replace("-", "") not in recovery_digest(code)


def test_a_sealed_secret_opens_by_its_key_and_for_what_it_is_of() -> None:
    sealed = seal(b"a secret", [KEY], of="factor 1")

    assert unseal(sealed, [OTHER, KEY], of="factor 1") == b"a secret"
    assert unseal(sealed, [KEY], of="factor 2") is None
    assert unseal(sealed, [OTHER], of="factor 1") is None
    assert unseal(sealed, [], of="factor 1") is None
    assert seal(b"a secret", [KEY], of="factor 1") != sealed


@pytest.mark.parametrize("damaged", ["", "no base64!", "AAAA", "A" * 80])
def test_what_is_no_sealed_secret_opens_for_nobody(damaged: str) -> None:
    assert unseal(damaged, [KEY], of="x") is None


def test_without_a_key_nothing_is_sealed() -> None:
    with pytest.raises(ConfigurationError, match="FACTOR_KEY"):
        seal(b"a secret", [], of="x")


@pytest.mark.parametrize("written", ["", "0" * 63, "0" * 65, "g" * 64, "A" * 64, "0" * 64 + "\n"])
def test_a_key_that_is_written_otherwise_is_refused_without_being_repeated(written: str) -> None:
    with pytest.raises(ConfigurationError) as refusal:
        key_from(written)

    assert not written or written.strip() not in str(refusal.value)
    assert key_from("0f" * 32) == bytes([15] * 32)
