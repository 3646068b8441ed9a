"""Particle concentration and the ratio of particles to protein."""

from __future__ import annotations

from decimal import Decimal

import pytest

from products.domain.measurements import parse_measured
from products.domain.purity import particle_concentration, particles_per_microgram
from products.domain.readings import InvalidAssayError

CONCENTRATION = Decimal("5E10")


@pytest.mark.parametrize(
    ("protein", "loq", "ratio"),
    [
        ("2", None, "25000000000"),
        ("2", "2", "25000000000"),
        ("<2", "2", ">25000000000"),
        ("1.9", "2", ">25000000000"),
        ("-0.1", "2", ">25000000000"),
        ("0", "2", ">25000000000"),
        ("<1", "2", ">25000000000"),
        ("<4", "2", ">12500000000"),
        (">40", "2", "<1250000000"),
        (">40", None, "<1250000000"),
    ],
)
def test_edge_case_29_protein_below_its_loq_gives_only_a_bound(
    protein: str, loq: str | None, ratio: str
) -> None:
    limit = Decimal(loq) if loq else None

    found = particles_per_microgram(CONCENTRATION, parse_measured(protein), limit)

    assert found.text == ratio
    assert found == parse_measured(ratio)


@pytest.mark.parametrize(
    ("protein", "reason"),
    [
        ("0", "no ratio can be formed"),
        ("-1", "no ratio can be formed"),
        (">0", "no ratio can be formed"),
        ("<2", "states no limit of quantitation"),
    ],
)
def test_edge_case_29_without_a_loq_little_protein_gives_no_ratio(
    protein: str, reason: str
) -> None:
    with pytest.raises(InvalidAssayError, match=reason):
        particles_per_microgram(CONCENTRATION, parse_measured(protein), None)


@pytest.mark.parametrize("dilution", ["0", "-10", "0.5", ">10", "<10"])
def test_a_dilution_factor_is_a_plain_number_of_at_least_one(dilution: str) -> None:
    with pytest.raises(InvalidAssayError, match="dilution factor"):
        particle_concentration(CONCENTRATION, parse_measured(dilution))


def test_an_undiluted_sample_has_the_factor_one() -> None:
    assert particle_concentration(CONCENTRATION, parse_measured("1")) == CONCENTRATION
