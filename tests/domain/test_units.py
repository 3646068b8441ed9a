"""The closed table of units."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest

from products.domain.errors import InvalidValueError, NotComparableError
from products.domain.units import UNITS, convert, label_of, require_unit


@pytest.mark.parametrize(
    ("value", "unit", "to", "converted"),
    [
        ("0.10", "ng/mL", "pg/mL", "100"),
        ("1.5", "ug/mL", "mg/mL", "0.0015"),
        ("1", "{particles}/uL", "{particles}/mL", "1000"),
        ("3", "{particles}/mg", "{particles}/ug", "0.003"),
        ("7", "[IU]/mL", "[EU]/mL", "7"),
        ("0.25", "[EU]/mL", "[EU]/mL", "0.25"),
        ("1", "[CFU]/mL", "[CFU]/(100.mL)", "100"),
        ("10", "[CFU]/(100.mL)", "[CFU]/(10.mL)", "1"),
        ("200", "nm", "um", "0.2"),
    ],
)
def test_units_of_one_kind_convert_exactly(value: str, unit: str, to: str, converted: str) -> None:
    assert convert(Decimal(value), unit, to) == Decimal(converted)


SAME_KIND = [
    (one.code, other.code)
    for one, other in permutations(UNITS.values(), 2)
    if one.kind == other.kind
]


@pytest.mark.parametrize(("unit", "to"), SAME_KIND)
def test_there_and_back_is_the_same_value_to_the_last_digit(unit: str, to: str) -> None:
    value = Decimal("1.2345678901234567890123456789012345678901234567890123456789")

    there = convert(value, unit, to)

    assert convert(there, to, unit) == value


@pytest.mark.parametrize(
    ("unit", "to"),
    [
        ("[EU]", "[EU]/mL"),
        ("[EU]/mL", "[EU]/mg"),
        ("[EU]/kg", "[EU]/mL"),
        ("[EU]/{dose}", "[EU]/mL"),
        ("[IU]", "[EU]/mL"),
        ("%", "1"),
        ("[pH]", "1"),
        ("{log10}", "1"),
        ("{Ct}", "1"),
        ("{word}", "1"),
        ("{particles}/mL", "{cells}/mL"),
        ("ng/mL", "ng"),
        ("U/L", "[EU]/mL"),
    ],
)
def test_edge_case_07_units_of_different_kinds_are_not_comparable(unit: str, to: str) -> None:
    with pytest.raises(NotComparableError, match="cannot be compared"):
        convert(Decimal(1), unit, to)


def test_edge_case_07_particles_per_ml_and_per_vial_need_the_fill_volume() -> None:
    fill = Decimal("2.5")

    per_vial = convert(Decimal("2E7"), "{particles}/uL", "{particles}/{vial}", fill_volume_ml=fill)
    per_ml = convert(per_vial, "{particles}/{vial}", "{particles}/mL", fill_volume_ml=fill)

    assert (per_vial, per_ml) == (Decimal("5E10"), Decimal("2E10"))


@pytest.mark.parametrize("fill", [None, Decimal(0), Decimal(-1)])
def test_without_a_fill_volume_vials_are_not_comparable(fill: Decimal | None) -> None:
    with pytest.raises(NotComparableError, match="fill volume"):
        convert(Decimal(1), "{particles}/mL", "{particles}/{vial}", fill_volume_ml=fill)


@pytest.mark.parametrize(
    "code", ["", "eu/ml", "EU/mL", "pH", "µg/mL", "ug/ml", "mg**99", "2 mg", "\ud800"]
)
def test_a_code_that_is_not_in_the_table_is_refused(code: str) -> None:
    with pytest.raises(InvalidValueError) as refusal:
        require_unit(code, "unit")

    assert (refusal.value.code, refusal.value.field) == ("unknown_unit", "unit")
    assert len(str(refusal.value).encode("utf-8")) < 200


def test_a_megabyte_of_a_unit_is_not_echoed() -> None:
    with pytest.raises(InvalidValueError) as refusal:
        require_unit("%" * 1_000_000)

    assert len(str(refusal.value)) < 200


def test_conversion_refuses_an_unknown_unit_too() -> None:
    with pytest.raises(InvalidValueError, match="'furlong'"):
        convert(Decimal(1), "nm", "furlong")


def test_people_read_the_label_and_an_unknown_code_as_it_is() -> None:
    assert (label_of("[EU]/mL"), label_of("ug/mL"), label_of("x")) == ("EU/mL", "µg/mL", "x")
