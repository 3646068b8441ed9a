"""Whether an account may have a password: long enough, in no list, not of this place's words."""

from __future__ import annotations

from collections.abc import Iterable

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError

from products.domain.errors import InvalidValueError
from products.domain.passwords import SHORTEST, is_guessable, shortest_password
from products.models import Product, Site, User
from products.queries.factors import kinds_held


def check_password_choice(account: User, password: str, field: str) -> None:
    """Whether the account may have this password.

    Raises:
        InvalidValueError: ``password_refused``.
    """
    needed = shortest_password(has_second_factor=bool(kinds_held(account.pk)))
    check_password_alone(password, _own_words(account), needed=needed, field=field)


def check_password_alone(
    password: str, own_words: Iterable[str], *, needed: int = SHORTEST, field: str = "password"
) -> None:
    """The same for an account that is not there yet, whose names are among ``own_words``.

    Raises:
        InvalidValueError: ``password_refused``.
    """
    if len(password) < needed:
        raise _refusal(f"is too short: it needs {needed} characters or more", field)
    if is_guessable(password, own_words):
        raise _refusal(
            "is too easily guessed: without names, words of this place, rows of keys and "
            "repetition little of it remains",
            field,
        )
    try:
        validate_password(password)
    except ValidationError as error:
        raise _refusal("is in the list of common passwords", field) from error


def _refusal(why: str, field: str) -> InvalidValueError:
    return InvalidValueError(
        f"The password {why}. Several unrelated words are good.",
        field=field,
        code="password_refused",
    )


def _own_words(account: User) -> list[str]:
    products = Product.objects.values_list("code", "name")
    return [
        account.username,
        account.printed_name,
        *Site.objects.values_list("name", flat=True),
        *(word for pair in products for word in pair),
    ]
