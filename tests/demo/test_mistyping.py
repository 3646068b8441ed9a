"""Whoever mistypes a password in the demo surely does."""

from __future__ import annotations

import pytest

from products.demo.pending import mistyped
from products.domain.accounts import LOCK_AFTER


@pytest.mark.parametrize("last", ["0", "4", "x"])
def test_a_mistyped_password_is_never_the_right_one(last: str) -> None:
    own = f"Zk3-{last}"

    assert len({*mistyped(own)} - {own}) == LOCK_AFTER
