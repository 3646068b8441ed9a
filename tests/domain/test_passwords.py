"""What a guesser tries first is refused, and nothing else."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from products.domain.passwords import is_guessable, shortest_password

OWN = ("anna.alvarez", "Anna Alvarez", "EXO-1", "Umbilical cord exosomes", "Main site")


@pytest.mark.parametrize(
    "password",
    [
        "correct horse battery staple",
        "a new long pass phrase",
        "given by the administrator",
        "Tr0ub4dor&3 in the fog",
        "sieben kleine Zwerge",
    ],
)
def test_several_unrelated_words_are_good(password: str) -> None:
    assert not is_guessable(password, OWN)


@pytest.mark.parametrize(
    "password",
    [
        "aaaaaaaaaaaaaaaaaaaa",
        "abcdefghijklmnopqrst",
        "123456789012345678",
        "qwertyuiopasdfghjkl",
        "poiuytrewq0987654321",
        "Exolot2026Exolot2026",
        "ExolotExolotExolot!",
        "anna.alvarez-2026!",
        "AlvarezAlvarezAnna1",
        "umbilicalcord2026!!",
        "passwordpassword123",
        "hunter2hunter2hunter2",
    ],
)
def test_names_rows_and_repetition_are_refused(password: str) -> None:
    assert is_guessable(password, OWN)


def test_a_name_does_not_spoil_what_is_long_without_it() -> None:
    assert not is_guessable("anna met a green walrus", OWN)


def test_a_second_factor_allows_a_shorter_one() -> None:
    assert shortest_password(has_second_factor=False) == 15
    assert shortest_password(has_second_factor=True) == 8


@given(st.text(min_size=1, max_size=7), st.integers(2, 9))
@example("000013ß", 2)
def test_what_is_short_gains_nothing_by_repetition(unit: str, times: int) -> None:
    assert is_guessable(unit * times, ())


@given(st.text(max_size=60))
def test_any_text_is_judged(password: str) -> None:
    assert is_guessable(password, OWN) in {True, False}
