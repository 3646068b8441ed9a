"""Passkeys, pure: challenges that prove their age, and answers of which one thing is wrong."""

from __future__ import annotations

import json
import tracemalloc
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from fido2.cose import ES256
from fido2.utils import websafe_encode
from hypothesis import example, given, settings
from hypothesis import strategies as st

from products.domain.errors import InvalidValueError
from products.domain.passkeys import (
    CHALLENGE_LASTS,
    LONGEST_ANSWER,
    Enrolled,
    PasskeyAnswer,
    Purpose,
    enrolled_by,
    enrolment_options,
    has_gone_back,
    is_fresh,
    new_challenge,
    proof_options,
    proved_by,
)
from tests.authenticators import FLAGS, SoftwareKey

KEY, ACCOUNT, AT = b"k" * 50, "account-1", datetime(2026, 11, 30, 12, tzinfo=UTC)


def challenge(purpose: Purpose = Purpose.PROVE, at: datetime = AT, account: str = ACCOUNT) -> bytes:
    return new_challenge(KEY, account, purpose, at)


def enrolled(key: SoftwareKey, **client: Any) -> Enrolled:
    return enrolled_by(KEY, ACCOUNT, AT, key.made(challenge(Purpose.ENROL), **client))


@pytest.mark.parametrize(
    ("later", "is_taken"),
    [
        (timedelta(0), True),
        (CHALLENGE_LASTS, True),
        (CHALLENGE_LASTS + timedelta(seconds=1), False),
        (timedelta(seconds=-1), True),
        (timedelta(seconds=-2), False),
    ],
)
def test_a_challenge_lasts_half_an_hour(later: timedelta, *, is_taken: bool) -> None:
    assert is_fresh(KEY, ACCOUNT, Purpose.PROVE, AT + later, challenge()) == is_taken


def test_a_challenge_is_of_one_account_one_purpose_and_one_key() -> None:
    made = challenge()

    assert not is_fresh(KEY, "account-2", Purpose.PROVE, AT, made)
    assert not is_fresh(KEY, ACCOUNT, Purpose.ENROL, AT, made)
    assert not is_fresh(b"x" * 50, ACCOUNT, Purpose.PROVE, AT, made)
    assert not is_fresh(KEY, ACCOUNT, Purpose.PROVE, AT, b"\0" + made[1:])
    assert not is_fresh(KEY, ACCOUNT, Purpose.PROVE, AT, b"")
    assert challenge() != made


def test_what_the_browser_is_asked_names_host_account_and_what_is_held() -> None:
    making = enrolment_options(
        challenge(), host="h", account="a", username="ana", printed_name="Ana", held=["x"]
    )
    proving = proof_options(challenge(), "h", ["x"])

    assert (making["rp"]["id"], making["user"]["name"]) == ("h", "ana")
    assert making["excludeCredentials"] == proving["allowCredentials"]
    assert proving["rpId"] == "h"
    assert json.dumps([making, proving])


def test_a_passkey_that_was_made_proves() -> None:
    key = SoftwareKey()
    made = enrolled(key)

    proved = proved_by(KEY, ACCOUNT, AT, key.signed(challenge()), [made.credential])

    assert proved is not None
    assert proved.credential_id == made.credential_id == websafe_encode(key.credential_id)
    assert (made.counter, proved.counter) == (0, 1)
    assert made.challenge_sha256 != proved.challenge_sha256


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "https://elsewhere.example"},
        {"origin": "https://sub.localhost"},
        {"origin": "http://lab.example", "host": "lab.example"},
        {"origin": "https://localhost.elsewhere.example"},
        {"flags": FLAGS(0)},
        {"credential_id": b"x" * 1024},
    ],
)
def test_a_passkey_of_another_page_or_without_a_touch_is_not_enrolled(
    wrong: dict[str, Any],
) -> None:
    with pytest.raises(InvalidValueError, match="Load the page again"):
        enrolled(replace(SoftwareKey(), **wrong))


def test_a_page_in_a_frame_of_another_makes_no_passkey() -> None:
    with pytest.raises(InvalidValueError):
        enrolled(SoftwareKey(), cross_origin=True)


