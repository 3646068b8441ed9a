"""Codes of an authenticator app: right ones prove the factor once, others never."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.second_factor import STEP_SECONDS, code_of, step_of, step_proved

SECRET = b"12345678901234567890"
STEP = 60_000_000
AT = datetime.fromtimestamp(STEP * STEP_SECONDS, UTC)
CODE = code_of(SECRET, STEP)


# RFC 6238, appendix B, of whose eight digits an app shows the last six.
@pytest.mark.parametrize(
    ("seconds", "shown"),
    [
        (59, "287082"),
        (1111111109, "081804"),
        (1111111111, "050471"),
        (1234567890, "005924"),
        (2000000000, "279037"),
        (20000000000, "353130"),
    ],
)
def test_a_code_is_the_one_that_the_standard_gives(seconds: int, shown: str) -> None:
    assert code_of(SECRET, step_of(datetime.fromtimestamp(seconds, UTC))) == shown


def test_a_step_does_not_depend_on_the_zone_in_which_the_time_is_written() -> None:
    assert step_of(AT.astimezone(timezone(timedelta(hours=9)))) == STEP


def test_the_code_of_this_step_proves_it() -> None:
    assert step_proved(SECRET, CODE, at=AT, last_step=None) == STEP


@pytest.mark.parametrize("steps", [-1, 1])
def test_a_clock_that_is_one_step_off_is_allowed_for(steps: int) -> None:
    code = code_of(SECRET, STEP + steps)

    assert step_proved(SECRET, code, at=AT, last_step=None) == STEP + steps


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_clock_that_is_two_steps_off_proves_nothing(steps: int) -> None:
    assert step_proved(SECRET, code_of(SECRET, STEP + steps), at=AT, last_step=None) is None


def test_a_code_proves_nothing_a_second_time() -> None:
    assert step_proved(SECRET, CODE, at=AT, last_step=STEP) is None


def test_a_code_older_than_the_last_one_used_proves_nothing() -> None:
    older = code_of(SECRET, STEP - 1)

    assert step_proved(SECRET, older, at=AT, last_step=STEP) is None


def test_the_next_code_proves_after_the_last_one() -> None:
    later = code_of(SECRET, STEP + 1)

    assert step_proved(SECRET, later, at=AT, last_step=STEP) == STEP + 1


def test_the_secret_of_somebody_else_proves_nothing() -> None:
    assert step_proved(b"somebody else's key!", CODE, at=AT, last_step=None) is None


@pytest.mark.parametrize(
    "typed",
    [
        "",
        CODE[:5],
        CODE + "0",
        CODE + "\n",
        CODE + "\N{FULLWIDTH DIGIT ZERO}",
        f" {CODE}",
        f"{CODE[:3]} {CODE[3:]}",
        "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in CODE),
        "".join(chr(ord(digit) - ord("0") + 0x0660) for digit in CODE),
    ],
)
def test_what_is_not_six_plain_digits_proves_nothing(typed: str) -> None:
    assert step_proved(SECRET, typed, at=AT, last_step=None) is None


def test_a_code_that_two_steps_share_is_used_up_for_both() -> None:
    sharing = b"00000000000000008284"
    code = code_of(sharing, STEP)
    assert code == code_of(sharing, STEP + 1)

    proved = step_proved(sharing, code, at=AT, last_step=None)

    assert proved == STEP + 1
    assert step_proved(sharing, code, at=AT, last_step=proved) is None


@given(secret=st.binary(min_size=20, max_size=20), seconds=st.integers(0, 2 * STEP_SECONDS))
def test_no_step_is_proved_twice(secret: bytes, seconds: int) -> None:
    code = code_of(secret, STEP)
    first = step_proved(secret, code, at=AT, last_step=None)
    assert first is not None

    again = step_proved(secret, code, at=AT + timedelta(seconds=seconds), last_step=first)

    # Two steps share a code once in a million times; then it is another step that is proved.
    assert again is None or again > first
