"""The tree of refusals."""

from __future__ import annotations

import pytest

from products.domain.errors import (
    ConflictError,
    DomainError,
    InvalidValueError,
    ReleaseBlockedError,
)


def _all_errors(parent: type[DomainError]) -> list[type[DomainError]]:
    return [parent, *(error for child in parent.__subclasses__() for error in _all_errors(child))]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [
        error.code for error in _all_errors(DomainError) if error.__module__.endswith("errors")
    ]

    assert len(codes) == len(set(codes)) > 10


@pytest.mark.parametrize(("given", "code"), [("", "invalid_value"), ("in_future", "in_future")])
def test_an_instance_may_carry_a_finer_code(given: str, code: str) -> None:
    error = InvalidValueError("The date lies ahead.", code=given, field="made_on")

    assert (str(error), error.message) == ("The date lies ahead.", "The date lies ahead.")
    assert (error.code, error.field) == (code, "made_on")


def test_a_blocked_release_is_a_conflict_with_every_block() -> None:
    error = ReleaseBlockedError("2 rules speak against release.", blocks=())

    assert isinstance(error, ConflictError)
    assert (error.code, error.blocks, error.field) == ("release_blocked", (), "")