def test_an_answer_that_is_longer_than_any_browsers_makes_no_passkey() -> None:
    made = SoftwareKey().made(challenge(Purpose.ENROL))
    longest = replace(made, text=made.text.ljust(LONGEST_ANSWER))
    longer = replace(made, text=made.text.ljust(LONGEST_ANSWER + 1))

    assert enrolled_by(KEY, ACCOUNT, AT, longest).counter == 0
    with pytest.raises(InvalidValueError):
        enrolled_by(KEY, ACCOUNT, AT, longer)


def test_a_stale_challenge_makes_no_passkey() -> None:
    key = SoftwareKey()

    with pytest.raises(InvalidValueError):
        enrolled_by(KEY, ACCOUNT, AT, key.made(challenge(Purpose.ENROL, AT - timedelta(hours=1))))
    with pytest.raises(InvalidValueError):
        enrolled_by(KEY, ACCOUNT, AT, key.made(challenge(Purpose.PROVE)))


def test_a_key_of_an_unknown_kind_is_not_enrolled() -> None:
    key = SoftwareKey()
    strange = ES256({**key.public(), 3: -65535})

    with pytest.raises(InvalidValueError):
        enrolled(replace(key, shown_key=strange))


def test_whose_answer_is_of_another_page_account_or_time_proves_nothing() -> None:
    key = SoftwareKey()
    held = [enrolled(key).credential]
    good = key.signed(challenge())

    assert proved_by(KEY, ACCOUNT, AT, good, held)
    assert not proved_by(KEY, ACCOUNT, AT, good, [])
    assert not proved_by(KEY, "account-2", AT, good, held)
    assert not proved_by(KEY, ACCOUNT, AT + timedelta(hours=1), good, held)
    assert not proved_by(KEY, ACCOUNT, AT, replace(good, host="elsewhere"), held)
    for wrong in ({"origin": "https://elsewhere.example"}, {"flags": FLAGS(0)}):
        assert not proved_by(
            KEY,
            ACCOUNT,
            AT,
            replace(key, **wrong).signed(challenge()),
            held,
        )
    assert not proved_by(KEY, ACCOUNT, AT, key.signed(challenge(), cross_origin=True), held)


def test_another_keys_signature_proves_nothing() -> None:
    key = SoftwareKey()
    held = [enrolled(key).credential]

    forged = replace(SoftwareKey(), credential_id=key.credential_id).signed(challenge())

    assert proved_by(KEY, ACCOUNT, AT, forged, held) is None


@settings(max_examples=50)
@given(
    st.text()
    | st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "rawId",
                        "type",
                        "response",
                        "clientDataJSON",
                        "signature",
                        "authenticatorData",
                        "attestationObject",
                    ]
                ),
                inner,
            )
            | st.lists(inner)
        ),
    ).map(json.dumps)
)
@example("[" * 100_000)
@example("x" * (LONGEST_ANSWER + 1))
@example(json.dumps({"id": "AA", "rawId": "AA", "response": {"clientDataJSON": "bnVsbA"}}))
def test_whatever_a_client_sends_is_a_refusal(text: str) -> None:
    answer = PasskeyAnswer(text, "localhost")

    assert proved_by(KEY, ACCOUNT, AT, answer, []) is None
    with pytest.raises(InvalidValueError):
        enrolled_by(KEY, ACCOUNT, AT, answer)


@pytest.mark.parametrize(
    "name", ["clientDataJSON", "authenticatorData", "signature", "attestationObject"]
)
@pytest.mark.parametrize("number", [20_000_000, 2e7])
def test_a_number_in_an_answer_is_refused_before_so_many_bytes_are_made(
    name: str, number: float
) -> None:
    parts = {"clientDataJSON": "e30", "authenticatorData": "AAAA", "signature": "AAAA"}
    answer = {"id": "AA", "rawId": "AA", "response": {**parts, name: number}}
    text = PasskeyAnswer(json.dumps(answer), "localhost")

    tracemalloc.start()
    try:
        assert proved_by(KEY, ACCOUNT, AT, text, []) is None
        with pytest.raises(InvalidValueError):
            enrolled_by(KEY, ACCOUNT, AT, text)
        assert tracemalloc.get_traced_memory()[1] < 10_000_000
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("counter", "last", "is_copy"),
    [(0, None, False), (0, 0, False), (1, 0, False), (5, 5, True), (4, 5, True), (0, 5, True)],
)
def test_a_counter_that_does_not_rise_tells_of_a_copy(
    counter: int, last: int | None, *, is_copy: bool
) -> None:
    assert has_gone_back(counter, last) == is_copy
