"""The basis without which the word "released" never appears."""

from __future__ import annotations

import pytest

from products.domain.products import BASIS_LABELS, Basis, basis_text


@pytest.mark.parametrize(
    ("basis", "reference", "shown"),
    [
        ("us_ind", "IND 12345", "investigational, under a US IND (IND 12345)"),
        ("research_use_only", "", "research use only, not for human use"),
        ("of old", "", "of old"),
    ],
)
def test_a_basis_is_shown_with_its_reference(basis: str, reference: str, shown: str) -> None:
    assert basis_text(basis, reference) == shown


def test_every_basis_has_its_words() -> None:
    assert set(BASIS_LABELS) == set(Basis)
