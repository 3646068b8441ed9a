"""The closed grammar of what may be entered."""

from __future__ import annotations

import time
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from products.domain.errors import InvalidValueError
from products.domain.measurements import (
    DIVISION,
    LONGEST_NUMBER,
    number_text,
    parse_measured,
    parse_word,
    quoted,
    shown,
)


@pytest.mark.parametrize(
    ("text", "comparator", "value"),
    [
        ("0.0", "", "0.0"),
        ("-1.5", "", "-1.5"),
        ("3.2E10", "", "3.2E+10"),
        ("2.1e7", "", "2.1E+7"),
        ("3.20E+10", "", "3.20E+10"),
        ("1E-99", "", "1E-99"),
        ("<0.05", "<", "0.05"),
        (">2.5E10", ">", "2.5E+10"),
        ("70.0", "", "70.0"),
    ],
)
def test_a_number_of_the_grammar_is_kept_as_entered(text: str, comparator: str, value: str) -> None:
    measured = parse_measured(text)

    assert (measured.text, measured.comparator, str(measured.value)) == (text, comparator, value)
    assert measured.is_censored is bool(comparator)


REFUSED = [
    *("", " ", "ND", "N/A", "TNTC", "1,5", "1 000", "1_000", "NaN", "Infinity", "-Infinity"),
    *("≥5", "≤5", "~5", "<=5", ">=5", "< 0.05", " 7", "7 ", "7\n", "7\x00", "\x007"),
    *(
        "\uff11\uff12",
        "٣",
        "1e400",
        "1E100",
        "1E-100",
        "1E1000",
        "007",
        ".5",
        "5.",
        "+5",
        "--5",
        "<>5",
    ),
    *("0x10", "1e", "1.2.3", "½", "²", "5%", "\ud800", "1\ud800", "1" * (LONGEST_NUMBER + 1)),
]


@pytest.mark.parametrize("text", REFUSED)
def test_edge_case_31_what_the_grammar_does_not_name_is_refused(text: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        parse_measured(text, field="value")

    assert (refusal.value.code, refusal.value.field) == ("unreadable_value", "value")
    assert str(refusal.value).encode("utf-8")


@pytest.mark.parametrize(
    ("start", "rest"), [("1", "0"), ("", "1"), ("", "x"), ("", "<"), ("", "-")]
)
def test_a_megabyte_is_refused_at_once_and_not_echoed(start: str, rest: str) -> None:
    text = start + rest * 999_999
    began = time.process_time()

    with pytest.raises(InvalidValueError) as refusal:
        parse_measured(text)

    assert time.process_time() - began < 0.1
    assert len(str(refusal.value)) < 300


@settings(max_examples=200, deadline=None)
@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**40), max_value=10**40))
def test_a_number_written_back_reads_as_the_same_50_digits(value: Decimal) -> None:
    if value and abs(value.adjusted()) > 99:
        value = value.scaleb(-value.adjusted())

    read = parse_measured(number_text(value)).value

    assert read == DIVISION.plus(value)


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=80))
def test_any_text_is_read_or_refused_and_nothing_else(text: str) -> None:
    try:
        measured = parse_measured(text)
    except InvalidValueError:
        return

    assert Decimal(text.lstrip("<>")) == measured.value


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("70.0", "70.0"),
        ("-0.0", "0.0"),
        ("0E+9", "0"),
        ("3.2E+10", "3.2E+10"),
        ("1E-30", "1E-30"),
        ("1" + "0" * 70, "1E+70"),
    ],
)
def test_a_number_is_shown_with_the_digits_it_has(value: str, text: str) -> None:
    assert shown(Decimal(value)) == text


@pytest.mark.parametrize("value", ["1E+100", "1E-100"])
def test_a_number_beyond_the_grammar_is_not_written(value: str) -> None:
    with pytest.raises(InvalidValueError, match="beyond what any measurement"):
        number_text(Decimal(value))


@pytest.mark.parametrize(
    "word",
    [
        *("negative", "Negative", "no growth", "46,XX", "normal; no deletions, translocations"),
        *("non-agglomerated, saucer/cup shaped, clear membrane", "inhibits NF-kB (co-culture)"),
    ],
)
def test_a_published_result_in_words_is_read(word: str) -> None:
    assert parse_word(word) == word


@pytest.mark.parametrize(
    "word",
    [
        *("", "ND", "n.d.", "N/A", "TNTC", "QNS", "not tested", "Not Done", "nan", "none", "?"),
        *("1,5", "7", "-", "négative", "negative\x00", "negative\n", " negative", "\ud800ab"),
    ],
)
def test_a_word_for_no_result_is_refused(word: str) -> None:
    with pytest.raises(InvalidValueError, match="is not a result in words"):
        parse_word(word)


def test_a_megabyte_of_words_is_refused() -> None:
    with pytest.raises(InvalidValueError, match="is not a result in words"):
        parse_word("negative " * 100_000)


def test_quoted_text_can_be_stored_and_sent() -> None:
    assert quoted("\ud800\x00") == r"'\ud800\x00'"
    assert len(quoted("a" * 1000)) == 43
