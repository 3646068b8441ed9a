"""Donor codes: ISBT 128 numbers and codes of the site, and nothing that could name a person."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.domain.errors import InvalidValueError
from products.domain.identifiers import (
    check_donor_code,
    isbt128_check_character,
    isbt128_checksum,
    isbt128_flag_type3,
)

VECTORS = Path(__file__).parents[1] / "data" / "vectors" / "isbt128_check.csv"
ROWS = list(csv.DictReader(VECTORS.read_text(encoding="utf-8").splitlines()))
LETTERS_AND_DIGITS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"

ACCEPTED = {
    "D-0042": "D-0042",
    "uc-d0017": "UC-D0017",
    " D0042 ": "D0042",
    "UC-26-0101": "UC-26-0101",
    "DONOR-123": "DONOR-123",
    "S01-014-01-02": "S01-014-01-02",
    "D-000042": "D-000042",
    "UC-26-13-45": "UC-26-13-45",
    "G123498654321": "G123498654321",
    "g123498654321": "G123498654321",
    "1234526000042": "1234526000042",
    "G123498654321H": "G123498654321",
    "G123498654321 H": "G123498654321",
    "G1234 98 654321": "G123498654321",
    "G1234 98 654321 H": "G123498654321",
    "=G12349865432177": "G123498654321",
    "=G12349865432100": "G123498654321",
}
REFUSED = {
    "empty": "",
    "blank": "   ",
    "too short": "D42",
    "too long": "UC-D0017-UC-D0017-UC1",
    "1 MB": "D-0042" * 200_000,
    "name": "Jane Doe",
    "name without space": "JANEDOE",
    "surname and number": "SMITH-0042",
    "surname and birth date in the shape of a donation number": "SMITH19800214",
    "title": "MRS-0042",
    "accents": "Zoë-0042",
    "date ISO": "2026-01-31",
    "date German": "31.01.2026",
    "date US": "01/31/2026",
    "date of digits": "20260131",
    "date with month name": "JAN-31-2026",
    "date with month name, no hyphens": "31JAN2026",
    "date in words": "31-JANUARY-2026",
    "date behind a letter": "D-20260131",
    "date of six digits": "D-260131",
    "date of six digits, day first": "D-310126",
    "date of six digits, month first": "D-013126",
    "birth date of six digits": "D-800214",
    "date in groups": "D-2026-01-31",
    "date in groups, day first": "D-31-01-2026",
    "date in groups, month first": "D-01-31-26",
    "SSN": "123-45-6789",
    "SSN of digits": "123456789",
    "SSN behind a letter": "D-123-45-6789",
    "eight digits": "12345678",
    "MRN": "MRN123",
    "MRN with hyphen": "MRN-004217",
    "letter and seven digits": "M1234567",
    "e-mail": "jane@example.org",
    "telephone": "555-123-4567",
    "telephone behind a letter": "T-555-123-4567",
    "telephone international": "+1 555 123 4567",
    "full-width digits": "D-００４２",  # noqa: RUF001 - what is refused
    "letter that becomes S in upper case": "ſ-0042",  # noqa: RUF001 - what is refused
    "NUL": "D-0042\x00",
    "line break": "D-0042\n",
    "tab": "D\t0042",
    "lone surrogate": "D-0042\ud800",
    "digits only": "0042",
    "letters only": "UC-D",
    "two digits": "UC-D42",
    "space inside": "D 0042",
    "two hyphens": "D--0042",
    "wrong check character": "G123498654321J",
    "wrong check character, spaced": "G1234 98 654321 J",
    "wrong flags": "=G12349865432178",
    "first letter O": "O123498654321",
}


@pytest.mark.parametrize(("text", "code"), ACCEPTED.items())
def test_a_code_made_for_tracking_is_accepted(text: str, code: str) -> None:
    assert check_donor_code(text) == code


@pytest.mark.parametrize("text", REFUSED.values(), ids=list(REFUSED))
def test_what_could_name_a_person_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        check_donor_code(text)

    assert refusal.value.code == "donor_code_refused"
    assert refusal.value.field == "code"


@pytest.mark.parametrize("name", ["surname and number", "SSN behind a letter", "e-mail", "MRN"])
def test_a_refusal_never_repeats_what_was_typed(name: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        check_donor_code(REFUSED[name])

    assert REFUSED[name] not in refusal.value.message


@given(st.text(max_size=30))
def test_any_text_is_accepted_or_refused_and_an_accepted_code_stays_as_it_is(text: str) -> None:
    try:
        code = check_donor_code(text)
    except InvalidValueError:
        return

    assert check_donor_code(code) == code


@pytest.mark.parametrize("row", ROWS, ids=[row["din13"] for row in ROWS])
def test_checksum_character_and_flag_of_the_published_vectors(row: dict[str, str]) -> None:
    din = row["din13"]

    assert isbt128_checksum(din) == int(row["checksum"])
    assert isbt128_check_character(din) == row["eye_readable_check"]
    assert isbt128_flag_type3(din) == int(row["flag_value_type3(60+checksum)"])
    assert check_donor_code(f"{din} {row['eye_readable_check']}") == din


@pytest.mark.parametrize(
    "din", ["", "G12349865432", "G1234986543210", "g123498654321", "G1234-8654321"]
)
def test_a_checksum_is_only_for_thirteen_letters_and_digits(din: str) -> None:
    with pytest.raises(InvalidValueError, match="13 letters and digits"):
        isbt128_checksum(din)


NUMBERS = st.text(LETTERS_AND_DIGITS, min_size=13, max_size=13)


@given(NUMBERS, st.integers(0, 12), st.sampled_from(LETTERS_AND_DIGITS))
def test_any_single_substitution_changes_the_check_character(
    din: str, place: int, other: str
) -> None:
    changed = din[:place] + other + din[place + 1 :]

    same = isbt128_check_character(changed) == isbt128_check_character(din)

    assert same == (changed == din)


@given(NUMBERS, st.integers(0, 11))
def test_any_adjacent_transposition_changes_the_check_character(din: str, place: int) -> None:
    changed = din[:place] + din[place + 1] + din[place] + din[place + 2 :]

    same = isbt128_check_character(changed) == isbt128_check_character(din)

    assert same == (changed == din)
