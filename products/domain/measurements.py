"""Reading what a person or an instrument wrote, by a closed grammar, and writing numbers back.

A value is kept exactly as entered. What the grammar does not name is refused with a reason and
never guessed: decimal commas, "ND", "NaN", full-width digits, comparators other than < and >.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal

from products.domain.errors import InvalidValueError

LONGEST_NUMBER = 64
"""Characters. The longest number we write ourselves, 50 digits with an exponent, fits."""
LONGEST_WORD = 120
"""Characters. The longest published criterion in words has 52."""
LONGEST_WHOLE = 20
"""Powers of ten up to which a number is written out: 90 and not 9E+1."""
LARGEST_EXPONENT = 99
"""Far beyond any count of particles, and small enough that no arithmetic on it is slow."""

NUMBER = re.compile(r"([<>]?)(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[Ee][+-]?([0-9]{1,3}))?)")
WORD = re.compile(r"(?=.*[A-Za-z]{2})[A-Za-z0-9]+(?:[ ,;:/()+.'-]{1,3}[A-Za-z0-9]+)*[).]?")
NOT_RESULTS = frozenset(
    {
        *("n/a", "n.a", "n.a.", "na", "nd", "n.d", "n.d.", "nt", "n.t.", "nan", "qns", "tbd"),
        *("tntc", "inf", "infinity", "none", "null", "unknown", "pending", "not applicable"),
        *("not determined", "not done", "not performed", "not tested"),
    }
)
"""Words for "there is no result", or that stand for several different ones ("ND")."""

EXACT = Context(prec=500, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""Wide enough that no sum, product or decimal shift of values within the grammar loses a digit."""
DIVISION = Context(prec=50, Emax=MAX_EMAX, Emin=MIN_EMIN)
"""What "unrounded" means for a quotient: 50 digits."""


@dataclass(frozen=True, slots=True)
class Measured:
    """A number as entered; ``comparator`` is "<" or ">" for a censored value, else empty."""

    text: str
    comparator: str
    value: Decimal

    @property
    def is_censored(self) -> bool:
        return bool(self.comparator)


def parse_measured(text: str, *, field: str = "") -> Measured:
    """Read a number such as ``0.0``, ``-1.5``, ``3.2E10`` or ``<0.05``.

    Raises:
        InvalidValueError: with code "unreadable_value", for anything else.
    """
    read = NUMBER.fullmatch(text) if len(text) <= LONGEST_NUMBER else None
    if read is None:
        message = (
            f"{quoted(text)} is not a number as this system reads them: digits with a decimal "
            f"point, an exponent such as 3.2E10, and < or > directly before, at most "
            f"{LONGEST_NUMBER} characters."
        )
        raise InvalidValueError(message, code="unreadable_value", field=field)
    comparator, number, exponent = read.groups()
    if int(exponent or "0") > LARGEST_EXPONENT:
        raise InvalidValueError(
            f"{quoted(text)} has an exponent beyond {LARGEST_EXPONENT}.",
            code="unreadable_value",
            field=field,
        )
    return Measured(text, comparator, Decimal(number))


def parse_word(text: str, *, field: str = "") -> str:
    """Read a result in words, such as ``negative``; words that stand for no result are refused.

    Raises:
        InvalidValueError: with code "unreadable_value".
    """
    if len(text) > LONGEST_WORD or not WORD.fullmatch(text) or text.lower() in NOT_RESULTS:
        raise InvalidValueError(
            f"{quoted(text)} is not a result in words.", code="unreadable_value", field=field
        )
    return text


def quoted(text: str) -> str:
    """``text`` for a message: shortened, and escaped so that it can be stored and sent."""
    longest = 40
    return repr(text if len(text) <= longest else text[:longest] + "…")


def number_text(value: Decimal) -> str:
    """``value`` to 50 digits in the grammar of `parse_measured`, without trailing zeros.

    Raises:
        InvalidValueError: with code "unreadable_value", beyond the bounds of the grammar.
    """
    if value and abs(value.adjusted()) > LARGEST_EXPONENT:
        message = f"A value of {value:.5E} is beyond what any measurement here can be."
        raise InvalidValueError(message, code="unreadable_value")
    exact = value.normalize(DIVISION)
    is_plain = 0 <= exact.adjusted() <= LONGEST_WHOLE
    return format(exact, "f") if is_plain else shown(exact)


def shown(value: Decimal) -> str:
    """``value`` with exactly its digits; a retained zero stays, a negative zero has no sign.

    A number whose last digit lies above the units keeps its exponent (3.2E+10), because zeros
    in its place would claim digits that nobody measured.
    """
    text = str(value) if value else format(value.copy_abs(), "f")
    return text if len(text) <= LONGEST_NUMBER else f"{value.normalize(EXACT):E}"
