"""Which passwords are too easily guessed (NIST SP 800-63B-4, 3.1.1).

Length counts and nothing else is composed: no required kinds of characters, no change by date.
What is refused is what a guesser tries first: words of this place, rows of keys, repetition.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

SHORTEST = 15
SHORTEST_WITH_SECOND_FACTOR = 8
"""NIST SP 800-63B-4, 3.1.1.1: 15 characters where the password stands alone, otherwise 8."""
SITE_WORDS = ("exolot", "exosome", "vesicle", "release", "quality", "password", "passphrase")
ROWS = ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "qwertz")
KEPT = 8
"""Characters that have to remain when everything guessable is taken away."""
SHORTEST_WORD = 4
SHORTEST_RUN = 3


def shortest_password(*, has_second_factor: bool) -> int:
    return SHORTEST_WITH_SECOND_FACTOR if has_second_factor else SHORTEST


def is_guessable(password: str, own_words: Iterable[str]) -> bool:
    """Whether little remains of it without site words, ``own_words``, rows and repetition.

    ``own_words`` are names that belong to the account or the place, in whatever case.
    """
    rest = password.casefold()
    for word in sorted({*SITE_WORDS, *_words(own_words)}, key=len, reverse=True):
        rest = rest.replace(word, "")
    rest = _without_rows(_once(rest))
    # As typed, too: without regard to case a letter may become two, as ß does.
    kept = min(len(rest), len(_once(password)))
    return kept < KEPT or len(set(rest)) < KEPT // 2


def _words(own_words: Iterable[str]) -> Iterator[str]:
    """Each name, and its parts: Anna.Alvarez is guessed as anna and as alvarez."""
    for name in own_words:
        folded = name.casefold()
        parts = "".join(char if char.isalnum() else " " for char in folded).split()
        yield from (part for part in (folded, *parts) if len(part) >= SHORTEST_WORD)


def _once(text: str) -> str:
    """What is repeated to the end, one time."""
    for length in range(1, len(text) // 2 + 1):
        unit = text[:length]
        if (unit * (len(text) // length + 1)).startswith(text):
            return unit
    return text


def _without_rows(text: str) -> str:
    """Without runs of three or more that follow the alphabet, the digits or the keys."""
    found, at = "", 0
    while at < len(text):
        length = _run_at(text, at)
        if length < SHORTEST_RUN:
            found, length = found + text[at], 1
        at += length
    return found


def _run_at(text: str, at: int) -> int:
    """How long the longest row, forwards or backwards, is that begins there."""
    longest = 0
    for row in (*ROWS, *(row[::-1] for row in ROWS)):
        length = 0
        while at + length < len(text) and text[at : at + length + 1] in row:
            length += 1
        longest = max(longest, length)
    return longest
