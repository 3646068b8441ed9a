"""Numbers as keyboards and scanners bring them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.scanning import donor_code_in, in_capitals, number_in

GS = "\x1d"


@pytest.mark.parametrize(
    "scanned",
    [
        "EV-26-001",
        "  EV-26-001\t",
        "EV-26-001\r\n",
        "]A0EV-26-001",
        "(01)09501101530003(17)270131(10)EV-26-001",
        "(01)09501101530003(10)EV-26-001(21)7",
        "]C10109501101530003" + "17270131" + "10EV-26-001",
        f"]d2{GS}0109501101530003" + "10EV-26-001" + f"{GS}21SERIAL",
        f"]d221SERIAL{GS}" + "3103000500" + "10EV-26-001",
        f"{GS}EV-26-001",
        "EV-26-\x00001",
    ],
)
def test_the_lot_number_is_found_in_what_a_scanner_sends(scanned: str) -> None:
    assert number_in(scanned) == "EV-26-001"


@pytest.mark.parametrize("scanned", ["(01)09501101530003", "]C10109501101530003"])
def test_an_element_string_without_a_lot_number_stays(scanned: str) -> None:
    assert number_in(scanned).endswith("09501101530003")


def test_ten_in_a_plain_number_is_no_identifier() -> None:
    assert number_in("10EV-26-001") == "10EV-26-001"


@pytest.mark.parametrize("typed", ["", "  ", "\r\n", "]d2", "\x00"])
def test_nothing_is_in_what_is_empty(typed: str) -> None:
    assert number_in(typed) == ""


@given(st.text(max_size=60))
def test_any_text_becomes_one_line_without_space_around_it(typed: str) -> None:
    number = number_in(typed)

    assert number == number.strip()
    assert not any(character < " " or character == "\x7f" for character in number)


@given(st.from_regex(r"[A-Z]{2}-[0-9]{2}-[0-9]{3}", fullmatch=True), st.sampled_from("\r\n\t "))
def test_what_a_scanner_adds_at_the_end_changes_nothing(number: str, suffix: str) -> None:
    assert number_in(number + suffix) == number_in(number) == number


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("d-0042", "D-0042"),
        ("=W000026123456" + "00", "W000026123456"),
        ("W0000 26 123456", "W000026123456"),
        ("Miller", "MILLER"),
    ],
)
def test_a_donor_is_known_by_its_code_however_it_was_scanned(typed: str, code: str) -> None:
    assert donor_code_in(typed) == code


def test_capitals_are_those_of_the_database() -> None:
    assert in_capitals("ev-26 groß é") == "EV-26 GROß É"
